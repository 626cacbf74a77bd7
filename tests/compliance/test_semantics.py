"""The semantics of the decision, whatever the pack says: deny by default, refuse beats defer beats allow, faults refuse."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.compliance.assess import assess
from gateway.compliance.codec import FACT_TYPES
from gateway.compliance.decide import decide
from gateway.compliance.facts import Facts
from gateway.compliance.pack import ActiveRule, Pack, Timeline
from gateway.compliance.verdict import NO_GROUND, RULE_FAILED, Allow, Defer, Effect, Finding, Refuse
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.suppression import SuppressionState
from tests.compliance.builders import NOON, lawful, shipped, summary, utc

UNTIL = utc("2027-01-01 00:00")
EFFECTS = st.sampled_from(list(Effect))
NOTED = "per-election-profile"


def answering(*effects: Effect, fails: bool = False) -> Pack:
    """A pack whose rules answer these effects, one each."""

    def rule(rank: int, effect: Effect) -> ActiveRule:
        finding = Finding(rule=f"rule-{rank}", effect=effect, until=UNTIL if effect is Effect.DEFER else None)
        return ActiveRule(finding.rule, lambda _: finding, None)

    def broken(_: object) -> Finding | None:
        raise ZeroDivisionError

    rules = [rule(rank, effect) for rank, effect in enumerate(effects)]
    if fails:
        rules.append(ActiveRule("broken", broken, None))
    timeline = Timeline((), (tuple(rules),))
    return dataclasses.replace(shipped(), _sending=MappingProxyType({(Medium.EMAIL, MessageClass.CAMPAIGN): timeline}))


@given(st.lists(EFFECTS, max_size=8))
def test_any_refuse_beats_any_defer_beats_allow_and_nothing_is_allowed_without_a_grant(effects: list[Effect]) -> None:
    verdict = decide(lawful(), answering(*effects))
    if Effect.REFUSE in effects:
        assert isinstance(verdict, Refuse)
        assert NO_GROUND not in verdict.rules
    elif Effect.GRANT not in effects:
        assert summary(verdict) == ("refuse", {NO_GROUND})
        assert [finding.rule for finding in verdict.findings].count(NO_GROUND) == 1
    elif Effect.DEFER in effects:
        assert isinstance(verdict, Defer)
        assert verdict.until == UNTIL
    else:
        assert isinstance(verdict, Allow)


@given(st.lists(EFFECTS, max_size=6), st.randoms())
def test_the_order_of_rules_changes_nothing(effects: list[Effect], random: Random) -> None:
    shuffled = list(effects)
    random.shuffle(shuffled)
    one, other = decide(lawful(), answering(*effects)), decide(lawful(), answering(*shuffled))
    assert one.name == other.name
    assert sorted(f.effect for f in one.findings) == sorted(f.effect for f in other.findings)


@given(st.lists(EFFECTS, max_size=6))
def test_all_findings_are_returned_not_the_first(effects: list[Effect]) -> None:
    findings = decide(lawful(), answering(*effects)).findings
    assert [f.effect for f in findings if f.rule != NO_GROUND] == effects


@pytest.mark.parametrize("others", [(), (Effect.GRANT,), (Effect.GRANT, Effect.DEFER), (Effect.REFUSE,)])
def test_a_rule_that_fails_refuses_and_names_itself(others: tuple[Effect, ...]) -> None:
    verdict = decide(lawful(), answering(*others, fails=True))
    assert isinstance(verdict, Refuse)
    failure = next(finding for finding in verdict.because if finding.rule == RULE_FAILED)
    assert dict(failure.params) == {"rule": "broken", "fault": "ZeroDivisionError"}


def finding_always(finding: Finding, changes_at: datetime | None = None) -> ActiveRule:
    """A rule that finds this, whatever the facts, until then."""
    return ActiveRule(finding.rule, lambda _: finding, lambda _: changes_at)


def of_rules(*rules: ActiveRule, until: datetime | None = None) -> Pack:
    """A pack of these rules, in force until an instant."""
    timeline = Timeline((), (rules,)) if until is None else Timeline((until,), (rules, ()))
    return dataclasses.replace(shipped(), _sending=MappingProxyType({(Medium.EMAIL, MessageClass.CAMPAIGN): timeline}))


@pytest.mark.parametrize(("effect", "name"), [(Effect.GRANT, "allow"), (Effect.DEFER, "defer"), (Effect.REFUSE, "refuse")])
def test_whatever_the_verdict_it_holds_until_the_first_instant_at_which_any_rule_may_change(effect: Effect, name: str) -> None:
    granting = finding_always(Finding(rule="granting", effect=Effect.GRANT))
    deciding = Finding(rule="deciding", effect=effect, until=UNTIL if effect is Effect.DEFER else None)
    rules = [granting, *(finding_always(deciding, utc(f"2026-12-{day} 00:00")) for day in (24, 20, 31))]
    for until, holds in ((None, utc("2026-12-20 00:00")), (utc("2026-12-15 00:00"), utc("2026-12-15 00:00"))):
        verdict = decide(lawful(), of_rules(*rules, until=until))
        assert (verdict.name, verdict.valid_until) == (name, holds)


def test_an_allowed_message_owes_what_its_duties_name_and_nothing_that_is_only_noted() -> None:
    told = (
        (Effect.GRANT, ("granted",)),
        (Effect.DUTY, ("one", "two")),
        (Effect.DUTY, ("two", "three")),
        (Effect.NOTE, ("noted",)),
    )
    rules = [finding_always(Finding(rule=effect, effect=effect, elements=elements)) for effect, elements in told]
    verdict = decide(lawful(), of_rules(*rules))
    assert isinstance(verdict, Allow)
    assert verdict.duties == {"one", "two", "three"}


def test_a_wait_without_an_end_is_no_permission() -> None:
    granting = finding_always(Finding(rule="granting", effect=Effect.GRANT))
    waiting = finding_always(Finding(rule="waiting", effect=Effect.DEFER))
    assert summary(decide(lawful(), of_rules(granting, waiting))) == ("refuse", {"waiting"})


def test_a_rule_that_fails_to_say_when_it_changes_refuses_too() -> None:
    def never_says(_: object) -> datetime | None:
        raise OverflowError

    granting = ActiveRule("granting", lambda _: Finding(rule="granting", effect=Effect.GRANT), never_says)
    findings, _ = assess([granting], None, lawful())
    assert [finding.rule for finding in findings] == [RULE_FAILED]


def _strategy(hint: object) -> st.SearchStrategy[object]:
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    if get_origin(hint) is tuple:
        words = ["subscription", "commune", "religion", "dpia", "unsubscribe-link", "tracking_pixel", "freephone_number", "?"]
        item: st.SearchStrategy[Any] = st.integers(0, 9) if get_args(hint)[0] is int else st.sampled_from(words)
        return st.lists(item, max_size=4, unique=True).map(lambda items: tuple(sorted(items)))
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.integers(-2, 5)
    return st.sampled_from(["presidentielle-2027", "municipales-2026", "metropole", "972", "987", "unknown", "atlantide", ""])


ANY_FACTS = st.builds(
    Facts,
    at=st.datetimes(datetime(2017, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - aware by timezones
    **{name: _strategy(hint) for name, hint in FACT_TYPES.items() if name != "at"},
)


@settings(max_examples=300, deadline=None)
@given(ANY_FACTS)
def test_no_facts_whatever_make_the_decision_raise_and_a_ground_is_behind_every_allow(facts: Facts) -> None:
    verdict = decide(facts, shipped())
    granted = any(finding.effect is Effect.GRANT for finding in verdict.findings)
    assert isinstance(verdict, Refuse) or granted
    assert verdict.valid_until is None or verdict.valid_until > facts.at
    if isinstance(verdict, Defer):
        assert verdict.until > facts.at


@settings(max_examples=200, deadline=None)
@given(ANY_FACTS, st.floats(0, 1, exclude_max=True))
def test_a_verdict_holds_for_equal_facts_until_the_instant_it_names(facts: Facts, share: float) -> None:
    verdict = decide(facts, shipped())
    end = verdict.valid_until or facts.at + timedelta(days=3650)
    moved = min(facts.at + (end - facts.at) * share, end - timedelta(microseconds=1))  # a share is rounded to microseconds
    later = dataclasses.replace(facts, at=moved)
    assert later == facts
    again = decide(later, shipped())
    assert summary(again) == summary(verdict)
    assert [(f.rule, f.effect) for f in again.findings] == [(f.rule, f.effect) for f in verdict.findings]


@pytest.mark.parametrize(
    "name", [name for name, hint in FACT_TYPES.items() if isinstance(hint, type) and issubclass(hint, StrEnum)]
)
def test_a_value_outside_its_closed_set_refuses_whatever_the_rules_say(name: str) -> None:
    odd: dict[str, Any] = {name: "none" if name == "channel" else "a-value-of-tomorrow"}
    facts = dataclasses.replace(lawful(), **odd)
    verdict = decide(facts, shipped())
    assert summary(verdict) == ("refuse", {RULE_FAILED})
    assert ("fault", name) in verdict.findings[0].params


def test_a_value_that_only_looks_like_one_of_its_set_is_refused() -> None:
    facts = dataclasses.replace(lawful(), suppression="none")  # type: ignore[arg-type]
    assert facts.suppression == SuppressionState.NONE
    assert summary(decide(facts, shipped())) == ("refuse", {RULE_FAILED})


def test_an_instant_without_a_clock_is_refused() -> None:
    assert summary(decide(dataclasses.replace(lawful(), at=NOON.replace(tzinfo=None)), shipped())) == ("refuse", {RULE_FAILED})


def test_counts_the_store_did_not_fill_refuse() -> None:
    verdict = decide(dataclasses.replace(lawful(), sent=()), shipped())
    assert summary(verdict) == ("refuse", {RULE_FAILED})
    assert any(("rule", "house-campaign-cap") in finding.params for finding in verdict.findings)


def test_before_any_rule_was_in_force_nothing_is_allowed() -> None:
    assert summary(decide(lawful(utc("1990-01-01 00:00")), shipped())) == ("refuse", {NO_GROUND})


def test_two_packs_decide_alike_on_every_class_of_message_and_channel() -> None:
    again = Pack.from_text(shipped().text)
    for channel in Medium:
        for message_class in MessageClass:
            facts = lawful(channel=channel.value, message_class=message_class.value)
            assert decide(facts, again) == decide(facts, shipped())


@pytest.mark.parametrize("rule_id", ["consent-per-channel", "voice-consent"])
@pytest.mark.parametrize("lacking", [{"consent_evidence": False}, {"consent_scope": "other_election"}])
def test_an_agreement_that_cannot_be_proved_or_is_about_another_election_is_no_ground(
    rule_id: str, lacking: dict[str, Any]
) -> None:
    """Other rules refuse such a message and say why; were they gone, nothing would allow it all the same."""
    value = shipped().rule(rule_id).value_at(NOON)
    assert value is not None
    assert value.assessor.assess(lawful()) is not None
    assert value.assessor.assess(lawful(**lacking)) is None


def test_only_an_election_without_its_decree_is_noted_as_announced() -> None:
    noted = {
        election: [finding.params for finding in decide(lawful(election=election), shipped()).findings if finding.rule == NOTED]
        for election in ("presidentielle-2027", "municipales-2026")
    }
    assert noted == {
        "presidentielle-2027": [(("case", "announced"), ("election", "presidentielle-2027"))],
        "municipales-2026": [],
    }
