"""Kind `window`: hours at which people may be written to, on their own clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from gateway.compliance.calendar import Calendar
from gateway.compliance.conditions import Condition, read_condition
from gateway.compliance.facts import Facts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.stretches import zoned
from gateway.compliance.verdict import Effect, Finding
from gateway.domain.errors import InvalidPack

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EVERY_DAY = "every-day"
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_HORIZON_DAYS = 15

#: (opens, closes) in minutes of the day; 1440 closes at midnight
Hours = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class WindowRule(Kind[Facts]):
    """Defers to the next opening. Where a territory has several clocks, all of them must be open."""

    effects = frozenset({Effect.DEFER})
    params = frozenset({"territory", "until"})

    head: Head
    calendar: Calendar
    week: tuple[Hours, ...]  #: by weekday, Monday first
    when: Condition

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`open`: hours by weekday, or `every-day`; `when`: which messages. Hours past midnight are written as two days'."""
        opening = value.table("open")
        if _EVERY_DAY in opening:
            week: tuple[Hours, ...] = (_read_hours(opening, _EVERY_DAY),) * 7
        else:
            week = tuple(_read_hours(opening, day) if day in opening else () for day in _WEEKDAYS)
        opening.done()
        if not any(week):
            value.fault("open", "a window that never opens would hold messages for ever")
        return cls(head=head, calendar=book.calendar, week=week, when=read_condition(value, "when", head.asks, book))

    def assess(self, facts: Facts, /) -> Finding | None:
        """Raises InvalidPack when nothing opens within two weeks: a fault of the pack, never of a contact."""
        zones = self.calendar.territories[facts.territory].zones
        if not self.when.holds(facts) or self._is_open(facts.at, zones):
            return None
        later = sorted(edge for edge in self._edges(facts.at, zones) if edge > facts.at)
        opening = next((edge for edge in later if self._is_open(edge, zones)), None)
        if opening is None:
            raise InvalidPack(f"{self.head.id}: no hour opens within {_HORIZON_DAYS} days in territory {facts.territory}")
        params = (("territory", facts.territory), ("until", zoned(opening, zones[0])))
        return self.head.finding(params=params, until=opening)

    def next_change(self, facts: Facts, /) -> datetime | None:
        """Next opening or closing on any clock of the territory."""
        if not self.when.holds(facts):
            return None
        edges = self._edges(facts.at, self.calendar.territories[facts.territory].zones)
        return min((edge for edge in edges if edge > facts.at), default=None)

    def _is_open(self, at: datetime, zones: tuple[ZoneInfo, ...]) -> bool:
        for zone in zones:
            local = at.astimezone(zone)
            minute = local.hour * 60 + local.minute
            if not any(opens <= minute < closes for opens, closes in self.week[local.weekday()]):
                return False
        return True

    def _edges(self, at: datetime, zones: tuple[ZoneInfo, ...]) -> Iterator[datetime]:
        """Every opening and closing from the day before `at` on, in UTC, in no order."""
        for zone in zones:
            first = at.astimezone(zone).date() - timedelta(days=1)
            for day in (first + timedelta(days=later) for later in range(_HORIZON_DAYS)):
                for hours in self.week[day.weekday()]:
                    for minute in hours:
                        yield _instant(day, minute, zone)


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    days, rest = divmod(minute, 1440)
    wall = time(rest // 60, rest % 60)
    return datetime.combine(day + timedelta(days=days), wall, zone).astimezone(UTC)


def _read_hours(table: Table, day: str) -> Hours:
    hours = []
    for text in table.texts(day):
        match = _HOURS.fullmatch(text)
        if match is None:
            table.fault(day, f"{text!r} is not a stretch of hours such as 08:00-20:00")
            continue
        opens = int(match[1]) * 60 + int(match[2])
        closes = int(match[3]) * 60 + int(match[4]) if match[3] else 1440
        if closes <= opens:
            table.fault(day, f"{text!r} closes before it opens")
        hours.append((opens, closes))
    return tuple(hours)
