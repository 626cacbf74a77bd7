"""Texts that people write back to one of our numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from gateway.channels.twilio.callbacks import SmsReply
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress
from gateway.domain.phone import PhoneNumber
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import Heard, Reply, hear

#: What stands for the words of somebody who sent a picture or a sound and nothing else; the pack doubts it (`no-words`).
_NO_WORDS = "📎 (pièce jointe, sans texte)"


def hear_text(gw: Gateway, reply: SmsReply, form: Mapping[str, str], *, received_at: datetime | None = None) -> Heard:
    """Act on what somebody wrote to one of our numbers; committed before this returns. A stranger is obeyed all the same.

    received_at: when the provider had it, of a text that nobody told as it came; None: now. She may be answered: `gw.ring()`
    afterwards spares the wait for the ticker. Raises StoreUnavailable: then nothing was kept.
    """
    number = _number(reply.sender)
    sms, call = (digest_of(gw, reply.sender, medium) for medium in (Medium.SMS, Medium.CALL))
    return hear(
        gw,
        Reply(
            medium=Medium.SMS,
            sender_digest=sms,
            text=_NO_WORDS if reply.media and not reply.text.strip() else reply.text,
            received_at=received_at or gw.clock.now(),
            late=received_at is not None,
            provider_id=reply.sid,
            to_latest=True,
            body=json.dumps(dict(form), ensure_ascii=False).encode(),
            twins=(call,),
            opted_out=reply.opted_out,
            number=number.e164 if number and Medium.SMS in number.media else None,
        ),
    )


def digest_of(gw: Gateway, sender: str, medium: Medium) -> bytes:
    """By what whoever wrote from there is known on a channel."""
    number = _number(sender)
    return gw.keys.address_digest(medium, number.match_key if number else sender.strip())


def _number(sender: str) -> PhoneNumber | None:
    """None for a short code, or a number of a country we cannot read: it is known as the provider writes it.

    Before a number may stand by what it wrote: `whatsapp:+33…`, `rcs:+33…`. It is the same telephone.
    """
    try:
        return PhoneNumber.parse(sender.rpartition(":")[2])
    except InvalidAddress:
        return None
