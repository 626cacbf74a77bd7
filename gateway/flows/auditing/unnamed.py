"""Once a campaign account was cleared, people have another key than that by which the journal named them (`purge-decision-log`).

What it said of them before leads to nobody, and is no contradiction of what their rows say. That they agreed is still held
against it: somebody whom nothing leads to any more gave each agreement that the tables have.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

import orjson

from gateway.audit.entry import EntryKind
from gateway.domain.keys import pseudonym
from gateway.flows.auditing.person import Person
from gateway.store import beside
from gateway.store.beside import Agreed, Told
from gateway.store.engine import Connection
from gateway.store.fileconsents import LedgerEntry


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Whom the journal named by a pseudonym that nobody has any more."""

    until: int = 0  #: number of the last entry by which people lost their names; 0: there is none
    _present: Set[str] = frozenset()  #: pseudonyms of everybody on record; empty where nobody lost hers
    _people: Person = field(default_factory=Person)  #: all of them, taken for one

    def may_be(self, told: Told | None) -> bool:
        """Whether whoever this entry named may have another pseudonym now."""
        return told is not None and told.number < self.until and told.person not in self._present

    def did(self, one: Person, act: LedgerEntry) -> bool:
        """Whether she, or somebody of them where she may be one, did what the ledger says."""
        return one.did(act) or (self._is_one(one) and self._people.did(act))

    def agreed(self, one: Person, agreement: Agreed) -> bool:
        """Whether she, or somebody of them where she may be one, gave a consent that stands."""
        return one.agreed(agreement) or (self._is_one(one) and self._people.granted(agreement))

    def _is_one(self, one: Person) -> bool:
        return one.first > self.until or not one.first


def unnamed(tx: Connection) -> Unnamed:
    """Read who lost her name; nothing is read of anybody where no account was cleared."""
    until = 0
    for one in beside.told(tx, EntryKind.ERASURE):
        if (orjson.loads(one.body).get("counts") or {}).get("messages_unnamed"):
            until = one.number
    if not until:
        return Unnamed()
    present = {pseudonym(one.key) for page in beside.each_person(tx) for one in page if one.key is not None}
    people = Person()
    for told in beside.told(tx, EntryKind.CONSENT):
        if told.number < until and told.person is not None and told.person not in present:
            people.take(told.kind, orjson.loads(told.body), told.number)
    return Unnamed(until, present, people)
