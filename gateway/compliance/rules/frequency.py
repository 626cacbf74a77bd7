"""Kind `frequency`: no more than so many messages to a person within so many days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from gateway.compliance.facts import Facts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding


@dataclass(frozen=True, slots=True)
class FrequencyRule(Kind[Facts]):
    """Refuses the message that would exceed the cap. The window goes to the store by FactNeeds, which answers Facts.sent."""

    effects = frozenset({Effect.REFUSE})
    params = frozenset({"most", "days"})

    days: int
    most: int
    rank: int  #: place of the window in FactNeeds.cap_days
    found: Finding

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`most` messages within `days`."""
        days, most = value.count("days", least=1), value.count("most", least=1)
        if days not in book.cap_days:
            value.fault("days", "the window is not among those the store counts")
        rank = book.cap_days.index(days) if days in book.cap_days else 0
        found = head.finding(params=(("most", str(most)), ("days", str(days))))
        return cls(days=days, most=most, rank=rank, found=found)

    def assess(self, facts: Facts, /) -> Finding | None:
        """Raises IndexError when the store did not count this window, which the decision turns into a refusal."""
        return self.found if facts.sent[self.rank] >= self.most else None
