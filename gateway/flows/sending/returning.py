"""What came back about a message takes effect: on the address, on the campaign, in the journal.

A server's refusal at once and a bounce days later follow the same rules: email-bounce, email-bounce-limit,
email-failing-rest, email-enforcement.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.compliance.pack import Pack
from gateway.domain.address import AddressState
from gateway.domain.channel import Fault, Medium, Rejected
from gateway.domain.keys import pseudonym
from gateway.domain.message import MessageState
from gateway.domain.receipt import AddressCause, Evidence, ReceiptKind, Returned
from gateway.domain.suppression import SuppressionCause
from gateway.flows.gateway import Gateway
from gateway.flows.listening import Stop, objection
from gateway.flows.sending.outcomes import HandedOver, redacted
from gateway.flows.sending.stopping import stop_for_block
from gateway.store import conditions, journal, receipts
from gateway.store.engine import Connection, begin
from gateway.store.outbox import Settled
from gateway.store.receipts import Addressee

_LIMIT, _REST = "email-bounce-limit", "email-failing-rest"
#: Addresses tried again in one transaction.
_AT_ONCE = 500


def take_effect(tx: Connection, gw: Gateway, returned: Returned) -> list[Entry]:
    """Act on one report; returns the entries for the journal. Only who is at fault bears the consequence."""
    match returned.kind:
        case ReceiptKind.DEAD:
            return _dead(tx, gw.pack, returned)
        case ReceiptKind.FAILED | ReceiptKind.FULL | ReceiptKind.EXPIRED:
            return _failed(tx, gw.pack, returned)
        case ReceiptKind.BLOCKED:
            return stop_for_block(tx, returned)
        case ReceiptKind.DELIVERED | ReceiptKind.UNHEARD:
            conditions.forgive(tx, returned.digest, returned.medium)
            return []
        case ReceiptKind.REFUSED | ReceiptKind.UNKNOWN | ReceiptKind.COMPLAINT:
            return []
        case never:
            assert_never(never)


def take_back(tx: Connection, reached: Returned) -> list[Entry]:
    """A message arrived of which the contrary had been said: what that made of its address is undone; returns the entries."""
    if not conditions.revive(tx, reached.message_id, reached.digest, reached.medium, reached.evidence):
        return []
    return [_entry(reached, AddressState.VALID, because=AddressCause.REACHED.value)]


def take_refusals(tx: Connection, gw: Gateway, handed: Sequence[HandedOver], rows: Sequence[Settled]) -> list[Entry]:
    """What a server refused for good, or once too often, during the hand-over; returns the entries for the journal.

    Whoever told the provider to stop us objects, however late the outcome is settled. That we text or call too fast says nothing
    of a number; a mail server slows down the mail to one address, too.
    """
    final = (MessageState.REJECTED, MessageState.EXPIRED)
    refused = {
        one.message_id: (one.outcome, one.ended)
        for one, row in zip(handed, rows, strict=True)
        if row.state in final and isinstance(one.outcome, Rejected)
    }
    if not refused:
        return []
    known = receipts.addressees(tx, list(refused))
    entries: list[Entry] = []
    for message_id, (outcome, ended) in refused.items():
        if outcome.fault is Fault.THROTTLED and known[message_id].medium is not Medium.EMAIL:
            continue
        shown = Evidence(at=ended, code=outcome.code, reply=redacted(outcome.reply, known[message_id].address or ""))
        told = returned(known[message_id], kind_of(outcome.fault, permanent=outcome.permanent), shown)
        if outcome.fault is Fault.OPTED_OUT:
            objection(tx, gw, opted_out(told, ended))
        entries += take_effect(tx, gw, told)
    return entries


def opted_out(told: Returned, at: datetime) -> Stop:
    """The person told the provider itself to stop us: an objection like any other."""
    return Stop(digest=told.digest, medium=told.medium, cause=SuppressionCause.REPLY, received_at=at, message_id=told.message_id)


def returned(addressee: Addressee, kind: ReceiptKind, shown: Evidence) -> Returned:
    """A report about a message, for whom it had gone to."""
    return Returned(
        kind=kind,
        message_id=addressee.message_id,
        campaign_id=addressee.campaign_id,
        digest=addressee.digest,
        medium=addressee.medium,
        evidence=shown,
        handed_at=addressee.handed_at,
        person=pseudonym(addressee.key) if addressee.key else None,
    )


def kind_of(fault: Fault, *, permanent: bool) -> ReceiptKind:
    """What a refusal during the hand-over says, in the terms of a report that comes later."""
    match fault:
        case Fault.RECIPIENT:
            return ReceiptKind.DEAD if permanent else ReceiptKind.FAILED
        case Fault.MAILBOX:
            return ReceiptKind.FULL
        case Fault.CONTENT | Fault.OPTED_OUT | Fault.UNKNOWN:
            return ReceiptKind.REFUSED
        case Fault.OURS:
            return ReceiptKind.BLOCKED
        case Fault.THROTTLED | Fault.CONNECTION:
            return ReceiptKind.EXPIRED
        case never:
            assert_never(never)


def end_rests(gw: Gateway) -> int:
    """Addresses that failed long enough ago may be tried again (rule email-failing-rest); returns how many."""
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        rested = conditions.rest_over(tx, before=_remembered_since(gw.pack, at), at=at, most=_AT_ONCE)
        told = [entry(EntryKind.ADDRESS, at, person=pseudonym(key), state="valid", because=_REST) for key in rested]
        journal.append(tx, told)
    return len(rested)


def _dead(tx: Connection, pack: Pack, returned: Returned) -> list[Entry]:
    if not _failures(tx, pack, returned, "hard"):
        return []
    buried = conditions.bury(tx, returned.digest, returned.medium, returned.evidence)
    return [_entry(returned, "dead")] if buried else []


def _failed(tx: Connection, pack: Pack, returned: Returned) -> list[Entry]:
    count = _failures(tx, pack, returned, "soft")
    if not count or not conditions.fail(tx, returned.digest, returned.medium, returned.evidence):
        return []
    return [_entry(returned, "failing", failures=count)]


def _failures(tx: Connection, pack: Pack, returned: Returned, limit: str) -> int:
    """How many failures of the address this one makes; 0 as long as the pack lets them pass."""
    shown = returned.evidence
    since = _remembered_since(pack, shown.at)
    count = conditions.count_failure(tx, returned.digest, returned.medium, shown, since=since)
    return count if count >= pack.threshold(_LIMIT, shown.at).limits[limit] else 0


def _remembered_since(pack: Pack, at: datetime) -> datetime:
    return at - timedelta(seconds=pack.threshold(_REST, at).limits["rest"])


def _entry(returned: Returned, state: str, **also: int | str) -> Entry:
    return entry(
        EntryKind.ADDRESS,
        returned.evidence.at,
        campaign_id=returned.campaign_id,
        message_id=returned.message_id,
        person=returned.person,
        state=state,
        code=returned.evidence.code or None,
        **also,
    )
