"""Texts that people write back to one of our numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping

from gateway.channels.twilio.callbacks import SmsReply
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress
from gateway.domain.phone import PhoneNumber
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import Heard, Reply, hear_in
from gateway.store.engine import begin


def hear_text(gw: Gateway, reply: SmsReply, form: Mapping[str, str]) -> Heard:
    """Act on what somebody wrote to one of our numbers; committed before this returns. A stranger is obeyed all the same.

    She may be answered: `gw.ring()` afterwards spares the wait for the ticker.
    Raises StoreUnavailable: then nothing was kept, and the provider tells it again.
    """
    received_at = gw.clock.now()
    sms, call = (_digest(gw, medium, reply.sender) for medium in (Medium.SMS, Medium.CALL))
    with begin(gw.engine, urgent=True) as tx:
        heard = hear_in(
            tx,
            gw,
            Reply(
                medium=Medium.SMS,
                sender_digest=sms,
                text=reply.text,
                received_at=received_at,
                provider_id=reply.sid,
                to_latest=True,
                body=json.dumps(dict(form), ensure_ascii=False).encode(),
                twins=(call,),
                number=_mobile(reply.sender),
            ),
        )
    return heard


def _mobile(sender: str) -> str | None:
    """A number that can be answered by text; a short code, or what cannot be read, is none."""
    try:
        number = PhoneNumber.parse(sender)
    except InvalidAddress:
        return None
    return number.e164 if Medium.SMS in number.media else None


def _digest(gw: Gateway, medium: Medium, sender: str) -> bytes:
    """A number as the file knows it; a short code, or a number of a country we cannot read, as the provider writes it."""
    try:
        return gw.keys.address_digest(medium, PhoneNumber.parse(sender).match_key)
    except InvalidAddress:
        return gw.keys.address_digest(medium, sender.strip())
