"""Kinds `election` and `after_vote`: a message is about an election of the calendar; and what holds once it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from gateway.compliance.calendar import Calendar, ElectionStatus
from gateway.compliance.conditions import Condition, read_condition
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


@dataclass(frozen=True, slots=True)
class AfterVoteRule(Kind[Facts]):
    """Once the last round of its election is over, refuses a message to whoever `when` is about."""

    effects = frozenset({Effect.REFUSE})
    params = frozenset({"election"})

    head: Head
    calendar: Calendar
    when: Condition

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`when`: whom the rule protects."""
        return cls(head=head, calendar=book.calendar, when=read_condition(value, "when", head.asks, book))

    def assess(self, facts: Facts, /) -> Finding | None:
        """Silent while anybody still votes, and for an election the calendar does not have."""
        over_at = self._over_at(facts)
        if over_at is None or facts.at < over_at:
            return None
        return self.head.finding(params=(("election", str(facts.election)),))

    def next_change(self, facts: Facts, /) -> datetime | None:
        """The close of the last polling place, for whom the rule protects."""
        over_at = self._over_at(facts)
        return over_at if over_at is not None and facts.at < over_at else None

    def _over_at(self, facts: Facts) -> datetime | None:
        election = self.calendar.elections.get(facts.election or "")
        return election.ends_at if election is not None and self.when.holds(facts) else None
