"""Kind `requires`: what controller, sender, campaign, importer or form must have declared before anything goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from gateway.compliance.conditions import Condition, read_condition
from gateway.compliance.reading import Table
from gateway.compliance.rule import Ask, Book, Head, Kind
from gateway.compliance.stretches import Agenda, read_during
from gateway.compliance.verdict import Effect, Finding


@dataclass(frozen=True, slots=True)
class Alternative:
    """One declaration that will do, for whom it will."""

    declared: str
    when: Condition


@dataclass(frozen=True, slots=True)
class RequiresRule(Kind[Any]):
    """Refuses while a declaration of `all` is missing, or while no alternative of `any` is there."""

    asks = (Ask.SEND, Ask.ENTER, Ask.PUBLISH)
    effects = frozenset({Effect.REFUSE})
    params = frozenset({"declared"})

    head: Head
    every: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    when: Condition
    during: Agenda | None

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`all`: ids; `any`: tables of `declared` and `when`; `when` and `during`: what the rule is limited to."""
        alternatives = []
        for table in value.tables("any") if "any" in value else ():
            alternatives.append(Alternative(table.text("declared"), read_condition(table, "when", head.asks, book)))
            table.done()
        every = value.texts("all", ())
        if not every and not alternatives:
            value.fault("all", "il faut au moins une déclaration, dans `all` ou dans `any`")
        return cls(
            head=head,
            every=every,
            alternatives=tuple(alternatives),
            when=read_condition(value, "when", head.asks, book),
            during=read_during(value, book.calendar),
        )

    def names(self) -> Iterable[tuple[str, str]]:
        """See Kind."""
        return (("declared", name) for name in (*self.every, *(choice.declared for choice in self.alternatives)))

    def assess(self, facts: Any, /) -> Finding | None:
        """The refusal names what is missing; of alternatives, those that would do for these facts."""
        if self.during is not None and self.during.at(facts.at) is None:
            return None
        if not self.when.holds(facts):
            return None
        missing = [name for name in self.every if name not in facts.declared]
        if self.alternatives:
            fitting = [choice.declared for choice in self.alternatives if choice.when.holds(facts)]
            if not any(name in facts.declared for name in fitting):
                missing += fitting
        return self.head.finding(params=(("declared", ",".join(missing)),)) if missing else None

    def next_change(self, facts: Any, /) -> datetime | None:
        """Boundaries of `during`."""
        return None if self.during is None else self.during.next_edge(facts.at)
