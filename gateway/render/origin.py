"""Where a person's details come from, as she reads it in every message (rule origin-mention)."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from babel.dates import format_date


@lru_cache(maxsize=1024)
def origin_sentence(label: str, collected_on: date | None, language: str) -> str:
    """One sentence from the label of the origin and its date; the label is the team's own words."""
    if language == "en":
        day = f", {format_date(collected_on, 'long', locale='en')}" if collected_on else ""
        return f"Where your contact details come from: {label}{day}."
    day = f", le {format_date(collected_on, 'long', locale='fr')}" if collected_on else ""
    return f"D’où viennent vos coordonnées : {label}{day}."
