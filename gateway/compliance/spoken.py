"""Days, instants and counts as people say them, in French and in English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from gateway.compliance.territory import Territory

WEEKDAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
_ZONED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d)\[([A-Za-z0-9_+\-/]+)\]")
_NARROW = "\N{NO-BREAK SPACE}"


def day(on: date, language: str) -> str:
    """A day: "samedi 17 avril 2027", "Saturday 17 April 2027". Raises KeyError for a language without names of days."""
    weekday = WEEKDAYS[language][on.weekday()]
    month = MONTHS[language][on.month - 1]
    number = "1er" if language == "fr" and on.day == 1 else str(on.day)
    return f"{weekday} {number} {month} {on.year}"


def hour(at: datetime, language: str) -> str:
    """An hour of the wall clock: "0 h", "20 h 30"; "00:00", "20:30"."""
    if language == "fr":
        minutes = f"{_NARROW}{at.minute:02}" if at.minute else ""
        return f"{at.hour}{_NARROW}h{minutes}"
    return f"{at.hour:02}:{at.minute:02}"


def number(count: int) -> str:
    """A count as the French write it: thousands set apart by narrow spaces that no line breaks at."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def zoned_instant(text: str, language: str, territories: Mapping[str, Territory]) -> str | None:
    """An instant written by `stretches.zoned`, with the clock it is read on; None for any other text.

    "samedi 17 avril 2027 à 0 h, heure de Fort-de-France"
    """
    match = _ZONED.fullmatch(text)
    if match is None:
        return None
    at = datetime.fromisoformat(match[1])
    joint = "à" if language == "fr" else "at"
    clock = next(
        (place.clock[language] for place in territories.values() if place.zones and place.zones[0].key == match[2]), match[2]
    )
    return f"{day(at, language)} {joint} {hour(at, language)}, {clock}"
