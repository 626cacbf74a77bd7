"""Columns that tell who never confirmed, was never asked, or whose agreement ended: none of hers is taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from operator import methodcaller

from gateway.compliance.listwords import Heading, ListWords, Standing
from gateway.flows.collecting import sayings
from gateway.flows.collecting.cells import UnreadableCell, any_day, bare, has_short_year
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.headings import SEVERAL, plain
from gateway.flows.collecting.likeness import in_words, is_standing

#: How words begin that speak of an agreement, and of its end.
_AGREEMENT = methodcaller("startswith", ("accord", "consent", "optin", "opt", "autoris"))
_END = methodcaller("startswith", ("fin", "expir", "jusqu", "echeanc", "termin", "until", "end", "valable", "valid"))
_YEAR = re.compile(r"20\d\d")
#: What says below each heading that she did not.
_BELOW = {
    Heading.CONFIRMED: frozenset({Standing.NO, Standing.UNCONFIRMED}),
    Heading.PENDING: frozenset({Standing.YES, Standing.UNCONFIRMED}),
}


def tells_who_confirmed(heading: str, words: ListWords) -> bool:
    """Whether a column says by its heading who confirmed, or who is waited for."""
    return words.heading(in_words(heading)) in _BELOW


def tells_an_end(heading: str) -> bool:
    """Whether a column says by its heading until when agreements hold, or whether they still do: « Accord valable jusqu’au »."""
    words = plain(in_words(heading)).split()
    return any(map(_AGREEMENT, words)) and any(map(_END, words))


def unconfirmed_columns(
    columns: Columns, words: ListWords, today: date, *, declared: bool
) -> Iterator[tuple[int, Callable[[str], bool], str]]:
    """The place of each, whether a cell there says so, and what is said of her line.

    declared: that every line is somebody who agreed. Statuses count against that alone: where a column says who agreed, it does.
    """
    told = [place for place, meant in columns.fields.items() if meant in SEVERAL]
    standing = {*told, *columns.remarks, *columns.left_out} if declared else set[int]()
    for place, heading in enumerate(columns.headings):
        below = _BELOW.get(words.heading(in_words(heading)) or Heading.STRUCK) if place not in columns.fields else None
        if below:
            yield place, _says(words, below), sayings.NEVER_CONFIRMED
        elif place not in columns.fields and tells_an_end(heading):
            yield place, partial(_ended, words, today), sayings.ENDED
        elif place in standing or (declared and place not in columns.fields and is_standing(heading)):
            yield place, _says(words, frozenset({Standing.UNCONFIRMED})), sayings.UNCONFIRMED


def _says(words: ListWords, any_of: frozenset[Standing]) -> Callable[[str], bool]:
    return lambda cell: words.standing(bare(cell)) in any_of


def _ended(words: ListWords, today: date, cell: str) -> bool:
    """Whether an agreement no longer holds: its last day is past, or a no says so."""
    text = bare(cell)
    if _YEAR.fullmatch(text):
        return int(text) < today.year
    try:
        return any_day(f"{text[:-2]}20{text[-2:]}" if has_short_year(text) else text) < today
    except UnreadableCell:
        return words.standing(text) is Standing.NO
