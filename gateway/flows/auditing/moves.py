"""Where a message may stand, and what came back of it, as the journal tells its story: pure, so that it reads as a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.audit.entry import EntryKind, stamp
from gateway.domain.channel import Medium
from gateway.domain.message import MessageState
from gateway.domain.receipt import ReceiptKind

_S = MessageState
#: Nothing was decided yet. What waits may always be cancelled: an objection tells how many messages it stopped, not which.
_BEFORE = frozenset({_S.WAITING, _S.CANCELLED})
_DECIDED = {
    "allow": frozenset({_S.HANDING_OVER, _S.DEFERRED, _S.CANCELLED}),  # deferred: it would have arrived too late
    "defer": frozenset({_S.DEFERRED, _S.CANCELLED}),
    "refuse": frozenset({_S.REFUSED}),
}
_HANDED = {
    "accepted": frozenset({_S.ACCEPTED}),
    "begun": frozenset({_S.RINGING}),
    "rejected": frozenset({_S.REJECTED, _S.DEFERRED, _S.EXPIRED, _S.CANCELLED}),
    "unsure": frozenset({_S.UNCERTAIN}),
    "withheld": frozenset({_S.DEFERRED, _S.CANCELLED}),
    "unrendered": frozenset({_S.REFUSED}),
}
#: How a call ended. Nobody heard it: it is tried again, was tried too often, or she objected.
_HEARD, _UNHEARD = frozenset({_S.ACCEPTED}), frozenset({_S.DEFERRED, _S.EXPIRED, _S.CANCELLED})


@dataclass(slots=True)
class Moves:
    """What the journal told of one message so far, in its order."""

    medium: Medium | None  #: None: the outbox does not have it
    states: frozenset[MessageState] = _BEFORE  #: where it may stand now
    last: str = "rien"  #: the last entry that moved it, in a word or two
    person: str | None = None  #: whom the last decision was about
    began: set[str] = field(default_factory=set)  #: instants at which it was handed over
    back: Counter[tuple[str, str | None, str]] = field(default_factory=Counter)  #: (kind, code, at) of each receipt
    _ended: bool = field(default=False)  #: somebody said how it ended, which its own hand-over may be told after

    def take(self, kind: str, told: dict[str, Any], person: str | None) -> None:
        """Take the next entry in."""
        match kind:
            case EntryKind.DECISION:
                self._to(_DECIDED[told["verdict"]], f"{kind} {told['verdict']}", ended=False)
                self.person = person
            case EntryKind.HAND_OVER:
                # The provider may tell how it ended before the lane has written down that it began.
                still = self.states if self._ended else frozenset()
                self._to(_HANDED[told["outcome"]] | still, f"{kind} {told['outcome']}", ended=self._ended)
                if "began" in told:
                    self.began.add(told["began"])
            case EntryKind.SETTLEMENT:
                state = MessageState(told["state"])
                waits = frozenset({_S.CANCELLED}) if state is _S.DEFERRED else frozenset()
                self._to(frozenset({state}) | waits, f"{kind} {state.value}", ended=True)
            case EntryKind.RECEIPT:
                self.back[self._kept_as(told["receipt"]), told.get("code"), told["at"]] += 1
                if self.medium is Medium.CALL:
                    heard = told["receipt"] == "heard"
                    self._to(_HEARD if heard else _UNHEARD, f"{kind} {told['receipt']}", ended=True)

    def returned(self, kind: str, code: str | None, at: datetime) -> None:
        """Hold a receipt of the tables against those told of."""
        self.back[self._kept_as(kind), code, stamp(at)] -= 1

    def strays(self) -> bool:
        """Whether a receipt of the tables was never told of, or one that was is missing. Failures of texts may be: what was
        given up in its provider's queue, or said of one that had arrived, is told of, and not kept."""
        must = (ReceiptKind.DELIVERED, ReceiptKind.COMPLAINT)
        return any(
            left < 0 or (left > 0 and (self.medium is not Medium.SMS or kind in must)) for (kind, *_), left in self.back.items()
        )

    def _kept_as(self, receipt: str) -> str:
        """The kind under which a receipt is kept: of a call the journal says how it ended, the table whether anybody heard it."""
        if self.medium is not Medium.CALL or receipt == ReceiptKind.COMPLAINT:
            return receipt
        return ReceiptKind.DELIVERED if receipt in ("heard", ReceiptKind.DELIVERED) else ReceiptKind.UNHEARD

    def handed(self, at: datetime | None) -> bool:
        """Whether it was handed over then. A call is noted as it rings too, by its provider's word."""
        if self.medium is Medium.CALL or not self.began:
            return True
        return at is not None and stamp(at) in self.began

    def _to(self, states: frozenset[MessageState], last: str, *, ended: bool) -> None:
        self.states, self.last, self._ended = states, last, ended
