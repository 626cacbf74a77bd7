"""Spreadsheets as people upload them, held against the table each should read as; pictures under borrowed names.

The first row that is seen is the header, whose width the others keep. Compared row by row, without the empty cells at the end of
a row and the midnight at the end of a date. Where we read otherwise on purpose the case is named with its reason, and counted
apart: merged cells of ods keep their place and are filled as those of xlsx are, a sheet that is hidden is not read, nor is a row
or column that ods hides.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import meaning
from gateway.flows.collecting.reading import How, open_table

TABLES = (".csv", ".tsv", ".xls", ".xlsx", ".xlsm", ".ods")


def measure(folder: Path) -> bool:
    """Read every original, compare it with its table; try every file that is none. False when one differs or is taken for one."""
    originals = sorted((folder / "spreadsheet_files" / "conversions" / "originals").glob("*"))
    wrong: list[str] = []
    otherwise: list[str] = []
    for original in originals:
        wanted = folder / "spreadsheet_files" / "conversions" / "expected_converted" / f"{original.stem}.csv"
        fault, why = _compared(original, wanted)
        if fault:
            (otherwise if why else wrong).append(f"{original.name}: {why or fault}")
    print(f"spreadsheets: {len(originals) - len(wrong) - len(otherwise)} of {len(originals)} read as they should")
    for one in otherwise:
        print(f"  otherwise on purpose: {one}")
    for one in wrong:
        print(f"  wrong: {one}")
    kin = [
        _first_row_and_count(path) for path in sorted((folder / "spreadsheet_files").glob("*/*")) if path.suffix.lower() in TABLES
    ]
    print(f"spreadsheets: {len(kin)} kindred ones in other formats: {sorted(set(kin))}")
    liars = sorted((folder / "non_spreadsheet_files").glob("*"))
    taken = [liar.name for liar in liars if not _refused(liar)]
    print(f"spreadsheets: {len(liars) - len(taken)} of {len(liars)} files that are none refused; taken for one: {taken}")
    return not wrong and not taken


def _compared(original: Path, wanted: Path) -> tuple[str, str]:
    """(first difference, why we read otherwise); both empty when there is none."""
    table = [_row(cells) for cells in csv.reader(wanted.open(encoding="utf-8", newline=""))]
    table = [row for row in table if row]
    read, why = _read(original)
    for line, (ours, theirs) in enumerate(zip_longest(read, table), start=1):
        if ours != theirs:
            fault = f"row {line}: {ours} instead of {theirs}"
            return fault, why if why and _all_there(original, table) else ""
    return "", ""


def _all_there(original: Path, table: Sequence[Sequence[str]]) -> bool:
    """Whether each row of the table is in a row of ours, in its order, once what is hidden is read: nothing was lost or moved."""
    with open_table(original, How(header_line=1)) as seen:
        first = next((sheet.name for sheet in seen.file.sheets), None)
    with open_table(original, How(header_line=0, hidden=True, sheet=first)) as whole:
        ours = [record.cells for record in whole][1:]
    return len(ours) == len(table) and all(_within(theirs, own) for theirs, own in zip(table, ours, strict=True))


def _within(few: Sequence[str], many: Sequence[str]) -> bool:
    rest = iter(many)
    return all(not cell or any(cell == other for other in rest) for cell in few)


def _read(path: Path) -> tuple[list[list[str]], str]:
    """(rows, what this file hides or merges in a way that other readers take otherwise)."""
    with open_table(path, How(header_line=1)) as table:
        rows = [_row(record.cells) for record in table]
        file = table.file
    reasons = []
    if file.kind == "ods":
        reasons += ["merged cells keep their place"] if file.noted.get("merged") else []
        reasons += ["hidden rows and columns are not read"] if file.hidden_rows or file.hidden_columns else []
        reasons += ["a hidden sheet is not read"] if any(sheet.hidden for sheet in file.sheets) else []
    return [row for row in rows if row], ", ".join(reasons)


def _row(cells: Sequence[str]) -> list[str]:
    row = [cell.removesuffix(" 00:00:00") for cell in cells]
    while row and not row[-1].strip():
        row.pop()
    return row


def _first_row_and_count(path: Path) -> tuple[str, int, int]:
    """(headings that say something, rows, rows given up)."""
    with open_table(path, known=lambda heading: meaning(heading) is not None) as table:
        header, *rows = list(table)
    return "|".join(filter(str.strip, header.cells)), len(rows), sum(row.malformed is not None for row in rows)


def _refused(path: Path) -> bool:
    try:
        with open_table(path) as table:
            return not list(table)
    except InvalidInput:
        return True
