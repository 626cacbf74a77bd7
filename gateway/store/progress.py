"""How far a campaign is: its rows in the outbox counted, paged through, and asked what they wait for. Reads only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping, case, func, select

from gateway.domain.message import DUE_STATES, HELD_STATES, MessageState
from gateway.store.engine import is_postgresql
from gateway.store.outbox import ELSEWHERE, in_states
from gateway.store.tables import message


def frozen(tx: Connection, campaign_id: int) -> tuple[int, int]:
    """How many people the frozen audience is, and how many addresses are passed over, as their holder is written to elsewhere."""
    passed_over = func.count(case((message.c.because == ELSEWHERE, 1)))
    rows = select(func.count() - passed_over, passed_over).where(message.c.campaign_id == campaign_id)
    people, others = tx.execute(rows).one()
    return people, others


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


def first_because(tx: Connection, campaign_id: int, state: MessageState, because: str) -> int:
    """Number of the first message of a campaign in this state for this reason; 0 when there is none."""
    chosen = select(func.min(message.c.id)).where(
        message.c.campaign_id == campaign_id, message.c.state == state, func.coalesce(message.c.because, "") == because
    )
    return int(tx.execute(chosen).scalar() or 0)


def due_hours(tx: Connection, campaign_id: int, because: str, *, most: int) -> list[tuple[datetime, int]]:
    """When messages that wait for this reason are due, minute by minute: its first instant, and how many; the soonest first.

    What a server put off has an instant of its own, each to the microsecond.
    """
    m = message.c
    waits = (m.campaign_id == campaign_id, m.state == MessageState.DEFERRED, func.coalesce(m.because, "") == because)
    minute = func.date_trunc("minute", m.due_at) if is_postgresql(tx) else func.substr(m.due_at, 1, len("2027-03-01 18:30"))
    first = func.min(m.due_at)
    chosen = select(first, func.count()).where(*waits).group_by(minute).order_by(first).limit(most)
    return [(at, many) for at, many in tx.execute(chosen)]


def next_due(tx: Connection, campaign_id: int) -> datetime | None:
    """When the first of the messages that still wait is due; None: none waits."""
    m = message.c
    return tx.execute(select(func.min(m.due_at)).where(m.campaign_id == campaign_id, in_states(DUE_STATES))).scalar()


def any_open(tx: Connection, campaign_id: int) -> bool:
    """Whether any row of a campaign still asks for something. Two look-ups: each has its partial index."""
    for states in (DUE_STATES, HELD_STATES):
        found = select(message.c.id).where(message.c.campaign_id == campaign_id, in_states(states)).limit(1)
        if tx.execute(found).first() is not None:
            return True
    return False


def any_begun(tx: Connection, campaign_id: int) -> bool:
    """Whether the gate has looked at any row of a campaign yet."""
    m = message.c
    seen = select(m.id).where(
        m.campaign_id == campaign_id, m.state != MessageState.WAITING, m.because.is_distinct_from(ELSEWHERE)
    )
    return tx.execute(seen.limit(1)).first() is not None


def gets_through(tx: Connection, campaign_id: int, *, since: datetime) -> bool:
    """Whether the provider took a message of a campaign since an instant."""
    m = message.c
    taken = (MessageState.ACCEPTED, MessageState.RINGING)
    found = select(m.id).where(m.campaign_id == campaign_id, m.state.in_(taken), m.handed_at >= since)
    return tx.execute(found.limit(1)).first() is not None


def listed(
    tx: Connection, campaign_id: int | None, *, state: MessageState | None = None, after: int = 0, limit: int = 50
) -> list[RowMapping]:
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
