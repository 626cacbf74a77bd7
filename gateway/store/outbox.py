"""The outbox: one row per message, claimed by set, moved only from the state a move names.

The claim, the verdict and the move to handing_over are one transaction: the row lock (PostgreSQL: FOR UPDATE SKIP LOCKED;
SQLite: BEGIN IMMEDIATE) is the claim, so a crash before the commit leaves the row as it was, and no row is ever claimed
without its verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, literal, select, type_coerce, update
from sqlalchemy.types import String

from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.message import DUE_STATES, OPEN_STATES, MessageState
from gateway.store.engine import is_postgresql
from gateway.store.facts import FactQuestion, join_facts, person_columns
from gateway.store.tables import address, campaign, contact, message, origin, person_key
from gateway.store.types import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
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


def freeze(
    tx: Connection, campaign_id: int, medium: Medium, message_class: MessageClass, *, audience: Any, due_at: datetime
) -> int:
    """Write one waiting row per address of the audience, in one statement; returns how many. Repeating it adds nothing twice."""
    everyone = (
        select(
            literal(campaign_id),
            contact.c.id,
            address.c.id,
            address.c.digest,
            address.c.domain,
            literal(message_class.value),
            literal(MessageState.WAITING.value),
            literal(due_at, message.c.due_at.type),
        )
        .select_from(contact.join(address, and_(address.c.contact_id == contact.c.id, address.c.medium == medium)))
        .where(audience)
    )
    columns = ["campaign_id", "contact_id", "address_id", "digest", "domain", "message_class", "state", "due_at"]
    return tx.execute(insert(message).from_select(columns, everyone)).rowcount


def add(tx: Connection, campaign_id: int, message_class: MessageClass, **row: Any) -> int:
    """Write one waiting row; returns its id."""
    values = {"campaign_id": campaign_id, "message_class": message_class, "state": MessageState.WAITING, **row}
    return int(tx.execute(insert(message).values(values).returning(message.c.id)).scalar_one())


def claim(
    tx: Connection, campaign_id: int, *, at: datetime, most: int, not_domains: Iterable[str] = ()
) -> list[tuple[int, str, int]]:
    """Lock at most `most` due rows of a running campaign: (id, domain, attempts), oldest due first.

    Rows another worker holds are skipped. A campaign that is no longer running gives none.
    """
    running = select(campaign.c.id).where(campaign.c.id == campaign_id, campaign.c.state == CampaignState.RUNNING).exists()
    due = (
        select(message.c.id, message.c.domain, message.c.attempts)
        .where(message.c.campaign_id == campaign_id, _in_states(DUE_STATES), message.c.due_at <= at, running)
        .order_by(message.c.due_at, message.c.id)
        .limit(most)
        .with_for_update(of=message, skip_locked=True)
    )
    skipped = list(not_domains)
    if skipped:
        due = due.where(message.c.domain.not_in(skipped))
    return [tuple(row) for row in tx.execute(due)]


def with_facts(tx: Connection, ids: Sequence[int], question: FactQuestion) -> list[Any]:
    """For claimed rows: what rendering needs, then person_columns in order. A row whose person is gone is not in the answer."""
    source = message.join(address, address.c.id == message.c.address_id).join(contact, contact.c.id == message.c.contact_id)
    columns = (
        message.c.id.label("message_id"),
        message.c.digest,
        message.c.sample_id,
        contact.c.id.label("contact_id"),
        person_key.c.key,
        address.c.value,
        contact.c.given_name,
        contact.c.family_name,
        contact.c.commune,
        contact.c.language,
        origin.c.label,
        origin.c.collected_on,
    )
    source = join_facts(source, question).outerjoin(person_key, person_key.c.contact_id == contact.c.id)
    chosen = select(*columns, *person_columns(question)).select_from(source).where(message.c.id.in_(ids))
    return list(tx.execute(chosen).all())


#: How many leading columns of with_facts are not facts.
RENDER_COLUMNS = 12


def take(tx: Connection, ids: Sequence[int], *, worker: str, lease_until: datetime, because: str) -> int:
    """waiting | deferred -> handing_over, under a lease; returns how many moved."""
    statement = (
        update(message)
        .where(message.c.id.in_(ids), _in_states(DUE_STATES))
        .values(state=MessageState.HANDING_OVER, worker=worker, lease_until=lease_until, because=because)
    )
    return tx.execute(statement).rowcount


def turn_away(tx: Connection, move: Move, *, at: datetime) -> int:
    """waiting | deferred -> refused | deferred | cancelled | expired; returns how many moved."""
    values: dict[str, Any] = {"state": move.state, "because": move.because}
    if move.due_at is not None:
        values["due_at"] = move.due_at
    else:
        values["settled_at"] = at
    return tx.execute(update(message).where(message.c.id.in_(move.ids), _in_states(DUE_STATES)).values(**values)).rowcount


_SETTLE_COLUMNS = ("id", "state", "because", "reply", "handed_at", "due_at", "attempts", "settled_at")
_SETTLE_POSTGRESQL = """
UPDATE message SET state = s.state, because = s.because, reply = s.reply, handed_at = coalesce(s.handed_at, message.handed_at),
       due_at = coalesce(s.due_at, message.due_at), attempts = message.attempts + s.attempts, settled_at = s.settled_at,
       worker = NULL, lease_until = NULL
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::int[], %s::timestamptz[])
     AS s (id, state, because, reply, handed_at, due_at, attempts, settled_at)
WHERE message.id = s.id AND message.worker = %s AND message.state IN ('handing_over', 'uncertain')
"""
_SETTLE_SQLITE = """
UPDATE message SET state = ?2, because = ?3, reply = ?4, handed_at = coalesce(?5, handed_at), due_at = coalesce(?6, due_at),
       attempts = attempts + ?7, settled_at = ?8, worker = NULL, lease_until = NULL
WHERE id = ?1 AND worker = ?9 AND state IN ('handing_over', 'uncertain')
"""


def settle(tx: Connection, worker: str, outcomes: Sequence[Settled], *, at: datetime) -> int:
    """handing_over | uncertain -> what each hand-over came to, for rows this worker holds; returns how many moved."""
    if not outcomes:
        return 0
    rows = [
        (
            o.message_id,
            o.state.value,
            o.because,
            o.reply,
            instant(tx, o.handed_at) if o.handed_at else None,
            instant(tx, o.due_at) if o.due_at else None,
            o.attempts,
            None if o.state in OPEN_STATES else instant(tx, at),
        )
        for o in outcomes
    ]
    cursor = tx.connection.cursor()
    try:
        if is_postgresql(tx):
            columns = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(_SETTLE_POSTGRESQL, (*columns, worker))
        else:
            cursor.executemany(_SETTLE_SQLITE, [(*row, worker) for row in rows])
        return int(cursor.rowcount)
    finally:
        cursor.close()


def held_by(tx: Connection, worker: str) -> list[int]:
    """Messages a worker was handing over."""
    held = select(message.c.id).where(message.c.state == MessageState.HANDING_OVER, message.c.worker == worker)
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
    return tx.execute(statement.values(state=state, reply=reply, settled_at=at, worker=None)).rowcount == 1


def cancel_for_contacts(tx: Connection, digest: bytes, medium: Medium | None, *, because: str, at: datetime) -> list[int]:
    """Cancel whatever still waits for the person behind this digest on a channel (None: on all); returns the message ids.

    Rows are found by the address itself and by the person who holds it. Messages of class rights and acknowledgement go on.
    """
    holders = select(address.c.contact_id).where(address.c.digest == digest)
    theirs = select(address.c.id).where(address.c.contact_id.in_(holders))
    if medium is not None:
        theirs = theirs.where(address.c.medium == medium)
    statement = (
        update(message)
        .where(
            message.c.contact_id.in_(holders),
            message.c.address_id.in_(theirs),
            _in_states(DUE_STATES),
            message.c.message_class.not_in((MessageClass.RIGHTS, MessageClass.ACKNOWLEDGEMENT)),
        )
        .values(state=MessageState.CANCELLED, because=because, settled_at=at)
        .returning(message.c.id)
    )
    return [row[0] for row in tx.execute(statement)]


def cancel_campaign(tx: Connection, campaign_id: int, *, because: str, at: datetime) -> int:
    """Cancel every row of a campaign that still waits; returns how many."""
    statement = update(message).where(message.c.campaign_id == campaign_id, _in_states(DUE_STATES))
    return tx.execute(statement.values(state=MessageState.CANCELLED, because=because, settled_at=at)).rowcount


def wake_deferred(tx: Connection, *, at: datetime) -> int:
    """Make every deferred row due: the law or a date has changed and the gate decides again; returns how many."""
    statement = update(message).where(message.c.state == MessageState.DEFERRED, message.c.due_at > at)
    return tx.execute(statement.values(due_at=at)).rowcount


def tally(tx: Connection, campaign_id: int) -> dict[MessageState, int]:
    """How many rows of a campaign are in each state; they add up to the frozen audience."""
    rows = tx.execute(select(message.c.state, func.count()).where(message.c.campaign_id == campaign_id).group_by(message.c.state))
    found = {row[0]: row[1] for row in rows}
    return {state: found.get(state, 0) for state in MessageState}


def reasons(tx: Connection, campaign_id: int) -> list[tuple[MessageState, str, int]]:
    """(state, because, how many), the most frequent first."""
    columns = (message.c.state, func.coalesce(message.c.because, ""), func.count())
    chosen = select(*columns).where(message.c.campaign_id == campaign_id).group_by(*columns[:2]).order_by(func.count().desc())
    return [tuple(row) for row in tx.execute(chosen)]


def any_open(tx: Connection, campaign_id: int) -> bool:
    """Whether any row of a campaign still asks for something."""
    return (
        tx.execute(select(message.c.id).where(message.c.campaign_id == campaign_id, _in_states(OPEN_STATES)).limit(1)).first()
        is not None
    )


def any_begun(tx: Connection, campaign_id: int) -> bool:
    """Whether the gate has looked at any row of a campaign yet."""
    seen = select(message.c.id).where(message.c.campaign_id == campaign_id, message.c.state != MessageState.WAITING)
    return tx.execute(seen.limit(1)).first() is not None


def uncertain(tx: Connection, *, most: int) -> list[tuple[int, Medium]]:
    """Messages in doubt, oldest first: (id, channel)."""
    chosen = (
        select(message.c.id, campaign.c.medium)
        .join(campaign, campaign.c.id == message.c.campaign_id)
        .where(message.c.state == MessageState.UNCERTAIN)
    )
    return [tuple(row) for row in tx.execute(chosen.order_by(message.c.id).limit(most))]


def next_due(tx: Connection) -> datetime | None:
    """The earliest instant at which a row of a running campaign is due."""
    chosen = (
        select(func.min(message.c.due_at))
        .join(campaign, campaign.c.id == message.c.campaign_id)
        .where(campaign.c.state == CampaignState.RUNNING, _in_states(DUE_STATES))
    )
    found: datetime | None = tx.execute(chosen).scalar_one()
    return found


def find(tx: Connection, message_id: int) -> Any:
    """One row of the outbox with its campaign's name, or None."""
    chosen = select(message, campaign.c.name.label("campaign")).join(campaign, campaign.c.id == message.c.campaign_id)
    return tx.execute(chosen.where(message.c.id == message_id)).mappings().first()


def listed(
    tx: Connection, campaign_id: int | None, *, state: MessageState | None = None, after: int = 0, limit: int = 50
) -> list[Any]:
    """A page of rows, in order of id; of one campaign, or of all."""
    columns = (
        message.c.id,
        message.c.campaign_id,
        message.c.state,
        message.c.because,
        message.c.reply,
        message.c.handed_at,
        message.c.due_at,
    )
    chosen = select(*columns).where(message.c.id > after)
    if campaign_id is not None:
        chosen = chosen.where(message.c.campaign_id == campaign_id)
    if state is not None:
        chosen = chosen.where(message.c.state == state)
    return list(tx.execute(chosen.order_by(message.c.id).limit(limit)).mappings())


def _in_states(states: Sequence[MessageState]) -> Any:
    # Written out, not bound: only then does SQLite see that the partial indexes serve.
    return type_coerce(message.c.state, String).in_([bindparam(None, s.value, String, literal_execute=True) for s in states])
