"""Kind `once`: a message that may be sent a fixed number of times in a person's life, such as the request for consent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from gateway.compliance.conditions import Condition, read_condition
from gateway.compliance.facts import Facts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding


@dataclass(frozen=True, slots=True)
class OnceRule(Kind[Facts]):
    """Grants the request to whom `when` describes, and refuses it to anyone already asked `most` times."""

    effects = frozenset({Effect.GRANT})
    cases = ("granted", "spent")

    most: int
    when: Condition
    granted: Finding
    spent: Finding

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`most`: requests ever; `when`: who may be asked."""
        return cls(
            most=value.count("most", least=1),
            when=read_condition(value, "when", head.asks, book),
            granted=head.finding("granted"),
            spent=head.finding("spent", effect=Effect.REFUSE),
        )

    def assess(self, facts: Facts, /) -> Finding | None:
        """A person already asked is never asked again, whatever else is true of her."""
        if facts.consent_requests >= self.most:
            return self.spent
        return self.granted if self.when.holds(facts) else None
