"""An opposition list that arrives by set: digests staged from a file enter the list, and whatever waited for them ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, delete, func, insert, literal, null, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct
from gateway.domain.message import DUE_STATES, MessageState
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.store.engine import is_postgresql
from gateway.store.matching import objection_covers
from gateway.store.staging import OBJECTS, staged_consent, staged_objection, staged_row
from gateway.store.suppressions import ANNOUNCEMENTS
from gateway.store.tables import address, message, person_key, suppression

_ROWS_AT_ONCE = 1_000
#: Messages that go on for a person who objects: what she asked for herself.
_HER_OWN = (MessageClass.RIGHTS, MessageClass.ACKNOWLEDGEMENT)


def stage_objections(tx: Connection, medium: Medium) -> int:
    """Stage the objections of the file that the list does not hold yet; returns how many."""
    r = staged_row
    fresh = select(r.c.digest).where(r.c.act == OBJECTS, r.c.twin_of.is_(None), ~objection_covers(r.c.digest, medium))
    tx.execute(insert(staged_objection).from_select(["digest"], fresh))
    return tx.execute(select(func.count()).select_from(staged_objection)).scalar_one()


def enter_staged(tx: Connection, medium: Medium, *, since: datetime) -> None:
    """Put the staged digests on the opposition list for a channel. Announced to the workers when `tx` commits."""
    upsert = postgresql.insert if is_postgresql(tx) else sqlite.insert
    columns = ["digest", "medium", "kind", "cause", "since", "until"]
    rows = select(
        staged_objection.c.digest,
        literal(medium.value),
        literal(SuppressionKind.OBJECTION.value),
        literal(SuppressionCause.IMPORTED_LIST.value),
        literal(since, suppression.c.since.type),
        null(),
    ).order_by(staged_objection.c.digest)
    tx.execute(upsert(suppression).from_select(columns, rows.where(literal(True))).on_conflict_do_nothing())
    if is_postgresql(tx):
        announced = text("SELECT count(pg_notify(:channel, encode(digest, 'hex'))) FROM staged_objection")
        tx.execute(announced, {"channel": ANNOUNCEMENTS})


def staged_objections(tx: Connection, medium: Medium) -> Iterator[Sequence[tuple[bytes, bytes | None]]]:
    """The staged digests, each with the key of the person who holds the address, if anybody does; by batches, for the journal."""
    o, a = staged_objection, address
    held = o.outerjoin(a, (a.c.digest == o.c.digest) & (a.c.medium == medium))
    chosen = select(o.c.digest, person_key.c.key).select_from(
        held.outerjoin(person_key, person_key.c.contact_id == a.c.contact_id)
    )
    yield from tx.execute(chosen.order_by(o.c.digest), execution_options={"yield_per": _ROWS_AT_ONCE}).partitions()


def cancel_for_objections(tx: Connection, medium: Medium, *, because: str, at: datetime) -> int:
    """Cancel what waits for whoever holds a staged digest; returns how many messages."""
    a = address
    theirs = select(a.c.id).join(staged_objection, staged_objection.c.digest == a.c.digest).where(a.c.medium == medium)
    return _cancel(tx, theirs, because=because, at=at)


def cancel_for_ended_consents(tx: Connection, medium: Medium, *, because: str, at: datetime) -> int:
    """Cancel what waits for people whose staged entry is a refusal or a withdrawal; returns how many messages."""
    s, a = staged_consent, address
    ended = s.c.act.in_((ConsentAct.REFUSED.value, ConsentAct.WITHDRAWN.value))
    theirs = select(a.c.id).join(s, s.c.contact_id == a.c.contact_id).where(a.c.medium == medium, ended)
    return _cancel(tx, theirs, because=because, at=at)


def clear_staged(tx: Connection) -> None:
    """Forget the staged digests: they are on the list."""
    tx.execute(delete(staged_objection))


def _cancel(tx: Connection, addresses: Select[tuple[int]], *, because: str, at: datetime) -> int:
    waiting = (
        message.c.contact_id.in_(select(address.c.contact_id).where(address.c.id.in_(addresses))),
        message.c.address_id.in_(addresses),
        message.c.state.in_(DUE_STATES),
        message.c.message_class.not_in(_HER_OWN),
    )
    statement = update(message).where(*waiting).values(state=MessageState.CANCELLED, because=because, settled_at=at)
    return tx.execute(statement).rowcount
