"""Kind `threshold`: numbers that flows compare what they measured with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from gateway.compliance.reading import Table
from gateway.compliance.rule import Ask, Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Something measured, to be held against one limit of one rule."""

    at: datetime = field(compare=False)
    rule: str
    limit: str
    value: float  #: a share, a count, or seconds


@dataclass(frozen=True, slots=True)
class ThresholdRule(Kind[Measure]):
    """Refuses a measure that reaches its limit. Durations are ISO 8601 texts in the pack and seconds here."""

    asks = (Ask.MEASURE,)
    effects = frozenset({Effect.REFUSE})
    params = frozenset({"limit", "value", "most"})

    head: Head
    limits: Mapping[str, float]

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`limits`: a table of numbers or of durations without months."""
        del book
        table = value.table("limits")
        limits: dict[str, float] = {}
        for name in table.names():
            raw = table.raw(name)
            if isinstance(raw, (int, float)) and not isinstance(raw, bool) and raw >= 0:
                limits[name] = raw
            elif isinstance(raw, str):
                span = table.span(name)
                if span.months:
                    table.fault(name, "il faut des jours ou des heures, pas des mois")
                else:
                    limits[name] = span.fixed.total_seconds()
            else:
                table.fault(name, "il faut un nombre, ou une durée comme PT48H")
        if not limits:
            value.fault("limits", "il faut au moins une limite")
        return cls(head=head, limits=limits)

    def assess(self, facts: Measure, /) -> Finding | None:
        """Raises KeyError for a limit the rule does not have."""
        if facts.rule != self.head.id or facts.value < self.limits[facts.limit]:
            return None
        params = (("limit", facts.limit), ("value", f"{facts.value:g}"), ("most", f"{self.limits[facts.limit]:g}"))
        return self.head.finding(params=params)
