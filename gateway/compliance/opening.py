"""Hours of the week at which a door is open, closed on holidays or not; and the search for when several doors are open at once.

Hours are read on the wall clock of each zone of a territory, and every clock must be open. A minute that daylight saving leaves
out belongs to no hour; one that it repeats counts both times.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from gateway.compliance.reading import Table
from gateway.compliance.territory import Territory

#: As packs name them, from Monday on.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EVERY_DAY = "every-day"
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
#: Longer than the same weekday is a holiday in a row, as it is at Christmas and New Year’s Day: a weekly hour comes within it.
HORIZON_DAYS = 36

#: (opens, closes) in minutes of the day; 1440 closes at midnight
Hours = tuple[tuple[int, int], ...]


class ClosedOn(StrEnum):
    """Days on which a window does not open, whatever the weekday."""

    HOLIDAYS = "holidays"


@dataclass(frozen=True, slots=True)
class Opening:
    """One window, by weekday, Monday first."""

    week: tuple[Hours, ...]
    closed_on_holidays: bool = False

    def is_open(self, at: datetime, place: Territory) -> bool:
        """Whether every clock of a place is inside: an hour holds its first minute and not its last."""
        for zone in place.zones:
            local = at.astimezone(zone)
            minute = local.hour * 60 + local.minute
            if not any(opens <= minute < closes for opens, closes in self.hours_on(local.date(), place)):
                return False
        return True

    def hours_on(self, day: date, place: Territory) -> Hours:
        """The hours of one day; none on a holiday, when those are left out."""
        if self.closed_on_holidays and place.holidays.on(day) is not None:
            return ()
        return self.week[day.weekday()]

    def edges(self, at: datetime, place: Territory) -> Iterator[datetime]:
        """Every opening and closing on any clock of a place from the day before `at` on, in UTC, in no order."""
        for zone in place.zones:
            first = at.astimezone(zone).date() - timedelta(days=1)
            for day in (first + timedelta(days=later) for later in range(HORIZON_DAYS)):
                for hours in self.hours_on(day, place):
                    for minute in hours:
                        yield _instant(day, minute, zone)


def next_open(openings: Sequence[Opening], at: datetime, place: Territory) -> datetime | None:
    """First instant after `at` at which all of them are open; None when none comes within five weeks."""
    edges = sorted({edge for opening in openings for edge in opening.edges(at, place) if edge > at})
    return next((edge for edge in edges if all(opening.is_open(edge, place) for opening in openings)), None)


def next_edge(openings: Iterable[Opening], at: datetime, place: Territory) -> datetime | None:
    """First opening or closing of any of them after `at`, on any clock of the place."""
    return min((edge for opening in openings for edge in opening.edges(at, place) if edge > at), default=None)


def read_opening(value: Table) -> Opening:
    """`open`: hours by weekday, or `every-day`; `closed_on = ["holidays"]`. Hours past midnight are written as two days'."""
    table = value.table("open")
    if _EVERY_DAY in table:
        week: tuple[Hours, ...] = (_read_hours(table, _EVERY_DAY),) * 7
    else:
        week = tuple(_read_hours(table, day) if day in table else () for day in WEEKDAYS)
    table.done()
    if not any(week):
        value.fault("open", "une plage qui n’ouvre jamais retiendrait les messages pour toujours")
    closed = value.choices("closed_on", ClosedOn) if "closed_on" in value else frozenset()
    return Opening(week, ClosedOn.HOLIDAYS in closed)


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    days, rest = divmod(minute, 1440)
    wall = time(rest // 60, rest % 60)
    return datetime.combine(day + timedelta(days=days), wall, zone).astimezone(UTC)


def _read_hours(table: Table, day: str) -> Hours:
    hours = []
    for text in table.texts(day):
        match = _HOURS.fullmatch(text)
        if match is None:
            table.fault(day, f"« {text} » n’est pas une plage d’heures, comme 08:00-20:00")
            continue
        opens = int(match[1]) * 60 + int(match[2])
        closes = int(match[3]) * 60 + int(match[4]) if match[3] else 1440
        if closes <= opens:
            table.fault(day, f"« {text} » ferme avant d’ouvrir")
        hours.append((opens, closes))
    return tuple(hours)
