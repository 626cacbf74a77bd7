"""Asking the provider what became of texts and calls that are in doubt. Nothing is ever sent again because of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.channels.twilio.callbacks import CallStatus
from gateway.domain.channel import Medium, Traced, Tracer
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.flows.sending.doubts import resolve
from gateway.flows.telephoning.calls import end
from gateway.store import doubts, journal
from gateway.store.doubts import Doubtful
from gateway.store.engine import begin, reading

log = logging.getLogger(__name__)

#: How long a callback is waited for before the provider is asked, and how long its lists may lag behind.
_ASK_AFTER = timedelta(minutes=2)
_ABSENT_AFTER = timedelta(minutes=10)
#: A call rings and speaks for minutes; then its end must be known.
_CALL_AFTER = timedelta(minutes=15)
_AT_ONCE = 200
_CALL_OVER = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What asking settled."""

    accepted: int = 0
    abandoned: int = 0
    ended: int = 0  #: calls whose end nobody had told
    left: int = 0  #: still in doubt: shown to a person


def trace(gw: Gateway) -> Settled:
    """Settle what is in doubt by the provider's own records: by its number, else by recipient and time.

    As many unknown messages to that person at that time as are in doubt were ours; none, long after, means that they were never
    taken; where some were and some were not, which ones is left to a person. A provider that cannot be asked leaves all as it is.
    """
    at = gw.clock.now()
    accepted = abandoned = ended = left = 0
    for medium, tracer in gw.tracers.items():
        for one in _doubtful(gw, medium, at):
            try:
                outcome = _settle(gw, tracer, medium, one, at)
            except OSError as fault:
                log.warning("the provider cannot be asked what became of messages in doubt: %s", fault)
                break
            accepted += outcome == "accepted"
            abandoned += outcome == "abandoned"
            ended += outcome == "ended"
            left += outcome == "left"
    return Settled(accepted=accepted, abandoned=abandoned, ended=ended, left=left)


def _doubtful(gw: Gateway, medium: Medium, at: datetime) -> Iterator[Doubtful]:
    """All of them, page by page: those that are left to a person stand in nobody's way."""
    after = 0
    while True:
        with reading(gw.engine) as tx:
            page = doubts.doubtful(tx, medium, before=at - _ASK_AFTER, after=after, most=_AT_ONCE)
        yield from page
        if len(page) < _AT_ONCE:
            return
        after = page[-1].message_id


def _settle(gw: Gateway, tracer: Tracer, medium: Medium, one: Doubtful, at: datetime) -> str:
    since = one.handed_at or one.due_at
    if one.state is MessageState.RINGING:
        if at - since < _CALL_AFTER:
            return "waits"
        if not one.reference:
            return "left"  # asked about nobody, the provider would list everybody's calls
        return _end(gw, one, tracer.look_up(one.address or "", since, at, reference=one.reference))
    if one.address is None:
        return "left"
    found = tracer.look_up(one.address, since, since + _ABSENT_AFTER if one.handed_at else at)
    with reading(gw.engine) as tx:
        known = doubts.references_to(tx, one.digest)
        rivals = doubts.rivals(tx, one, since - _ABSENT_AFTER, since + _ABSENT_AFTER)
    unknown = [each for each in found if each.reference not in known]
    if MessageState.HANDING_OVER in rivals:
        return "waits"  # what is unknown may be the one that is being handed over this very moment
    if unknown and len(unknown) == 1 + len(rivals):  # every one in doubt was taken
        return _resolve(gw, medium, one, min(unknown, key=_order))
    if not unknown and at - since >= _ABSENT_AFTER:
        return _move(gw, one, MessageState.ABANDONED, "the provider has no such message", "")
    return "left" if unknown else "waits"


def _order(each: Traced) -> tuple[datetime, str]:
    """The one the provider took first."""
    return each.at, each.reference


def _resolve(gw: Gateway, medium: Medium, one: Doubtful, traced: Traced) -> str:
    if medium is Medium.CALL:
        if traced.status not in _CALL_OVER:
            return "waits"
        return _end(gw, one, [traced])
    return _move(gw, one, MessageState.ACCEPTED, f"the provider has it: {traced.status}", traced.reference)


def _end(gw: Gateway, one: Doubtful, found: Sequence[Traced]) -> str:
    over = next((each for each in found if each.status in _CALL_OVER), None)
    if over is None:
        return "left"
    with begin(gw.engine) as tx:
        told = CallStatus(sid=over.reference, status=over.status, answered_by=over.answered_by, seconds=None)
        return "ended" if end(tx, gw, one.message_id, told) else "waits"


def _move(gw: Gateway, one: Doubtful, state: MessageState, evidence: str, reference: str) -> str:
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        settled = resolve(tx, one.message_id, state, evidence, at=at, reply=reference, campaign_id=one.campaign_id)
        journal.append(tx, settled)
    if not settled:
        return "waits"
    return "accepted" if state is MessageState.ACCEPTED else "abandoned"
