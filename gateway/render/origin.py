"""Where a person's details come from and since when, as she reads it in every message (rule origin-mention); days in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import get_args

from babel.dates import format_date, format_datetime

from gateway.domain.language import Language
from gateway.render.typography import typeset


@lru_cache(maxsize=1024)
def origin_sentence(label: str, collected_on: date | str | None, language: str) -> str:
    """One sentence from the label of the origin and its date (or its ISO text); the label is the team's own words."""
    if isinstance(collected_on, str):
        collected_on = date.fromisoformat(collected_on)
    if language == "en":
        day = f", {long_day(collected_on, language)}" if collected_on else ""
        return f"Where your contact details come from: {label}{day}."
    day = f", le {french_day(collected_on)}" if collected_on else ""
    return typeset(f"D’où viennent vos coordonnées : {label}{day}.")


def origin_sentences(label: str, collected_on: date | str | None) -> Mapping[Language, str]:
    """The same in every language: a page is read in another one than that of her letters."""
    return {language: origin_sentence(label, collected_on, language) for language in get_args(Language)}


def french_day(day: date) -> str:
    """A day as it is written in French: the first of a month is "1er"."""
    written = format_date(day, "long", locale="fr")
    return f"1er{written[1:]}" if day.day == 1 else written


def long_day(day: date, language: str) -> str:
    """A day in words: "1er mars 2027", "1 March 2027"."""
    return french_day(day) if language == "fr" else format_date(day, "d MMMM y", locale="en")


def day_and_hour(local: datetime, language: str) -> str:
    """A day and an hour of the clock `local` is on: "1er mars 2027 à 9 h 05", "1 March 2027 at 09:05"."""
    if language == "fr":
        return f"{french_day(local.date())} à {local.hour}\u00a0h\u00a0{local.minute:02}"
    return format_datetime(local, "d MMMM y 'at' HH:mm", locale="en")
