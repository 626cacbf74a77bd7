"""Postcodes, durations and hours: the small arithmetic that the law rests on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.compliance.decide import decide
from gateway.compliance.facts import Facts
from gateway.compliance.opening import Opening, next_edge, next_open, read_opening
from gateway.compliance.reading import Faults, Table
from gateway.compliance.rule import DatedValue
from gateway.compliance.rules.window import WindowRule
from gateway.compliance.span import Span
from gateway.compliance.stretches import Agenda
from gateway.compliance.verdict import Allow, Defer
from gateway.domain.hours import CallWindow
from tests.compliance.builders import lawful, paris, shipped, utc

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("postcodes", "territory"),
    [
        ("59000 01000 20200 95880", "metropole"),
        ("57000 67000 68100", "alsace-moselle"),
        ("97110 97100", "971"),
        ("97133 97700", "977"),
        ("97150 97800", "978"),
        ("97200", "972"),
        ("97300", "973"),
        ("97400", "974"),
        ("97500", "975"),
        ("97600", "976"),
        ("98600", "986"),
        ("98700 98713", "987"),
        ("98800", "988"),
        ("1000 98000 00100 96000 2A004 B-1000 123456 \u0667\u0665\u0660\u0660\u0661", "unknown"),
    ],
)
def test_a_postcode_says_where_one_votes_or_nothing(postcodes: str, territory: str) -> None:
    assert {shipped().territory_of(postcode) for postcode in postcodes.split()} == {territory}


@pytest.mark.parametrize(
    ("postcode", "territory"), [("97 200", "972"), (" 75011 ", "metropole"), ("", "unknown"), (None, "unknown")]
)
def test_a_postcode_is_read_as_people_type_it(postcode: str | None, territory: str) -> None:
    assert shipped().territory_of(postcode) == territory


@pytest.mark.parametrize(
    ("commune", "territory"),
    [
        ("59350", "metropole"),
        ("2A004", "metropole"),
        ("2b033", "metropole"),
        ("67482", "alsace-moselle"),
        ("97209", "972"),
        ("97123", "977"),
        ("97801", "978"),
        ("98735", "987"),
        ("99404", "abroad-americas"),
        ("99109", "abroad"),
    ],
)
def test_the_polling_place_counts_before_postcode_and_number(commune: str, territory: str) -> None:
    assert shipped().territory_of("75011", commune=commune, number="+262692000000") == territory


@pytest.mark.parametrize(
    ("number", "territory"),
    [
        ("+33639980012", "unknown"),  # carried anywhere: it says nothing of where one votes
        ("+590690000000", "971-977-978"),
        ("+596696000000", "972"),
        ("+594694000000", "973"),
        ("+262692000000", "974"),
        ("+262639000000", "976"),
        ("+262262000000", "974-976"),
        ("+262709350000", "974-976"),
        ("+508410000", "975"),
        ("+681820000", "986"),
        ("+68987000000", "987"),
        ("+687750000", "988"),
        ("+15145550000", "abroad-americas"),
        ("+5511900000000", "abroad-americas"),
        ("+2975600000", "abroad-americas"),  # Aruba: its voters vote on Saturday
        ("+32470000000", "abroad"),
        (None, "unknown"),
        ("", "unknown"),
        ("06", "unknown"),
    ],
)
def test_a_number_says_where_one_lives_only_when_nothing_better_does(number: str | None, territory: str) -> None:
    assert shipped().territory_of(None, number=number) == territory
    assert shipped().territory_of("pas de code", commune="?", number=number) == territory
    from_abroad = territory in ("abroad", "abroad-americas")  # whose postcodes may look like ours
    assert shipped().territory_of("97200", number=number) == ("unknown" if from_abroad else "972")
    assert shipped().territory_of("97200", number=number, country="martinique") == "972"


@pytest.mark.parametrize(
    ("postcode", "country", "territory"),
    [
        ("10000", "france", "metropole"),
        ("67000", "fr", "alsace-moselle"),
        ("10001", "etats unis", "abroad-americas"),  # New York, not Troyes: its voters vote on Saturday
        ("06700", "mexique", "abroad-americas"),
        ("10115", "allemagne", "unknown"),
        ("", "canada", "abroad-americas"),
        ("", "france", "unknown"),
    ],
)
def test_a_postcode_counts_in_its_own_country_alone(postcode: str, country: str, territory: str) -> None:
    assert shipped().territory_of(postcode, country=country) == territory


@given(st.text(max_size=8))
def test_no_text_breaks_the_reading_of_a_postcode(text: str) -> None:
    assert shipped().territory_of(text) in shipped().territories


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("P2M", Span(months=2)),
        ("P1Y6M", Span(months=18)),
        ("P7D", Span(days=7)),
        ("PT72H", Span(seconds=259200)),
        ("P1DT2H30M5S", Span(days=1, seconds=9005)),
        ("P0D", Span()),
    ],
)
def test_durations_are_read_as_iso_8601_writes_them(text: str, span: Span) -> None:
    assert Span.parse(text) == span


@pytest.mark.parametrize("text", ["", "P", "PT", "P1W", "P-1D", "1D", "P1.5D", "P1DT", "p1d", "P1D "])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="n’est pas une durée"):
        Span.parse(text)


def test_months_have_no_fixed_length() -> None:
    with pytest.raises(ValueError, match="pas de longueur fixe"):
        _ = Span(months=1).fixed


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2027-01-31 10:00", Span(months=1), "2027-02-28 10:00"),
        ("2028-01-31 10:00", Span(months=1), "2028-02-29 10:00"),
        ("2026-12-31 23:59", Span(months=12), "2027-12-31 23:59"),
        ("2027-03-27 02:30", Span(days=1), "2027-03-28 03:30"),  # half past two does not exist that night
        ("2027-03-27 12:00", Span(days=1), "2027-03-28 12:00"),
        ("2027-03-27 12:00", Span(seconds=86400), "2027-03-28 13:00"),
    ],
)
def test_time_is_counted_on_the_wall_clock_for_days_and_in_truth_for_hours(start: str, span: Span, end: str) -> None:
    assert span.after(paris(start), PARIS) == paris(end)


def test_before_a_day_the_month_ends_where_it_ends() -> None:
    assert Span(months=6).from_day(date(2027, 4, 1), forward=False) == date(2026, 10, 1)
    assert Span(months=1).from_day(date(2027, 3, 31), forward=False) == date(2027, 2, 28)


def test_an_agenda_without_stretches_holds_nothing_and_never_changes() -> None:
    agenda = Agenda.of(())
    assert agenda.at(utc("2027-01-01 00:00")) is None
    assert agenda.next_edge(utc("2027-01-01 00:00")) is None


@given(
    st.datetimes(min_value=utc("2026-01-01 00:00").replace(tzinfo=None), max_value=utc("2028-01-01 00:00").replace(tzinfo=None))
)
def test_an_agenda_answers_as_a_plain_search_would(naive: datetime) -> None:
    at = naive.replace(tzinfo=ZoneInfo("UTC"))
    stretches = (*shipped().calendar.silence("987"), *shipped().calendar.silence("metropole"))
    agenda = Agenda.of(stretches)
    inside = [stretch for stretch in stretches if stretch.start <= at < stretch.end]
    found = agenda.at(at)
    assert (found is None) == (not inside)
    assert found is None or found.end == max(stretch.end for stretch in inside)
    edges = [edge for stretch in stretches for edge in (stretch.start, stretch.end) if edge > at]
    assert agenda.next_edge(at) == min(edges, default=None)


def quiet(at: datetime, territory: str = "metropole") -> Facts:
    """A lawful newsletter of a team that chose not to write at night."""
    return lawful(at, territory=territory, declared=[*lawful().declared, "email-quiet-hours"])


@pytest.mark.parametrize(
    ("at", "territory", "until"),
    [
        ("2026-12-01 21:00", "metropole", "2026-12-02 06:00"),  # 22:00 in Paris
        ("2026-12-02 05:59", "metropole", "2026-12-02 06:00"),
        ("2026-12-02 02:00", "972", "2026-12-02 11:00"),  # 22:00 in Fort-de-France
        ("2027-03-27 23:00", "metropole", "2027-03-28 05:00"),  # the night of the change of hour is an hour shorter
        ("2026-12-01 16:40", "987", "2026-12-01 17:00"),  # 06:40 in Papeete, 07:10 in the Marquesas, 07:40 in the Gambiers
        ("2026-12-02 07:10", "987", "2026-12-02 17:00"),  # 21:10 in Papeete, but 22:10 in the Gambiers
    ],
)
def test_at_night_on_the_person_s_own_clock_a_message_waits_for_the_morning(at: str, territory: str, until: str) -> None:
    verdict = decide(quiet(utc(at), territory), shipped())
    assert isinstance(verdict, Defer)
    assert verdict.rules == ("email-quiet-hours",)
    assert verdict.until == utc(until)
    assert isinstance(decide(quiet(verdict.until, territory), shipped()), Allow)


def test_by_day_it_leaves_and_knows_when_the_night_comes() -> None:
    verdict = decide(quiet(paris("2026-12-01 12:00")), shipped())
    assert isinstance(verdict, Allow)
    assert verdict.valid_until == paris("2026-12-01 22:00")


def call(at: datetime, **changes: object) -> Facts:
    return lawful(at, "appel", **changes)


def test_a_verdict_on_a_call_holds_until_the_agreed_hour_or_the_window_next_changes() -> None:
    verdict = decide(call(paris("2027-03-02 18:30"), hours="lun-ven 18:00-19:00"), shipped())
    assert isinstance(verdict, Allow)
    assert verdict.valid_until == paris("2027-03-02 19:00")
    verdict = decide(call(paris("2027-03-02 12:30"), hours="lun-ven 10:00-20:00"), shipped())
    assert isinstance(verdict, Allow)
    assert verdict.valid_until == paris("2027-03-02 13:00")  # the window closes for lunch


@pytest.mark.parametrize(
    ("at", "until"),
    [
        # 28 March 2027: 02:30 does not exist; the hours of the evening are what the clock shows.
        ("2027-03-27 23:30", "2027-03-28 18:00"),
        # 31 October 2027: the clock shows 02:30 twice.
        ("2027-10-30 23:30", "2027-10-31 18:00"),
    ],
)
def test_an_agreed_hour_is_the_hour_of_the_clock_on_the_wall_on_both_days_of_the_change(at: str, until: str) -> None:
    opening = Opening(CallWindow.parse("dim 18:00-20:00").week)
    place = shipped().territories["metropole"]
    assert next_open((opening,), paris(at), place) == paris(until)
    assert opening.is_open(paris(until), place)


def test_a_window_open_until_midnight_closes_as_the_next_day_begins_and_not_a_minute_before() -> None:
    opening = Opening(CallWindow.parse("sam 20h-minuit").week)
    place = shipped().territories["metropole"]
    assert opening.is_open(paris("2027-03-06 23:59"), place)
    assert not opening.is_open(paris("2027-03-07 00:00"), place)
    assert next_edge((opening,), paris("2027-03-06 20:00"), place) == paris("2027-03-07 00:00")


def test_of_several_windows_the_next_opening_is_one_of_them_all() -> None:
    """Tuesday 14 July 2026 is a holiday; Wednesday's hours meet from 14:00 to 15:00 only."""
    place = shipped().territories["metropole"]
    agreed = Opening(CallWindow.parse("mar-mer 13:30-15:00").week)
    window = read_opening(Table({"open": {"every-day": ["14:00-20:00"]}, "closed_on": ["holidays"]}, "t", "", Faults()))
    assert next_open((agreed, window), paris("2026-07-14 08:00"), place) == paris("2026-07-15 14:00")


def opening_of(value: DatedValue) -> Opening:
    assert isinstance(value.assessor, WindowRule)
    return value.assessor.opening


@pytest.mark.parametrize(
    ("rule", "hours"), [("sms-hours", "lun-sam 08:00-20:00"), ("voice-default-window", "lun-ven 10:00-13:00, 14:00-20:00")]
)
def test_the_hours_of_every_weekday_are_those_of_the_rule_base(rule: str, hours: str) -> None:
    """Scenarios look at a Tuesday or a Saturday; a slip in the hours of a Thursday would disturb people all the same."""
    opening = opening_of(shipped().rule(rule).values[-1])
    assert str(CallWindow(opening.week)) == hours and opening.closed_on_holidays


@given(
    at=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2029, 12, 31)),  # noqa: DTZ001 - given a zone below
    territory=st.sampled_from(sorted(shipped().territories)),
)
def test_wherever_and_whenever_a_text_is_deferred_to_an_instant_that_is_open_and_no_sooner_one_is(at, territory) -> None:
    instant = at.replace(tzinfo=UTC)
    place = shipped().territories[territory]
    opening = opening_of(shipped().rule("sms-hours").values[0])
    if opening.is_open(instant, place):
        return
    until = next_open((opening,), instant, place)
    if until is None:
        assert territory.startswith("abroad")
        return
    assert opening.is_open(until, place)
    assert not any(opening.is_open(instant + (until - instant) * step / 16, place) for step in range(16))
    for zone in place.zones:
        local = until.astimezone(zone)
        assert local.weekday() < 6 and 8 <= local.hour < 20 and place.holidays.on(local.date()) is None
