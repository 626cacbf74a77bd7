"""Kind `duty`: elements the message must carry; a message that cannot carry one does not leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from gateway.compliance.conditions import Condition, read_condition
from gateway.compliance.facts import Facts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding


@dataclass(frozen=True, slots=True)
class DutyRule(Kind[Facts]):
    """The duty when every element is on offer, else a refusal that names the missing ones."""

    effects = frozenset({Effect.DUTY})
    cases = ("carried", "missing")
    params = frozenset({"elements"})

    head: Head
    elements: tuple[str, ...]
    when: Condition
    carried: Finding

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`elements`: ids known to the renderer; `when`: which messages owe them."""
        elements = value.texts("elements")
        if not elements:
            value.fault("elements", "il faut au moins un élément")
        return cls(
            head=head,
            elements=elements,
            when=read_condition(value, "when", head.asks, book),
            carried=head.finding("carried", params=(("elements", ",".join(elements)),), elements=elements),
        )

    def names(self) -> Iterable[tuple[str, str]]:
        """See Kind."""
        return (("elements", element) for element in self.elements)

    def assess(self, facts: Facts, /) -> Finding | None:
        """What the message owes."""
        if not self.when.holds(facts):
            return None
        missing = [element for element in self.elements if element not in facts.elements]
        if not missing:
            return self.carried
        return self.head.finding("missing", effect=Effect.REFUSE, params=(("elements", ",".join(missing)),))
