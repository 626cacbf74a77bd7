"""What ARCEP keeps for platforms is written twice: for callers in the pack, for reading numbers beside the numbering plan."""

from __future__ import annotations

import dataclasses
import re

import pytest

from gateway.compliance import conditions
from gateway.compliance.rules.sender import SenderRule, Shape
from gateway.domain.errors import InvalidAddress
from gateway.domain.phone import PhoneNumber
from tests.compliance.builders import NOON, lawful, shipped


def one_number_of_each_beginning() -> list[PhoneNumber]:
    """Of every five digits that a landline may begin with; none of what no operator was given."""
    numbers = []
    for head in range(1_000, 10_000):
        if head // 1_000 not in (6, 7, 8):
            try:
                numbers.append(PhoneNumber.parse(f"0{head}00000"))
            except InvalidAddress:
                continue
    return numbers


def test_the_platforms_a_list_is_warned_of_are_those_the_rules_of_callers_know() -> None:
    rules = [value.assessor for rule in shipped().rules if rule.id.startswith("voice-cli-") for value in rule.values]
    callers = [rule for rule in rules if isinstance(rule, SenderRule)]
    named = [one for rule in callers for one in (*rule.deny, *(shape.pattern for shape in rule.allow))]
    numbers = one_number_of_each_beginning()
    known = {number.e164 for number in numbers if any(pattern.fullmatch(number.e164) for pattern in named)}
    assert known == {number.e164 for number in numbers if number.platform}
    assert len(known) > 100


@pytest.mark.parametrize(
    ("declared", "shapes", "refused"),
    [
        ((), (("36.*", ""),), False),
        ((), (("36.*", "registered"),), True),
        (("registered",), (("36.*", "registered"),), False),
        (("registered",), (("36.*", "registered"), ("3618.*", "rented")), False),
        ((), (("36.*", "registered"), ("3618.*", "")), False),
        (("registered",), (("99.*", "registered"), ("36.*", "rented")), True),
    ],
)
def test_a_number_of_several_shapes_needs_what_one_of_them_asks_for(
    declared: tuple[str, ...], shapes: tuple[tuple[str, str], ...], refused: bool
) -> None:
    rule = short_numbers(allow=tuple(Shape(re.compile(pattern), name) for pattern, name in shapes))
    facts = dataclasses.replace(lawful(situation="sms"), sender="36180", declared=declared)
    assert (rule.assess(facts) is not None) == refused


def test_a_rule_about_some_messages_leaves_the_senders_of_others_alone() -> None:
    facts = dataclasses.replace(lawful(situation="sms"), sender="+33612345678")
    assert short_numbers().assess(facts) is not None
    others = conditions.Condition((conditions.Test(lambda _: "a petition", frozenset({"a rally"})),))
    assert short_numbers(when=others).assess(facts) is None


def short_numbers(**other: object) -> SenderRule:
    """The rule of who may send texts, otherwise."""
    value = shipped().rule("sms-sender-type").value_at(NOON)
    assert value is not None
    assert isinstance(value.assessor, SenderRule)
    return dataclasses.replace(value.assessor, **other)  # type: ignore[arg-type]
