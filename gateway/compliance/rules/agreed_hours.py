"""Kind `agreed_hours`: a person is called at the hours she agreed to, where they meet the hours of another rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Self

from gateway.compliance.calendar import Calendar
from gateway.compliance.conditions import Condition, read_condition
from gateway.compliance.facts import Facts
from gateway.compliance.opening import Opening, next_edge, next_open
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.stretches import zoned
from gateway.compliance.verdict import Effect, Finding
from gateway.domain.hours import CallWindow


@dataclass(frozen=True, slots=True)
class AgreedHoursRule(Kind[Facts]):
    """Refuses without stated hours, or when they never meet the window; outside them defers to when both are open."""

    effects = frozenset({Effect.DEFER})
    cases = ("outside", "missing", "never")
    params = frozenset({"hours", "territory", "until"})

    head: Head
    calendar: Calendar
    within: Opening
    when: Condition

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`within`: id of the rule of kind `window` that holds besides; `when`: which messages."""
        named = value.text("within")
        if named and named not in book.windows:
            value.fault("within", f"« {named} » n’est pas une règle du genre window")
        return cls(
            head=head,
            calendar=book.calendar,
            within=book.windows.get(named, Opening(((),) * 7)),
            when=read_condition(value, "when", head.asks, book),
        )

    def assess(self, facts: Facts, /) -> Finding | None:
        """Raises InvalidInput for hours that are not canonical, and KeyError for an unknown territory: both become refusals."""
        if not self.when.holds(facts):
            return None
        if not facts.hours:
            return self.head.finding("missing", effect=Effect.REFUSE)
        place = self.calendar.territories[facts.territory]
        agreed = _agreed(facts.hours)
        said = (("hours", facts.hours), ("territory", facts.territory))
        if agreed.is_open(facts.at, place):
            return None
        until = next_open((agreed, self.within), facts.at, place)
        if until is None:
            return self.head.finding("never", effect=Effect.REFUSE, params=said)
        return self.head.finding("outside", params=(*said, ("until", zoned(until, place.zones[0]))), until=until)

    def next_change(self, facts: Facts, /) -> datetime | None:
        """Next opening or closing of the hours agreed to, or of the window they must meet."""
        if not facts.hours or not self.when.holds(facts):
            return None
        return next_edge((_agreed(facts.hours), self.within), facts.at, self.calendar.territories[facts.territory])


@lru_cache(maxsize=4_096)
def _agreed(hours: str) -> Opening:
    return Opening(CallWindow.parse(hours).week)
