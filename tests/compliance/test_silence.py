"""Electoral silence at every boundary: who, where, on which clock, to the second."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta

import pytest

from gateway.compliance.calendar import midnight
from gateway.compliance.decide import decide
from gateway.compliance.explain import explain
from gateway.compliance.verdict import Allow, Defer
from tests.compliance.builders import lawful, paris, shipped, typed, utc

SECOND = timedelta(seconds=1)
DRAIN = timedelta(hours=2)

#: Territory, and the instants at which both rounds of the présidentielle 2027 fall silent there.
BEGINNINGS = {
    "metropole": ("2027-04-16 22:00", "2027-04-30 22:00"),
    "alsace-moselle": ("2027-04-16 22:00", "2027-04-30 22:00"),
    # A number that is used in several territories: the earliest of them, and Saturday if one of them votes on Saturday.
    "974-976": ("2027-04-16 20:00", "2027-04-30 20:00"),
    "971-977-978": ("2027-04-16 04:00", "2027-04-30 04:00"),
    "974": ("2027-04-16 20:00", "2027-04-30 20:00"),
    "976": ("2027-04-16 21:00", "2027-04-30 21:00"),
    "988": ("2027-04-16 13:00", "2027-04-30 13:00"),
    "986": ("2027-04-16 12:00", "2027-04-30 12:00"),
    "975": ("2027-04-16 02:00", "2027-04-30 02:00"),
    "973": ("2027-04-16 03:00", "2027-04-30 03:00"),
    "971": ("2027-04-16 04:00", "2027-04-30 04:00"),
    "972": ("2027-04-16 04:00", "2027-04-30 04:00"),
    "977": ("2027-04-16 04:00", "2027-04-30 04:00"),
    "978": ("2027-04-16 04:00", "2027-04-30 04:00"),
    # Papeete is at 10:00, but the Gambier islands keep an earlier clock: nobody there may be written to either.
    "987": ("2027-04-16 09:00", "2027-04-30 09:00"),
    "unknown": ("2027-04-15 22:00", "2027-04-29 22:00"),
    "abroad-americas": ("2027-04-16 02:30", "2027-04-30 02:30"),
    "abroad": ("2027-04-16 12:00", "2027-04-30 12:00"),
}
ENDS = ("2027-04-18 18:00", "2027-05-02 18:00")
CASES = [(place, beginnings[tour], ENDS[tour]) for place, beginnings in BEGINNINGS.items() for tour in (0, 1)]


def test_every_territory_of_the_pack_is_tested_here() -> None:
    assert set(BEGINNINGS) == set(shipped().territories)


@pytest.mark.parametrize(("place", "begins", "ends"), CASES)
def test_from_the_eve_at_midnight_local_until_the_round_is_over_nothing_leaves(place: str, begins: str, ends: str) -> None:
    start, end = utc(begins), utc(ends)
    for at in (start, start + SECOND, start + (end - start) / 2, end - SECOND):
        verdict = decide(lawful(at, territory=place), shipped())
        assert isinstance(verdict, Defer)
        assert verdict.until == end
        assert "silence-electronic" in verdict.rules
        assert "silence-drain" not in verdict.rules
    assert isinstance(decide(lawful(end, territory=place), shipped()), Allow)


@pytest.mark.parametrize(("place", "begins", "ends"), CASES)
def test_in_the_two_hours_before_nothing_new_leaves_either(place: str, begins: str, ends: str) -> None:
    start = utc(begins)
    for at in (start - DRAIN, start - SECOND):
        verdict = decide(lawful(at, territory=place), shipped())
        assert isinstance(verdict, Defer)
        assert verdict.rules == ("silence-drain",)
        assert verdict.until == utc(ends)
    before = decide(lawful(start - DRAIN - SECOND, territory=place), shipped())
    assert isinstance(before, Allow)
    assert before.valid_until is not None
    assert before.valid_until <= start - DRAIN


@pytest.mark.parametrize("place", sorted(BEGINNINGS))
def test_saturday_is_named_where_people_vote_on_saturday_and_nowhere_else(place: str) -> None:
    early = {"971", "972", "973", "975", "977", "978", "971-977-978", "987", "abroad-americas"}
    verdict = decide(lawful(utc(BEGINNINGS[place][0]), territory=place), shipped())
    assert ("silence-saturday" in verdict.rules) == (place in early)
    assert ("silence-unknown-place" in verdict.rules) == (place == "unknown")


def test_an_unknown_place_is_held_for_everyone_it_could_be() -> None:
    calendar = shipped().calendar
    for widest, *others in zip(
        calendar.silence("unknown"), *(calendar.silence(code) for code in calendar.territories), strict=True
    ):
        assert all(widest.start <= other.start and widest.end >= other.end for other in others)


def test_where_nobody_votes_early_an_unknown_place_still_gets_the_earliest_midnight_of_all() -> None:
    first = shipped().calendar.silence("unknown")[0]
    assert first.election == "municipales-2026"
    assert first.start == utc("2026-03-13 11:00")  # Saturday 14 March 2026 at midnight in Auckland, still on summer time


def test_midnight_follows_daylight_saving_on_both_sides_of_the_change() -> None:
    zone = shipped().calendar.zone
    assert midnight(datetime(2027, 3, 27).date(), zone) == utc("2027-03-26 23:00")  # noqa: DTZ001 - a day
    assert midnight(datetime(2027, 3, 28).date(), zone) == utc("2027-03-27 23:00")  # noqa: DTZ001 - a day
    assert midnight(datetime(2027, 3, 29).date(), zone) == utc("2027-03-28 22:00")  # noqa: DTZ001 - a day


@pytest.mark.parametrize("message_class", ["rights", "acknowledgement"])
def test_an_answer_to_a_person_passes_during_the_silence(message_class: str) -> None:
    facts = lawful(paris("2027-04-17 12:00"), "droits", message_class=message_class)
    verdict = decide(facts, shipped())
    assert isinstance(verdict, Allow)
    assert "silence-class" in {finding.rule for finding in verdict.findings}


@pytest.mark.parametrize(
    ("situation", "message_class"),
    [("lettre", "campaign"), ("demande", "consent_request"), ("confirmation", "confirmation"), ("essai", "test")],
)
def test_whatever_may_be_read_as_propaganda_waits(situation: str, message_class: str) -> None:
    facts = lawful(paris("2027-04-18 10:00"), situation)
    assert facts.message_class == message_class
    assert decide(facts, shipped()).name == "defer"


def test_a_deferred_message_decided_again_when_told_leaves_by_itself() -> None:
    facts = lawful(paris("2027-04-16 23:00"))
    verdict = decide(facts, shipped())
    assert isinstance(verdict, Defer)
    assert isinstance(decide(dataclasses.replace(facts, at=verdict.until), shipped()), Allow)


def test_the_silence_is_explained_with_the_hour_people_read_on_their_clock() -> None:
    verdict = decide(lawful(utc("2027-04-16 05:00"), territory="972"), shipped())
    said = {explanation.rule: typed(explanation.sentence) for explanation in explain(verdict, shipped())}
    assert "vendredi 16 avril 2027 à 0 h, heure de Fort-de-France" in said["silence-saturday"]
    assert "dimanche 18 avril 2027 à 20 h, heure de Paris" in said["silence-electronic"]


def test_the_official_campaign_opens_on_the_second_monday_before_the_vote_and_again_between_the_rounds() -> None:
    def noted(at: datetime) -> bool:
        return "campaign-period" in {finding.rule for finding in decide(lawful(at), shipped()).findings}

    assert [noted(paris(text)) for text in ("2027-04-04 23:59", "2027-04-05 00:00", "2027-04-16 23:59", "2027-04-17 00:00")] == [
        False, True, True, False,
    ]  # fmt: skip
    assert [noted(paris(text)) for text in ("2027-04-18 23:59", "2027-04-19 00:00", "2027-04-30 23:59", "2027-05-01 00:00")] == [
        False, True, True, False,
    ]  # fmt: skip


def test_a_weekday_before_a_vote_on_that_very_weekday_is_a_week_before() -> None:
    opens = {stretch.start for stretch in shipped().calendar.official_campaign(weekday=6, nth=1)}
    assert paris("2027-04-11 00:00") in opens and paris("2027-04-18 00:00") not in opens


def test_an_election_is_over_with_its_last_round() -> None:
    assert shipped().elections["presidentielle-2027"].ends_at == paris("2027-05-02 20:00")


def test_until_a_day_includes_the_day() -> None:
    calendar = shipped().calendar
    assert calendar.end_of(date(2027, 5, 3)) == paris("2027-05-04 00:00")
    assert calendar.end_of(date(2027, 5, 3), territory="972") == paris("2027-05-04 06:00")
    assert calendar.end_of(date(2027, 5, 3), territory="974-976") == paris("2027-05-04 00:00")
    assert calendar.end_of(date(2027, 10, 30), territory="975") == paris("2027-10-31 03:00"), "the night Paris turns its clocks"
