"""Holidays of the shipped pack, held against two libraries that others keep: none of their days may be missing here."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
import pytest
from jours_feries_france import JoursFeries  # type: ignore[import-untyped]

from gateway.compliance.holidays import easter
from tests.compliance.builders import shipped

YEARS = range(2026, 2041)
#: Territory, its subdivision in `holidays`, its zone in Etalab's library.
PLACES = [
    ("metropole", None, "Métropole"),
    ("alsace-moselle", "6AE", "Alsace-Moselle"),
    ("971", "971", "Guadeloupe"),
    ("972", "972", "Martinique"),
    ("973", "973", "Guyane"),
    ("974", "974", "La Réunion"),
    ("975", "PM", "Saint-Pierre-et-Miquelon"),
    ("976", "976", "Mayotte"),
    ("977", "BL", "Saint-Barthélémy"),
    ("978", "MF", "Saint-Martin"),
    ("986", "WF", "Wallis-et-Futuna"),
    ("987", "PF", "Polynésie Française"),
    ("988", "NC", "Nouvelle-Calédonie"),
]


def days_of(territory: str, year: int) -> set[date]:
    days = (date(year, 1, 1) + timedelta(days=rank) for rank in range(366))
    return {day for day in days if day.year == year and shipped().calendar.holiday(day, territory)}


@pytest.mark.parametrize(("territory", "subdivision", "zone"), PLACES, ids=[place[0] for place in PLACES])
def test_every_holiday_that_the_libraries_know_is_one_here_and_few_others_are(territory, subdivision, zone) -> None:
    for year in YEARS:
        known = set(holidays.country_holidays("FR", years=year, subdiv=subdivision)) | set(
            JoursFeries.for_year(year, zone=zone).values()
        )
        assert days_of(territory, year) == known, year


def test_a_place_that_may_be_several_has_the_holidays_of_all() -> None:
    assert days_of("974-976", 2027) == days_of("974", 2027) | days_of("976", 2027)
    everywhere = set[date]().union(*(days_of(place, 2027) for place, _, _ in PLACES))
    assert days_of("unknown", 2027) == everywhere


@pytest.mark.parametrize("year", [1961, 2000, 2008, 2024, 2027, 2038, 2076, 2285])
def test_easter_falls_when_it_does(year: int) -> None:
    assert easter(year) == JoursFeries.paques(year)
    assert easter(year).weekday() == 6
