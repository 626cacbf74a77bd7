"""Where a person's details come from, as she reads it in every message (rule origin-mention)."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from babel.dates import format_date


@lru_cache(maxsize=1024)
def origin_sentence(label: str, collected_on: date | str | None, language: str) -> str:
    """One sentence from the label of the origin and its date (or its ISO text); the label is the team's own words."""
    if isinstance(collected_on, str):
        collected_on = date.fromisoformat(collected_on)
    if language == "en":
        day = f", {format_date(collected_on, 'long', locale='en')}" if collected_on else ""
        return f"Where your contact details come from: {label}{day}."
    day = f", le {french_day(collected_on)}" if collected_on else ""
    return f"D’où viennent vos coordonnées : {label}{day}."


def french_day(day: date) -> str:
    """A day as it is written in French: the first of a month is "1er"."""
    written = format_date(day, "long", locale="fr")
    return f"1er{written[1:]}" if day.day == 1 else written
