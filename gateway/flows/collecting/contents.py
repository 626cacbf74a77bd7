"""What the cells of a column look like, whatever its heading says. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from functools import partial

from gateway.compliance.listwords import ListWords
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.domain.numbering import LineKind
from gateway.domain.phone import read_phone_cell
from gateway.flows.collecting import cells, standings

#: Share of filled cells that must look like something for a column to be taken for it.
_MOST = 0.6
_FREE_TEXT_CHARACTERS = 40
_POSTCODE = re.compile(r"\d{4,5}")
#: What tools note of whoever filled in a form, and some of which have as many digits as a number.
_IP_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}")
_YEAR = re.compile(r"(?:19|20)\d\d")
#: Departments among which postcodes may be, however few they are; numbers of members and records are all over the place.
_DEPARTMENTS_OF_A_FEW = 5


class Content(StrEnum):
    """What the cells of a column look like."""

    EMAILS = "emails"
    MOBILES = "mobiles"
    LANDLINES = "landlines"
    PHONES = "phones"
    POSTCODES = "postcodes"
    BIRTH_DATES = "birth_dates"
    DATES = "dates"
    ANSWERS = "answers"  #: yes and no
    CHANNELS = "channels"  #: names of channels: by which of them somebody may be reached, or may not
    STANDINGS = "standings"  #: who is subscribed to something, and who left it
    DEAD = "dead"  #: which addresses get nothing any more
    FREE_TEXT = "free_text"
    EMPTY = "empty"
    OTHER = "other"


def content_of(filled: Sequence[str], today: date, words: ListWords, *, refusals: bool = False) -> Content:
    """What filled cells look like, by the share of them that can be read so.

    refusals: whether « refusé » there is said of who left a list.
    """
    if not filled:
        return Content.EMPTY
    if share(filled, is_email) >= _MOST:
        return Content.EMAILS
    if _are_postcodes(filled):
        return Content.POSTCODES
    if days := _days(filled, today):
        young = sum(today.year - year < 16 for year in days)
        return Content.DATES if young > len(days) / 2 else Content.BIRTH_DATES
    if (kinds := _phone_kinds(filled)) is not None:
        return kinds
    if share(filled, partial(is_answer, words)) >= _MOST:
        return Content.ANSWERS
    if standings.tells_channels(words, filled):
        return Content.CHANNELS
    if standings.tells_standings(words, filled, refusals=refusals):
        return Content.STANDINGS
    if standings.tells_dead(words, filled):
        return Content.DEAD
    if sum(map(len, filled)) / len(filled) > _FREE_TEXT_CHARACTERS:
        return Content.FREE_TEXT
    return Content.OTHER


def share(filled: Sequence[str], looks_like: Callable[[str], bool]) -> float:
    """The share of cells that look like something."""
    return sum(map(looks_like, filled)) / len(filled)


def is_email(cell: str) -> bool:
    """Whether a cell is meant as an address, be it misspelt."""
    local, sign, domain = cell.strip().rpartition("@")
    return bool(sign and local) and "." in domain


def _are_postcodes(filled: Sequence[str]) -> bool:
    """Whether cells are postcodes: not years, nor numbers that follow no department."""
    codes = [code for cell in filled if _POSTCODE.fullmatch(code := cell.strip())]
    if len(codes) < _MOST * len(filled) or all(_YEAR.fullmatch(code) for code in codes):
        return False
    departments = {code.zfill(5)[:2] for code in codes}
    return len(departments) <= max(_DEPARTMENTS_OF_A_FEW, len(codes) // 2)


def is_answer(words: ListWords, cell: str) -> bool:
    """Whether a cell says whether somebody agrees."""
    try:
        return cells.answer(words, cell, frozenset(Medium)) is not None
    except InvalidInput:
        return False


def is_day(cell: str) -> bool:
    """Whether a cell holds a day."""
    try:
        cells.any_day(cell)
    except InvalidInput:
        return cells.has_short_year(cell)
    return True


def is_day_agreed(cell: str) -> bool:
    """Whether a cell holds a day on which somebody may have agreed, be it as spreadsheets count days."""
    return is_day(cell) or cells.is_counted(cell)


def is_phone(cell: str) -> bool:
    """Whether a cell holds a number, or several."""
    return bool(read_phone_cell(cell).numbers)


def _days(filled: Sequence[str], today: date) -> list[int]:
    """Years of the cells, when most of them are dates."""
    years = []
    for cell in filled:
        try:
            years.append(cells.any_day(cell).year)
        except InvalidInput:
            if not cells.has_short_year(cell):
                continue
            years.append(today.year)  # of this century or the one before: no more than a date
    return years if len(years) >= _MOST * len(filled) else []


def _phone_kinds(filled: Sequence[str]) -> Content | None:
    """Which telephones the cells hold, when most of them do."""
    long = [cell for cell in filled if sum(map(str.isdigit, cell)) >= 8 and not _IP_ADDRESS.fullmatch(cell.strip())]
    read = [read_phone_cell(cell).numbers for cell in long]
    kinds = [number.kind for numbers in read for number in numbers]
    if sum(map(bool, read)) < _MOST * len(filled):
        return None
    if all(kind is LineKind.MOBILE for kind in kinds):
        return Content.MOBILES
    return Content.LANDLINES if all(kind is LineKind.LANDLINE for kind in kinds) else Content.PHONES
