"""Days, instants and counts as people say them, in French and in English."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from gateway.compliance.territory import Territory
from gateway.domain.errors import InvalidInput
from gateway.domain.hours import DAY_MINUTES, CallWindow

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
_THIN = "\N{NARROW NO-BREAK SPACE}"


def day(on: date, language: str) -> str:
    """A day: "samedi 17 avril 2027", "Saturday 17 April 2027". Raises KeyError for a language without names of days."""
    weekday = WEEKDAYS[language][on.weekday()]
    month = MONTHS[language][on.month - 1]
    number = "1er" if language == "fr" and on.day == 1 else str(on.day)
    return f"{weekday} {number} {month} {on.year}"


def hour(at: datetime | time, language: str) -> str:
    """An hour of the wall clock: "0 h", "20 h 30"; "00:00", "20:30"."""
    if language == "fr":
        minutes = f"{_NARROW}{at.minute:02}" if at.minute else ""
        return f"{at.hour}{_NARROW}h{minutes}"
    return f"{at.hour:02}:{at.minute:02}"


def agreed_hours(canonical: str, language: str) -> str:
    """Hours somebody agreed to be called at, in words that are read again as the same hours; what cannot be read, as it stands.

    "du lundi au vendredi de 18 h à 20 h", "Monday to Friday 18:00 to 20:00"
    """
    try:
        window = CallWindow.parse(canonical)
    except InvalidInput:
        return canonical
    french = language == "fr"
    told = [
        f"{_days(ranks, language)} {(' et ' if french else ' and ').join(_stretch(*one, language) for one in stretches)}"
        for stretches, ranks in window.runs()
    ]
    return f"{_THIN}; ".join(told) if french else "; ".join(told)


def _days(ranks: Sequence[int], language: str) -> str:
    """Days that follow each other: "le samedi", "du lundi au vendredi"."""
    names, french = WEEKDAYS[language], language == "fr"
    first, last = names[ranks[0]], names[ranks[-1]]
    match len(ranks):
        case 1:
            return f"le {first}" if french else first
        case 2:
            return f"le {first} et le {last}" if french else f"{first} and {last}"
        case 7:
            return "tous les jours" if french else "every day"
        case _:
            return f"du {first} au {last}" if french else f"{first} to {last}"


def _stretch(opens: int, closes: int, language: str) -> str:
    begin, end = (_minute(minute, language) for minute in (opens, closes))
    return f"de {begin} à {end}" if language == "fr" else f"{begin} to {end}"


def _minute(minute: int, language: str) -> str:
    if minute == DAY_MINUTES:
        return "minuit" if language == "fr" else "midnight"
    return hour(time(*divmod(minute, 60)), language)


def number(count: int) -> str:
    """A count as the French write it: thousands set apart by narrow spaces that no line breaks at."""
    return f"{count:,}".replace(",", _THIN)


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
