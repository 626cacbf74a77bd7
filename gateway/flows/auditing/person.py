"""What the journal says of one person, to be held against what the tables say of her: pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.audit.entry import EntryKind, stamp
from gateway.domain.consent import ENDING, ConsentAct
from gateway.domain.suppression import EVERY_MEDIUM
from gateway.store.beside import Agreed
from gateway.store.fileconsents import LedgerEntry

#: Without one of these an agreement has no evidence (domain/consent.py).
_EVIDENCE = ("given", "form", "wording", "collector", "means")
#: What an act of the ledger and its entry both say.
_SAID = ("medium", "purpose", "act", "since", "election", "hours", "given", "form", "wording", "collector", "means", "scan")


@dataclass(slots=True)
class Person:
    """One person, as her entries tell of her so far, in the order of the journal."""

    grants: dict[tuple[str, str], list[tuple[Any, ...]]] = field(default_factory=dict)  #: (since, hours, election, evidence)
    acts: set[int] = field(default_factory=set)  #: of the ledger, each as a number: there may be a hundred thousand people
    last: dict[tuple[str, str], str] = field(default_factory=dict)  #: by channel and purpose: her last act
    objects: set[str] = field(default_factory=set)
    restricted: bool = False
    rests_until: str = ""  #: the pause she asked for, while she has not ended it
    rests_since: int = 0  #: number of the entry that says so
    first: int = 0  #: number of the first entry about her

    def take(self, kind: str, told: dict[str, Any], number: int) -> None:
        """Take one entry in."""
        self.first = self.first or number
        match kind:
            case EntryKind.CONSENT:
                key, act = (told["medium"], told["purpose"]), told["act"]
                self.acts.add(hash(tuple(told.get(name) for name in _SAID)))
                self.last[key] = act if act != ConsentAct.PENDING else self.last.get(key, act)
                if act == ConsentAct.GRANTED:
                    self.grants.setdefault(key, []).append(
                        (told["since"], told.get("hours"), told.get("election"), all(name in told for name in _EVIDENCE))
                    )
            case EntryKind.OBJECTION:
                self.objects.add(told["medium"])
                if told.get("withdrawn"):  # consents end with it, which have no entries of their own
                    self.last |= {key: ConsentAct.WITHDRAWN for key in self.last if told["medium"] in (key[0], EVERY_MEDIUM)}
            case EntryKind.SUPPRESSION:
                self._suppression(told, number)
            case EntryKind.RIGHTS if told.get("act") in ("restricted", "lifted"):
                self.restricted = told["act"] == "restricted"

    def _suppression(self, told: dict[str, Any], number: int) -> None:
        match told["act"]:
            case "restarted":
                self.objects.discard(told["medium"])
            case "paused":  # a longer one in force stays
                self.rests_until, self.rests_since = max(self.rests_until, told["until"]), number
            case "resumed":
                self.rests_until = ""

    def granted(self, one: Agreed) -> bool:
        """Whether she said what this consent says."""
        said = stamp(one.since), one.hours, one.election, one.evidence
        return said in self.grants.get((one.medium.value, str(one.purpose)), ())

    def agreed(self, one: Agreed) -> bool:
        """Whether she said what this consent says, and has not taken it back."""
        return self.granted(one) and self.last[one.medium.value, str(one.purpose)] not in ENDING

    def did(self, act: LedgerEntry) -> bool:
        """Whether the journal has this act of the ledger, word for word. What an objection ends has no entry of its own."""
        if act.act == ConsentAct.WITHDRAWN:
            return True
        said = act._asdict() | {"at": stamp(act.at), "given_at": act.given_at and stamp(act.given_at)}
        return hash(tuple(said.values())) in self.acts

    def rests(self, until: datetime | None, at: datetime) -> bool:
        """Whether a pause until then is the one she asked for, or that one is over."""
        return self.rests_until <= max(stamp(at), stamp(until) if until else "")
