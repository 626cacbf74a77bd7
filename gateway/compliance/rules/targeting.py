"""Kinds `targeting`, `exemption` and `criteria`: how the audience was selected, and what that makes of the message.

The first two say whether other rules (condition `targeting = [...]`) bear on the message; the lists are read before all
other rules. The third refuses criteria by name, whoever the audience is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from gateway.compliance.facts import Facts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.targeting import Targeting, TargetingState
from gateway.compliance.verdict import Effect, Finding
from gateway.domain.campaign import SenderKind
from gateway.domain.contact import ContactClass


@dataclass(frozen=True, slots=True)
class TargetingRule(Kind[Facts]):
    """Notes a targeted audience; refuses a criterion that stands in no list, since nobody weighed it."""

    effects = frozenset({Effect.NOTE})
    cases = ("targeted", "unknown")
    params = frozenset({"criteria"})

    head: Head
    neutral: frozenset[str]
    known: frozenset[str]
    targeting: Targeting

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`neutral`: select nobody for what they are; `ordinary`: target; `sensitive`: known so that other rules refuse them."""
        lists = [value.texts(name) for name in ("neutral", "ordinary", "sensitive")]
        known = [criterion for names in lists for criterion in names]
        for criterion in sorted({criterion for criterion in known if known.count(criterion) > 1}):
            value.fault("neutral", f"« {criterion} » est dans plusieurs listes")
        return cls(head=head, neutral=frozenset(lists[0]), known=frozenset(known), targeting=book.targeting)

    def names(self) -> Iterable[tuple[str, str]]:
        """See Kind."""
        return (("criteria", criterion) for criterion in sorted(self.known))

    def assess(self, facts: Facts, /) -> Finding | None:
        """The finding names the criteria it is about."""
        if not facts.criteria:
            return None
        if unknown := [criterion for criterion in facts.criteria if criterion not in self.known]:
            return self.head.finding("unknown", effect=Effect.REFUSE, params=(("criteria", ",".join(unknown)),))
        if self.targeting.of(facts) is not TargetingState.TARGETED:
            return None
        beyond = [criterion for criterion in facts.criteria if criterion not in self.neutral]
        return self.head.finding("targeted", params=(("criteria", ",".join(beyond)),))


@dataclass(frozen=True, slots=True)
class ExemptionRule(Kind[Facts]):
    """Notes that a body writes to its own people on subscription data: not targeting."""

    effects = frozenset({Effect.NOTE})

    senders: frozenset[SenderKind]
    contacts: frozenset[ContactClass]
    criteria: frozenset[str]
    found: Finding
    targeting: Targeting

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`senders`, `contacts`, and the `criteria` of subscription they may select by."""
        return cls(
            senders=value.choices("senders", SenderKind),
            contacts=value.choices("contacts", ContactClass),
            criteria=frozenset(value.texts("criteria")),
            found=head.finding(),
            targeting=book.targeting,
        )

    def assess(self, facts: Facts, /) -> Finding | None:
        """The note, when the exemption is what keeps the audience untargeted."""
        return self.found if self.targeting.of(facts) is TargetingState.EXEMPT else None


@dataclass(frozen=True, slots=True)
class CriteriaRule(Kind[Facts]):
    """Refuses selection criteria by name, with or without consent."""

    effects = frozenset({Effect.REFUSE})
    params = frozenset({"criteria"})

    head: Head
    deny: frozenset[str]

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`deny`: criteria that are never used."""
        del book
        return cls(head=head, deny=frozenset(value.texts("deny")))

    def names(self) -> Iterable[tuple[str, str]]:
        """See Kind."""
        return (("criteria", criterion) for criterion in sorted(self.deny))

    def assess(self, facts: Facts, /) -> Finding | None:
        """The refusal names the criteria found."""
        if self.deny.isdisjoint(facts.criteria):
            return None
        found = ",".join(criterion for criterion in facts.criteria if criterion in self.deny)
        return self.head.finding(params=(("criteria", found),))
