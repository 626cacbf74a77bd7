"""Public holidays as data: fixed days and days that follow Easter, in calendars that territories name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from gateway.compliance.reading import Table

_LEAP_YEAR = 2028


class Holiday(NamedTuple):
    """One day off of every year."""

    on: tuple[int, int] | None  #: month and day
    easter: int | None  #: days after Easter Sunday; before it when negative
    name: Mapping[str, str]  #: by language


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Holidays:
    """The holidays of a place."""

    fixed: Mapping[tuple[int, int], Holiday]
    moving: Mapping[int, Holiday]

    @classmethod
    def of(cls, *lists: tuple[Holiday, ...]) -> Holidays:
        """The union of lists."""
        days = [holiday for one in lists for holiday in one]
        return cls(
            fixed={holiday.on: holiday for holiday in days if holiday.on is not None},
            moving={holiday.easter: holiday for holiday in days if holiday.easter is not None},
        )

    @property
    def all(self) -> tuple[Holiday, ...]:
        """Every one of them."""
        return (*self.fixed.values(), *self.moving.values())

    def on(self, day: date) -> Holiday | None:
        """The holiday of a day, if it is one."""
        if found := self.fixed.get((day.month, day.day)):
            return found
        return self.moving.get((day - easter(day.year)).days) if self.moving else None


@lru_cache(maxsize=512)
def easter(year: int) -> date:
    """Easter Sunday of a Gregorian year (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    shift = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * shift) // 451
    month, day = divmod(h + shift - 7 * m + 114, 31)
    return date(year, month, day + 1)


def read_holidays(root: Table, languages: tuple[str, ...], sources: Mapping[str, object]) -> dict[str, tuple[Holiday, ...]]:
    """Calendars by id. Records a fault for a day that no year has, a source that is none, or an id used twice."""
    calendars: dict[str, tuple[Holiday, ...]] = {}
    for table in root.tables("calendar"):
        name = table.text("id")
        if name in calendars:
            table.fault("id", f"« {name} » y est deux fois")
        if (source := table.text("source")) not in sources:
            table.fault("source", f"« {source} » n’est pas une clé de sources.toml")
        table.date("checked_on")
        calendars[name] = tuple(_read_day(day, languages) for day in table.tables("day"))
        table.done()
    root.done()
    return calendars


def _read_day(table: Table, languages: tuple[str, ...]) -> Holiday:
    name = table.in_languages("name", languages)
    on: tuple[int, int] | None = None
    easter_days: int | None = None
    if "easter" in table:
        raw = table.raw("easter")
        if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) <= 100:
            easter_days = raw
        else:
            table.fault("easter", "il faut un nombre de jours après le dimanche de Pâques, négatif avant lui")
    else:
        text = table.text("on")
        try:
            month, day = (int(part) for part in text.split("-"))
            found = date(_LEAP_YEAR, month, day)
            on = (found.month, found.day)
        except ValueError:
            table.fault("on", f"« {text} » n’est pas un jour de l’année, comme 07-14")
    table.done()
    return Holiday(on, easter_days, name)
