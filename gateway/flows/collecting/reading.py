"""From a file to its records, each with the physical line it begins on. What cannot be a table is refused in a sentence.

Encoding: a byte order mark, else strict UTF-8 over the whole file, else cp1252; never a guess from a beginning. Separator: the
one of `;`, `,`, tab and `|` under which the lines agree. A quotation mark that is never closed costs its own line, not those
after it.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from gateway.domain.errors import InvalidInput

BYTES_MAX = 2 * 1024**3
LINE_CHARACTERS_MAX = 65_536
FIELD_CHARACTERS_MAX = 10_000
COLUMNS_MAX = 200
RECORD_LINES_MAX = 50

SEPARATORS = (";", ",", "\t", "|")
_SEPARATOR_HINT = "sep="
_SAMPLE_LINES = 200
_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Beginnings of files that are no text, with what to do about them.
_NOT_TEXT = (
    (b"PK\x03\x04", "c’est un classeur (xlsx, ods) : enregistrez la feuille en « CSV UTF-8 »"),
    (b"\xd0\xcf\x11\xe0", "c’est un classeur Excel ancien (xls) : enregistrez la feuille en « CSV UTF-8 »"),
    (b"%PDF", "c’est un PDF"),
    (b"\x89PNG", "c’est une image"),
    (b"\xff\xd8\xff", "c’est une image"),
    (b"GIF8", "c’est une image"),
    (b"\x1f\x8b", "c’est un fichier compressé"),
)


class Malformed(StrEnum):
    """Why a record cannot be read as a row of the table."""

    QUOTE = "quote"  #: a quotation mark is opened and not closed
    WIDTH = "width"  #: more or fewer cells than the header
    FIELD = "field"  #: a cell longer than any real one
    NUL = "nul"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """A file that was looked at from end to end: how to read it, and which one it is."""

    path: Path
    sha256: str
    size: int  #: bytes
    encoding: str
    separator: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the table, or what stands in its place."""

    line: int  #: physical line it begins on, from 1
    cells: list[str]
    malformed: Malformed | None = None


def examine(path: Path, *, encoding: str | None = None, known: Callable[[str], bool] = lambda heading: False) -> TableFile:
    """Read a file once, in constant memory, and say how it is written.

    encoding: overrides what is found, for files of old systems ("mac_roman"). known: whether a heading means something to us; it
    helps to tell the separator. Raises InvalidInput with what to do about it.
    """
    try:
        size = path.stat().st_size
        if size > BYTES_MAX:
            raise InvalidInput(
                f"{path.name} : {size // 1024**2} Mo, plus que les {BYTES_MAX // 1024**2} admis ; partagez le fichier"
            )
        with path.open("rb") as file:
            digest, found = _scan(path.name, file, encoding)
        with open_text(path, found) as text:
            separator = _separator(text, known)
    except OSError as fault:
        raise InvalidInput(f"{path} : illisible ({fault.strerror})") from fault
    return TableFile(path=path, sha256=digest, size=size, encoding=found, separator=separator)


def open_text(path: Path, encoding: str) -> TextIO:
    """The text of a file, line ends untouched."""
    return path.open(encoding=encoding, newline="")


def _scan(name: str, file: io.BufferedReader, forced: str | None) -> tuple[str, str]:
    """(SHA-256, encoding) of a whole file."""
    digest = sha256()
    beginning = file.peek(8)[:8]
    for magic, what in _NOT_TEXT:
        if beginning.startswith(magic):
            raise InvalidInput(f"{name} : {what}")
    marked = next((encoding for mark, encoding in _BOMS if beginning.startswith(mark)), None)
    candidates = [forced or marked or "utf-8"] if forced or marked else ["utf-8", "cp1252"]
    decoders = {candidate: _decoder(candidate) for candidate in candidates}
    faults: dict[str, UnicodeError] = {}
    empty = True
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        empty = False
        for candidate, decoder in decoders.items():
            if candidate not in faults:
                try:
                    decoder.decode(chunk)
                except UnicodeError as fault:
                    faults[candidate] = fault
    for candidate, decoder in decoders.items():
        if candidate not in faults:
            try:
                decoder.decode(b"", final=True)
            except UnicodeError as fault:
                faults[candidate] = fault
    if empty:
        raise InvalidInput(f"{name} : le fichier est vide")
    for candidate in candidates:
        if candidate not in faults:
            return digest.hexdigest(), candidate
    raise InvalidInput(
        f"{name} : le texte n’est lisible ni en {' ni en '.join(candidates)} ; enregistrez le fichier en « CSV UTF-8 », ou "
        "précisez l’encodage"
    ) from faults[candidates[-1]]


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(encoding)("strict")
    except LookupError as fault:
        raise InvalidInput(f"encodage inconnu : {encoding}") from fault


def _separator(text: TextIO, known: Callable[[str], bool]) -> str:
    """The separator under which most headings are known, then most lines have as many cells as the first one."""
    sample = [line for line in (text.readline(LINE_CHARACTERS_MAX) for _ in range(_SAMPLE_LINES)) if line.strip()]
    if not sample:
        raise InvalidInput("le fichier ne contient aucune ligne")
    if hint := _hinted(sample[0]):
        return hint

    def score(separator: str) -> tuple[int, float, int]:
        rows = [row for row in csv.reader(sample, delimiter=separator) if row]
        width = len(rows[0]) if rows else 0
        agreeing = sum(len(row) == width for row in rows) / max(len(rows), 1)
        return sum(known(cell) for cell in rows[0]) if rows else 0, agreeing if width > 1 else 0.0, width

    return max(SEPARATORS, key=score)


def _hinted(line: str) -> str | None:
    """The separator that Excel writes on a line of its own ("sep=;")."""
    hint = line.strip("\ufeff\r\n ")
    if hint.casefold().startswith(_SEPARATOR_HINT) and hint[len(_SEPARATOR_HINT) :] in SEPARATORS:
        return hint[len(_SEPARATOR_HINT) :]
    return None


class Records:
    """The records of a table, first to last, blank lines left out; the header is the first of them.

    A record is malformed when its cells are not those of the header, or when a cell that should hold one line holds several
    because a quotation mark was left open: then only the line with the mark is given up and reading goes on at the next one.
    """

    def __init__(self, file: TableFile, text: TextIO) -> None:
        self._name = file.path.name
        self._separator = file.separator
        self._lines = _Lines(self._name, text)
        self._width: int | None = None

    @property
    def bytes_read(self) -> int:
        """How far the file has been read."""
        return self._lines.bytes_read

    def __iter__(self) -> Iterator[Record]:
        for record in self._all():
            if self._width is None:
                self._check_header(record)
            yield record

    def _all(self) -> Iterator[Record]:
        lines = self._lines
        while not lines.exhausted:
            reader = csv.reader(lines, delimiter=self._separator)
            while True:
                lines.begin()
                try:
                    cells = next(reader)
                except StopIteration:
                    break
                except csv.Error:  # a cell beyond the limit of the csv module
                    yield self._give_up(Malformed.FIELD)
                    continue
                if not any(cells) or "".join(cells).isspace() or (self._width is None and _hinted(lines.current[0])):
                    continue
                malformed = self._fault(cells)
                if malformed and len(lines.current) > 1:
                    yield self._give_up(malformed if malformed is not Malformed.WIDTH else Malformed.QUOTE)
                else:
                    yield Record(lines.first, cells, malformed)

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
        # Spreadsheets write empty cells after the last column; a row that lacks cells may lack any of them.
        if len(cells) != self._width and (len(cells) < self._width or any(cells[self._width :])):
            return Malformed.QUOTE if sum(line.count('"') for line in lines) % 2 else Malformed.WIDTH
        return Malformed.QUOTE if len(lines) > 1 and self._swallowed(cells) else None

    def _swallowed(self, cells: Sequence[str]) -> bool:
        """Whether a cell holds what looks like a whole row: its quotation mark was never closed where it should have been."""
        separators = (self._width or 1) - 1
        return any(line.count(self._separator) >= separators for cell in cells for line in cell.strip().splitlines()[1:])

    def _give_up(self, malformed: Malformed) -> Record:
        """The first line of a record, as it stands; the lines after it are read again."""
        first, lines = self._lines.first, self._lines.current
        self._lines.push_back(lines[1:])
        return Record(first, lines[0].rstrip("\r\n").split(self._separator), malformed)

    def _check_header(self, record: Record) -> None:
        if record.malformed is not None:
            raise InvalidInput(
                f"{self._name}, ligne {record.line} : l’en-tête est illisible (guillemet jamais fermé, ou cellule démesurée)"
            )
        if len(record.cells) > COLUMNS_MAX:
            raise InvalidInput(f"{self._name} : {len(record.cells)} colonnes, plus que les {COLUMNS_MAX} admises")
        self._width = len(record.cells)


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

    def begin(self) -> None:
        """A new record begins."""
        self.current = []

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
