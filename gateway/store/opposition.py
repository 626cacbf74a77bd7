"""An opposition list that arrives by set: digests staged from a file enter the list, and whatever waited for them ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, and_, delete, exists, func, literal, null, or_, select, text, update

from gateway.domain.consent import ConsentAct, Purpose
from gateway.domain.message import DUE_STATES
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.store.consents import announce_changed
from gateway.store.crossing import Crossed
from gateway.store.engine import is_postgresql, upsert
from gateway.store.matching import Fate, listed, objection_covers
from gateway.store.outbox import cancelled, stopped
from gateway.store.staged import staged_address, staged_consent, staged_objection, staged_person, staged_row
from gateway.store.staging import ACTS, OBJECTS, Part, within
from gateway.store.suppressions import ANNOUNCEMENTS
from gateway.store.tables import address, message, person_key, suppression

_ROWS_AT_ONCE = 1_000


def stage_objections(tx: Connection, part: Part) -> int:
    """Stage the objections of a part that the list does not hold yet; returns how many addresses.

    Somebody known who objects to a channel objects by every address of hers that serves it; whoever did before, by those that
    the file brings now.
    """
    s, p, r, a, o = staged_address, staged_person, staged_row, address, staged_objection
    objecting = exists().where(within(part), or_(*(r.c[act] == OBJECTS for act in ACTS.values())))
    if not tx.execute(select(or_(objecting, exists().where(s.c.fate == Fate.OBJECTED.value)))).scalar_one():
        return 0
    said = select(s.c.digest, s.c.medium).where(s.c.fate == Fate.OBJECTS.value)
    # Joined, not asked of each address in turn: PostgreSQL would look through both tables for each.
    hers, entry = s.join(p, p.c.line == s.c.person).join(a, a.c.contact_id == p.c.contact_id), suppression.alias("entry")
    before = (
        select(s.c.digest, s.c.medium)
        .select_from(hers.join(entry, listed(a.c.digest, s.c.medium, entry)))
        .where(s.c.fate == Fate.OBJECTED.value)
    )
    held = [
        select(a.c.digest, literal(medium.value))
        .select_from(r.join(p, p.c.line == r.c.person).join(a, and_(a.c.contact_id == p.c.contact_id, a.c.medium == medium)))
        .where(within(part), r.c[act] == OBJECTS)
        for medium, act in ACTS.items()
    ]
    for chosen, covered in (
        *((one, objection_covers(s.c.digest, s.c.medium)) for one in (said, before)),
        *((one, objection_covers(a.c.digest, a.c.medium)) for one in held),
    ):
        tx.execute(upsert(tx, o).from_select(["digest", "medium"], chosen.where(~covered)).on_conflict_do_nothing())
    return tx.execute(select(func.count()).select_from(o)).scalar_one()


def enter_staged(tx: Connection, *, since: datetime) -> None:
    """Put the staged digests on the opposition list, each for its channel. The workers hear of it when `tx` commits."""
    columns = ["digest", "medium", "kind", "cause", "since", "until"]
    rows = select(
        staged_objection.c.digest,
        staged_objection.c.medium,
        literal(SuppressionKind.OBJECTION.value),
        literal(SuppressionCause.IMPORTED_LIST.value),
        literal(since, suppression.c.since.type),
        null(),
    ).order_by(staged_objection.c.digest)
    tx.execute(upsert(tx, suppression).from_select(columns, rows.where(literal(True))).on_conflict_do_nothing())
    if is_postgresql(tx):
        announced = text("SELECT count(pg_notify(:channel, encode(digest, 'hex'))) FROM staged_objection")
        tx.execute(announced, {"channel": ANNOUNCEMENTS})


def look_again(tx: Connection, part: Part) -> None:
    """Right before the commit of a part, once nobody leaves or comes any more (crossing.look_again).

    Raises Crossed where whoever it objects for was given another address meanwhile: she objects, not her address. On SQLite one
    writes at a time.
    """
    if is_postgresql(tx) and stage_objections(tx, part):
        raise Crossed


def staged_objections(tx: Connection) -> Iterator[Sequence[tuple[bytes, str, bytes | None]]]:
    """(digest, channel, key of the person who holds the address, if any) of what is staged; by batches, for the journal."""
    o, a = staged_objection, address
    held = o.outerjoin(a, and_(a.c.digest == o.c.digest, a.c.medium == o.c.medium))
    chosen = select(o.c.digest, o.c.medium, person_key.c.key).select_from(
        held.outerjoin(person_key, person_key.c.contact_id == a.c.contact_id)
    )
    yield from tx.execute(chosen.order_by(o.c.digest), execution_options={"yield_per": _ROWS_AT_ONCE}).partitions()


def cancel_for_objections(tx: Connection, *, because: str, at: datetime) -> int:
    """Cancel what waits for whoever holds a staged digest; returns how many messages."""
    a, o = address, staged_objection
    theirs = select(a.c.id).join(o, and_(o.c.digest == a.c.digest, o.c.medium == a.c.medium))
    return _cancel(tx, theirs, because=because, at=at)


def cancel_for_ended_consents(tx: Connection, *, because: str, at: datetime) -> int:
    """Cancel what waits, on its channel, for people whose staged entry is a refusal or a withdrawal; returns how many.

    The workers hear of these people when `tx` commits, for what they hold already.
    """
    s, a = staged_consent, address
    ended = s.c.act.in_((ConsentAct.REFUSED.value, ConsentAct.WITHDRAWN.value))
    held = and_(s.c.contact_id == a.c.contact_id, s.c.medium == a.c.medium)
    announce_changed(tx, select(a.c.digest).join(s, held).where(ended, s.c.purpose == Purpose.POLITICAL.value))
    theirs = select(a.c.id).join(s, held).where(ended)
    return _cancel(tx, theirs, because=because, at=at)


def clear_staged(tx: Connection) -> None:
    """Forget the staged digests: they are on the list."""
    tx.execute(delete(staged_objection))


def _cancel(tx: Connection, addresses: Select[int], *, because: str, at: datetime) -> int:
    waiting = (
        message.c.contact_id.in_(select(address.c.contact_id).where(address.c.id.in_(addresses))),
        message.c.address_id.in_(addresses),
        message.c.state.in_(DUE_STATES),
        stopped(),
    )
    return tx.execute(update(message).where(*waiting).values(cancelled(because, at))).rowcount
