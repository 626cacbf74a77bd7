"""Forms that were filled in, until they are confirmed or lapse; and the people who come to be by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import orjson
from sqlalchemy import Connection, RowMapping, and_, case, delete, exists, func, insert, literal, or_, select, update

from gateway.domain.channel import Medium
from gateway.domain.consent import SAID_NO, ConsentAct
from gateway.domain.contact import UNKNOWN_TERRITORY, ContactClass
from gateway.domain.form import SignupState
from gateway.store.engine import upsert
from gateway.store.matching import objection_covers
from gateway.store.people import hold_still
from gateway.store.retaining import held
from gateway.store.tables import address, consent, consent_event, contact, contact_origin, person_key, signup

_COLUMNS = tuple(
    signup.c[name] for name in ("id", "form_sha256", "contact_id", "fresh", "language", "given_at", "boxes", "answers", "state")
)
_OPEN_OR_KEPT = (SignupState.PENDING, SignupState.CONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignup:
    """A form about to be stored."""

    form_sha256: str
    contact_id: int
    fresh: bool
    language: str
    given_at: datetime
    boxes: tuple[str, ...]
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignupRow(NewSignup):
    """One form that was filled in, as stored."""

    id: int
    state: SignupState


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddress:
    """An address about to be stored."""

    medium: Medium
    value: str
    digest: bytes
    domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a person told of herself; None or empty: nothing."""

    given_name: str = ""
    family_name: str = ""
    postcode: str = ""
    territory: str = UNKNOWN_TERRITORY
    birth_on: date | None = None


def add(tx: Connection, new: NewSignup) -> int:
    """Store a form that was filled in; returns its number. Raises NotFound when the person was erased meanwhile."""
    hold_still(tx, new.contact_id)
    row = {**asdict(new), "boxes": orjson.dumps(new.boxes).decode(), "answers": orjson.dumps(dict(new.answers)).decode()}
    stored = insert(signup).values(**row, state=SignupState.PENDING).returning(signup.c.id)
    return int(tx.execute(stored).scalar_one())


def find(tx: Connection, signup_id: int, *, lock: bool = False) -> SignupRow | None:
    """One form; `lock` keeps others from settling it until `tx` ends."""
    chosen = select(*_COLUMNS).where(signup.c.id == signup_id)
    row = tx.execute(chosen.with_for_update() if lock else chosen).mappings().first()
    return _row(row) if row else None


def since(tx: Connection, contact_id: int, instant: datetime) -> int:
    """How many forms were filled in for a person since an instant."""
    counted = select(func.count()).select_from(signup)
    return tx.execute(counted.where(signup.c.contact_id == contact_id, signup.c.given_at > instant)).scalar_one()


def of_person(tx: Connection, contact_id: int) -> list[SignupRow]:
    """Every form that was filled in for a person, the oldest first."""
    chosen = select(*_COLUMNS).where(signup.c.contact_id == contact_id).order_by(signup.c.id)
    return [_row(row) for row in tx.execute(chosen).mappings()]


def pending(tx: Connection, *, after: tuple[datetime, int] | None, most: int) -> list[SignupRow]:
    """Forms that await their confirmation, oldest first, after a given one."""
    s = signup.c
    chosen = select(*_COLUMNS).where(s.state == SignupState.PENDING).order_by(s.given_at, s.id).limit(most)
    if after is not None:
        at = literal(after[0], s.given_at.type)
        chosen = chosen.where((s.given_at > at) | ((s.given_at == at) & (s.id > after[1])))
    return [_row(row) for row in tx.execute(chosen).mappings()]


def counts(tx: Connection) -> dict[str, dict[SignupState, int]]:
    """How many forms were filled in, by version and by what became of them."""
    s = signup.c
    rows = tx.execute(select(s.form_sha256, s.state, func.count()).group_by(s.form_sha256, s.state))
    found: dict[str, dict[SignupState, int]] = {}
    for version, state, count in rows:
        found.setdefault(version, {})[state] = count
    return found


def settle(tx: Connection, signup_id: int, state: SignupState, *, at: datetime) -> bool:
    """pending -> confirmed | lapsed, and what was typed is erased; False when it was settled already."""
    waiting = update(signup).where(signup.c.id == signup_id, signup.c.state == SignupState.PENDING)
    return tx.execute(waiting.values(state=state, settled_at=at, answers=None)).rowcount == 1


def enter_person(tx: Connection, given: NewAddress, *, language: str, origin_id: int, key: bytes, at: datetime) -> bool:
    """Make a regular contact who holds this address; False, and nothing is made, when somebody else came first."""
    row = {"contact_class": ContactClass.REGULAR, "language": language, "origin_id": origin_id, "created_at": at}
    contact_id = int(tx.execute(insert(contact).values(row).returning(contact.c.id)).scalar_one())
    tx.execute(insert(person_key).values(contact_id=contact_id, key=key))
    if add_address(tx, contact_id, given):
        return True
    tx.execute(delete(contact).where(contact.c.id == contact_id))
    return False


def add_address(tx: Connection, contact_id: int, given: NewAddress) -> bool:
    """Give a person an address; False when somebody else holds it."""
    tx.execute(upsert(tx, address).values(contact_id=contact_id, **asdict(given)).on_conflict_do_nothing())
    held = select(address.c.contact_id).where(address.c.digest == given.digest, address.c.medium == given.medium)
    return tx.execute(held).scalar_one_or_none() == contact_id


def fill_in(tx: Connection, contact_id: int, told: Details) -> None:
    """Write what a person told where nothing stood: what is known is never overwritten."""
    c = contact.c
    values: dict[str, object] = {
        name: case((c[name] == "", getattr(told, name)), else_=c[name])
        for name in ("given_name", "family_name", "postcode")
        if getattr(told, name)
    }
    if told.territory != UNKNOWN_TERRITORY:
        values["territory"] = case((c.territory == UNKNOWN_TERRITORY, told.territory), else_=c.territory)
    if told.birth_on is not None:
        values["birth_on"] = func.coalesce(c.birth_on, literal(told.birth_on, c.birth_on.type))
    if values:
        tx.execute(update(contact).where(c.id == contact_id).values(values))


def by_form_alone(tx: Connection, *, at: datetime, most: int, among: Sequence[int] = ()) -> list[int]:
    """People who came to be by forms that nobody confirmed, and of whom nothing else speaks; among: of these, their rows held.

    Kept is whoever has a form open or confirmed, agreed elsewhere, or is in a file too; whoever withdrew, unless the opposition
    list keeps her out; and whoever no term erases now: a hold, a request of hers, a restriction (RGPD 18).
    """
    c, a, e, k, s = contact.c, address.c, consent_event.c, consent.c, signup.c
    came = select(s.contact_id).where(s.fresh, s.state == SignupState.LAPSED)
    open_or_kept = exists().where(s.contact_id == c.id, s.state.in_(_OPEN_OR_KEPT))
    agreed = exists().where(e.contact_id == c.id, e.act == ConsentAct.GRANTED)
    refused = exists().where(k.contact_id == c.id, k.state.in_(SAID_NO))
    reachable = exists().where(a.contact_id == c.id, ~objection_covers(a.digest, a.medium))
    in_file = exists().where(contact_origin.c.contact_id == c.id)
    elsewhere = or_(open_or_kept, agreed, and_(refused, reachable), in_file)
    chosen = select(c.id).where(c.id.in_(came), c.batch_id.is_(None), ~c.restricted, ~held(at), ~elsewhere)
    if among:
        chosen = chosen.where(c.id.in_(list(among))).with_for_update(of=contact, skip_locked=True)
    return list(tx.execute(chosen.order_by(c.id).limit(most)).scalars())


def _row(row: RowMapping) -> SignupRow:
    answers = orjson.loads(row["answers"]) if row["answers"] else {}
    return SignupRow(**{**row, "boxes": tuple(orjson.loads(row["boxes"])), "answers": answers})
