"""Kinds `sender` and `network`: from which number or name a message may leave, and to which numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from gateway.compliance.conditions import Condition, read_condition
from gateway.compliance.facts import Facts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of sender that will do, and what must have been declared of it."""

    pattern: re.Pattern[str]
    declared: str  #: empty: nothing


@dataclass(frozen=True, slots=True)
class SenderRule(Kind[Facts]):
    """Refuses a sender that is denied, that is of no allowed shape, or of which a declaration is missing."""

    effects = frozenset({Effect.REFUSE})
    cases = ("missing", "denied", "undeclared")
    params = frozenset({"sender", "declared"})

    head: Head
    allow: tuple[Shape, ...]  #: empty: whatever is not denied
    deny: tuple[re.Pattern[str], ...]
    when: Condition

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`allow`: tables of `pattern` and, if it takes one, `declared`; `deny`: patterns. They hold for the whole sender."""
        allow = []
        for table in value.tables("allow") if "allow" in value else ():
            declared = table.text("declared") if "declared" in table else ""
            allow.append(Shape(_pattern(table, "pattern", table.text("pattern")), declared))
            table.done()
        deny = tuple(_pattern(value, "deny", text) for text in value.texts("deny", ()))
        if not allow and not deny:
            value.fault("allow", "il faut des expéditeurs admis, ou des expéditeurs refusés")
        return cls(head=head, allow=tuple(allow), deny=deny, when=read_condition(value, "when", head.asks, book))

    def names(self) -> Iterable[tuple[str, str]]:
        """See Kind."""
        return (("declared", shape.declared) for shape in self.allow if shape.declared)

    def assess(self, facts: Facts, /) -> Finding | None:
        """The refusal names the sender, or what must be declared of it."""
        if not self.when.holds(facts):
            return None
        if not facts.sender:
            return self.head.finding("missing") if self.allow else None
        said = (("sender", facts.sender),)
        if any(pattern.fullmatch(facts.sender) for pattern in self.deny):
            return self.head.finding("denied", params=said)
        fitting = [shape for shape in self.allow if shape.pattern.fullmatch(facts.sender)]
        if self.allow and not fitting:
            return self.head.finding("denied", params=said)
        wanted = [shape.declared for shape in fitting if shape.declared]
        if wanted and len(wanted) == len(fitting) and not any(name in facts.declared for name in wanted):
            return self.head.finding("undeclared", params=(*said, ("declared", ",".join(wanted))))
        return None


@dataclass(frozen=True, slots=True)
class NetworkRule(Kind[Facts]):
    """Refuses numbers of some networks. Their beginnings go to the store (FactNeeds.networks), which answers Facts.network."""

    effects = frozenset({Effect.REFUSE})
    params = frozenset({"network"})

    head: Head
    deny: frozenset[str]

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`deny`: beginnings of numbers in E.164."""
        del book
        deny = value.texts("deny")
        for beginning in deny:
            if not re.fullmatch(r"\+\d{1,7}", beginning):
                value.fault("deny", f"« {beginning} » n’est pas le début d’un numéro international, comme +687")
        if not deny:
            value.fault("deny", "il faut au moins un début")
        return cls(head=head, deny=frozenset(deny))

    def assess(self, facts: Facts, /) -> Finding | None:
        """The refusal names the network."""
        return self.head.finding(params=(("network", facts.network),)) if facts.network in self.deny else None


def _pattern(table: Table, key: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as fault:
        table.fault(key, f"ce n’est pas une expression régulière : {fault}")
        return re.compile("(?!)")
