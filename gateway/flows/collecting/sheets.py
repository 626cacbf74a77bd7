"""Workbooks: read by a process of their own (flows.workbooks), whose rows come back as a stream."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from io import SEEK_END, TextIOWrapper
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

import gateway
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import PROTECTING, is_remark, meaning
from gateway.flows.collecting.headrows import HeadRows, head_rows
from gateway.flows.collecting.likeness import says_no
from gateway.flows.collecting.table import (
    COLUMNS_MAX,
    HEADER_AMONG,
    NOTES,
    How,
    Known,
    Malformed,
    Record,
    SheetFound,
    TableFile,
    header_rank,
    letters,
    titles_above,
    trimmed,
    without_header,
)
from gateway.flows.workbooks.limits import FILE_BYTES_MAX, MEBIBYTE, WALL_SECONDS_MAX

_ROOT = Path(gateway.__file__).parents[1]
_TOO_LONG = "ce classeur est trop long à lire : enregistrez la feuille en « CSV UTF-8 »"
_TOO_BIG = "ce classeur demande plus de mémoire qu’aucune liste de contacts : enregistrez la feuille en « CSV UTF-8 »"
_TIME = (-signal.SIGXCPU, -signal.SIGKILL)
#: Beyond what a cell of Excel may hold, in characters.
_FIELD_MAX = 131_072


@contextmanager
def opened_sheet(file: TableFile, how: How, known: Known, protects: Known) -> Iterator[SheetTable]:
    """One sheet of a workbook. Raises InvalidInput with what is wrong and what to do about it."""
    if file.size > FILE_BYTES_MAX:
        raise InvalidInput(
            f"{file.name} : {file.size // MEBIBYTE} Mo, plus que les {FILE_BYTES_MAX // MEBIBYTE} admis pour un classeur ; "
            "enregistrez la feuille en « CSV UTF-8 »"
        )
    kept = _kept.get()
    if kept is None:
        with TemporaryFile() as rows:
            told = _read(file.path, how.sheet, rows)
            yield SheetTable(file, told, rows, how, known, protects)
        return
    which = (file.sha256, how.sheet)
    if which not in kept.told:
        whole = kept.files.enter_context(TemporaryFile())  # noqa: SIM115 (closed with the others)
        kept.told[which] = _read(file.path, how.sheet, whole), whole
    said, written = kept.told[which]
    with os.fdopen(os.dup(written.fileno()), "rb") as again:
        yield SheetTable(file, said, again, how, known, protects)


@contextmanager
def workbooks_kept() -> Iterator[None]:
    """Each sheet opened inside is read from its workbook once: to look at it, for the dry run, for its samples. One at a time.

    Its rows are gone at the end, as they are without this.
    """
    with ExitStack() as files:
        before = _kept.set(_Kept(files))
        try:
            yield
        finally:
            _kept.reset(before)


@dataclass(frozen=True, slots=True)
class _Kept:
    files: ExitStack
    told: dict[tuple[str, str | None], tuple[dict[str, Any], IO[bytes]]] = field(default_factory=dict)


_kept: ContextVar[_Kept | None] = ContextVar("workbooks_kept", default=None)


def _read(path: Path, sheet: str | None, rows: IO[bytes]) -> dict[str, Any]:
    """Run the process that reads; what it tells."""
    command = [sys.executable, "-P", "-m", "gateway.flows.workbooks", str(path.absolute()), *([sheet] if sheet else [])]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, by its name
            command,
            stdin=subprocess.DEVNULL,
            stdout=rows,
            stderr=subprocess.PIPE,
            env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"},
            timeout=WALL_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as fault:
        raise InvalidInput(f"{path.name} : {_TOO_LONG}") from fault
    last = done.stderr.rstrip().rpartition(b"\n")[2]
    if not last.startswith(b"{"):
        raise InvalidInput(f"{path.name} : {_TOO_LONG if done.returncode in _TIME else _TOO_BIG}")
    told: dict[str, Any] = json.loads(last)
    if why := told.get("refused"):
        raise InvalidInput(f"{path.name} : {why}")
    return told


class _Row(NamedTuple):
    line: int
    cells: list[str]
    struck: tuple[int, ...]
    covered: tuple[int, ...]


def _header_of(first: list[_Row], how: How, known: Known) -> tuple[HeadRows, bool]:
    """Which of the first rows are the header, and whether there is none; what is told of it is believed."""
    found = 0 if how.header_line == 0 else header_rank([row.cells for row in first], known)
    bare = how.header_line == 0 or (how.header_line is None and found is None)
    rank = found or 0
    if how.header_line:
        rank = next((rank for rank, (line, *_) in enumerate(first) if line >= how.header_line), 0)
    if bare or how.header_line is not None:
        return HeadRows(rank, rank, first[rank].cells), bare
    return head_rows([row.cells for row in first], rank, known), bare


def _headings(head: HeadRows, bare: bool, first: Sequence[_Row], width: int) -> list[str]:
    """The headings of a sheet; what stands beside the table without one, up to a width, is looked at, too."""
    found = without_header(max(width, *(len(row.cells) for row in first))) if bare else trimmed(head.headings)
    return found + [""] * (width - len(found))


def _described(file: TableFile, told: dict[str, Any], on_headings: list[str]) -> TableFile:
    """A workbook as the process that read it tells of it. on_headings: notes on the header, or above it."""
    return replace(
        file,
        kind=told["kind"],
        sheet=told["sheet"],
        sheets=tuple(SheetFound(**each) for each in told["sheets"]),
        hidden_rows=told["hidden_rows"],
        hidden_told=told["told"],
        said=tuple((name, tuple(cells)) for name, cells in told["said"]),
        shared=tuple((name, tuple(cells)) for name, cells in told["shared"]),
        around=tuple((where, words) for where, words in told["around"]),
        aside=(
            *(("une note posée sur un titre", (note,)) for note in on_headings),
            *(("une zone de texte", (text,)) for text in told["boxes"]),
            *((f"la feuille « {name} »", tuple(row)) for name, row in told["aside"]),
        ),
    )


class _SheetRows:
    """The rows of a sheet as its reader set them down, without the columns that the workbook hides.

    Nobody is brought in unseen; but a hidden column that may say no to us is read.
    """

    def __init__(self, rows: IO[bytes], hidden_columns: Iterable[int], *, hidden: bool, protects: Known) -> None:
        """hidden: what the workbook hides is read like the rest."""
        self._rows = TextIOWrapper(rows, encoding="utf-8", newline="")
        self._hidden = hidden
        kept_out = set() if hidden else set(hidden_columns)
        self.aside = kept_out - self._protecting(kept_out, protects)  #: columns that are not read

    def seen(self) -> Iterator[_Row]:
        """Rows and cells that are read, from the first."""
        return self._those(hidden=False)

    def unseen(self) -> Iterator[_Row]:
        """Rows that the workbook hides, and that are not read like the others."""
        return iter(()) if self._hidden else self._those(hidden=True)

    def places(self, written: str) -> tuple[int, ...]:
        """Places of cells among those that are read."""
        if not written:
            return ()
        places = (int(place) for place in written.split())
        return tuple(place - sum(other < place for other in self.aside) for place in places if place not in self.aside)

    def reached(self, widths: Sequence[tuple[int, int]], start: int) -> int:
        """How many columns that are read the words below a line fill. widths: the last row of each width."""
        widest = max((width for width, last in widths if last > start and width <= COLUMNS_MAX), default=0)
        return widest - sum(place < widest for place in self.aside)

    def names_aside(self, header_line: int) -> tuple[str, ...]:
        """Columns that are not read and hold something, by their heading or else their letters."""
        header: list[str] = []
        used: set[int] = set()
        for line, *_, cells in islice(self._all(), HEADER_AMONG):
            if line == header_line:
                header = cells
            used.update(place for place in self.aside if place < len(cells) and cells[place])
        return tuple(header[place] if place < len(header) and header[place] else letters(place) for place in sorted(used))

    def _those(self, *, hidden: bool) -> Iterator[_Row]:
        aside = self.aside
        for line, of_hidden, covered, struck, cells in self._all():
            if (of_hidden and not self._hidden) is hidden:
                if aside:
                    cells = [cell for place, cell in enumerate(cells) if place not in aside]
                yield _Row(line, cells, self.places(struck), self.places(covered))

    def _all(self) -> Iterator[tuple[int, bool, str, str, list[str]]]:
        self._rows.seek(0)
        for line, hidden, covered, struck, *cells in csv.reader(self._rows):
            yield int(line), hidden == "1", covered, struck, cells

    def _protecting(self, hidden: set[int], protects: Known) -> set[int]:
        """Of columns that the workbook hides, those that may say no to us: read even where nobody sees them."""
        first = islice(self._all(), HEADER_AMONG) if hidden else ()
        return {
            place
            for *_, cells in first
            for place in hidden
            if place < len(cells)
            and (cell := cells[place])
            and (meaning(cell) in PROTECTING or is_remark(cell) or says_no(cell) or protects(cell))
        }


class SheetTable:
    """The rows of a sheet, first to last, each with its number; the header is the first of them.

    What the workbook hides is not read, unless it is asked for: nobody is brought in unseen.
    """

    def __init__(self, file: TableFile, told: dict[str, Any], rows: IO[bytes], how: How, known: Known, protects: Known) -> None:
        self._bytes, self._size = rows, max(rows.seek(0, SEEK_END), 1)
        csv.field_size_limit(max(csv.field_size_limit(), _FIELD_MAX))
        self._rows = _SheetRows(rows, told["hidden_columns"], hidden=how.hidden, protects=protects)
        self._struck = {row + 1 for row in told["struck_rows"]}
        self._notes = {row + 1: " ; ".join(notes) for row, notes in told["notes"]}
        first = list(islice(self._rows.seen(), HEADER_AMONG))
        if not first:
            raise InvalidInput(
                f"{file.name} : la feuille « {told['sheet']} » ne montre aucune ligne ; --hidden lit ce qu’elle masque"
            )
        head, bare = _header_of(first, how, known)
        start = first[head.last].line
        self._headings = _headings(head, bare, first, self._rows.reached(told["widths"], 0 if bare else start))
        self._width = len(self._headings)
        on_people = {row for row in self._notes if bare or row > start}
        if on_people:
            self._headings.append(NOTES)
        many = head.last - head.first + 1
        self.file = replace(
            _described(file, told, [note for row, note in self._notes.items() if row not in on_people]),
            header_line=0 if bare else start,
            above=head.first,
            titles=titles_above([row.cells for row in first[: 0 if bare else head.first]]),
            header_rows=many,
            headings=tuple(self._headings) if many > 1 else (),
            hidden_columns=self._rows.names_aside(start),
            lost=tuple((*self._rows.places(str(place)), row + 1) for place, row in told["lost"] if place not in self._rows.aside),
            noted=Counter({name: count for name, count in {**told["repairs"], "notes": len(on_people)}.items() if count}),
        )

    @property
    def bytes_read(self) -> int:
        """How far the file has been read: the share of its rows, in bytes of the workbook."""
        return self.file.size * self._bytes.tell() // self._size

    def __iter__(self) -> Iterator[Record]:
        yield Record(self.file.header_line, self._headings)
        yield from self._records(self._rows.seen())

    def unseen(self) -> Iterator[Record]:
        """Rows that the workbook hides, where only what is seen is read. One that hides none is not read a second time."""
        return self._records(self._rows.unseen()) if self.file.hidden_rows else iter(())

    def _records(self, rows: Iterator[_Row]) -> Iterator[Record]:
        width, noted = self._width, len(self._headings) > self._width
        for line, cells, struck_cells, covered in rows:
            cells = cells[:width]
            if line > self.file.header_line and any(cell.strip() for cell in cells):
                struck = Malformed.STRUCK if line in self._struck else None
                cells += [""] * (width - len(cells))
                if noted:
                    cells.append(self._notes.get(line, ""))
                yield Record(line, cells, struck, struck_cells, covered)
