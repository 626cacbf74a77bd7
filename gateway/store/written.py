"""Letters that answer requests of persons, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from gateway.domain.campaign import MessageClass
from gateway.domain.message import MessageState
from gateway.domain.receipt import ReceiptKind
from gateway.store.receipts import CAME_BACK
from gateway.store.tables import campaign, message, receipt

#: States in which a letter stays that did not leave, or was not taken.
_LOST = (MessageState.REFUSED, MessageState.REJECTED, MessageState.EXPIRED, MessageState.CANCELLED)
_PREFIX = "rights:"

_m = message.c
#: The last report on a letter.
_BACK = (
    select(receipt.c.kind).where(receipt.c.message_id == _m.id).order_by(receipt.c.id.desc()).limit(1).scalar_subquery()
).label("back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter that answers a request."""

    request: int
    name: str  #: of its text under templates/letters: answer, refusal, extension
    state: MessageState
    at: datetime  #: when it was handed over; else when it was settled, or is due
    because: str  #: why it is where it is; empty: no more to say
    back: ReceiptKind | None  #: what was last reported of it

    @property
    def astray(self) -> bool:
        """She has not got it, and it is not on its way."""
        return self.state in _LOST or self.back in CAME_BACK


def occasion_of(request: int, letter: str) -> str:
    """The act that a letter to a request answers, as the outbox names it."""
    return f"{_PREFIX}{request}:{letter}"


def of_request(tx: Connection, contact_id: int, request: int) -> list[Letter]:
    """Letters to one person about one request of hers, oldest first."""
    hers = _letters().where(_m.contact_id == contact_id, _m.occasion.startswith(occasion_of(request, "")))
    return _read(tx, hers)


def of_all(tx: Connection, letters: Sequence[str], *, carrier: str, since: datetime) -> list[Letter]:
    """Letters of these names, due since an instant, oldest first.

    carrier: how the names of the campaigns begin that stand for such a letter: few, where messages are many.
    """
    named = or_(*(campaign.c.name.startswith(f"{carrier}{letter}.") for letter in letters))
    return _read(tx, _letters().where(_m.campaign_id.in_(select(campaign.c.id).where(named)), _m.due_at >= since))


def _letters() -> Select[Any]:
    at = func.coalesce(_m.handed_at, _m.settled_at, _m.due_at).label("at")
    chosen = select(_m.occasion, _m.state, at, _m.because, _BACK)
    return chosen.where(_m.message_class == MessageClass.RIGHTS, _m.occasion.startswith(_PREFIX)).order_by(_m.id)


def _read(tx: Connection, letters: Select[Any]) -> list[Letter]:
    read = []
    for row in tx.execute(letters):
        number, _, name = row.occasion.removeprefix(_PREFIX).partition(":")
        read.append(Letter(request=int(number), name=name, state=row.state, at=row.at, because=row.because or "", back=row.back))
    return read
