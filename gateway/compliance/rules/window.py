"""Kind `window`: hours at which people may be written to, on their own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from gateway.compliance.calendar import Calendar
from gateway.compliance.conditions import Condition, read_condition
from gateway.compliance.facts import Facts
from gateway.compliance.opening import Opening, next_edge, next_open, read_opening
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.stretches import zoned
from gateway.compliance.verdict import Effect, Finding


@dataclass(frozen=True, slots=True)
class WindowRule(Kind[Facts]):
    """Defers to the next opening. Of several clocks of a territory, all must be open; refuses where they never are."""

    effects = frozenset({Effect.DEFER})
    cases = ("closed", "never")
    params = frozenset({"territory", "until"})

    head: Head
    calendar: Calendar
    opening: Opening
    when: Condition

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`open` and `closed_on`: the hours; `when`: which messages."""
        return cls(
            head=head,
            calendar=book.calendar,
            opening=read_opening(value),
            when=read_condition(value, "when", head.asks, book),
        )

    def assess(self, facts: Facts, /) -> Finding | None:
        """Raises KeyError for a territory the pack does not have, which the decision turns into a refusal."""
        place = self.calendar.territories[facts.territory]
        if not self.when.holds(facts) or self.opening.is_open(facts.at, place):
            return None
        until = next_open((self.opening,), facts.at, place)
        if until is None:
            return self.head.finding("never", effect=Effect.REFUSE, params=(("territory", facts.territory), ("until", "")))
        params = (("territory", facts.territory), ("until", zoned(until, place.zones[0])))
        return self.head.finding("closed", params=params, until=until)

    def next_change(self, facts: Facts, /) -> datetime | None:
        """Next opening or closing on any clock of the territory."""
        if not self.when.holds(facts):
            return None
        return next_edge((self.opening,), facts.at, self.calendar.territories[facts.territory])
