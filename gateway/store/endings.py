"""How texts and calls ended that their provider had taken, as it says later; each move names the states it leaves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, case, func, or_, update

from gateway.domain.message import HELD_STATES, OPEN_STATES, MessageState
from gateway.store.outbox import Settled, in_states
from gateway.store.tables import message


def end_call(tx: Connection, message_id: int, ended: Settled, *, at: datetime) -> bool:
    """ringing -> what the provider says the call came to; False when it had ended before.

    The provider may tell before the hand-over is settled, or after nobody could say what became of it: its word holds then too.
    A call that was given up, as it knew of none, and that was heard all the same, was.
    """
    leaves = (*HELD_STATES, MessageState.ABANDONED) if ended.state is MessageState.ACCEPTED else HELD_STATES
    values: dict[str, object] = {
        "state": ended.state,
        "because": func.coalesce(ended.because, message.c.because),
        "reply": case((message.c.contact_id.is_not(None), ended.reply), else_=None),  # of whoever was erased nothing is kept
        "handed_at": func.coalesce(message.c.handed_at, ended.handed_at),
        "settled_at": None if ended.state in OPEN_STATES else at,
        "worker": None,
        "lease_until": None,
    }
    if ended.due_at is not None:
        values["due_at"] = ended.due_at
    # A hand-over that its lane did not settle, also one doubted since, has not been counted as an attempt.
    values["attempts"] = message.c.attempts + case((message.c.worker.is_not(None), 1), else_=0)
    statement = update(message).where(message.c.id == message_id, in_states(leaves)).values(values)
    return tx.execute(statement).rowcount == 1


def reopen(tx: Connection, message_id: int, reference: str, again: Settled, *, at: datetime) -> bool:
    """accepted -> deferred | expired: the provider took a text, and gave it up itself; False when that was another attempt.

    As with a call, it may say so before the hand-over is settled, or after nobody could say what became of it.
    """
    m = message.c
    taken = and_(m.state == MessageState.ACCEPTED, m.reply == reference)
    unsettled = and_(in_states((MessageState.HANDING_OVER, MessageState.UNCERTAIN)), m.reply.is_distinct_from(reference))
    values: dict[str, object] = {
        "state": again.state,
        "because": again.because,
        "reply": reference,
        "due_at": func.coalesce(again.due_at, m.due_at),
        "attempts": m.attempts + case((m.worker.is_not(None), 1), else_=0),
        "settled_at": None if again.state in OPEN_STATES else at,
        "worker": None,
        "lease_until": None,
    }
    return tx.execute(update(message).where(m.id == message_id, or_(taken, unsettled)).values(values)).rowcount == 1


def arrived_after_all(tx: Connection, message_id: int, reference: str, *, at: datetime) -> bool:
    """deferred | abandoned -> accepted: a text arrived that its provider had given up, or that we had, as nobody had it; False
    when it waits for another reason."""
    m = message.c
    given_up = or_(m.state == MessageState.ABANDONED, and_(m.state == MessageState.DEFERRED, m.reply == reference))
    arrived = {"state": MessageState.ACCEPTED, "reply": reference, "settled_at": at, "fields": None}
    return tx.execute(update(message).where(m.id == message_id, given_up).values(arrived)).rowcount == 1
