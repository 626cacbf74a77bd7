"""The gate's eyes while messages are handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, assert_never

from gateway.audit.entry import stamp
from gateway.domain.channel import Accepted, Envelope, Fault, HeldBack, Outcome, Rejected, Unrendered, Unsure, Withheld
from gateway.flows.gateway import Gateway
from gateway.flows.sending.outcomes import redacted
from gateway.store.wirelog import WireLog

#: So many answers lost one after the other are no accident of one message: what has not begun yet waits.
_DOUBTS_IN_A_ROW = 10


class HandOverWatch:
    """Holds back whoever objected since the facts were read, and whatever the lease no longer covers; notes every instant.

    A message whose answer is lost is never sent again, so a provider that answers nothing any more would use up a whole batch:
    after some in a row, what has not begun goes back to wait.

    So it does once an objection or a text waits on this machine's disk, since the database is away and cannot tell whose it is,
    and once the feed of objections is lost: whoever objects elsewhere would not be seen.

    What else the verdict stood on is looked at as well: a consent taken back since, data that may only be kept, a campaign that
    somebody halted, an hour that is over. Such a message returns to the gate, which decides on the new facts.
    """

    def __init__(self, gw: Gateway, mark: int, wire: WireLog, *, campaign_id: int, until: datetime) -> None:
        """`exempt` is filled before the hand-over begins: messages that no objection stops, and that need no consent."""
        self.exempt: frozenset[int] = frozenset()
        self._feed = gw.feed
        self._sighted = gw.feed.healthy  #: else few enough were claimed for what may go unseen
        self._somebody_waits: Callable[[], bool] = gw.lookout.somebody_waits
        self._mark = mark
        self._campaign_id = campaign_id
        self._wire = wire
        self._now: Callable[[], datetime] = gw.clock.now
        self._stand_aside = gw.precedence.stand_aside
        self._until = until
        self.began: dict[int, datetime] = {}
        self.ended_at: dict[int, datetime] = {}
        self.objected: set[int] = set()
        self._doubts = 0  #: answers lost since the last one that came

    def may_begin(self, envelope: Envelope) -> bool:
        """No, once an objection to this address (unless the law lets it pass), or what else ends its verdict, was committed.

        Nor when the lease is nearly over, or the provider seems to be. Whoever is about to object goes first.
        """
        self._stand_aside()
        if self.fell_silent or self._blind() or self._said_no(envelope):
            return False
        at = self._now()
        if at >= self._until or self._over(envelope, at):
            return False
        self.began[envelope.message_id] = at
        return True

    @property
    def fell_silent(self) -> bool:
        """Whether the provider answers nothing any more, whatever it answered before."""
        return self._doubts >= _DOUBTS_IN_A_ROW

    def _blind(self) -> bool:
        """Whether somebody may have objected of whom nothing here can tell."""
        return self._somebody_waits() or (self._sighted and not self._feed.healthy)

    def _said_no(self, envelope: Envelope) -> bool:
        """Whether she has objected, ended a consent or had the use of her data restricted since the facts were read."""
        if envelope.message_id in self.exempt:
            return False
        if self._feed.suppressed_since(envelope.digest, self._mark):
            self.objected.add(envelope.message_id)
            return True
        return self._feed.changed_since(envelope.digest, self._mark)

    def _over(self, envelope: Envelope, at: datetime) -> bool:
        """Whether the hour that the verdict allowed has ended, or somebody halted the campaign since."""
        ended = envelope.good_until is not None and at >= envelope.good_until
        return ended or self._feed.halted_since(self._campaign_id, self._mark)

    def passing(self, envelope: Envelope) -> None:
        """Leave a trace that survives this process, before the message can be the provider's.

        A mail server that is slow to answer leaves time between the envelope and the letter. Raises HeldBack where
        somebody used it.
        """
        if self._blind() or self._said_no(envelope) or self._over(envelope, self._now()):
            raise HeldBack
        self._wire.passing(envelope.message_id, stamp(self.began[envelope.message_id]))

    def ended(self, envelope: Envelope, outcome: Outcome) -> None:
        """Leave the outcome beside it."""
        self.ended_at[envelope.message_id] = self._now()
        if isinstance(outcome, (Accepted, Rejected, Unsure)):
            self._doubts = self._doubts + 1 if isinstance(outcome, Unsure) else 0
        if not isinstance(outcome, Withheld):
            self._wire.ended(envelope.message_id, written(outcome, envelope.recipient))


def written(outcome: Outcome, address: str) -> dict[str, object]:
    """An outcome as the wire log keeps it. address: whose message it was; she may be erased before anybody reads the log, and
    nothing would then tell her name among the words of a server."""
    match outcome:
        case Accepted(reference=reference, payload_sha256=digest, pending=pending):
            words = redacted(reference, address)
            return {"o": "begun" if pending else "accepted", "reference": words, "sha256": digest.hex()}
        case Rejected(permanent=permanent, code=code, reply=reply, fault=fault):
            words = redacted(reply, address)
            return {"o": "rejected", "permanent": permanent, "code": code, "reply": words, "fault": fault.value}
        case Unsure(why=why):
            return {"o": "unsure", "why": redacted(why, address)}
        case Unrendered(why=why):
            return {"o": "unrendered", "why": redacted(why, address)}
        case Withheld():
            return {"o": "withheld"}
        case never:
            assert_never(never)


def read_back(line: dict[str, Any]) -> Outcome:
    """An outcome from the wire log."""
    match line["o"]:
        case "accepted" | "begun":
            return Accepted(line["reference"], bytes.fromhex(line["sha256"]), line["o"] == "begun")
        case "rejected":
            return Rejected(line["permanent"], line["code"], line["reply"], Fault(line["fault"]))
        case "unrendered":
            return Unrendered(line["why"])
        case "withheld":
            return Withheld()
        case _:
            return Unsure(line.get("why", "unknown"))
