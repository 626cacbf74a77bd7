"""Whether an audience is targeted (ciblée), Regulation (EU) 2024/900: the lists are the pack's, the question is asked here.

Several rules depend on the answer (consent, direct collection, age, notice), so the pack's rules of kind `targeting` and
`exemption` are read first and handed to the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.compliance.facts import Facts


class TargetingState(StrEnum):
    """How the law sees the selection of an audience."""

    NEUTRAL = "neutral"  #: only criteria that select nobody for what they are
    EXEMPT = "exempt"  #: a body writing to its own people on subscription data
    TARGETED = "targeted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaLists:
    """Criteria that select nobody for what they are, in force from one instant to another."""

    since: datetime
    until: datetime | None
    neutral: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionTerms:
    """Who may select whom by what without targeting, in force from one instant to another."""

    since: datetime
    until: datetime | None
    senders: frozenset[str]
    contacts: frozenset[str]
    criteria: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Targeting:
    """The pack's answer. Without lists in force every declared criterion targets."""

    lists: tuple[CriteriaLists, ...] = ()
    exemptions: tuple[ExemptionTerms, ...] = ()

    def of(self, facts: Facts) -> TargetingState:
        """How the selection of these facts is seen at facts.at."""
        if not facts.criteria:
            return TargetingState.NEUTRAL
        neutral = next((lists.neutral for lists in self.lists if _in_force(lists, facts.at)), frozenset[str]())
        beyond = [criterion for criterion in facts.criteria if criterion not in neutral]
        if not beyond:
            return TargetingState.NEUTRAL
        for terms in self.exemptions:
            if (
                _in_force(terms, facts.at)
                and facts.sender_kind in terms.senders
                and facts.contact_class in terms.contacts
                and terms.criteria.issuperset(beyond)
            ):
                return TargetingState.EXEMPT
        return TargetingState.TARGETED


def _in_force(terms: CriteriaLists | ExemptionTerms, at: datetime) -> bool:
    return terms.since <= at and (terms.until is None or at < terms.until)
