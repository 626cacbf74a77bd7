"""The outbox: one row per message, claimed by set, moved only from the state a move names.

The claim, the verdict and the move to handing_over are one transaction: the row lock (PostgreSQL: FOR UPDATE SKIP LOCKED;
SQLite: BEGIN IMMEDIATE) is the claim, so a crash before the commit leaves the row as it was, and no row is ever claimed
without its verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    RowMapping,
    bindparam,
    insert,
    or_,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.types import String

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.message import DUE_STATES, HELD_STATES, OPEN_STATES, MessageState
from gateway.store.engine import is_postgresql
from gateway.store.facts import TELLING
from gateway.store.prepared import Prepared, given
from gateway.store.tables import address, campaign, message
from gateway.store.types import instant, listed_ids

#: Why an address of a campaign is passed over: its holder is written to at another one, on the same channel.
ELSEWHERE = "another-address"
#: Why what still waits of a campaign never leaves: somebody cancelled it.
CAMPAIGN_CANCELLED = "campaign-cancelled"
#: Reason on answers that a trial still owed as it ended.
TRIAL_OVER = "trial-over"
#: Begin the occasions of the two letters that thank for a consent: given to our question, or confirmed after a form.
AGREED, CONFIRMED = "agreed:", "receipt:"


class Settled(NamedTuple):
    """What became of one handed-over message."""

    message_id: int
    state: MessageState
    because: str | None = None
    reply: str | None = None
    handed_at: datetime | None = None
    due_at: datetime | None = None  #: DEFERRED: when it is due again
    attempts: int = 0  #: 1 when this hand-over counts as an attempt


@dataclass(frozen=True, slots=True)
class Move:
    """Several claimed rows that move alike."""

    ids: Sequence[int]
    state: MessageState
    because: str
    due_at: datetime | None = None


def add(tx: Connection, campaign_id: int, message_class: MessageClass, **row: object) -> int:
    """Write one waiting row; returns its id."""
    values = {"campaign_id": campaign_id, "message_class": message_class, "state": MessageState.WAITING, **row}
    return int(_adding(tuple(sorted(values))).scalar(tx, **values))


@cache
def _adding(columns: tuple[str, ...]) -> Prepared:
    return Prepared(insert(message).values({name: given(name) for name in columns}).returning(message.c.id))


# In the two statements below, and where what waits for a person is cancelled, the state is tested through an expression that no
# index knows: rows are found by their ids or by their person, and a planner must not walk a partial index of everything due or
# under way instead.
_TAKE = {
    "postgresql": """
UPDATE message SET state = 'handing_over', worker = %(worker)s, lease_until = %(lease_until)s, because = %(because)s
WHERE id = ANY(%(ids)s) AND state || '' IN ('waiting', 'deferred')""",
    "sqlite": """
UPDATE message SET state = 'handing_over', worker = :worker, lease_until = :lease_until, because = :because
WHERE id IN (SELECT value FROM json_each(:ids)) AND +state IN ('waiting', 'deferred')""",
}


def take(tx: Connection, ids: Sequence[int], *, worker: str, lease_until: datetime, because: str) -> int:
    """waiting | deferred -> handing_over, under a lease; returns how many moved."""
    held = {"worker": worker, "lease_until": instant(tx, lease_until), "because": because, "ids": listed_ids(tx, ids)}
    cursor = tx.connection.cursor()
    try:
        cursor.execute(_TAKE[tx.dialect.name], held)
        return int(cursor.rowcount)
    finally:
        cursor.close()


def turn_away(tx: Connection, move: Move, *, at: datetime) -> int:
    """waiting | deferred -> refused | deferred | cancelled | expired; returns how many moved."""
    values: dict[str, object] = {"state": move.state, "because": move.because}
    if move.due_at is not None:
        values["due_at"] = move.due_at
    else:
        values.update(settled_at=at, fields=None)
    return tx.execute(update(message).where(message.c.id.in_(move.ids), in_states(DUE_STATES)).values(**values)).rowcount


#: The outcomes travel as one JSON text: far cheaper for the driver than eight arrays or a statement per row.
_SETTLED = ("id", "state", "because", "reply", "handed_at", "due_at", "attempts", "settled_at")
_SETTLE = """
UPDATE message SET state = s.state, because = coalesce(s.because, message.because),
       reply = CASE WHEN message.contact_id IS NOT NULL THEN s.reply END,
       handed_at = coalesce(s.handed_at, message.handed_at), due_at = coalesce(s.due_at, message.due_at),
       attempts = message.attempts + s.attempts, settled_at = s.settled_at, worker = NULL, lease_until = NULL,
       fields = CASE WHEN s.settled_at IS NULL THEN message.fields END
FROM {outcomes}
WHERE message.id = s.id AND message.worker = {mark} AND {state} IN ('handing_over', 'uncertain')
"""
_SETTLE_POSTGRESQL = _SETTLE.format(
    outcomes="""json_to_recordset(%s::json) AS s (id bigint, state text, because text, reply text, handed_at timestamptz,
     due_at timestamptz, attempts int, settled_at timestamptz)""",
    mark="%s",
    state="message.state || ''",
)
_READ_OUTCOMES = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in _SETTLED)
_SETTLE_SQLITE = _SETTLE.format(
    outcomes=f"(SELECT {_READ_OUTCOMES} FROM json_each(?)) AS s",  # noqa: S608 (names of our own columns)
    mark="?",
    state="+message.state",
)


def settle(tx: Connection, worker: str, outcomes: Sequence[Settled], *, at: datetime) -> int:
    """handing_over | uncertain -> what each hand-over came to, for rows this worker holds; returns how many moved.

    Whoever was erased meanwhile is not named again by the words of a server.
    """
    if not outcomes:
        return 0
    rows = [
        {
            "id": o.message_id,
            "state": o.state,
            "because": o.because,
            "reply": o.reply,
            "handed_at": o.handed_at and instant(tx, o.handed_at),
            "due_at": o.due_at and instant(tx, o.due_at),
            "attempts": o.attempts,
            "settled_at": None if o.state in OPEN_STATES else instant(tx, at),
        }
        for o in outcomes
    ]
    cursor = tx.connection.cursor()
    try:
        told = _SETTLE_POSTGRESQL if is_postgresql(tx) else _SETTLE_SQLITE
        cursor.execute(told, (orjson.dumps(rows).decode(), worker))
        return int(cursor.rowcount)
    finally:
        cursor.close()


def held_by(tx: Connection, worker: str) -> list[int]:
    """Messages a worker was handing over, those included that were doubted as its lease ran out."""
    held = select(message.c.id).where(in_states(HELD_STATES), message.c.worker == worker)
    return [row[0] for row in tx.execute(held.order_by(message.c.id))]


def attempts_of(tx: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Hand-overs tried so far, by message."""
    return {row[0]: row[1] for row in tx.execute(select(message.c.id, message.c.attempts).where(message.c.id.in_(ids)))}


def overdue(tx: Connection, *, at: datetime, most: int) -> list[tuple[int, str]]:
    """Messages whose lease has run out: (id, worker). Nobody can say what became of them without evidence."""
    late = select(message.c.id, message.c.worker).where(message.c.state == MessageState.HANDING_OVER, message.c.lease_until < at)
    return [tuple(row) for row in tx.execute(late.order_by(message.c.lease_until).limit(most).with_for_update(skip_locked=True))]


def doubt(tx: Connection, ids: Sequence[int], *, because: str) -> int:
    """handing_over -> uncertain, keeping the worker so that it may still bring its evidence; returns how many moved."""
    statement = update(message).where(message.c.id.in_(ids), message.c.state == MessageState.HANDING_OVER)
    return tx.execute(statement.values(state=MessageState.UNCERTAIN, lease_until=None, because=because)).rowcount


def resolve(tx: Connection, message_id: int, state: MessageState, *, reply: str, at: datetime) -> bool:
    """uncertain -> accepted | abandoned, on evidence; False when the row is not uncertain (any more)."""
    statement = update(message).where(message.c.id == message_id, message.c.state == MessageState.UNCERTAIN)
    return tx.execute(statement.values(state=state, reply=reply, settled_at=at, worker=None, fields=None)).rowcount == 1


def cancel_for_contacts(
    tx: Connection, digest: bytes, medium: Medium | None, *, because: str, at: datetime, due_before: datetime | None = None
) -> list[int]:
    """Cancel whatever still waits for the person behind this digest on a channel (None: on all); returns the message ids.

    Rows are found by the address itself and by the person who holds it. What goes on all the same: see `stopped`.
    due_before: only what would have left before that instant.
    """
    only = {name: value for name, value in (("medium", medium), ("due_before", due_before)) if value is not None}
    return [row[0] for row in cancelling(*only).rows(tx, digest=digest, reason=because, now=at, **only)]


@cache
def cancelling(*only: str) -> Prepared:
    """`cancelling_statement`, ready to be run."""
    return Prepared(cancelling_statement(*only))


def cancelling_statement(*only: str) -> ReturningUpdate[int]:
    """What cancels all that waits for a person; `only`: on one channel ("medium"), or what is due before an instant."""
    holders = select(address.c.contact_id).where(address.c.digest == given("digest"))
    theirs = select(address.c.id).where(address.c.contact_id.in_(holders))
    if "medium" in only:
        theirs = theirs.where(address.c.medium == given("medium"))
    soon = message.c.due_at < given("due_before") if "due_before" in only else true()
    return (
        update(message)
        .where(
            soon,
            message.c.contact_id.in_(holders),
            message.c.address_id.in_(theirs),
            type_coerce(message.c.state, String).concat("").in_([state.value for state in DUE_STATES]),  # by her rows alone
            stopped(for_good="due_before" not in only),
        )
        .values(cancelled(given("reason"), given("now")))
        .returning(message.c.id)
    )


def stopped(*, for_good: bool = True) -> ColumnElement[bool]:
    """The condition that a message is none of those that go on for whoever says no: answers to what she asked for herself.

    Whoever says it for good is not thanked either for a consent that she has just taken back; a break takes nothing back.
    """
    thanks = [message.c.occasion.like(f"{begins}%") for begins in ((AGREED, CONFIRMED) if for_good else ())]
    return or_(message.c.message_class.not_in((MessageClass.RIGHTS, MessageClass.ACKNOWLEDGEMENT)), *thanks)


def cancelled(because: str | BindParameter[Any], at: datetime | BindParameter[Any]) -> dict[str, object]:
    """Values of a row that was waiting and never leaves; what it was to say goes with it."""
    return {"state": MessageState.CANCELLED, "because": because, "settled_at": at, "fields": None}


def cancel_answers(tx: Connection, *, at: datetime) -> int:
    """Cancel whatever waits of single messages and test copies, which a trial had begun; returns how many."""
    statement = update(message).where(message.c.message_class.not_in(TELLING), in_states(DUE_STATES))
    return tx.execute(statement.values(cancelled(TRIAL_OVER, at))).rowcount


def wake_deferred(tx: Connection, *, at: datetime) -> int:
    """Make every deferred row due: the law or a date has changed and the gate decides again; returns how many."""
    statement = update(message).where(message.c.state == MessageState.DEFERRED, message.c.due_at > at)
    return tx.execute(statement.values(due_at=at)).rowcount


def uncertain(tx: Connection, *, most: int) -> list[tuple[int, Medium]]:
    """Messages in doubt, oldest first: (id, channel)."""
    chosen = (
        select(message.c.id, campaign.c.medium)
        .join(campaign, campaign.c.id == message.c.campaign_id)
        .where(message.c.state == MessageState.UNCERTAIN)
    )
    return [tuple(row) for row in tx.execute(chosen.order_by(message.c.id).limit(most))]


def medium_of(tx: Connection, message_id: int) -> Medium | None:
    """The channel of a message, or None when there is no such row."""
    chosen = select(campaign.c.medium).join(message, message.c.campaign_id == campaign.c.id).where(message.c.id == message_id)
    found: Medium | None = tx.execute(chosen).scalar_one_or_none()
    return found


def find(tx: Connection, message_id: int) -> RowMapping | None:
    """One row of the outbox with its campaign's name and channel, or None."""
    chosen = select(message, campaign.c.name.label("campaign"), campaign.c.medium).join(
        campaign, campaign.c.id == message.c.campaign_id
    )
    return tx.execute(chosen.where(message.c.id == message_id)).mappings().first()


def in_states(states: Sequence[MessageState]) -> ColumnElement[bool]:
    """The condition that a row is in one of these states."""
    # Written out, not bound: only then does SQLite see that the partial indexes serve.
    return type_coerce(message.c.state, String).in_([bindparam(None, s.value, String, literal_execute=True) for s in states])
