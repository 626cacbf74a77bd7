"""Objections that meet a database that is away: kept on this machine's disk, heard as soon as it is back.

A mailbox provider posts a one-click once, a voter presses her key and texts STOP once, and few people come back to a page that
failed. What they asked for is on the disk before they are answered (web/promptly.py); lanes of this machine hear it before they
claim their next batch, and the web server within a second (rule optout-effect).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from gateway.audit.entry import stamp
from gateway.channels.twilio.callbacks import KeyPress, SmsReply, sms_reply
from gateway.domain.errors import InvalidInput, StoreUnavailable
from gateway.domain.keys import LinkScope
from gateway.domain.language import spoken_by
from gateway.domain.suppression import SuppressionCause
from gateway.flows.gateway import Gateway
from gateway.flows.listening import object_by_link
from gateway.flows.telephoning.calls import object_by_key, objects, other_key
from gateway.flows.telephoning.texts import hear_text
from gateway.render.voice import thanks
from gateway.store import reserve, spool

log = logging.getLogger(__name__)


def make_room(gw: Gateway) -> None:
    """Take room on this disk while there is some, so that whoever objects is kept once it is full."""
    try:
        reserve.prepare(gw.spool)
    except OSError as fault:
        log.warning("%s: no room is kept for objections on a full disk: %s", gw.spool, fault)


def keep_objection(
    gw: Gateway, token: str, *, cause: SuppressionCause, every_medium: bool, received_at: datetime, away: StoreUnavailable
) -> None:
    """Keep what was asked for by a link for a database that has just been found away. Raises InvalidToken; `away`, when the disk
    refuses, too: then nothing was recorded."""
    gw.keys.read_link_token(token, LinkScope.OBJECT)
    _keep(gw, {"link": token, "cause": cause.value, "every_medium": every_medium}, received_at, away)


def keep_key(gw: Gateway, token: str, pressed: KeyPress, *, received_at: datetime, away: StoreUnavailable) -> bytes:
    """Keep the key of a call that objects, likewise; what she hears next.

    Raises InvalidToken; `away`, when the disk refuses, too.
    """
    gw.keys.read_verp_token(token)
    if not objects(gw, pressed):
        return other_key(gw, pressed, gw.settings.language)
    _keep(gw, {"call": token}, received_at, away)
    return thanks(gw.templates, spoken_by(gw.settings.language), gw.settings.calls.voice)


def keep_text(gw: Gateway, form: Mapping[str, str], *, received_at: datetime, away: StoreUnavailable) -> None:
    """Keep what somebody texted us, whatever it says, likewise: `form`, which can be read, as it came.

    Raises `away` when the disk refuses, too.
    """
    _keep(gw, {"text": dict(form)}, received_at, away)


def hear_spooled(gw: Gateway) -> int:
    """Everything that waits takes effect, as received when it was; returns how much did. Several may do so side by side.

    Raises StoreUnavailable: what was not heard goes on waiting.
    """
    heard = 0
    for one in spool.each(gw.spool):
        try:
            take_effect = _read(gw, one.told)
        except (InvalidInput, KeyError, TypeError, ValueError) as fault:  # InvalidToken among them
            log.error("%s cannot be read and is set aside: %s", one.path.name, fault)
            spool.set_aside(one)
            continue
        take_effect()  # a fault of ours leaves it waiting
        spool.drop(one)
        heard += 1
    if heard:
        log.warning("%d objections or texts that came while the database was away have taken effect", heard)
    return heard


def waiting(gw: Gateway) -> tuple[int, int]:
    """(objections and texts that wait for the database, those that cannot be read)."""
    return spool.count(gw.spool), spool.unreadable(gw.spool)


def _read(gw: Gateway, told: dict[str, Any] | None) -> Callable[[], object]:
    """What is to be done for one that waits; asks no database. Raises whatever a file that is not ours makes it raise."""
    if told is None:
        raise ValueError("the file is damaged")
    received_at = datetime.fromisoformat(told["at"])
    if "call" in told:
        gw.keys.read_verp_token(told["call"])
        return partial(object_by_key, gw, told["call"], received_at=received_at)
    if "text" in told:
        form = dict(told["text"])
        return partial(_hear_text, gw, sms_reply(form), form, received_at)
    gw.keys.read_link_token(told["link"], LinkScope.OBJECT)
    cause = SuppressionCause(told["cause"])
    return partial(
        object_by_link, gw, told["link"], cause=cause, every_medium=bool(told["every_medium"]), received_at=received_at
    )


def _hear_text(gw: Gateway, reply: SmsReply, form: Mapping[str, str], received_at: datetime) -> None:
    hear_text(gw, reply, form, received_at=received_at)
    gw.ring()  # she may be answered


def _keep(gw: Gateway, what: dict[str, object], received_at: datetime, away: StoreUnavailable) -> None:
    try:
        spool.keep(gw.spool, what, stamp(received_at))
    except OSError as fault:
        log.error("an objection or a text could not be kept: %s", fault)
        raise away from fault
    log.error("an objection or a text waits on this disk: %s", away)
