"""Asking every rule in force what it finds, and turning a fault inside a rule into a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gateway.compliance.pack import ActiveRule
from gateway.compliance.verdict import RULE_FAILED, Effect, Finding


def assess(rules: Iterable[ActiveRule], edge: datetime | None, facts: object) -> tuple[tuple[Finding, ...], datetime | None]:
    """All findings, in the order of the pack; and the earliest instant at which any of them could differ.

    edge: when the set of rules in force itself changes. Never raises: a rule that fails refuses, by the finding rule-failed.
    """
    findings: list[Finding] = []
    changes_at = edge
    for rule in rules:
        try:
            finding = rule.assess(facts)
            change = None if rule.next_change is None else rule.next_change(facts)
        except Exception as fault:  # whatever it is, it must not open the door
            findings.append(failed(rule.id, type(fault).__name__))
            continue
        if finding is not None:
            findings.append(finding)
        if change is not None and (changes_at is None or change < changes_at):
            changes_at = change
    return tuple(findings), changes_at


def failed(rule_id: str, fault: str) -> Finding:
    """The refusal that stands for a rule that could not decide; an alarm for the team."""
    return Finding(rule=RULE_FAILED, effect=Effect.REFUSE, params=(("rule", rule_id), ("fault", fault)))
