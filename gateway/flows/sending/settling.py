"""Settling: rows, addresses, sender and journal, in one transaction after the hand-over."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

from gateway.audit.entry import Entry, EntryKind, entry_of
from gateway.domain.campaign import SINGLE_CLASSES
from gateway.domain.channel import Fault, Rejected, Unsure
from gateway.domain.errors import StoreUnavailable
from gateway.flows.gateway import Gateway
from gateway.flows.sending import outcomes
from gateway.flows.sending.brief import Brief
from gateway.flows.sending.lane import Lane
from gateway.flows.sending.outcomes import HandedOver
from gateway.flows.sending.pacing import Pace
from gateway.flows.sending.recipients import Recipient
from gateway.flows.sending.returning import take_refusals
from gateway.flows.sending.stopping import stop_for_fault, stop_for_unknown
from gateway.store import journal, outbox, progress
from gateway.store.engine import Connection, begin

log = logging.getLogger(__name__)

#: What is known is never given up because the store is away for a while; after that the wire log speaks for it.
_WAIT_SECONDS = 0.5
_WAIT_TRIES = 1200
#: A refusal that nobody here knows is no fault of ours while others of the same campaign were taken so lately.
_LATELY = timedelta(minutes=1)


def settle(gw: Gateway, lane: Lane, brief: Brief, handed: Sequence[tuple[Recipient, HandedOver]], pace: Pace) -> None:
    """Write down what became of each message. Waits ten minutes for a store that is away, then raises StoreUnavailable."""
    for tries in range(1, _WAIT_TRIES + 1):
        try:
            _settle(gw, lane, brief, handed, pace, again=tries > 1)
            break
        except StoreUnavailable as fault:
            if tries == _WAIT_TRIES:
                raise
            if tries == 1:
                log.warning("%d outcomes wait to be written: %s", len(handed), fault)
            time.sleep(_WAIT_SECONDS)
    lane.wire.clear()


def _settle(
    gw: Gateway, lane: Lane, brief: Brief, handed: Sequence[tuple[Recipient, HandedOver]], pace: Pace, *, again: bool
) -> None:
    """again: the store went away before it could confirm; it may have written everything down all the same."""
    at = gw.clock.now()
    rows = [outcomes.settled(one, gw.settings.sending.retry_minutes) for _, one in handed]
    # Made before anything is locked: whoever objects meanwhile waits the less.
    entries = [_entry(brief, recipient, one) for recipient, one in handed]
    with begin(gw.engine) as tx:
        if again and journal.holds(tx, entries[0]):
            return
        outbox.settle(tx, lane.name, rows, at=at)
        entries += take_refusals(tx, gw, [one for _, one in handed], rows)
        entries += _look_at_sender(gw, tx, brief, handed, pace)
        journal.append(tx, entries)


def _entry(brief: Brief, recipient: Recipient, one: HandedOver) -> Entry:
    told = outcomes.told(one.outcome, recipient.address)
    if one.began is not None:
        told["began"] = one.began
    if one.objected:
        told["objected"] = True
    who = recipient.person
    return entry_of(EntryKind.HAND_OVER, one.ended, told, campaign_id=brief.campaign_id, message_id=one.message_id, person=who)


def _look_at_sender(
    gw: Gateway, tx: Connection, brief: Brief, handed: Sequence[tuple[Recipient, HandedOver]], pace: Pace
) -> list[Entry]:
    """A fault of ours stops the campaign; a provider that is away, or says nothing, makes every lane rest; an answer ends it."""
    at = gw.clock.now()
    if ours := _refused(handed, Fault.OURS):
        return stop_for_fault(tx, brief.campaign_id, ours, at)
    # Of a second refusal the team has read before. An answer to an act of hers keeps no other answer from leaving.
    lone = brief.message_class in SINGLE_CLASSES
    unknown = None if lone else _refused([each for each in handed if not each[1].attempts], Fault.UNKNOWN)
    if unknown and not progress.gets_through(tx, brief.campaign_id, since=at - _LATELY):
        return stop_for_unknown(tx, brief.campaign_id, unknown, at)
    answered = any(map(_answered, (one for _, one in handed)))
    if answered:
        pace.succeeded(tx)
    if any(_away(one, answered=answered) for _, one in handed):
        until = pace.failed(tx, at)
        log.warning("the relay or provider is away, silent or takes no more; trying again at %s", until.isoformat())
    return []


def _refused(handed: Sequence[tuple[Recipient, HandedOver]], fault: Fault) -> str | None:
    """The provider's words of the first message that was refused for this fault; None: none was."""
    for recipient, one in handed:
        if isinstance(one.outcome, Rejected) and one.outcome.fault is fault:
            return f"{one.outcome.code} {outcomes.redacted(one.outcome.reply, recipient.address)}"
    return None


def _answered(one: HandedOver) -> bool:
    """Whether the provider dealt with this very message, rather than send us away or say nothing."""
    sent_away = isinstance(one.outcome, Rejected) and one.outcome.fault in (Fault.CONNECTION, Fault.THROTTLED)
    return one.began is not None and not sent_away and not isinstance(one.outcome, Unsure)


def _away(one: HandedOver, *, answered: bool) -> bool:
    """Whether a message speaks for a provider that is away, or takes no more for now. answered: it dealt with another one of the
    same batch, before it fell silent."""
    if isinstance(one.outcome, Unsure):
        return one.silent or not answered
    return outcomes.unreached(one) and (not answered or one.began is None or outcomes.hurried(one))
