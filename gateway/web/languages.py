"""Languages of the public pages: French first, English second, and instants as people write them."""

from __future__ import annotations

from datetime import date, datetime, time
from gettext import NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from gateway.catalogue import compiled
from gateway.compliance.spoken import day, hour
from gateway.domain.language import Language

#: French is the language of the sources; every other has a catalogue beside this module.
CATALOGUES = {"en": Path(__file__).parent / "locale" / "en.po"}
LANGUAGES: tuple[Language, ...] = ("fr", "en")

_FORMS = {"fr": "EEEE d MMMM y 'à' H\u00a0'h'\u00a0mm\u00a0'min'\u00a0ss\u00a0's'", "en": "EEEE d MMMM y 'at' HH:mm:ss"}
_CLOCKS = {"fr": "heure de {city}", "en": "{city} time"}


def known(text: str | None) -> Language | None:
    """The language of this code ("en", "en-GB", "FR"), when it is one of ours."""
    wanted = (text or "").strip().lower().partition("-")[0]
    return next((language for language in LANGUAGES if language == wanted), None)


def accepted(header: str, default: Language) -> Language:
    """The language a browser prefers (Accept-Language, RFC 9110 section 12.5.4) among ours; else the default."""
    offers: list[tuple[float, Language]] = []
    for part in header[:500].split(","):
        name, _, quality = part.partition(";")
        language = known(name)
        weight = _weight(quality)
        if language is not None and weight > 0:
            offers.append((weight, language))
    return max(offers, key=lambda offer: offer[0])[1] if offers else default


def translations(language: Language) -> NullTranslations:
    """The catalogue of a language, compiled from its .po file at first use."""
    source = CATALOGUES.get(language)
    return compiled(source, language) if source else NullTranslations()


def spoken(at: datetime, zone: ZoneInfo, language: Language) -> str:
    """An instant in words, to the second since it matters when a STOP took effect, with the clock it is read on."""
    local = at.astimezone(zone)
    text = format_datetime(local, _FORMS[language], tzinfo=zone, locale=language)
    if language == "fr" and local.day == 1:
        text = text.replace(" 1 ", " 1er ", 1)
    return f"{text} ({_clock(zone, language)})"


def dated(at: datetime, zone: ZoneInfo, language: Language) -> str:
    """The same; of a whole minute no seconds, which nobody counted; of midnight the day alone: what a file or a form dates by its
    day was not said at that hour."""
    local = at.astimezone(zone)
    if local.second or local.microsecond:
        return spoken(at, zone, language)
    if local.time() == time():
        return day(local.date(), language)
    joint = {"fr": "à", "en": "at"}[language]
    return f"{day(local.date(), language)} {joint} {hour(local, language)} ({_clock(zone, language)})"


def calendar_day(on: date, language: Language) -> str:
    """A day in words: "3 mai 2027"."""
    text = format_date(on, "d MMMM y", locale=language)
    return text.replace("1 ", "1er ", 1) if language == "fr" and on.day == 1 else text


def _clock(zone: ZoneInfo, language: Language) -> str:
    return _CLOCKS[language].format(city=zone.key.rpartition("/")[2].replace("_", " "))


def _weight(quality: str) -> float:
    name, _, value = quality.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
