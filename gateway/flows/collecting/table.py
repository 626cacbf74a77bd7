"""A table of people, whatever it was written with: how it is to be read, what was found, and its records."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from gateway.domain.errors import InvalidInput

COLUMNS_MAX = 200
#: What parts the headings of a column that stand on several lines.
JOINED = " > "
#: Lines at the beginning among which the header is looked for.
HEADER_AMONG = 60
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
#: A telephone number as people type it: no column is called so.
_NUMBER = re.compile(r"\+?(?:[ .()/-]?\d){9,13}")

#: How the column is headed that holds what notes on the cells of each row say.
NOTES = "notes des cases"

#: Whether a heading means something to whoever reads the table.
Known = Callable[[str], bool]


class Malformed(StrEnum):
    """Why a record cannot be read as a row of the table."""

    QUOTE = "quote"  #: a quotation mark is opened and not closed
    WIDTH = "width"  #: more or fewer cells than the header
    FIELD = "field"  #: a cell longer than any real one
    NUL = "nul"
    STRUCK = "struck"  #: struck through in its workbook: can be read, and is not taken unread
    PASSED_OVER = "passed_over"  #: the same, by a mark before it: « # »


#: What can be read of a line that is not taken: whoever objects there is heard.
UNREAD = frozenset({Malformed.STRUCK, Malformed.PASSED_OVER})


class Record(NamedTuple):
    """One row of the table, or what stands in its place."""

    line: int  #: physical line it begins on, or number of the row of the sheet, from 1
    cells: list[str]
    malformed: Malformed | None = None
    struck: tuple[int, ...] = ()  #: places of cells that are struck through in their workbook
    covered: tuple[int, ...] = ()  #: places that a merged cell of a row above covers: what is seen there stands in them


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a file is to be read, where whoever brings it knows better than what is found. None: as found."""

    encoding: str | None = None
    separator: str | None = None
    header_line: int | None = None  #: from 1; 0: the table has no header
    sheet: str | None = None  #: name or number
    hidden: bool = False  #: read the rows and columns that a workbook hides, too


@dataclass(frozen=True, slots=True)
class SheetFound:
    """One sheet of a workbook."""

    name: str
    hidden: bool
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """A file that was looked at from end to end: which one it is, and how it is read."""

    path: Path
    sha256: str
    size: int  #: bytes
    kind: str  #: "csv", "xlsx", "ods"…
    encoding: str | None = None  #: of a text
    separator: str | None = None
    header_line: int = 1  #: 0: none
    above: int = 0  #: lines that hold something above the header
    titles: tuple[str, ...] = ()  #: what those lines say
    header_rows: int = 1  #: how many lines make the header, the last of them at `header_line`
    headings: tuple[str, ...] = ()  #: of a header of several lines, joined
    sheet: str | None = None  #: of a workbook
    sheets: tuple[SheetFound, ...] = ()
    hidden_rows: int = 0  #: hidden in the workbook
    hidden_columns: tuple[str, ...] = ()  #: headings, or letters, of columns hidden in the workbook
    mixed_line: int = 0  #: of a text: the first line with a byte that is not of its encoding, read as Windows writes it
    hidden_told: bool = True  #: whether the format lets us see what is hidden
    #: What is written beside the table, by where it stands: boxes of text, notes on headings, sheets that list nobody.
    aside: tuple[tuple[str, tuple[str, ...]], ...] = ()
    around: tuple[tuple[str, str], ...] = ()  #: words that a workbook says in no cell, by where: properties, pages, names
    #: By other sheet that lists people, the different things its cells say.
    said: tuple[tuple[str, tuple[str, ...]], ...] = ()
    #: By such a sheet, its addresses and numbers that stand on this one, too.
    shared: tuple[tuple[str, tuple[str, ...]], ...] = ()
    lost: tuple[tuple[int, int], ...] = ()  #: columns of formulas that lost their results, and the last line of each
    #: What was repaired by rule, or deserves a look, by name. Grows while records are read.
    noted: Mapping[str, int] = field(default_factory=Counter, compare=False)

    @property
    def name(self) -> str:
        """As people read it. One that an archive left in another encoding than UTF-8 is taken for Windows'."""
        try:
            self.path.name.encode()
        except UnicodeEncodeError:
            return os.fsencode(self.path.name).decode("cp1252", "replace")
        return self.path.name


class Table(Protocol):
    """An opened table. Iterating gives its records first to last, the header first, blank lines left out."""

    @property
    def file(self) -> TableFile:
        """What was found."""

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, of `file.size`."""

    def __iter__(self) -> Iterator[Record]: ...

    def unseen(self) -> Iterator[Record]:
        """Rows that a workbook hides and that iterating leaves out; to be read after the others."""


def header_rank(rows: Sequence[Sequence[str]], known: Known) -> int | None:
    """Which of the first rows names the columns: the one with most known headings, below titles and above the first address.

    A row that holds an address or a number is somebody's, whatever its words: « STOP » is a heading, and what people answer.
    Without any known heading, the first row that is as full as the others, or holds an address: nobody is taken for a title. None
    when the very first row holds an address or a number: the table begins with somebody, and has no header.
    """
    best, most, addresses, first_address = 0, 0, False, len(rows)
    for rank, cells in enumerate(rows):
        named = 0 if is_somebody(cells) else len({cell.strip().casefold() for cell in cells if cell.strip() and known(cell)})
        if named > most and not (addresses and named < 2):
            best, most = rank, named
        if not addresses and any(_ADDRESS.fullmatch(cell.strip()) for cell in cells):
            addresses, first_address = True, rank
    if most:
        return best
    if rows and any(_NUMBER.fullmatch(cell.strip()) for cell in rows[0]):
        return None
    filled = [_filled(cells) for cells in rows]
    usual = Counter([count for count in filled if count > 1] or filled or [0]).most_common(1)[0][0]  # titles say one thing
    full = next((rank for rank, count in enumerate(filled) if 2 * count >= usual), 0)
    return min(full, first_address) if first_address else None


def is_somebody(cells: Sequence[str]) -> bool:
    """Whether a row is that of a person: it holds an address or a number."""
    return any(_ADDRESS.fullmatch(cell.strip()) or _NUMBER.fullmatch(cell.strip()) for cell in cells)


def without_header(width: int) -> list[str]:
    """Headings for a table that has none: "colonne A", "colonne B"…"""
    return [f"colonne {letters(place)}" for place in range(width)]


def letters(place: int) -> str:
    """The letters under which a spreadsheet names a column, counted from 0."""
    name, rank = "", place + 1
    while rank:
        rank, rest = divmod(rank - 1, 26)
        name = chr(65 + rest) + name
    return name


def trimmed(cells: Sequence[str]) -> list[str]:
    """Headings up to the last one that says something. Raises InvalidInput when there are too many."""
    width = max((place + 1 for place, cell in enumerate(cells) if cell.strip()), default=0)
    if width > COLUMNS_MAX:
        raise InvalidInput(f"{width} colonnes, plus que les {COLUMNS_MAX} admises : ce n’est pas une liste de contacts")
    return list(cells[:width])


def titles_above(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What lines above a header say, cell by cell."""
    return tuple(dict.fromkeys(text for cells in rows for cell in cells if (text := " ".join(cell.split()))))


def _filled(cells: Sequence[str]) -> int:
    """How many different things a row says: a title merged over all columns says one."""
    return len({cell.strip() for cell in cells if cell.strip()})
