"""What somebody who writes to our number is answered, once: that her STOP took effect, or who we are.

An answer is put into the outbox by the transaction that hears her, and passes the gate as every message does (class rights: even
after an objection, even during a silence). It carries nothing of a campaign. Serves rules sms-stop-confirm, sms-contact-keyword.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Literal

from gateway.audit.entry import EntryKind, entry
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidContent, InvalidInput, InvalidSettings, RenderFault
from gateway.flows.gateway import Gateway
from gateway.flows.notifying import Notice, notify
from gateway.store import journal, people
from gateway.store.engine import Connection

log = logging.getLogger(__name__)

#: Alarm when the installation's own answer cannot be written; what was heard holds all the same.
UNANSWERED = "answer-unwritten"


def confirm_stop(tx: Connection, gw: Gateway, digest: bytes, letter_id: int, *, every_medium: bool) -> int | None:
    """Tell her by text, once for this reply, that her objection took effect; the message's number.

    None for a stranger, whose number we do not keep, and when the answer cannot be written: the objection holds, and an alarm
    says so.
    """
    return _answer(tx, gw, digest, "stopped-all" if every_medium else "stopped", f"stop:{letter_id}")


def introduce(tx: Connection, gw: Gateway, digest: bytes, at: datetime) -> int | None:
    """Tell her by text who is responsible and how to reach them, once a day; the message's number, or None as above."""
    return _answer(tx, gw, digest, "contact", f"contact:{at:%Y-%m-%d}")


def _answer(tx: Connection, gw: Gateway, digest: bytes, letter: str, occasion: str) -> int | None:
    holder = people.holder(tx, digest, Medium.SMS)
    if holder is None or not gw.settings.sms.sender:
        return None
    language: Literal["fr", "en"] = "en" if holder.language == "en" else "fr"
    notice = Notice(message_class=MessageClass.RIGHTS, letter=letter, occasion=occasion, language=language, medium=Medium.SMS)
    try:
        return notify(tx, gw, digest, notice)
    except (InvalidContent, InvalidInput, InvalidSettings, RenderFault) as fault:
        log.error("the answer %s by text cannot be written: %s", letter, fault)
        journal.append(tx, [entry(EntryKind.ALARM, gw.clock.now(), alarm=UNANSWERED, letter=letter, why=str(fault))])
        return None
