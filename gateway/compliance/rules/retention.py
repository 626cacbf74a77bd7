"""Kind `retention`: how long a record is kept, at most or at least, and when somebody must be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from gateway.compliance.conditions import Condition, read_condition
from gateway.compliance.kept import KeptFacts, Moment
from gateway.compliance.reading import Table
from gateway.compliance.rule import Ask, Book, Head, Kind
from gateway.compliance.span import Span
from gateway.compliance.stretches import zoned
from gateway.compliance.verdict import Effect, Finding


@dataclass(frozen=True, slots=True)
class Term:
    """How long, for which records; of several the first that fits counts."""

    when: Condition
    length: Span


@dataclass(frozen=True, slots=True)
class RetentionRule(Kind[KeptFacts]):
    """The effect says what the end of the term means.

    refuse: the record goes. defer: the record waits for a person's decision (an alert). grant: until then it is kept, whatever
    other rules say. `due` once the end is reached (for an alert: `notice` before it), `running` until then.
    """

    asks = (Ask.KEEP,)
    effects = frozenset({Effect.REFUSE, Effect.DEFER, Effect.GRANT})
    cases = ("running", "due")
    params = frozenset({"until"})

    head: Head
    when: Condition
    unless: Condition | None
    since: Moment
    terms: tuple[Term, ...]
    notice: Span
    zone: ZoneInfo

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`when`/`unless`: which records; `since`: a moment; `terms`: `length`, with `when`; `notice`: warning before."""
        terms = []
        for table in value.tables("terms"):
            terms.append(Term(read_condition(table, "when", head.asks, book), table.span("length")))
            table.done()
        return cls(
            head=head,
            when=read_condition(value, "when", head.asks, book),
            unless=read_condition(value, "unless", head.asks, book) if "unless" in value else None,
            since=value.choice("since", Moment),
            terms=tuple(terms),
            notice=value.span("notice", "P0D"),
            zone=book.calendar.zone,
        )

    def assess(self, facts: KeptFacts, /) -> Finding | None:
        """Silent when the rule is about other records, or its moment has not come."""
        due = self._due(facts)
        if due is None:
            return None
        params = (("until", zoned(due, self.zone)),)
        reached = facts.at >= self._told(due)
        if self.head.effect is Effect.GRANT:
            return self.head.finding("due", effect=Effect.NOTE, params=params) if reached else self._running(params, due)
        return self.head.finding("due", params=params, until=due) if reached else self._running(params, due)

    def next_change(self, facts: KeptFacts, /) -> datetime | None:
        """The end of the term, or the warning before it."""
        due = self._due(facts)
        if due is None:
            return None
        told = self._told(due)
        return told if told > facts.at else None

    def _running(self, params: tuple[tuple[str, str], ...], due: datetime) -> Finding:
        effect = Effect.GRANT if self.head.effect is Effect.GRANT else Effect.NOTE
        return self.head.finding("running", effect=effect, params=params, until=due)

    def _due(self, facts: KeptFacts) -> datetime | None:
        if not self.when.holds(facts):  # most rules are about other records
            return None
        since = facts.moment(self.since)
        if since is None or (self.unless is not None and self.unless.holds(facts)):
            return None
        term = next((term for term in self.terms if term.when.holds(facts)), None)
        return None if term is None else term.length.after(since, self.zone)

    def _told(self, due: datetime) -> datetime:
        """When the term's end first shows: `notice` before it."""
        local = due.astimezone(self.zone)
        day = self.notice.from_day(local.date(), forward=False)
        return datetime.combine(day, local.timetz()).astimezone(due.tzinfo)
