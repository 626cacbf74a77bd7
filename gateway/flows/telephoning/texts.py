"""Texts that people write back to one of our numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping

from gateway.channels.twilio.callbacks import SmsReply
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress
from gateway.domain.phone import PhoneNumber
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import Heard, Reply, hear

#: What stands for the words of somebody who sent a picture or a sound and nothing else; the pack doubts it (`no-words`).
_NO_WORDS = "📎 (pièce jointe, sans texte)"


def hear_text(gw: Gateway, reply: SmsReply, form: Mapping[str, str]) -> Heard:
    """Act on what somebody wrote to one of our numbers; committed before this returns. A stranger is obeyed all the same.

    She may be answered: `gw.ring()` afterwards spares the wait for the ticker.
    Raises StoreUnavailable: then nothing was kept, and the provider tells it again.
    """
    received_at = gw.clock.now()
    number = _number(reply.sender)
    known_as = number.match_key if number else reply.sender.strip()
    sms, call = (gw.keys.address_digest(medium, known_as) for medium in (Medium.SMS, Medium.CALL))
    return hear(
        gw,
        Reply(
            medium=Medium.SMS,
            sender_digest=sms,
            text=_NO_WORDS if reply.media and not reply.text.strip() else reply.text,
            received_at=received_at,
            provider_id=reply.sid,
            to_latest=True,
            body=json.dumps(dict(form), ensure_ascii=False).encode(),
            twins=(call,),
            opted_out=reply.opted_out,
            number=number.e164 if number and Medium.SMS in number.media else None,
        ),
    )


def _number(sender: str) -> PhoneNumber | None:
    """None for a short code, or a number of a country we cannot read: it is known as the provider writes it."""
    try:
        return PhoneNumber.parse(sender)
    except InvalidAddress:
        return None
