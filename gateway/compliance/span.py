"""Durations as the law writes them: months are calendar months, days are days of the calendar, hours are hours."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_ISO = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A duration of ISO 8601: P1Y2M3DT4H5M6S."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read an ISO 8601 duration without weeks or fractions. Raises ValueError for anything else, and for an empty one."""
        match = _ISO.fullmatch(text)
        if match is None or text[-1] in "PT":
            raise ValueError(f"« {text} » n’est pas une durée, comme P2M, P7D ou PT2H")
        years, months, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return cls(months=12 * years + months, days=days, seconds=3600 * hours + 60 * minutes + seconds)

    @property
    def fixed(self) -> timedelta:
        """The length when it does not depend on the calendar. Raises ValueError for months."""
        if self.months:
            raise ValueError("une durée en mois n’a pas de longueur fixe")
        return timedelta(days=self.days, seconds=self.seconds)

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """The instant this long after another; months and days are counted on the wall clock of `zone`. Aware, UTC."""
        local = instant.astimezone(zone)
        day = self.from_day(local.date(), forward=True)
        moved = datetime.combine(day, local.time(), zone).astimezone(UTC)
        return moved + timedelta(seconds=self.seconds)

    def from_day(self, day: date, *, forward: bool) -> date:
        """The day this many months and days after (or before) another; the 31st becomes the last day of a shorter month."""
        sign = 1 if forward else -1
        total = day.year * 12 + day.month - 1 + sign * self.months
        year, month = divmod(total, 12)
        moved = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
        return moved + sign * timedelta(days=self.days)
