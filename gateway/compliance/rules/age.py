"""Kind `age`: too young for this message. An age nobody told is noted: to ask it of everyone would take more than is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from gateway.compliance.conditions import Condition, read_condition
from gateway.compliance.facts import Facts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding
from gateway.domain.contact import AgeBand


@dataclass(frozen=True, slots=True)
class AgeRule(Kind[Facts]):
    """The limit itself goes to the store (FactNeeds.age_years), which answers with an AgeBand."""

    effects = frozenset({Effect.REFUSE})
    cases = ("under", "unknown")
    params = frozenset({"years"})

    years: int
    when: Condition
    under: Finding
    unknown: Finding

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`years`: youngest age; `when`: which messages."""
        years = value.count("years", least=1)
        params = (("years", str(years)),)
        return cls(
            years=years,
            when=read_condition(value, "when", head.asks, book),
            under=head.finding("under", params=params),
            unknown=head.finding("unknown", effect=Effect.NOTE, params=params),
        )

    def assess(self, facts: Facts, /) -> Finding | None:
        """Only a known age below the limit refuses."""
        if facts.age == AgeBand.REACHED or not self.when.holds(facts):
            return None
        return self.unknown if facts.age == AgeBand.UNKNOWN else self.under
