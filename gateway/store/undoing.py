"""Taking a batch back by what it changed, part by part: whom it created, what it filled in, tagged, added and promoted.

What somebody else has built on since is kept; objections are never undone, nor refusals of people who stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy import Column as Col

from gateway.domain.consent import ConsentAct, ConsentState, Purpose
from gateway.domain.contact import UNKNOWN_TERRITORY, ContactClass
from gateway.domain.message import DUE_STATES, MessageState
from gateway.store import tables
from gateway.store.bulk import analyze
from gateway.store.consents import PROJECTED, STATE_AFTER, projected
from gateway.store.crossing import Crossed
from gateway.store.engine import is_postgresql
from gateway.store.origins import undone
from gateway.store.outbox import cancelled
from gateway.store.staged import staged_consent
from gateway.store.staging import FILLED_TOGETHER, people_at_once
from gateway.store.tables import (
    address,
    consent,
    consent_event,
    contact,
    contact_origin,
    import_change,
    message,
    tag,
)
from gateway.store.types import Id

_metadata = MetaData()
#: People of the part at work: those the batch created, those it met.
staged_undo = Table(
    "staged_undo",
    _metadata,
    Col("contact_id", Id, primary_key=True, autoincrement=False),
    Col("created", Boolean, nullable=False),
    Col("touched", Boolean, nullable=False),  # somebody else has built on it since
    Col("reached", Boolean, nullable=False),  # a message has, or may have, reached her
    prefixes=["TEMPORARY"],
)

#: Everybody the batch is about: looked up once, and not part by part.
staged_batch = Table(
    "staged_batch",
    _metadata,
    Col("contact_id", Id, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
)

#: Rows that are the batch's own, or that say nothing of who touched a person.
_OWN = {
    "person_key",
    "address",
    "tag",
    "consent",
    "consent_event",
    "consent_request",
    "contact_origin",
    "import_change",
    "message",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What taking a batch back comes to."""

    gone: int = 0  #: people it created, and nobody touched since: deleted
    set_aside: int = 0  #: people it created whom a message has reached: kept to explain it, sent nothing any more
    kept: int = 0  #: people it created and somebody else has built on since: kept, without what it brought
    met: int = 0  #: people who were known: they lose what it added
    consents: int = 0  #: consents it granted that are annulled, of people who stay
    promotions: int = 0  #: people who are occasional contacts again
    filled: int = 0  #: people of whom a blank it filled is emptied again
    tags: int = 0
    addresses: int = 0
    cancelled: int = 0  #: waiting messages that do not leave

    def __add__(self, other: Undoing) -> Undoing:
        return Undoing(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})


def prepare(tx: Connection) -> None:
    """Make the tables of the work; they vanish with the connection."""
    _metadata.create_all(tx, checkfirst=False)


def parts(tx: Connection, batch_id: int) -> list[tuple[int, int]]:
    """Ranges of contact numbers, each short enough for one transaction, that hold everybody the batch is about."""
    b, o = staged_batch, contact_origin
    tx.execute(insert(b).from_select(["contact_id"], select(contact.c.id).where(contact.c.batch_id == batch_id)))
    met = select(o.c.contact_id).where(o.c.batch_id == batch_id, o.c.contact_id.not_in(select(b.c.contact_id)))
    tx.execute(insert(b).from_select(["contact_id"], met))
    analyze(tx, staged_batch)
    ranked = select(b.c.contact_id, func.row_number().over(order_by=b.c.contact_id).label("rank")).subquery()
    begins = select(ranked.c.contact_id).where(ranked.c.rank % people_at_once(tx) == 1).order_by(ranked.c.contact_id)
    firsts = list(tx.execute(begins).scalars())
    last = tx.execute(select(func.max(b.c.contact_id))).scalar_one()
    return [(first, after - 1) for first, after in pairwise([*firsts, last + 1])] if firsts else []


def stage(tx: Connection, batch_id: int, first: int, last: int) -> None:
    """Set down the people of a part, and whether anything else holds to them."""
    u, c, o = staged_undo, contact, contact_origin
    tx.execute(delete(u))
    created = select(c.c.id, literal(True), _touched(batch_id, first, last), _reached(first, last)).where(
        c.c.batch_id == batch_id, c.c.id.between(first, last)
    )
    tx.execute(insert(u).from_select(["contact_id", "created", "touched", "reached"], created))
    known = select(u.c.contact_id)
    met = select(o.c.contact_id, literal(False), literal(True), literal(False)).where(
        o.c.batch_id == batch_id, o.c.contact_id.between(first, last), o.c.contact_id.not_in(known)
    )
    tx.execute(insert(u).from_select(["contact_id", "created", "touched", "reached"], met))
    analyze(tx, staged_undo)


def named_by(tx: Connection, batch_id: int) -> set[int]:
    """Other batches that name people of the part who came by this one, and so keep them here."""
    u, o = staged_undo, contact_origin
    theirs = select(o.c.batch_id).join(u, u.c.contact_id == o.c.contact_id).where(u.c.created).distinct()
    return set(tx.execute(theirs.where(o.c.batch_id != batch_id, o.c.batch_id.not_in(undone()))).scalars())


def measure(tx: Connection, batch_id: int) -> Undoing:
    """Count what taking the part back comes to, before anything of it is done."""
    u, staying = staged_undo, _staying()
    people = select(
        func.count(case((_gone(), 1))),
        func.count(case((_aside(), 1))),
        func.count(case((and_(u.c.created, u.c.touched), 1))),
        func.count(case((~u.c.created, 1))),
    )
    gone, aside, kept, met = tx.execute(people).one()

    def many(chosen: Select[int]) -> int:
        return int(tx.execute(chosen).scalar_one())

    change = import_change.c
    mine = (change.batch_id == batch_id, change.contact_id.in_(staying))
    still = or_(*(_as_left(names) for names in FILLED_TOGETHER))
    held = select(func.count()).select_from(import_change.join(contact, contact.c.id == change.contact_id)).where(*mine)
    granted = _granted(batch_id).where(consent_event.c.contact_id.in_(staying)).subquery()
    return Undoing(
        gone=gone,
        set_aside=aside,
        kept=kept,
        met=met,
        consents=many(select(func.count()).select_from(granted)),
        promotions=many(held.where(_demotable(batch_id))),
        filled=many(held.where(still)),
        tags=many(select(func.count()).select_from(tag).where(tag.c.batch_id == batch_id, tag.c.contact_id.in_(staying))),
        addresses=many(select(func.count()).select_from(address).where(_removable(batch_id))),
        cancelled=many(select(func.count()).select_from(message).where(_waiting(batch_id))),
    )


def any_message(tx: Connection, first: int, last: int) -> bool:
    """Whether anybody of a part has a message, whatever became of it."""
    theirs = message.c.contact_id.between(first, last)
    return bool(tx.execute(select(exists().where(theirs))).scalar_one())


def cancel_messages(tx: Connection, batch_id: int, *, because: str, at: datetime) -> int:
    """Cancel what waits for people who go, or whose consent goes; returns how many messages."""
    return tx.execute(update(message).where(_waiting(batch_id)).values(cancelled(because, at))).rowcount


def stage_annulled(tx: Connection, batch_id: int, *, at: datetime) -> None:
    """Stage the entries that annul the batch's agreements of people who stay."""
    tx.execute(delete(staged_consent))
    granted = _granted(batch_id).where(consent_event.c.contact_id.in_(_staying())).subquery()
    entries = select(
        granted.c.contact_id,
        granted.c.medium,
        granted.c.purpose,
        literal(ConsentAct.ANNULLED.value),
        literal(at, consent_event.c.at.type),
    )
    tx.execute(insert(staged_consent).from_select(["contact_id", "medium", "purpose", "act", "at"], entries))


def annul(tx: Connection, batch_id: int, *, at: datetime) -> None:
    """Write the staged entries to the ledger; where the projection rested on the batch, what stood before holds again."""
    s, c, e = staged_consent, consent, consent_event
    if not tx.execute(select(exists().select_from(s))).scalar_one():
        return  # nobody stays, as a rule: looking through the ledger for them is a fifth of an undo
    columns = ["contact_id", "medium", "purpose", "act", "at", "batch_id", "recorded_at"]
    entries = select(*(s.c[name] for name in columns[:5]), literal(batch_id), literal(at, e.c.recorded_at.type))
    tx.execute(insert(e).from_select(columns, entries.order_by(s.c.contact_id)))
    theirs = exists().where(
        *(s.c[name] == c.c[name] for name in columns[:3]),
        c.c.state == ConsentState.GRANTED,
        exists().where(
            e.c.batch_id == batch_id,
            e.c.act == ConsentAct.GRANTED,
            *(e.c[name] == c.c[name] for name in columns[:3]),
            e.c.at == c.c.since,
            e.c.election.is_not_distinct_from(c.c.election),
            e.c.hours.is_not_distinct_from(c.c.hours),
        ),
    )
    tx.execute(delete(c).where(theirs))
    holds = or_(
        e.c.act != ConsentAct.GRANTED, e.c.batch_id.is_(None), and_(e.c.batch_id != batch_id, e.c.batch_id.not_in(undone()))
    )
    newest = (
        # What awaits a confirmation weakens nothing that stands.
        select(func.coalesce(func.max(case((e.c.act != ConsentAct.PENDING, e.c.id))), func.max(e.c.id)))
        .select_from(e.join(s, and_(*(e.c[name] == s.c[name] for name in columns[:3]))))
        .where(e.c.act.in_(STATE_AFTER), holds)
        .group_by(*(e.c[name] for name in columns[:3]))
    )
    still = exists().where(*(c.c[name] == e.c[name] for name in columns[:3]))
    tx.execute(insert(c).from_select(PROJECTED, projected(e).where(e.c.id.in_(newest), ~still)))


def take_back(tx: Connection, batch_id: int) -> None:
    """Empty what the batch filled in and nobody changed since; remove its tags, addresses and promotions; forget who is gone."""
    change, staying = import_change.c, _staying()
    mine = and_(change.contact_id == contact.c.id, change.batch_id == batch_id, contact.c.id.in_(staying))
    for names in FILLED_TOGETHER:
        blank = {name: _BLANKS.get(name, literal("")) for name in names}
        tx.execute(update(contact).where(mine, _as_left(names)).values(blank))
    tx.execute(update(contact).where(mine, _demotable(batch_id)).values(contact_class=ContactClass.OCCASIONAL))
    tx.execute(delete(tag).where(tag.c.batch_id == batch_id, tag.c.contact_id.in_(staying)))
    tx.execute(delete(address).where(_removable(batch_id)))
    tx.execute(delete(import_change).where(change.batch_id == batch_id, change.contact_id.in_(staying)))
    o = contact_origin
    tx.execute(delete(o).where(o.c.batch_id == batch_id, o.c.contact_id.in_(staying)))
    _move_origin(tx)
    _look_again(tx)
    aside = select(staged_undo.c.contact_id).where(_aside())
    tx.execute(update(contact).where(contact.c.id.in_(aside)).values(set_aside=True))
    tx.execute(delete(contact).where(contact.c.id.in_(select(staged_undo.c.contact_id).where(_gone()))))


def _look_again(tx: Connection) -> None:
    """Right before people go: whoever took a consent back since they were set down stays, with it.

    Without it a file brought in again would claim what she no longer agrees to. Raises Crossed: the part is taken back anew. From
    here on whoever is about to go waits until she is gone. On SQLite one writes at a time.
    """
    if not is_postgresql(tx):
        return
    going = select(staged_undo.c.contact_id).where(_gone())
    locked = select(contact.c.id).where(contact.c.id.in_(going)).with_for_update().subquery()
    tx.execute(select(func.count()).select_from(locked))
    by_herself = exists().where(consent_event.c.contact_id.in_(going), consent_event.c.batch_id.is_(None))
    if tx.execute(select(by_herself)).scalar_one():
        raise Crossed


_BLANKS: dict[str, ColumnElement[Any]] = {"birth_on": null(), "territory": literal(UNKNOWN_TERRITORY)}


def _move_origin(tx: Connection) -> None:
    """People it created and another file has named since come from that file now."""
    o, u = contact_origin, staged_undo
    next_one = (
        select(o.c.contact_id, func.min(o.c.batch_id).label("batch_id"))
        .join(u, u.c.contact_id == o.c.contact_id)
        .where(u.c.created)
        .group_by(o.c.contact_id)
        .subquery()
    )
    theirs = (contact.c.id == next_one.c.contact_id, o.c.contact_id == contact.c.id, o.c.batch_id == next_one.c.batch_id)
    tx.execute(update(contact).where(*theirs).values(origin_id=o.c.origin_id, batch_id=o.c.batch_id))
    now_first = exists().where(contact.c.id == o.c.contact_id, contact.c.batch_id == o.c.batch_id)
    tx.execute(delete(o).where(o.c.contact_id.in_(select(u.c.contact_id).where(u.c.created)), now_first))


def _gone() -> ColumnElement[bool]:
    u = staged_undo
    return and_(u.c.created, ~u.c.touched, ~u.c.reached)


def _aside() -> ColumnElement[bool]:
    u = staged_undo
    return and_(u.c.created, ~u.c.touched, u.c.reached)


def _staying() -> Select[int]:
    u = staged_undo
    return select(u.c.contact_id).where(or_(~u.c.created, u.c.touched, u.c.reached))


def _touched(batch_id: int, first: int, last: int) -> ColumnElement[bool]:
    """Whether anybody else has built on a person: another file, a consent by hand, a tag, an address, an answer of her own."""

    def elsewhere(table: Table) -> ColumnElement[bool]:
        batch = table.c.batch_id
        return or_(batch.is_(None), and_(batch != batch_id, batch.not_in(undone())))

    others = [
        contact.c.id.in_(select(table.c.contact_id).where(table.c.contact_id.between(first, last), elsewhere(table)))
        for table in (consent_event, tag, address, contact_origin)
    ]
    rest = [table for table in tables.metadata.tables.values() if "contact_id" in table.c and table.name not in _OWN]
    answers = [contact.c.id.in_(select(table.c.contact_id).where(table.c.contact_id.between(first, last))) for table in rest]
    return or_(*others, *answers)


def _reached(first: int, last: int) -> ColumnElement[bool]:
    """Whether a message has, or may have, reached a person."""
    unsent = (*DUE_STATES, MessageState.CANCELLED, MessageState.REFUSED, MessageState.EXPIRED)
    sent = or_(message.c.handed_at.is_not(None), message.c.state.not_in(unsent))
    return contact.c.id.in_(select(message.c.contact_id).where(message.c.contact_id.between(first, last), sent))


def _granted(batch_id: int) -> Select[int, str, str]:
    e = consent_event.c
    return select(e.contact_id, e.medium, e.purpose).distinct().where(e.batch_id == batch_id, e.act == ConsentAct.GRANTED)


def _demotable(batch_id: int) -> ColumnElement[bool]:
    """Whether a person is a regular contact by this file alone: by no other agreement of hers."""
    e = consent_event.c
    otherwise = exists().where(
        e.contact_id == contact.c.id,
        e.act == ConsentAct.GRANTED,
        e.purpose == Purpose.POLITICAL,
        e.batch_id.is_distinct_from(batch_id),
    )
    return and_(import_change.c.promoted, contact.c.contact_class == ContactClass.REGULAR, ~otherwise)


def _as_left(names: Sequence[str]) -> ColumnElement[bool]:
    """Whether the file filled these columns of a contact, and they stand as it left them."""
    change = import_change.c
    told = [name for name in names if name != "territory"]
    return and_(
        or_(*(change[name].is_not(None) for name in told)),
        *(or_(change[name].is_(None), contact.c[name] == change[name]) for name in told),
    )


def _removable(batch_id: int) -> ColumnElement[bool]:
    """Addresses it added to people who were known, and that no message has reached."""
    u, a = staged_undo, address.c
    used = exists().where(message.c.address_id == a.id, message.c.handed_at.is_not(None))
    met = select(u.c.contact_id).where(~u.c.created)
    return and_(a.batch_id == batch_id, a.contact_id.in_(met), ~used)


def _waiting(batch_id: int) -> ColumnElement[bool]:
    """Messages that wait for people who go or are set aside, or for a consent that goes."""
    u, m = staged_undo, message.c
    leaving = select(u.c.contact_id).where(u.c.created, ~u.c.touched)
    e, a = consent_event.c, address.c
    ending = exists().where(
        a.id == m.address_id,
        e.contact_id == a.contact_id,
        e.medium == a.medium,
        e.batch_id == batch_id,
        e.act == ConsentAct.GRANTED,
    )
    concerned = or_(m.contact_id.in_(leaving), and_(m.contact_id.in_(_staying()), ending))
    return and_(m.state.in_(DUE_STATES), concerned)
