"""The register of the rules, as lawyers and auditors read it, against the packs: who is looked at, on which text, how sure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from gateway.compliance.rule import Ask, DatedValue, Rule
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from tests.compliance.builders import ROOT, shipped


def test_no_rule_looks_at_other_messages_or_rests_on_another_text_than_the_register_says() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").splitlines()
    told = page[page.index("|" + "---|" * 10) + 1 :]
    meant = [line(rule) for rule in shipped().rules]
    assert [one for one in told if one not in meant] == []
    assert [one for one in meant if one not in told] == []
    assert told == meant


def line(rule: Rule) -> str:
    """A rule as the register has it."""
    cells = (
        rule.id,
        listed(rule.head.asks, Ask),
        listed(rule.head.channels, Medium),
        listed(rule.head.classes, MessageClass),
        rule.kind,
        rule.effect.value,
        rule.source.key,
        rule.force.value,
        rule.confidence.value,
        ", ".join(map(term, rule.values)),
    )
    return f"| {' | '.join(cells)} |"


def listed(members: frozenset[StrEnum], every: Iterable[StrEnum]) -> str:
    if members == frozenset(every):
        return "all"
    return ", ".join(one.value for one in every if one in members) or "–"


def term(value: DatedValue) -> str:
    zone = shipped().calendar.zone
    until = "" if value.until is None else f" until {value.until.astimezone(zone).date()}"
    return f"{value.since.astimezone(zone).date()}{until}"
