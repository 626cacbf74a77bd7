"""What somebody who writes to our number is answered: that her STOP took effect, or who we are; as often as the pack says.

An answer is put into the outbox by the transaction that hears her, and passes the gate as every message does (class rights: even
after an objection, even during a silence). It carries nothing of a campaign. Serves rules sms-stop-confirm, sms-contact-keyword.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from gateway.audit.entry import EntryKind, entry
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidContent, InvalidInput, InvalidSettings, RenderFault
from gateway.domain.language import spoken_by
from gateway.domain.reply import Answer
from gateway.flows.gateway import Gateway
from gateway.flows.notifying import Notice, Put, put_notice
from gateway.store import journal
from gateway.store.answers import Writer
from gateway.store.engine import Connection, Later
from gateway.store.people import Holder

log = logging.getLogger(__name__)

#: Alarm when the installation's own answer cannot be written; what was heard holds all the same.
UNANSWERED = "answer-unwritten"
#: How occasions of each answer begin; a number follows: the how-manieth it is to this address.
_OCCASIONS: Mapping[Answer, str] = {Answer.STOP_CONFIRMATION: "stop:", Answer.INTRODUCTION: "contact:"}

#: What an address was answered before, and when, oldest first.
Answered = tuple[tuple[Answer, datetime], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An answer the pack says somebody is owed, by text."""

    digest: bytes
    answer: Answer
    before: Answered
    holder: Holder | None  #: who holds the address; None: a stranger
    number: str | None = None  #: hers, where it is known: whoever is in nobody's file is answered there
    every_medium: bool = False  #: STOP_CONFIRMATION: it was an objection to every channel


def answered(writer: Writer, medium: Medium) -> Answered:
    """What the gateway answered this address before, by this channel; nothing but texts is answered so."""
    if medium is not Medium.SMS:
        return ()
    told = writer.answered
    return tuple((answer, at) for occasion, at in told for answer, begins in _OCCASIONS.items() if occasion.startswith(begins))


def pay(tx: Connection, gw: Gateway, owed: Owed) -> Later[Put | None]:
    """Put the answer into the outbox; what it came to is asked for afterwards, and its entries are the caller's to write.

    None for a stranger whose number is no longer known, and when the answer cannot be written: what was heard holds, and an
    alarm says so. Of two at the same instant to one act, the first is the answer to both.
    """
    holder = owed.holder
    if (holder is None and owed.number is None) or not gw.settings.sms.sender:
        return lambda: None
    language = spoken_by(holder.language if holder else gw.settings.language)
    number = 1 + sum(answer is owed.answer for answer, _ in owed.before)
    letter = _letter(owed)
    notice = Notice(
        message_class=MessageClass.RIGHTS,
        letter=letter,
        occasion=f"{_OCCASIONS[owed.answer]}{number}",
        language=language,
        medium=Medium.SMS,
        number=owed.number,
    )
    sent: Later[Put] | None = None
    with unwritten(tx, gw, letter):
        sent = put_notice(tx, gw, owed.digest, notice, holder)

    def paid() -> Put | None:
        put: Put | None = None
        with unwritten(tx, gw, letter):
            put = sent() if sent else None
        return put

    return paid


@contextmanager
def unwritten(tx: Connection, gw: Gateway, letter: str) -> Iterator[None]:
    """An answer that cannot be written takes nothing of what was heard with it: an alarm says so."""
    try:
        yield
    except (InvalidContent, InvalidInput, InvalidSettings, RenderFault) as fault:
        log.error("the text %s cannot be written: %s", letter, fault)
        journal.append(tx, [entry(EntryKind.ALARM, gw.clock.now(), alarm=UNANSWERED, letter=letter, why=str(fault))])


def _letter(owed: Owed) -> str:
    match owed.answer:
        case Answer.STOP_CONFIRMATION:
            return "stopped-all" if owed.every_medium else "stopped"
        case Answer.INTRODUCTION:
            return "contact"
