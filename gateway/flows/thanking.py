"""The receipt of a consent given on our own pages: the exact words, in the mailbox on file.

Whoever did not press the button herself learns of it, and takes it back by the link of the receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.campaign import MessageClass
from gateway.domain.language import Language
from gateway.flows.gateway import Gateway
from gateway.flows.notifying import Notice, notify
from gateway.render.origin import day_and_hour
from gateway.store.engine import Connection
from gateway.store.outbox import AGREED

_LETTER = "agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody agreed to a moment ago."""

    words: tuple[str, ...]  #: the exact sentences
    form: str
    at: datetime
    language: Language


def thank(tx: Connection, gw: Gateway, digest: bytes, given: Given) -> None:
    """Put the receipt into the outbox, within the transaction that records the consent; once for one act."""
    fields = {
        "agreed": "\n".join(given.words),
        "form": given.form,
        "given": day_and_hour(given.at.astimezone(gw.pack.calendar.zone), given.language),
    }
    notice = Notice(
        message_class=MessageClass.RIGHTS,
        letter=_LETTER,
        occasion=f"{AGREED}{given.at:%Y%m%d%H%M%S%f}",
        fields=fields,
        language=given.language,
    )
    notify(tx, gw, digest, notice)
