"""From the value of a cell to the text a person would have typed; what had to be changed is counted."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta

_WHOLE_BELOW = 1e15  #: beyond, a number of Excel no longer holds every digit

Value = str | float | int | bool | date | datetime | time | timedelta | None


class Repair:
    """Names of what is repaired by rule, as counted in the report of the reader."""

    MERGED = "merged"  #: covered by a merged cell: takes what is seen there
    BOOLEAN = "boolean"
    DATE = "date"  #: a date kept as a number by the workbook
    ROUNDED = "rounded"  #: a number too long for the workbook: its last digits are lost
    CUT = "cut"  #: a text longer than a workbook admits


def as_text(value: Value, noted: Counter[str]) -> str:
    """The cell as text: whole numbers without decimals, dates in ISO 8601, yes and no in French."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        noted[Repair.BOOLEAN] += 1
        return "oui" if value else "non"
    if isinstance(value, float | int):
        return _number(value, noted)
    if isinstance(value, datetime):
        noted[Repair.DATE] += 1
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        noted[Repair.DATE] += 1
        return value.isoformat()
    return "" if value is None else str(value)


def _number(value: float, noted: Counter[str]) -> str:
    if abs(value) >= _WHOLE_BELOW:
        noted[Repair.ROUNDED] += 1
        return f"{value:.0f}" if value == value and abs(value) < 1e30 else ""
    if value == int(value):
        return str(int(value))
    return f"{value:.15g}"
