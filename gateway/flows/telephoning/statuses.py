"""Texts: what the provider says became of each. Statuses that come at the same moment share one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.channels.twilio.callbacks import MessageStatus
from gateway.channels.twilio.codes import meaning
from gateway.domain.channel import Fault, Medium
from gateway.domain.message import MessageState
from gateway.domain.receipt import Evidence, ReceiptKind, Returned
from gateway.domain.reply import InboxKind
from gateway.domain.suppression import SuppressionCause
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import keep_until
from gateway.flows.listening import Heard, objection
from gateway.flows.sending.returning import kind_of, returned, take_effect
from gateway.store import conditions, inbox, journal, outbox, receipts
from gateway.store.engine import Connection, begin, ending, together
from gateway.store.inbox import Incoming
from gateway.store.receipts import Addressee

#: Statuses that end the story of a text.
_DELIVERED = frozenset({"delivered", "read"})
_FAILED = frozenset({"undelivered", "failed"})


class Told(NamedTuple):
    """One callback about a text."""

    token: str  #: of the message, from the address that was called
    status: MessageStatus
    form: Mapping[str, str]  #: as it came


class _Ended(NamedTuple):
    """A text whose story is over, and what that says of its number."""

    status: MessageStatus
    returned: Returned
    fault: Fault | None  #: None: it arrived
    failures: int  #: of its number, before
    in_doubt: bool  #: nobody knew yet whether the provider had taken it


def text_statuses(gw: Gateway, told: Sequence[Told]) -> list[bool]:
    """Take statuses of texts into account, each once; False for one that was told before. Committed before this returns.

    All of them or none: Raises InvalidToken for one that is not ours, StoreUnavailable.
    """
    at = gw.clock.now()
    until = keep_until(gw, at)
    incoming = [_incoming(gw, one, at, until) for one in told]
    final = [row.message_id or 0 for row, one in zip(incoming, told, strict=True) if one.status.status in _DELIVERED | _FAILED]
    with begin(gw.engine) as tx:
        with together(tx) if final else ending(tx):
            filed = inbox.file_all(tx, incoming, at=at)
            asked = receipts.send_addressees(tx, final) if final else None
        fresh = filed()
        kept: list[bool] = []
        for one in incoming:  # of two alike in one go, the first counts
            kept.append(one.provider_id in fresh)
            fresh.discard(one.provider_id)
        if asked:
            new = [(row.message_id or 0, one) for row, one, is_new in zip(incoming, told, kept, strict=True) if is_new]
            _end(tx, gw, _ended(new, receipts.known(asked), at), at)
    return kept


def _end(tx: Connection, gw: Gateway, ended: Sequence[_Ended], at: datetime) -> None:
    """What follows from the ends of stories, and the end of the transaction."""
    entries = [_receipt(one) for one in ended] + _resolve(tx, ended, at) + _take_effect(tx, gw, ended)
    for over in ended:
        if over.fault is Fault.OPTED_OUT:
            objection(tx, gw, _opted_out(over.returned, at))
    with ending(tx):
        receipts.add_all(tx, [one.returned for one in ended])
        journal.append(tx, entries)


def _incoming(gw: Gateway, one: Told, at: datetime, until: datetime | None) -> Incoming:
    return Incoming(
        medium=Medium.SMS,
        provider_id=f"{one.status.sid}:{one.status.status}",
        kind=InboxKind.CALLBACK,
        digest=None,
        received_at=at,
        kept_at=at,
        body=orjson.dumps(dict(one.form)),
        message_id=gw.keys.read_verp_token(one.token),
        keep_until=until,
    )


def _ended(fresh: Sequence[tuple[int, Told]], known: Mapping[int, Addressee], at: datetime) -> list[_Ended]:
    """Those that end a story, with what each says of its number; texts that do not exist are left out."""
    ended = []
    for message_id, (_, status, _) in fresh:
        if status.status not in _DELIVERED | _FAILED or message_id not in known:
            continue
        found = None if status.status in _DELIVERED else meaning(status.error_code)
        kind = ReceiptKind.DELIVERED if found is None else kind_of(found.fault, permanent=found.permanent)
        code = "" if status.error_code is None else str(status.error_code)
        shown = Evidence(at=at, code=code, reply=status.status)
        gone_to = known[message_id]
        fault = found.fault if found else None
        ended.append(_Ended(status, returned(gone_to, kind, shown), fault, gone_to.failures, gone_to.in_doubt))
    return ended


def _receipt(one: _Ended) -> Entry:
    return entry(
        EntryKind.RECEIPT,
        one.returned.evidence.at,
        campaign_id=one.returned.campaign_id,
        message_id=one.returned.message_id,
        person=one.returned.person,
        receipt=one.returned.kind.value,
        code=one.returned.evidence.code or None,
    )


def _resolve(tx: Connection, ended: Sequence[_Ended], at: datetime) -> list[Entry]:
    """A text in doubt of which the provider speaks was taken by it."""
    entries = []
    for one in ended:
        message_id = one.returned.message_id
        if one.in_doubt and outbox.resolve(tx, message_id, MessageState.ACCEPTED, reply=one.status.sid, at=at):
            evidence, state = f"the provider says {one.status.status}", MessageState.ACCEPTED.value
            entries.append(entry(EntryKind.SETTLEMENT, at, message_id=message_id, state=state, evidence=evidence, by="gateway"))
    return entries


def _take_effect(tx: Connection, gw: Gateway, ended: Sequence[_Ended]) -> list[Entry]:
    """On the numbers: those that were reached begin again at zero, together; the others one by one, in the order they came."""
    reached = [one.returned for one in ended if one.returned.kind is ReceiptKind.DELIVERED and one.failures]
    conditions.forgive_all(tx, [one.digest for one in reached], Medium.SMS)
    others = [one.returned for one in ended if one.returned.kind is not ReceiptKind.DELIVERED]
    return [told for one in others for told in take_effect(tx, gw, one)]


def _opted_out(returned: Returned, at: datetime) -> Heard:
    return Heard(
        digest=returned.digest,
        medium=Medium.SMS,
        cause=SuppressionCause.REPLY,
        received_at=at,
        message_id=returned.message_id,
    )
