"""Kind `frequency`: no more than so many messages to a person within so many days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from gateway.compliance.facts import Cap, Facts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding
from gateway.domain.channel import Medium


@dataclass(frozen=True, slots=True)
class FrequencyRule(Kind[Facts]):
    """Refuses the message that would exceed the cap. The window goes to the store by FactNeeds, which answers Facts.sent."""

    effects = frozenset({Effect.REFUSE})
    params = frozenset({"most", "days"})

    days: int
    most: int
    rank: int  #: place of the window in FactNeeds.caps
    found: Finding

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`most` messages within `days`; `counted`: the channels whose messages count, by default all of them.

        `attempts = true`: every attempt counts, also one that nobody answered.
        """
        days, most = value.count("days", least=1), value.count("most", least=1)
        cap = read_cap(value, head.channels)
        if cap not in book.caps:
            value.fault("days", "ce nombre de jours n’est pas de ceux que la base compte")
        rank = book.caps.index(cap) if cap in book.caps else 0
        found = head.finding(params=(("most", str(most)), ("days", str(days))))
        return cls(days=days, most=most, rank=rank, found=found)

    def assess(self, facts: Facts, /) -> Finding | None:
        """Raises IndexError when the store did not count this window, which the decision turns into a refusal."""
        return self.found if facts.sent[self.rank] >= self.most else None


def read_cap(value: Table, channels: Iterable[Medium]) -> Cap:
    """The window a value counts in, for messages of these channels."""
    counted = value.choices("counted", Medium) if "counted" in value else frozenset()
    attempts = value.flag("attempts", False)
    return Cap(value.count("days", least=1), tuple(sorted(counted)), tuple(sorted(channels)), attempts)
