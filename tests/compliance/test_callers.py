"""What ARCEP keeps for platforms is written twice: for callers in the pack, for reading numbers beside the numbering plan."""

from __future__ import annotations

from gateway.compliance.rules.sender import SenderRule
from gateway.domain.errors import InvalidAddress
from gateway.domain.phone import PhoneNumber
from tests.compliance.builders import shipped


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
