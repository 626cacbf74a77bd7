"""Tables kept as text: encoding and separator found and told, records with the physical line each begins on.

A quotation mark that is never closed costs its own line, not those after it.
"""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TextIO

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headrows import head_rows
from gateway.flows.collecting.table import (
    COLUMNS_MAX,
    HEADER_AMONG,
    Known,
    Malformed,
    Record,
    TableFile,
    header_rank,
    titles_above,
    trimmed,
    without_header,
)

LINE_CHARACTERS_MAX = 65_536
FIELD_CHARACTERS_MAX = 10_000
RECORD_LINES_MAX = 50

SEPARATORS = (";", ",", "\t", "|")
_MARK = "\ufeff"
_SEPARATOR_HINT = "sep="
_SAMPLE_LINES = 200
#: Empty cells beyond the last column after which what follows is a stray, and no cell pushed out of its place.
_BESIDE = 2


def find_separator(text: TextIO, known: Known) -> str | None:
    """The separator under which most headings are known, then most lines have as many cells as usual; None without any line."""
    sample = [line for line in (text.readline(LINE_CHARACTERS_MAX) for _ in range(_SAMPLE_LINES)) if line.strip()]
    if not sample:
        return None
    if hint := _hinted(sample[0]):
        return hint

    def score(separator: str) -> tuple[int, float, int]:
        rows = [row for row in csv.reader(sample, delimiter=separator) if row]
        width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
        agreeing = sum(len(row) == width for row in rows) / max(len(rows), 1)
        named = max((sum(map(known, row)) for row in rows[:HEADER_AMONG]), default=0)
        return named, agreeing if width > 1 else 0.0, width

    return max(SEPARATORS, key=score)


class Header(NamedTuple):
    """Where the header of a text stands."""

    line: int  #: physical line of its last row; 0: the table has none
    above: int  #: lines above it that hold something
    rows: int = 1
    headings: tuple[str, ...] = ()  #: of several rows, joined
    titles: tuple[str, ...] = ()  #: what the lines above it say


def find_header(text: TextIO, separator: str, known: Known) -> Header:
    """The header of a text."""
    _past_marks(text)
    lines = [text.readline(LINE_CHARACTERS_MAX) for _ in range(_SAMPLE_LINES)]
    rows: list[list[str]] = []
    begins: list[int] = []
    reader = csv.reader(lines, delimiter=separator)
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row) and not _hinted(lines[line - 1]):
                rows.append(row)
                begins.append(line)
            line = reader.line_num + 1
            if len(rows) >= HEADER_AMONG:
                break
    except csv.Error:
        pass  # a cell beyond the limit of the csv module: what stands above it is enough
    rank = header_rank(rows, known)
    if rank is None:
        return Header(0, 0)
    if not rows:
        return Header(1, 0)
    found = head_rows(rows, rank, known)
    many = found.last - found.first + 1
    headings = tuple(found.headings) if many > 1 else ()
    return Header(begins[found.last], found.first, many, headings, titles_above(rows[: found.first]))


def _past_marks(text: TextIO) -> None:
    """Begin behind byte order marks that a tool wrote before one of another: a quotation mark after them opens a cell."""
    text.seek(0)
    marks = 0
    while text.read(1) == _MARK:
        marks += 1
    text.seek(0)
    text.read(marks)


def _hinted(line: str) -> str | None:
    """The separator that Excel writes on a line of its own ("sep=;")."""
    hint = line.strip("\ufeff\r\n ")
    if hint.casefold().startswith(_SEPARATOR_HINT) and hint[len(_SEPARATOR_HINT) :] in SEPARATORS:
        return hint[len(_SEPARATOR_HINT) :]
    return None


def _spaced(text: TextIO, separator: str) -> bool:
    """Whether a blank stands between a separator and the quotation mark after it, in most of the first lines and everywhere."""
    sample = [text.readline(LINE_CHARACTERS_MAX) for _ in range(_SAMPLE_LINES)]
    text.seek(0)
    apart = sum(f'"{separator} "' in line for line in sample)
    return 2 * apart > sum(map(bool, sample)) and not any(f'"{separator}"' in line for line in sample)


class TextTable:
    """The records of a text, first to last, blank lines left out; the header is the first of them.

    A record is malformed when its cells are not those of the header, or when a cell that should hold one line holds several
    because a quotation mark was left open: then only the line with the mark is given up and reading goes on at the next one.
    Cells that are missing after the last column that matters, and strays far beside the table, harm nobody.
    """

    def __init__(self, file: TableFile, text: TextIO, known: Known) -> None:
        self.file = file
        self._separator = file.separator or ";"
        self._spaced = _spaced(text, self._separator)
        _past_marks(text)
        self._known = known
        self._lines = _Lines(file.name, text)
        self._width: int | None = None
        self._needed = 0

    @property
    def bytes_read(self) -> int:
        """How far the file has been read."""
        return self._lines.bytes_read

    def unseen(self) -> Iterator[Record]:
        """None: a text hides nothing."""
        return iter(())

    def __iter__(self) -> Iterator[Record]:
        self._lines.skip(self.file.header_line - 1)
        records = self._all()
        for first in islice(records, 1):
            header = self._header(first)
            if self.file.header_line == 0:
                yield Record(0, without_header(len(header.cells)))
            yield header
        yield from records

    def _all(self) -> Iterator[Record]:
        lines = self._lines
        while not lines.exhausted:
            reader = csv.reader(lines, delimiter=self._separator, skipinitialspace=self._spaced)
            while True:
                lines.begin()
                if not self._spaced and self._width and (line := lines.plain()):  # nearly every one
                    cells = line.rstrip("\r\n").split(self._separator)
                    if len(cells) == self._width and cells[0].strip():
                        yield Record(lines.number, cells)
                        continue
                    lines.push_back([line])
                    lines.begin()
                try:
                    cells = next(reader)
                except StopIteration:
                    break
                except csv.Error:  # a cell beyond the limit of the csv module
                    yield self._give_up(Malformed.FIELD)
                    continue
                said = "".join(cells)
                if not said or said.isspace() or (self._width is None and _hinted(lines.current[0])):
                    continue
                plain = len(lines.current) == 1 and len(said) <= FIELD_CHARACTERS_MAX and "\x00" not in said
                if plain and len(cells) == self._width:
                    yield Record(lines.number, cells)
                    continue
                malformed = self._fault(cells)
                if malformed and len(lines.current) > 1:
                    yield self._give_up(malformed if malformed is not Malformed.WIDTH else Malformed.QUOTE)
                else:
                    yield Record(lines.first, self._fitted(cells, malformed), malformed)

    def _fitted(self, cells: list[str], malformed: Malformed | None) -> list[str]:
        if self._width is None or malformed or len(cells) == self._width:
            return cells
        return cells[: self._width] + [""] * (self._width - len(cells))

    def _fault(self, cells: Sequence[str]) -> Malformed | None:
        lines = self._lines.current
        if any("\x00" in line for line in lines):
            return Malformed.NUL
        if sum(map(len, lines)) > FIELD_CHARACTERS_MAX and any(len(cell) > FIELD_CHARACTERS_MAX for cell in cells):
            return Malformed.FIELD
        if len(lines) > RECORD_LINES_MAX:
            return Malformed.QUOTE
        if self._width is None:
            return None
        if self._shifted(cells):
            return Malformed.QUOTE if sum(line.count('"') for line in lines) % 2 else Malformed.WIDTH
        return Malformed.QUOTE if len(lines) > 1 and self._swallowed(cells) else None

    def _shifted(self, cells: Sequence[str]) -> bool:
        """Whether cells may stand under a heading that is not theirs: one too many beside the last, or some lacking."""
        width = self._width or 0
        if len(cells) <= width:
            return len(cells) < self._needed
        return any(cell.strip() for cell in cells[width : width + _BESIDE])

    def _swallowed(self, cells: Sequence[str]) -> bool:
        """Whether a cell holds what looks like a whole row: its quotation mark was never closed where it should have been."""
        separators = (self._width or 1) - 1
        return any(line.count(self._separator) >= separators for cell in cells for line in cell.strip().splitlines()[1:])

    def _give_up(self, malformed: Malformed) -> Record:
        """The first line of a record, as it stands; the lines after it are read again."""
        first, lines = self._lines.first, self._lines.current
        self._lines.push_back(lines[1:])
        return Record(first, lines[0].rstrip("\r\n").split(self._separator), malformed)

    def _header(self, record: Record) -> Record:
        """The header; what it makes of the rows below is settled here.

        Columns without a heading after the last one are kept as they stand, so long as a table may have so many: what is written
        in them is looked at, as in a sheet.
        """
        if record.malformed is not None:
            raise InvalidInput(
                f"{self.file.name}, ligne {record.line} : l’en-tête est illisible (guillemet jamais fermé, ou cellule démesurée)"
            )
        headings = trimmed(self.file.headings or record.cells)
        if len(headings) < len(record.cells) <= COLUMNS_MAX:
            headings += [""] * (len(record.cells) - len(headings))
        if self.file.header_line == 0:
            headings = list(record.cells)
        self._width = len(headings)
        meant = [place + 1 for place, heading in enumerate(headings) if self._known(heading)]
        self._needed = max(meant, default=0)
        return Record(record.line, headings)


class _Lines:
    """Physical lines for the csv module, remembered for as long as the record they make is under way."""

    def __init__(self, name: str, text: TextIO) -> None:
        self._name = name
        self._text = text
        self._again: deque[str] = deque()
        self.number = 0
        self.exhausted = False
        self.current: list[str] = []

    @property
    def bytes_read(self) -> int:
        """How far the file has been read."""
        return self._text.buffer.tell()

    @property
    def first(self) -> int:
        """Number of the line the present record begins on."""
        return self.number - len(self.current) + 1

    def skip(self, count: int) -> None:
        """Leave out the first lines."""
        for _ in range(count):
            if self._text.readline(LINE_CHARACTERS_MAX):
                self.number += 1

    def begin(self) -> None:
        """A new record begins."""
        self.current = []

    def plain(self) -> str | None:
        """The next line, where nothing in it can be anything but cells between separators; None where there is more to it."""
        if self._again:
            return None
        line = self._text.readline(LINE_CHARACTERS_MAX)
        if not line:
            return None
        self.number += 1
        if '"' in line or "\x00" in line or len(line) > FIELD_CHARACTERS_MAX:
            self.push_back([line])
            return None
        return line

    def push_back(self, lines: Sequence[str]) -> None:
        """Read these lines again."""
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.current) > RECORD_LINES_MAX:
            raise StopIteration  # the record ends here for the csv module; another reader goes on
        line = self._again.popleft() if self._again else self._text.readline(LINE_CHARACTERS_MAX)
        if not line:
            self.exhausted = True
            raise StopIteration
        if len(line) == LINE_CHARACTERS_MAX:
            raise InvalidInput(
                f"{self._name}, ligne {self.number + 1} : plus de {LINE_CHARACTERS_MAX} caractères ; "
                "ce n’est pas un tableau de contacts"
            )
        self.number += 1
        self.current.append(line)
        return line
