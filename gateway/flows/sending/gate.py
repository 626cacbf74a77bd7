"""THE GATE. A message leaves only through `pass_batch`, after `decide` said Allow and the verdict was committed."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, assert_never

from gateway.audit.entry import Entry, EntryKind, Stencil, entry, stencil
from gateway.compliance.verdict import RULE_FAILED, Allow, Defer, Refuse
from gateway.domain.channel import Encoding, Envelope, Medium, Outcome
from gateway.domain.errors import RenderFault
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.flows.sending.brief import Brief, Judged, keep_texts
from gateway.flows.sending.lane import Lane
from gateway.flows.sending.once import judge_all
from gateway.flows.sending.outcomes import HandedOver
from gateway.flows.sending.pacing import Pace
from gateway.flows.sending.recipients import Recipient, Samples, recipient_of
from gateway.flows.sending.settling import settle
from gateway.flows.sending.strangers import as_recipient
from gateway.flows.sending.trial import require_trial
from gateway.flows.sending.watch import HandOverWatch
from gateway.store import documents, journal, outbox
from gateway.store.claiming import Claimed, claim
from gateway.store.documents import Document
from gateway.store.engine import Connection, begin
from gateway.store.erasing import PERSON_GONE
from gateway.store.outbox import Move

log = logging.getLogger(__name__)

#: Reason on a message whose verdict ended too soon for it to arrive: it waits for the next one.
ARRIVES_LATE = "arrives-late"
_ARRIVES_WITHIN = timedelta(seconds=120)
#: A hand-over begins only while at least this share of its lease is left.
_LEASE_SHARE = 0.5


class Passing(NamedTuple):
    """One message on its way through the gate."""

    recipient: Recipient
    judged: Judged
    attempts: int
    timed: bool  #: it reaches a telephone, at an hour: nothing of it may arrive once the verdict has ended
    begins_by: datetime | None  #: from then on nothing of it may begin: what a call says is over when the verdict ends, too


def pass_batch(gw: Gateway, lane: Lane, brief: Brief) -> int:
    """Pass one micro-batch of a campaign through the gate; returns how many rows were claimed.

    1. Claim due rows with their facts, decide, record the verdicts and move the rows: one transaction.
    2. Hand the allowed ones over, outside any transaction; what no longer holds at the last moment is held back.
    3. Settle rows and record outcomes: one transaction.
    Raises StoreUnavailable before anything left; after that, settling waits for the store.
    """
    gw.precedence.stand_aside()
    mark = gw.feed.mark()
    at = gw.clock.now()
    lease_until = at + timedelta(seconds=gw.settings.sending.lease_seconds)
    with begin(gw.engine) as tx:
        require_trial(tx, gw)
        pace = Pace.read(tx, gw, brief.medium, at)
        claimed = pace.within(claim(tx, pace.claim_of(brief, at)))
        passing, gone = _judge(tx, brief, claimed, at)
        facts = _record(tx, brief, passing, gone, at)
        allowed = _move(tx, lane, passing, gone, lease_until=lease_until, at=at)
        if brief.medium is Medium.CALL:
            _keep_documents(tx, gw, brief, allowed, at)
        pace.spend(tx, allowed)
    brief.recorded(facts)
    if allowed:
        until = at + _LEASE_SHARE * (lease_until - at)
        watch = HandOverWatch(gw, mark, lane.wire, campaign_id=brief.campaign_id, until=until)
        watch.exempt = frozenset(one.recipient.message_id for one in allowed if one.judged.outlives_objection)
        outcomes = gw.channels[brief.medium].hand_over([_envelope(gw, brief, one, at) for one in allowed], watch)
        settle(gw, lane, brief, _handed_over(allowed, outcomes, watch, gw.clock.now()), pace)
    return len(claimed)


def _judge(tx: Connection, brief: Brief, claimed: list[Claimed], at: datetime) -> tuple[list[Passing], list[int]]:
    """A verdict for each claimed row, and the ids of those whose person is gone."""
    samples = Samples(tx)
    claimed = [as_recipient(tx, brief, row, at) for row in claimed]
    known = [row for row in claimed if row.contact_id is not None]
    judged = judge_all(tx, brief, known, at)
    timed = brief.medium is not Medium.EMAIL
    passing = [
        Passing(recipient_of(row, brief, samples), one, row.attempts, timed, brief.begins_by(one.verdict))
        for row, one in zip(known, judged, strict=True)
    ]
    return passing, [row.message_id for row in claimed if row.contact_id is None]


def _record(tx: Connection, brief: Brief, passing: list[Passing], gone: Iterable[int], at: datetime) -> list[Judged]:
    """Write the verdicts to the journal, each class of facts once before the first decision that names it, and keep the texts
    that they name by their hash."""
    if not brief.texts_kept:
        keep_texts(tx, brief.compiled, at)
    facts = brief.unrecorded({one.judged for one in passing})
    entries = [judged.entry for judged in facts]
    entries += [_alarm(brief, judged, at) for judged in facts if RULE_FAILED in judged.rules]
    alike = {judged: _decision(brief, judged, at) for judged in {one.judged for one in passing}}
    entries += [alike[one.judged].of(one.recipient.message_id, one.recipient.person) for one in passing]
    entries += [
        entry(EntryKind.DECISION, at, campaign_id=brief.campaign_id, message_id=message_id, verdict="refuse", rules=[PERSON_GONE])
        for message_id in gone
    ]
    journal.append(tx, entries)
    return facts


def _alarm(brief: Brief, judged: Judged, at: datetime) -> Entry:
    """A rule that failed refuses, and somebody is told."""
    log.error("campaign %s: a check could not be made, and whoever it concerns gets nothing: %s", brief.name, judged.because)
    return entry(EntryKind.ALARM, at, campaign_id=brief.campaign_id, alarm=RULE_FAILED, facts=judged.facts)


def _decision(brief: Brief, judged: Judged, at: datetime) -> Stencil:
    """The decisions on everybody in a class: they name her and her message, and are else the same."""
    verdict = judged.verdict
    return stencil(
        EntryKind.DECISION,
        at,
        campaign_id=brief.campaign_id,
        facts=judged.facts,
        pack=brief.pack.version,
        verdict=verdict.name,
        rules=judged.rules,
        until=verdict.until if isinstance(verdict, Defer) else None,
        content=brief.compiled.content_hash,
        notice=brief.compiled.notice_version,
    )


def _move(
    tx: Connection, lane: Lane, passing: list[Passing], gone: list[int], *, lease_until: datetime, at: datetime
) -> list[Passing]:
    """Move each row to what its verdict says; returns the allowed ones, which are now handing over under this lane's lease."""
    allowed: dict[str, list[Passing]] = {}
    moves: dict[tuple[MessageState, str, datetime | None], list[int]] = {}
    for one in passing:
        because = one.judged.because
        match one.judged.verdict:
            case Allow(valid_until=until) if _arrives_late(one, at):
                moves.setdefault((MessageState.DEFERRED, ARRIVES_LATE, until), []).append(one.recipient.message_id)
            case Allow():
                allowed.setdefault(because, []).append(one)
            case Defer(until=until):
                moves.setdefault((MessageState.DEFERRED, because, until), []).append(one.recipient.message_id)
            case Refuse():
                moves.setdefault((MessageState.REFUSED, because, None), []).append(one.recipient.message_id)
            case never:
                assert_never(never)
    if gone:
        moves[(MessageState.REFUSED, PERSON_GONE, None)] = gone
    for (state, because, due_at), ids in moves.items():
        outbox.turn_away(tx, Move(ids, state, because, due_at), at=at)
    for because, those in allowed.items():
        ids = [one.recipient.message_id for one in those]
        outbox.take(tx, ids, worker=lane.name, lease_until=lease_until, because=because)
    return [one for those in allowed.values() for one in those]


def _keep_documents(tx: Connection, gw: Gateway, brief: Brief, allowed: list[Passing], at: datetime) -> None:
    """What each call says waits in the store until the provider fetches it; what cannot be made is refused at the hand-over."""
    made = {}
    for one in allowed:
        if one.judged.variant is not None:
            with suppress(RenderFault):
                fields = one.recipient.fields(gw, brief, at)
                body = brief.payload(one.judged.variant, fields, Encoding.EIGHT_BIT)
                made[one.recipient.message_id] = Document(body, one.begins_by)
    documents.keep(tx, made, at=at)


def _envelope(gw: Gateway, brief: Brief, one: Passing, at: datetime) -> Envelope:
    """The message, ready to leave. Its bytes are made while the server answers; the outcome entry carries their hash."""
    recipient, variant = one.recipient, one.judged.variant
    if variant is None:
        raise AssertionError("an allowed message has a variant")
    fields = partial(recipient.fields, gw, brief, at)
    return Envelope(
        message_id=recipient.message_id,
        digest=recipient.digest,
        sender=brief.return_path(gw.keys.verp_token(recipient.message_id)),
        recipient=recipient.address,
        payload=lambda encoding: brief.payload(variant, fields(), encoding),
        good_until=one.begins_by,
        callback=brief.callback(gw.keys.verp_token(recipient.message_id)),
        lasts_seconds=brief.lasts_seconds,
    )


def _arrives_late(one: Passing, at: datetime) -> bool:
    """Whether a telephone may ring only after the hour that was allowed: the verdict ends too soon (rule sms-ttl)."""
    return one.timed and one.begins_by is not None and one.begins_by - at < _ARRIVES_WITHIN


def _handed_over(
    allowed: list[Passing], outcomes: list[Outcome], watch: HandOverWatch, now: datetime
) -> list[tuple[Recipient, HandedOver]]:
    """Each message with what became of it and both instants."""
    return [
        (
            one.recipient,
            HandedOver(
                message_id=one.recipient.message_id,
                outcome=outcome,
                began=watch.began.get(one.recipient.message_id),
                ended=watch.ended_at.get(one.recipient.message_id, now),
                objected=one.recipient.message_id in watch.objected,
                attempts=one.attempts,
                silent=watch.fell_silent,
            ),
        )
        for one, outcome in zip(allowed, outcomes, strict=True)
    ]
