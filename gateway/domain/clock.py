"""Time comes in by the door: below app nothing reads the machine's clock by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Protocol

#: How a browser's calendar writes a day, and people where it has none.
_DAY_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""


def read_day(text: str) -> date | None:
    """A day as a browser's calendar or a person writes it; None when it is none, or so far that no calendar has it."""
    for form in _DAY_FORMS:
        try:
            day = datetime.strptime(text.strip(), form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        return day if day.year < date.max.year else None
    return None
