"""Texts that reached our number while nobody was there to take them: a provider tells each once, and goes on.

It does not tell a text again whose callback met a machine that was off; one that met a store that was away waits on this
machine's disk (flows/spooling.py). It keeps the text, though, and is asked for those of the last days: whoever texted STOP
at that moment is obeyed as soon as we are back. START brings nobody back so late: she may have said STOP again since. It
waits for somebody to read it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.channels.twilio.callbacks import SmsReply
from gateway.domain.channel import Inbound, Medium
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionKind
from gateway.flows.gateway import Gateway
from gateway.flows.telephoning.texts import digest_of, hear_text
from gateway.store import inbox, suppressions
from gateway.store.engine import reading

log = logging.getLogger(__name__)

_LOOKS_BACK = timedelta(days=3)
#: A callback under way comes first.
_UNDER_WAY = timedelta(minutes=2)
_AT_ONCE = 500


def take_in_missed(gw: Gateway, *, here_since: datetime | None = None) -> int:
    """Act on texts to our number that nobody has told us; returns how many. Each is heard once, whichever way it comes.

    here_since: when somebody began to be here to be told, to act at once on what came before; None: long ago, and a callback of
    the last minutes may be under way. A provider that cannot be asked leaves all as it is; the next round asks again.
    """
    tracer, number, at = gw.tracers.get(Medium.SMS), _number(gw), gw.clock.now()
    if tracer is None or not number:
        return 0
    try:
        found = tracer.received(number, at - _LOOKS_BACK)
    except OSError as fault:
        log.warning("the provider cannot be asked which texts came while nobody was here: %s", fault)
        return 0
    missed = _missed(gw, [one for one in found if one.at <= (here_since or at - _UNDER_WAY)])
    for one in missed:
        _hear(gw, one, at)
    if missed:
        log.warning("%d texts had come while nobody was here to take them: they are heard now", len(missed))
        gw.ring()
    return len(missed)


def _number(gw: Gateway) -> str:
    """Where people write to: the short code that takes STOP, or the number that texts come from. A name takes no answer."""
    sms = gw.settings.sms
    return sms.stop_number or (sms.sender if sms.sender.lstrip("+").isdigit() else "")


def _missed(gw: Gateway, found: Sequence[Inbound]) -> list[Inbound]:
    """Those we do not have, in the order in which they were written.

    Whoever objected to everything has said it all. She may have been erased, and then nothing of her is kept by which her text
    could be known again: it is left with the provider.
    """
    unheard: list[Inbound] = []
    with reading(gw.engine) as tx:
        for start in range(0, len(found), _AT_ONCE):
            some = found[start : start + _AT_ONCE]
            kept = inbox.kept_among(tx, Medium.SMS, [one.reference for one in some])
            unheard += [one for one in some if one.reference not in kept]
        listed = {one: suppressions.of_digest(tx, digest_of(gw, one.sender, Medium.SMS)) for one in unheard}
    over = (SuppressionKind.OBJECTION, EVERY_MEDIUM)
    left = [one for one in unheard if over not in {(entry.kind, entry.medium) for entry in listed[one]}]
    return sorted(left, key=lambda one: (one.at, one.reference))


def _hear(gw: Gateway, one: Inbound, at: datetime) -> None:
    reply = SmsReply(sid=one.reference, sender=one.sender, recipient=one.recipient, text=one.text, media=one.media)
    form = {
        "MessageSid": one.reference,
        "From": one.sender,
        "To": one.recipient,
        "Body": one.text,
        "DateSent": one.at.isoformat(),
    }
    hear_text(gw, reply, form, received_at=min(one.at, at))
