"""Texts: what the provider says became of each, and what people write back."""

from __future__ import annotations

import json
from collections.abc import Mapping

from gateway.audit.entry import EntryKind, entry
from gateway.channels.twilio import MessageStatus, SmsReply, meaning
from gateway.domain.channel import Fault, Medium
from gateway.domain.errors import InvalidAddress
from gateway.domain.message import MessageState
from gateway.domain.phone import PhoneNumber
from gateway.domain.receipt import Evidence, ReceiptKind
from gateway.domain.reply import InboxKind, Settlement
from gateway.domain.suppression import SuppressionCause
from gateway.flows import listening
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import Heard, Reply, hear_in, keep_until
from gateway.flows.listening import objection
from gateway.flows.sending.returning import kind_of, returned, take_effect
from gateway.store import inbox, journal, outbox, receipts
from gateway.store.engine import begin
from gateway.store.inbox import Incoming, Read

#: Statuses that end the story of a text.
_DELIVERED = frozenset({"delivered", "read"})
_FAILED = frozenset({"undelivered", "failed"})


def text_status(gw: Gateway, token: str, told: MessageStatus, form: Mapping[str, str]) -> bool:
    """Take a status of a text into account, once; False when the same was told before. Committed before this returns.

    Raises InvalidToken, StoreUnavailable.
    """
    message_id = gw.keys.read_verp_token(token)
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        kept = Incoming(
            medium=Medium.SMS,
            provider_id=f"{told.sid}:{told.status}",
            kind=InboxKind.CALLBACK,
            digest=None,
            received_at=at,
            kept_at=at,
            body=json.dumps(dict(form), ensure_ascii=False).encode(),
            message_id=message_id,
            keep_until=keep_until(gw, at),
        )
        letter_id = inbox.keep(tx, kept)
        if letter_id is None:
            return False
        inbox.read(tx, letter_id, Read(intent=None, settled=Settlement.FILED), at=at)
        addressee = receipts.addressees(tx, [message_id]).get(message_id)
        if addressee is None or told.status not in _DELIVERED | _FAILED:
            return True
        found = None if told.status in _DELIVERED else meaning(told.error_code)
        kind = ReceiptKind.DELIVERED if found is None else kind_of(found.fault, permanent=found.permanent)
        code = "" if told.error_code is None else str(told.error_code)
        came_back = returned(addressee, kind, Evidence(at=at, code=code, reply=told.status))
        receipts.add(tx, came_back)
        entries = [
            entry(
                EntryKind.RECEIPT,
                at,
                campaign_id=addressee.campaign_id,
                message_id=message_id,
                person=came_back.person,
                receipt=kind.value,
                code=code or None,
            )
        ]
        if outbox.resolve(tx, message_id, MessageState.ACCEPTED, reply=told.sid, at=at):
            evidence = f"the provider says {told.status}"
            state = MessageState.ACCEPTED.value
            entries.append(entry(EntryKind.SETTLEMENT, at, message_id=message_id, state=state, evidence=evidence, by="gateway"))
        entries += take_effect(tx, gw, came_back)
        journal.append(tx, entries)
        if found is not None and found.fault is Fault.OPTED_OUT:
            objection(tx, gw, _opted_out(addressee.digest, message_id, gw))
    return True


def hear_text(gw: Gateway, reply: SmsReply, form: Mapping[str, str]) -> Heard:
    """Act on what somebody wrote to one of our numbers; committed before this returns. A stranger is obeyed all the same.

    Raises StoreUnavailable: then nothing was kept, and the provider tells it again.
    """
    received_at = gw.clock.now()
    sms, call = (_digest(gw, medium, reply.sender) for medium in (Medium.SMS, Medium.CALL))
    with begin(gw.engine) as tx:
        heard = hear_in(
            tx,
            gw,
            Reply(
                medium=Medium.SMS,
                sender_digest=sms,
                text=reply.text,
                received_at=received_at,
                provider_id=reply.sid,
                message_id=outbox.latest_to(tx, sms),
                body=json.dumps(dict(form), ensure_ascii=False).encode(),
                twins=(call,),
            ),
        )
    gw.ring()  # she may have been answered
    return heard


def _digest(gw: Gateway, medium: Medium, sender: str) -> bytes:
    """A number as the file knows it; a short code, or a number of a country we cannot read, as the provider writes it."""
    try:
        return gw.keys.address_digest(medium, PhoneNumber.parse(sender).match_key)
    except InvalidAddress:
        return gw.keys.address_digest(medium, sender.strip())


def _opted_out(digest: bytes, message_id: int, gw: Gateway) -> listening.Heard:
    return listening.Heard(
        digest=digest,
        medium=Medium.SMS,
        cause=SuppressionCause.REPLY,
        received_at=gw.clock.now(),
        message_id=message_id,
    )
