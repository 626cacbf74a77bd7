"""What the other sheets of a workbook say of the people of the one that is read, and who stands on both."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from gateway.domain.errors import InvalidInput
from gateway.flows.workbooks.cells import as_text
from gateway.flows.workbooks.marks import Marks

#: Beyond this, a sheet beside the list is only named: bytes of one of Excel, cells of one of OpenDocument.
SMALL_BYTES, SMALL_CELLS = 1 << 21, 20_000
#: Rows of a sheet of nobody that are looked at; cells of one that explains, and how much of each.
_LOOKED_AT_MAX, _LOOKED_AT_ROWS, _EXPLAINING_MAX, _WORDS_MAX = 12, 100, 3, 300
_SAID_MAX = 3_000  #: different cells of a sheet that are told
_REACHES = re.compile(r"\s*(?:[^\s@]+@[^\s@]+\.[A-Za-z]{2,}|\+?\d(?:[ ./-]?\d){8,12})\s*")
#: Digits by which a number is the same, with its country or without.
_DIGITS, _NO_DIGIT = 9, re.compile(r"\D")
#: By name of a sheet, what some of its cells say.
_Told = list[tuple[str, list[str]]]


@dataclass(slots=True)
class Beside:
    """What the other sheets say."""

    aside: _Told = field(default_factory=list)  #: rows of sheets that list nobody
    said: _Told = field(default_factory=list)  #: of sheets that list people too, their cells besides where these are reached
    reached: dict[str, str] = field(default_factory=dict)  #: by address or number, such a sheet
    shared: dict[str, list[str]] = field(default_factory=dict)  #: by such a sheet, those that are on the one that is read, too

    def compare(self, cells: Sequence[str]) -> None:
        """Look at a row of the sheet that is read."""
        if self.reached:
            for cell in cells:
                if cell and (other := self.reached.pop(_known_by(cell), None)):
                    self.shared.setdefault(other, []).append(cell.strip())


def beside(
    workbook: CalamineWorkbook, name: str, names: Sequence[str], look: Callable[[str], Marks], weight: Callable[[str], float]
) -> Beside:
    """What the small ones of these sheets say of the one of this name. One that cannot be read says nothing.

    weight: what looking at a sheet costs; 1 for the largest that is small. A book of many small ones is looked at to its end.
    """
    found, left = Beside(), float(_LOOKED_AT_MAX)
    for other in [other for other in names if other != name]:
        try:
            if (cost := weight(other)) > min(left, 1):
                continue
            left -= cost
            told = _told(workbook.get_sheet_by_name(other)) if look(other).values else []
        except (InvalidInput, CalamineError):
            continue  # nobody asked for it
        reached = {_known_by(cell): other for row in told for cell in row if _REACHES.fullmatch(cell)}
        if reached:
            words = dict.fromkeys(cell[:_WORDS_MAX] for row in told for cell in row if not _REACHES.fullmatch(cell))
            found.said.append((other, list(words)[:_SAID_MAX]))
            found.reached |= reached
        else:  # one beside a list may explain its codes and colours, in rows of few words
            few = (row for row in told[:_LOOKED_AT_ROWS] if len(row) <= _EXPLAINING_MAX)
            found.aside += [(other, [cell[:_WORDS_MAX] for cell in row]) for row in few]
    return found


def reaches_somebody(cell: Any) -> bool:
    """Whether a cell holds nothing but an address or a telephone number."""
    return _REACHES.fullmatch(as_text(cell, Counter())) is not None


def rows_of(sheet: CalamineSheet) -> Iterator[list[Any]]:
    """Rows of a sheet from its first row and first column, empty ones included: calamine leaves out columns, never rows."""
    left = sheet.start[1] if sheet.start else 0
    for row in sheet.iter_rows():
        yield [""] * left + row if left else row


def _told(sheet: CalamineSheet) -> list[list[str]]:
    """What the cells of a small sheet say, row by row."""
    rows = islice(rows_of(sheet), SMALL_CELLS)
    told = ([text for cell in row if (text := as_text(cell, Counter()).strip())] for row in rows)
    return [row for row in told if row]


def _known_by(cell: str) -> str:
    """By what an address or a number is the same on two sheets."""
    return cell.strip().casefold() if "@" in cell else _NO_DIGIT.sub("", cell)[-_DIGITS:]
