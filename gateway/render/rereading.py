"""What a draft says that is probably a slip: a weekday that is not that date's, an hour no clock shows, a gap left to fill in.

Nothing here refuses: whoever wrote may know better. She is told before she approves, since a letter that left is not called back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta

from gateway.compliance.spoken import MONTHS, WEEKDAYS, day


def _plain(text: str) -> str:
    """Small letters without accents, each where it stood."""
    return "".join(unicodedata.normalize("NFD", sign)[0].lower()[:1] for sign in text)


_DAY_OF = {_plain(name): number for names in WEEKDAYS.values() for number, name in enumerate(names)}
_MONTH_OF = {_plain(name): number for names in MONTHS.values() for number, name in enumerate(names, start=1)}
_DAY = "|".join(_DAY_OF)
_MONTH = "|".join(_MONTH_OF)
_YEAR = r"(?:1[6-9]|20)\d\d"  # « mardi 14 juillet 1789 » is right
_DATES = (
    re.compile(
        rf"(?:\b(?P<weekday>{_DAY})[\s,]+(?:le\s+)?)?(?<![\d/.,])(?P<day>\d{{1,2}})(?:er|st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b"
        rf"(?:\s+(?P<year>{_YEAR})\b)?"
    ),
    re.compile(
        rf"\b(?P<weekday>{_DAY})[\s,]+(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year>{_YEAR})\b)?"
    ),
)
#: Day before month, as the French write it: not looked for in English words, where either may come first.
_IN_FIGURES = re.compile(
    rf"(?:\b(?P<weekday>{_DAY})[\s,]+(?:le\s+)?)?(?<![\d/])(?P<day>\d{{1,2}})/(?P<month>\d{{1,2}})(?:/(?P<year>{_YEAR}))?(?![\d/])"
)
_HOUR = re.compile(r"(?<![\d,.])\d{1,2}\s?(?:h|heures)\s?(?P<minutes>[6-9]\d)(?!\d|[,.]\d|\s?(?:€|euros|%))")
_GAP = re.compile(
    r"\bx{3,}\b|\blorem ipsum\b"
    r"|(?<!\])\[(?:la |le |l’|l'|votre |une? )?(?:date|jour|heure|lieu|adresse|salle|titre|lien|texte|a completer)\b"
    r"[^\[\]\n]{0,40}\](?![\](\[:])"
)

#: A day nearer than this is meant, and no other year's: a calendar of last year is the usual slip.
_NEAR = timedelta(days=90)


def doubts(text: str, language: str, today: date) -> tuple[str, ...]:
    """What to read again, in the order it is written, each once: a sentence for whoever wrote it, in French.

    today: a day without its year is the nearest one to it, before or after.
    """
    text = unicodedata.normalize("NFC", text)
    plain = _plain(text)
    forms = (*_DATES, _IN_FIGURES) if language == "fr" else _DATES
    found = [(date_.start(), why) for form in forms for date_ in form.finditer(plain) if (why := _wrong_date(date_, text, today))]
    found += [(hour.start(), f"{_shown(hour, text)} : une heure n’a que 60 minutes") for hour in _HOUR.finditer(plain)]
    found += [(gap.start(), f"{_shown(gap, text)} : reste-t-il un mot à mettre là ?") for gap in _GAP.finditer(plain)]
    return tuple(dict.fromkeys(why for _, why in sorted(found)))


def _wrong_date(found: re.Match[str], text: str, today: date) -> str:
    """Why this is no date, or another day of the week; empty when it may be right."""
    weekday, written_year = found["weekday"], found["year"]
    number, month = int(found["day"]), _MONTH_OF.get(found["month"]) or int(found["month"])
    if weekday is None and (number > 31 or (not written_year and found["month"].isdigit())):
        return ""  # a count beside the name of a month (« 45 mars »), or a fraction
    years = [int(written_year)] if written_year else [today.year - 1, today.year, today.year + 1]
    days = sorted(_existing(years, month, number), key=lambda one: abs(one - today))
    if not days:
        # 29 February without its year may be that of a year that has one.
        return "" if (number, month) == (29, 2) and not written_year else f"{_shown(found, text)} : cette date n’existe pas"
    # Of a day far off and without its year the one before and the one after may both be meant.
    meant = days[:1] if abs(days[0] - today) < _NEAR else days[:2]
    if weekday is None or _DAY_OF[weekday] in {one.weekday() for one in meant}:
        return ""
    name, _, rest = day(days[0], "fr").partition(" ")
    return f"{_shown(found, text)} : le {rest} est un {name}"


def _existing(years: list[int], month: int, number: int) -> Iterator[date]:
    for year in years:
        try:
            yield date(year, month, number)
        except ValueError:
            continue


def _shown(found: re.Match[str], text: str) -> str:
    return f"« {' '.join(text[found.start() : found.end()].split())} »"
