"""Where a message may stand, as the journal tells its story: pure, so that it reads as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.audit.entry import EntryKind
from gateway.domain.message import MessageState

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

    calls: bool  #: it is a call: what comes back about it moves it
    states: frozenset[MessageState] = _BEFORE  #: where it may stand now
    last: str = "rien"  #: the last entry that moved it, in a word or two
    person: str | None = None  #: whom the last decision was about
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
            case EntryKind.SETTLEMENT:
                state = MessageState(told["state"])
                waits = frozenset({_S.CANCELLED}) if state is _S.DEFERRED else frozenset()
                self._to(frozenset({state}) | waits, f"{kind} {state.value}", ended=True)
            case EntryKind.RECEIPT if self.calls:
                heard = told["receipt"] == "heard"
                self._to(_HEARD if heard else _UNHEARD, f"{kind} {told['receipt']}", ended=True)

    def _to(self, states: frozenset[MessageState], last: str, *, ended: bool) -> None:
        self.states, self.last, self._ended = states, last, ended
