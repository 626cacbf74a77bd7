"""Kind `condition`: when some facts hold, and unless others do, the rule refuses, defers for a person's look, grants or notes.

A rule that protects is written with `unless` and the safe values, so that a value nobody thought of is refused:
`unless = { suppression = ["none"] }`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from gateway.compliance.conditions import Condition, read_condition
from gateway.compliance.reading import Table
from gateway.compliance.rule import Ask, Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding


@dataclass(frozen=True, slots=True)
class ConditionRule(Kind[Any]):
    """`when` (default: always) and `unless` (default: never), for messages, batches or both."""

    asks = (Ask.SEND, Ask.ENTER)
    effects = frozenset({Effect.REFUSE, Effect.GRANT, Effect.NOTE, Effect.DEFER})

    when: Condition
    unless: Condition | None
    found: Finding

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """Fields that only one of the questions knows are faults when the rule answers both."""
        unless = read_condition(value, "unless", head.asks, book) if "unless" in value else None
        if head.effect is Effect.DEFER and Ask.SEND in head.asks:
            value.fault("when", "un message se reporte par un genre de règle qui sait jusqu’à quand, pas par une condition")
        return cls(when=read_condition(value, "when", head.asks, book), unless=unless, found=head.finding())

    def assess(self, facts: object, /) -> Finding | None:
        """The finding, when the facts call for it."""
        if self.when.holds(facts) and not (self.unless is not None and self.unless.holds(facts)):
            return self.found
        return None
