"""The process that reads one workbook: see the package."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any, TextIO

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from gateway.domain.errors import InvalidInput
from gateway.flows.workbooks import limits
from gateway.flows.workbooks.around import around_of_excel, around_of_opendocument
from gateway.flows.workbooks.cells import Repair, as_text
from gateway.flows.workbooks.limits import CELL_CHARACTERS_MAX, CELLS_MAX, COLUMNS_MAX, SHEETS_MAX
from gateway.flows.workbooks.marks import Marks, Span, position, read_sheet, read_tables
from gateway.flows.workbooks.notes import read_over
from gateway.flows.workbooks.othersheets import SMALL_BYTES, SMALL_CELLS, Beside, beside, reaches_somebody, rows_of
from gateway.flows.workbooks.package import DAMAGED, LOCKED, Kind, opened_package
from gateway.flows.workbooks.parts import part_of

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Names of streams in old Office files, in UTF-16: whatever is not a workbook says so there.
_OLE_OTHERS = (
    ("EncryptedPackage", LOCKED),
    ("WordDocument", "c’est un document Word : copiez le tableau dans un classeur"),
    ("PowerPoint Document", "c’est une présentation PowerPoint : copiez le tableau dans un classeur"),
    ("__properties_version1.0", "c’est un courrier Outlook"),
)
#: Where directories of old Office files are looked for.
_OLE_LOOKED_AT = 4 * limits.MEBIBYTE
#: Sheets, and rows of each, that are looked at to find the one that lists people.
_LOOKED_AT_MAX, _LOOKED_AT_ROWS = 12, 100
MEMORY = (
    "ce classeur demande plus de mémoire qu’aucune liste de contacts : supprimez les lignes et colonnes inutiles, ou enregistrez "
    "la feuille en « CSV UTF-8 »"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The sheet that is read, among the others."""

    name: str
    rows: Iterator[list[Any]]
    marks: Marks
    kind: Kind
    others: list[dict[str, object]]
    beside: Beside  #: what the others say


def main() -> int:
    """Read the workbook named by the arguments. Exit code 1 when it is refused: the reason is in the JSON line."""
    limits.narrow()
    path, wanted = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # a process of its own: nobody put another there
    try:
        told = _read(path, wanted, sys.stdout)
        sys.stdout.flush()
    except InvalidInput as why:
        told = {"refused": str(why)}
    except MemoryError:
        told = {"refused": MEMORY}
    except PasswordError:
        told = {"refused": LOCKED}
    except (CalamineError, OSError, ValueError, OverflowError) as fault:
        told = {"refused": DAMAGED, "fault": repr(fault)}
    told["peak_kibibytes"] = limits.peak_kibibytes()
    sys.stderr.write("\n" + json.dumps(told) + "\n")
    return 1 if "refused" in told else 0


def _read(path: Path, wanted: str | None, out: TextIO) -> dict[str, object]:
    with path.open("rb") as file:
        beginning = file.read(8)
    sheet = _of_old_workbook(path, wanted) if beginning == _OLE else _of_package(path, wanted)
    noted: Counter[str] = Counter()
    rows, widths = _write(sheet, noted, out)
    return {
        "kind": sheet.kind.value,
        "sheet": sheet.name,
        "sheets": sheet.others,
        "rows": rows,
        "widths": list(widths.items()),
        "hidden_rows": len(sheet.marks.hidden_rows),
        "struck_rows": sheet.marks.struck_rows(),
        "hidden_columns": sorted(sheet.marks.hidden_columns),
        "told": sheet.marks.told,
        "notes": list(sheet.marks.notes.items()),
        "boxes": sheet.marks.boxes[:_LOOKED_AT_ROWS],
        "around": sheet.marks.around,
        "lost": sorted(sheet.marks.lost.items()),
        "aside": sheet.beside.aside,
        "said": sheet.beside.said,
        "shared": list(sheet.beside.shared.items()),
        "repairs": {**noted, "error": sheet.marks.errors, "uncalculated": sheet.marks.uncalculated},
    }


def _of_package(path: Path, wanted: str | None) -> Sheet:
    with opened_package(path) as (package, kind):
        tables = read_tables(package) if kind is Kind.ODS else {}
        for name, marks in tables.items():
            _check_spread(marks, name)
            marks.around += around_of_opendocument(package)

        def look(name: str) -> Marks:
            match kind:
                case Kind.ODS:
                    return tables.get(name, Marks())
                case Kind.XLSB:
                    return Marks(told=False, values=1)
                case _:
                    marks = read_sheet(package, name)
                    _check_spread(marks, name)
                    read_over(package, part_of(package, name), marks)
                    marks.around += around_of_excel(package)
                    return marks

        def weight(name: str) -> float:
            if kind is Kind.ODS:
                return tables[name].values / SMALL_CELLS if name in tables else inf
            part = "" if kind is Kind.XLSB else part_of(package, name)
            return package.getinfo(part).file_size / SMALL_BYTES if part in package.namelist() else inf

        return _chosen(CalamineWorkbook.from_path(str(path)), wanted, look, kind, weight)


def _of_old_workbook(path: Path, wanted: str | None) -> Sheet:
    with path.open("rb") as file:
        looked_at = file.read(_OLE_LOOKED_AT)
    for stream, says in _OLE_OTHERS:
        if stream.encode("utf-16-le") in looked_at:
            raise InvalidInput(says)
    workbook = CalamineWorkbook.from_path(str(path))

    def look(name: str) -> Marks:
        sheet = workbook.get_sheet_by_name(name)
        marks = Marks(told=False, values=sheet.height)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
            marks.add_span(Span(top, left, bottom, right))
        return marks

    def weight(name: str) -> float:
        return workbook.get_sheet_by_name(name).height / SMALL_CELLS

    return _chosen(workbook, wanted, look, Kind.XLS, weight)


def _chosen(
    workbook: CalamineWorkbook, wanted: str | None, look: Callable[[str], Marks], kind: Kind, weight: Callable[[str], float]
) -> Sheet:
    """The wanted sheet; else the first that is seen and lists people, the widest list, or the first that holds anything.

    weight: of a sheet, as `beside` has it.
    """
    names = _names(workbook)
    if len(names) > SHEETS_MAX:
        raise InvalidInput(f"{len(names)} feuilles, plus que les {SHEETS_MAX} admises : copiez la liste dans un classeur à elle")
    candidates = _candidates(names, wanted)
    best: tuple[bool, str, Marks] | None = None
    for name in candidates[:_LOOKED_AT_MAX]:
        try:
            marks = look(name)
        except InvalidInput:
            if best is None:
                raise
            continue  # nobody asked for it, and another can be read
        if not marks.values and not wanted:
            continue
        sheet = workbook.get_sheet_by_name(name)
        first = list(islice(rows_of(sheet), _LOOKED_AT_ROWS)) if len(candidates) > 1 else []
        if not first or sum(any(map(reaches_somebody, row)) for row in first) > 1:
            return _sheet(name, workbook, marks, kind, beside(workbook, name, list(names), look, weight))
        is_list = sum(sum(cell != "" for cell in row) > 2 for row in first) > 1
        if best is None or is_list > best[0]:
            best = is_list, name, marks
    if best is None:
        raise InvalidInput(_all_empty(names))
    _, name, marks = best
    return _sheet(name, workbook, marks, kind, beside(workbook, name, list(names), look, weight))


def _sheet(name: str, workbook: CalamineWorkbook, marks: Marks, kind: Kind, others: Beside) -> Sheet:
    rows, described = rows_of(workbook.get_sheet_by_name(name)), _described(_names(workbook), name)
    return Sheet(name=name, rows=rows, marks=marks, kind=kind, others=described, beside=others)


def _names(workbook: CalamineWorkbook) -> dict[str, bool]:
    """Sheets that hold cells, in order, and whether each one is seen."""
    return {
        each.name: each.visible is SheetVisibleEnum.Visible
        for each in workbook.sheets_metadata
        if each.typ is SheetTypeEnum.WorkSheet
    }


def _candidates(names: dict[str, bool], wanted: str | None) -> list[str]:
    """Sheets to look at: the wanted one, by name or number; else those that are seen."""
    if wanted is None:
        return [name for name, seen in names.items() if seen]
    found = [name for name in names if name.strip().casefold() == wanted.strip().casefold()]
    if not found and wanted.isdecimal() and 0 < int(wanted) <= len(names):
        found = [list(names)[int(wanted) - 1]]
    if not found:
        raise InvalidInput(f"aucune feuille « {wanted} » ; il y a {_listed(names)}")
    return found[:1]


def _all_empty(names: dict[str, bool]) -> str:
    hidden = {name: seen for name, seen in names.items() if not seen}
    rest = f" ; une feuille masquée se lit si on la nomme : {_listed(hidden)}" if hidden else ""
    return f"toutes les feuilles visibles sont vides{rest}"


def _listed(names: Mapping[str, bool]) -> str:
    return ", ".join(f"« {name} »{'' if seen else ' (masquée)'}" for name, seen in list(names.items())[:20])


def _described(names: dict[str, bool], chosen: str) -> list[dict[str, object]]:
    return [{"name": name, "hidden": not seen, "chosen": name == chosen} for name, seen in names.items()]


def _check_spread(marks: Marks, name: str) -> None:
    if marks.rows * marks.columns > CELLS_MAX or marks.columns > COLUMNS_MAX:
        raise InvalidInput(
            f"la feuille « {name} » s’étend jusqu’à la cellule {position(marks.rows - 1, marks.columns - 1)}, bien plus loin "
            "qu’une liste de contacts : une valeur égarée ? Supprimez les lignes et colonnes inutiles, ou enregistrez la "
            "feuille en « CSV UTF-8 »"
        )


#: What somebody wrote, rather than a figure, a code or the name of a cell.
_WORD = re.compile(r"[^\W\d_]{3,}")


def _write(sheet: Sheet, noted: Counter[str], out: TextIO) -> tuple[int, dict[int, int]]:
    """Write each row that holds something: its number, whether it is hidden, which cells a merge covers from above, which are
    struck through, its cells.

    Returns how many, and the last of those whose words reach as far: figures beside a table are nobody's, notes are somebody's.
    """
    writer = csv.writer(out)
    marks, merged = sheet.marks, _Merged(sheet.marks.spans)
    written, widths = 0, dict[int, int]()
    for number, values in enumerate(sheet.rows):
        cells = _texts(values, noted)
        covered = merged.fill(number, cells, noted)
        if not any(cells):
            continue
        while not cells[-1]:
            cells.pop()
        told = (" ".join(map(str, places)) for places in (covered, marks.struck_cells.get(number, ())))
        sheet.beside.compare(cells)
        writer.writerow([number + 1, int(number in marks.hidden_rows), *told, *cells])
        widths[next((place for place in range(len(cells), 0, -1) if _WORD.search(cells[place - 1])), 0)] = number + 1
        written += 1
    return written, widths


def _texts(values: Iterable[Any], noted: Counter[str]) -> list[str]:
    """The cells of a row as one reads them, none of them endless."""
    cells = [as_text(value, noted) for value in values]
    if any(len(cell) > CELL_CHARACTERS_MAX for cell in cells):
        noted[Repair.CUT] += 1
        cells = [cell[:CELL_CHARACTERS_MAX] for cell in cells]
    return cells


class _Merged:
    """Merged cells of a sheet, row by row from the first: only the first of them holds what one sees in all."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._waiting = sorted(spans, key=lambda span: span.top, reverse=True)
        self._active: list[tuple[Span, str]] = []

    def fill(self, number: int, cells: list[str], noted: Counter[str]) -> list[int]:
        """Give covered cells of a row what is seen in their place; returns those that a merge covers from above."""
        while self._waiting and self._waiting[-1].top <= number:
            span = self._waiting.pop()
            if span.left < len(cells):
                self._active.append((span, cells[span.left]))
        self._active = [(span, text) for span, text in self._active if span.bottom >= number]
        if not self._active or not any(cells):
            return []
        _fill(cells, self._active, noted)
        above = [span for span, text in self._active if text and span.top < number]
        return sorted({place for span in above for place in range(span.left, min(span.right + 1, len(cells)))})


def _fill(cells: list[str], active: list[tuple[Span, str]], noted: Counter[str]) -> None:
    """Give covered cells what is seen in their place. A title over the whole table is no repair worth telling."""
    filled = 0
    for span, text in active:
        for place in range(span.left, min(span.right + 1, len(cells))):
            if text and cells[place] != text:
                cells[place] = text
                filled += 1
    if filled and len({cell for cell in cells if cell}) > 1:
        noted[Repair.MERGED] += filled


if __name__ == "__main__":
    sys.exit(main())
