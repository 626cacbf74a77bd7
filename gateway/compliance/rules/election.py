"""Kind `election`: a message is about an election of the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from gateway.compliance.calendar import Calendar, ElectionStatus
from gateway.compliance.facts import Facts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding


@dataclass(frozen=True, slots=True)
class ElectionRule(Kind[Facts]):
    """Refuses a message about no election, or about one the calendar does not have; notes dates that may still move."""

    effects = frozenset({Effect.REFUSE})
    cases = ("missing", "unknown", "announced")
    params = frozenset({"election"})

    head: Head
    calendar: Calendar

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """No parameter: the calendar is the parameter."""
        del value
        return cls(head=head, calendar=book.calendar)

    def assess(self, facts: Facts, /) -> Finding | None:
        """Silent for an election whose dates are decreed or past."""
        if not facts.election:
            return self.head.finding("missing")
        params = (("election", facts.election),)
        election = self.calendar.elections.get(facts.election)
        if election is None:
            return self.head.finding("unknown", params=params)
        if election.status is ElectionStatus.ANNOUNCED:
            return self.head.finding("announced", effect=Effect.NOTE, params=params)
        return None
