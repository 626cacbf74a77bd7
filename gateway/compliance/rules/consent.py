"""Kind `consent`: an active consent for this channel is the ground of the message; anything else is a refusal that says which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from gateway.compliance.facts import Facts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding
from gateway.domain.consent import ConsentScope, ConsentState


@dataclass(frozen=True, slots=True)
class ConsentRule(Kind[Facts]):
    """Grants when consent is given, covers this election and has its evidence; lacking either is explained by other rules."""

    effects = frozenset({Effect.GRANT})
    cases = ("granted", "none", "pending", "withdrawn", "refused")

    scopes: frozenset[ConsentScope]
    granted: Finding
    refusals: Mapping[ConsentState, Finding]

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`scopes`: the scopes of consent that cover the message."""
        del book
        refusals: dict[ConsentState, Finding] = {
            state: head.finding(state.value, effect=Effect.REFUSE) for state in ConsentState if state is not ConsentState.GRANTED
        }
        return cls(scopes=value.choices("scopes", ConsentScope), granted=head.finding("granted"), refusals=refusals)

    def assess(self, facts: Facts, /) -> Finding | None:
        """Silent, so without granting, when consent is given but lacks evidence or covers another election."""
        if facts.consent != ConsentState.GRANTED:
            return self.refusals[facts.consent]
        if facts.consent_evidence and facts.consent_scope in self.scopes:
            return self.granted
        return None
