"""Lines that could not be taken: counted by reason, a few shown, all kept in a file to correct and import again."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.domain.errors import InvalidInput, system_says
from gateway.flows.collecting.cells import neutral
from gateway.flows.collecting.headings import REFUSED_LINE, REFUSED_WHY

_SAMPLES_PER_REASON = 5
_SHOWN_CHARACTERS = 60


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

    def __init__(self, writer: Any = None, file: Any = None) -> None:
        self._writer = writer
        self._file = file
        self.by_code: Counter[str] = Counter()
        self.samples: list[RefusedRow] = []

    def begin(self, headings: Sequence[str]) -> None:
        """Write the header of the file of refused rows."""
        if self._writer is not None:
            self._writer.writerow([REFUSED_WHY, REFUSED_LINE, *map(neutral, headings)])

    def add(self, row: RefusedRow, cells: Sequence[str]) -> None:
        """One more line that is not taken."""
        self.by_code[row.code] += 1
        if self.by_code[row.code] <= _SAMPLES_PER_REASON:
            self.samples.append(row)
        if self._writer is not None:
            why = f"{row.column} : {row.says}" if row.column else row.says
            self._writer.writerow([why, row.line, *map(neutral, cells)])

    def flush(self) -> None:
        """Let whoever opens the file now see all of it."""
        if self._file is not None:
            self._file.flush()

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
    """Refused rows kept in a CSV that Excel opens (UTF-8 with BOM, `;`), or only counted when there is no path."""
    if path is None:
        yield Refusals()
        return
    try:
        file = path.open("w", encoding="utf-8-sig", newline="")
    except OSError as fault:
        raise InvalidInput(f"{path} : impossible d’y écrire les lignes refusées ({system_says(fault)})") from fault
    with file:
        yield Refusals(csv.writer(file, delimiter=";"), file)
