"""Questions about one person that the gate, links and bounces ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, literal, or_, select

from gateway.domain.channel import Medium
from gateway.domain.contact import UNKNOWN_TERRITORY, Collection, ContactClass, OriginKind
from gateway.domain.errors import NotFound
from gateway.store.prepared import Prepared, given
from gateway.store.tables import address, contact, message, origin, person_key


def hold_still(tx: Connection, contact_id: int) -> None:
    """Keep a person from being erased before `tx` ends: something that names her is about to be written.

    Raises NotFound for somebody who is gone.
    """
    chosen = select(contact.c.id).where(contact.c.id == contact_id).with_for_update(read=True, key_share=True)
    if tx.execute(chosen).scalar_one_or_none() is None:
        raise NotFound("cette personne vient d’être effacée")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The person who holds an address."""

    contact_id: int
    address_id: int
    value: str
    language: str
    key: bytes
    origin: str
    collected_on: date | None


def _people(address_id: ColumnElement[Any], value: ColumnElement[str]) -> Select[Any]:
    """Columns of Holder, in order."""
    columns = (contact.c.language, person_key.c.key, origin.c.label.label("origin"), origin.c.collected_on)
    return (
        select(contact.c.id.label("contact_id"), address_id.label("address_id"), value.label("value"), *columns)
        .select_from(contact)
        .join(person_key, person_key.c.contact_id == contact.c.id)
        .join(origin, origin.c.id == contact.c.origin_id)
    )


_HOLDS = (
    _people(address.c.id, address.c.value)
    .join(address, address.c.contact_id == contact.c.id)
    .where(address.c.digest == given("digest"))
    .limit(1)
)
#: Whoever holds an address on a channel.
HOLDS_THERE = _HOLDS.where(address.c.medium == given("medium"))
_HOLDER, _HOLDER_THERE = Prepared(_HOLDS), Prepared(HOLDS_THERE)
_NUMBERS = Prepared(
    select(address.c.value, address.c.digest).where(address.c.contact_id == given("contact_id"), address.c.medium != Medium.EMAIL)
)


def holder(tx: Connection, digest: bytes, medium: Medium | None = None) -> Holder | None:
    """Who holds the address with this digest, or None when nobody does (any more)."""
    found = _HOLDER.mappings(tx, digest=digest) if medium is None else _HOLDER_THERE.mappings(tx, digest=digest, medium=medium)
    return Holder(**found[0]) if found else None


def numbers(tx: Connection, contact_id: int) -> list[tuple[str, bytes]]:
    """(number, digest) of each way by which the file knows a person by telephone."""
    return [(row[0], bytes(row[1])) for row in _NUMBERS.rows(tx, contact_id=contact_id)]


def addressee(tx: Connection, message_id: int, digest: bytes) -> Holder | None:
    """To whom a message went at an address that nobody holds any more: hers was put right since. None once she is erased."""
    m = message.c
    chosen = _people(m.address_id, literal("")).join(message, m.contact_id == contact.c.id)
    found = tx.execute(chosen.where(m.id == message_id, m.digest == digest)).mappings().first()
    return Holder(**found) if found else None


def territory_of(tx: Connection, contact_id: int) -> str:
    """Code of the territory of a person; `unknown` also when she is gone."""
    found = tx.execute(select(contact.c.territory).where(contact.c.id == contact_id)).scalar_one_or_none()
    return UNKNOWN_TERRITORY if found is None else str(found)


def key_of(tx: Connection, contact_id: int) -> bytes | None:
    """The key under which the journal names a person; None when she is gone."""
    return tx.execute(select(person_key.c.key).where(person_key.c.contact_id == contact_id)).scalar_one_or_none()


def medium_of(tx: Connection, digest: bytes) -> Medium | None:
    """The channel of the address with this digest, or None when nobody holds it (any more)."""
    found: Medium | None = tx.execute(select(address.c.medium).where(address.c.digest == digest).limit(1)).scalar_one_or_none()
    return found


def names(tx: Connection, contact_id: int) -> dict[str, str] | None:
    """Given name, family name and commune of a contact, or None."""
    row = (
        tx.execute(select(contact.c.given_name, contact.c.family_name, contact.c.commune).where(contact.c.id == contact_id))
        .mappings()
        .first()
    )
    return dict(row) if row else None


class Origin(NamedTuple):
    """Where somebody's details come from, as her messages say it."""

    label: str
    collected_on: date | None
    kind: OriginKind


def origin_of(tx: Connection, contact_id: int) -> Origin | None:
    """Where a contact's details come from; None when she is gone, or nobody said."""
    held = origin.join(contact, contact.c.origin_id == origin.c.id)
    chosen = select(origin.c.label, origin.c.collected_on, origin.c.kind).select_from(held).where(contact.c.id == contact_id)
    found = tx.execute(chosen).one_or_none()
    return Origin(*found) if found else None


def ensure_team_member(tx: Connection, medium: Medium, value: str, digest: bytes, *, at: datetime, key: bytes) -> int:
    """The contact who holds an address or a number of the team; made when there is none. Returns the address id."""
    known = tx.execute(select(address.c.id).where(address.c.digest == digest, address.c.medium == medium)).scalar()
    if known is not None:
        return int(known)
    team = select(origin.c.id).where(origin.c.kind == OriginKind.TEAM).limit(1)
    origin_id = tx.execute(team).scalar()
    if origin_id is None:
        row = {
            "kind": OriginKind.TEAM,
            "label": "équipe de campagne",
            "collection": Collection.DIRECT,
            "collected_on": at.date(),
            "collector": "équipe",
            "created_at": at,
        }
        origin_id = tx.execute(insert(origin).values(row).returning(origin.c.id)).scalar_one()
    made = insert(contact).values(contact_class=ContactClass.TEAM, origin_id=origin_id, created_at=at).returning(contact.c.id)
    contact_id = tx.execute(made).scalar_one()
    tx.execute(insert(person_key).values(contact_id=contact_id, key=key))
    domain = value.partition("@")[2]  # of a number: none
    row = {"contact_id": contact_id, "medium": medium, "value": value, "domain": domain, "digest": digest}
    return int(tx.execute(insert(address).values(row).returning(address.c.id)).scalar_one())


def contact_of(tx: Connection, address_id: int) -> int:
    """The contact an address belongs to."""
    return int(tx.execute(select(address.c.contact_id).where(address.c.id == address_id)).scalar_one())


def addresses_of(contact_id: int) -> Select[int, Medium, bytes]:
    """Person, channel and digest of every address of a person."""
    return select(address.c.contact_id, address.c.medium, address.c.digest).where(address.c.contact_id == contact_id)


def digests(tx: Connection, contact_id: int, medium: Medium | None = None) -> list[bytes]:
    """Digests of every address of a person, or of those that serve a channel."""
    hers = select(address.c.digest).where(address.c.contact_id == contact_id)
    return list(tx.execute(hers if medium is None else hers.where(address.c.medium == medium)).scalars())


def namesakes(tx: Connection, contact_id: int, *, most: int = 5) -> list[tuple[int, str]]:
    """(number, address or else number) of people of the same name, unless they were born on another day."""
    her, c, a = contact.alias("her"), contact.c, address.c
    same = [func.lower(her.c[name]) == func.lower(c[name]) for name in ("given_name", "family_name")]
    born = or_(her.c.birth_on.is_(None), c.birth_on.is_(None), her.c.birth_on == c.birth_on)
    others = her.join(contact, and_(c.id != her.c.id, c.family_name != "", *same, born)).join(address, a.contact_id == c.id)
    chosen = select(c.id, func.max(a.value)).select_from(others).where(her.c.id == contact_id)
    return [(row[0], row[1]) for row in tx.execute(chosen.group_by(c.id).order_by(c.id).limit(most))]
