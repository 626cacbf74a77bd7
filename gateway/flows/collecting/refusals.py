"""Lines that could not be taken: counted by reason, a few shown, all kept in a file to correct and import again."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO

from gateway.domain.errors import InvalidInput, system_says
from gateway.flows.collecting.cells import neutral
from gateway.flows.collecting.headings import REFUSED_LINE, REFUSED_WHY, is_ours

_SAMPLES_PER_REASON = 5
_SHOWN_CHARACTERS = 60
_CHUNK = 1 << 20
#: After so many lines that cannot be taken, and hardly any that can, a file is no list: nobody would correct them.
_UNREAD_MOST, _UNREAD_SHARE = 200_000, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """Why one line was not taken."""

    line: int  #: physical line of the file
    column: str  #: heading; empty when the whole line is at fault
    value: str  #: what stands there, cut short
    code: str  #: stable
    says: str  #: for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something of a line that is not taken, while the line is."""

    line: int
    column: str  #: heading; empty when the file alone does not show it
    value: str  #: what stands there, cut short; empty for what somebody else holds
    code: str  #: stable
    says: str  #: for people


class Doubts:
    """Gathers doubts in constant memory."""

    def __init__(self) -> None:
        self.by_code: Counter[str] = Counter()
        self.samples: list[Doubt] = []

    def add(self, doubt: Doubt) -> None:
        """One more thing that is not taken."""
        self.by_code[doubt.code] += 1
        if self.by_code[doubt.code] <= _SAMPLES_PER_REASON:
            self.samples.append(doubt)


class Refusals:
    """Gathers refused rows in constant memory."""

    def __init__(self, path: Path | None = None, file: IO[bytes] | None = None) -> None:
        """path: where refused rows are kept, once they are all known; file: where they are until then."""
        self._path = path
        self._file = file
        self._text = None if file is None else TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self._writer = None if self._text is None else csv.writer(self._text, delimiter=";")
        self._ours: frozenset[int] = frozenset()
        self.by_code: Counter[str] = Counter()
        self.samples: list[RefusedRow] = []
        self.kept: Path | None = None  #: the file in which they all stand, if any does
        self.taken = 0  #: lines that were taken beside them, so far

    def begin(self, headings: Sequence[str]) -> None:
        """Write the header of the file of refused rows; what an earlier such file says of them is not carried on."""
        self._ours = frozenset(place for place, heading in enumerate(headings) if is_ours(heading))
        self._write(REFUSED_WHY, REFUSED_LINE, headings)

    def add(self, row: RefusedRow, cells: Sequence[str]) -> None:
        """One more line that is not taken. Raises InvalidInput where hardly any is."""
        self.by_code[row.code] += 1
        if self.by_code[row.code] <= _SAMPLES_PER_REASON:
            self.samples.append(row)
        if row.line > _UNREAD_MOST and self.total > max(_UNREAD_MOST, _UNREAD_SHARE * self.taken):
            raise InvalidInput(
                f"ligne {row.line} : presque aucune ligne n’a d’adresse ni de numéro qui se lise (ici « {row.value} ») ; "
                "est-ce bien une liste de contacts ? Rien n’est écrit"
            )
        self._write(f"{row.column} : {row.says}" if row.column else row.says, row.line, cells)

    def _write(self, why: str, line: object, cells: Sequence[str]) -> None:
        if self._writer is not None:
            theirs = [neutral(cell) for place, cell in enumerate(cells) if place not in self._ours]
            self._writer.writerow([why, line, *theirs])

    def keep(self) -> None:
        """Give the rows their file, now that all are known, before anything of the others is written.

        Where another file has that name, they get one of their own beside it (`kept`): somebody may be correcting it, or it is
        the very list.
        """
        if self._path is None or self._file is None or self._text is None:
            return
        self._text.flush()
        try:
            if not self.total and _written(self._path):
                return
            path = next(path for path in _names(self._path) if not _written(path) or _same(self._file, path))
            self.kept = path if self.total else None
            if _written(path):
                return
            self._file.seek(0)
            with path.open("wb") as kept:
                if path.is_file():  # and not /dev/null
                    path.chmod(0o600)
                copyfileobj(self._file, kept)
        except OSError as fault:
            raise InvalidInput(f"{self._path} : impossible d’y écrire les lignes refusées ({system_says(fault)})") from fault

    @property
    def total(self) -> int:
        """How many lines were not taken."""
        return self.by_code.total()


def shown(value: str) -> str:
    """A value, short enough to be shown beside its fault."""
    text = " ".join("".join(mark if mark.isprintable() else " " for mark in value[: 4 * _SHOWN_CHARACTERS]).split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


@contextmanager
def refusals_to(path: Path | None) -> Iterator[Refusals]:
    """Refused rows, for a CSV that Excel opens (UTF-8 with BOM, `;`), or only counted when there is no path."""
    if path is None:
        yield Refusals()
        return
    with TemporaryFile() as file:
        yield Refusals(path, file)


def _written(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _names(path: Path) -> Iterator[Path]:
    """The name that was asked for, then others beside it: « refus.csv », « refus-2.csv »…"""
    yield path
    yield from (path.with_name(f"{path.stem}-{rank}{path.suffix}") for rank in count(2))


def _same(file: IO[bytes], path: Path) -> bool:
    file.seek(0)
    with path.open("rb") as other:
        while (chunk := file.read(_CHUNK)) == other.read(_CHUNK):
            if not chunk:
                return True
    return False
