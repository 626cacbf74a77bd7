"""Formulas whose result a sheet does not hold: what they would say of somebody is not known. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

#: Answers of a formula that are no loss: what was looked for is not there, or nothing was to be divided.
_ANSWERS = ("#N/A", "#DIV/0!")
_LITERAL = re.compile(r'"((?:[^"]|"")*)"')
#: « jj/mm/aaaa », and « y » of an age: how a day is written, not what is said.
_OF_DAYS = re.compile(r"[jmaydhs/:. -]*", re.IGNORECASE)
#: What is looked up, or stands on another sheet: « VLOOKUP(B2;Stop!A:B;2;FALSE) », « [$Stop.A1] » in OpenDocument.
_LOOKED_UP = re.compile(r"(?:LOOKUP|MATCH|COUNTIFS?|INDEX|INDIRECT|CHOOSE|FILTER|OFFSET)\(|!|\[\$?['\w]")
_LINK = re.compile(r"\s*(?:of:)?=?\s*HYPERLINK\(", re.IGNORECASE)
_CHARACTERS_MAX = 8_192  #: no formula of Excel is longer


def may_tell(formula: str) -> bool:
    """Whether what a formula answers may be said nowhere else: in words of its own, or of another sheet.

    « =ROW()-1 », an age, a sum or two cells joined say nothing that the sheet does not say in their own cells.
    """
    said = formula.replace("#REF!", "")
    words = (literal for literal in _LITERAL.findall(said) if any(map(str.isalpha, literal)))
    if _LINK.match(said):
        return False
    return any(not _OF_DAYS.fullmatch(word) for word in words) or bool(_LOOKED_UP.search(_LITERAL.sub("", said)))


@dataclass(slots=True)
class Formulas:
    """The formulas of one worksheet of Excel, cell by cell; and by column, the last row of one that lost its result."""

    lost: dict[int, int] = field(default_factory=dict)
    here: bool = False  #: whether this cell has one
    _told: list[str] | None = None  #: its text, while it is read
    _left: int = 0  #: signs of it that are still kept
    _shared: str | None = None
    _telling: bool = False
    _shared_telling: dict[str, bool] = field(default_factory=dict)

    def cell(self) -> None:
        """Another cell begins."""
        self.here = self._telling = False

    def start(self, told: Mapping[str, str]) -> None:
        """A formula begins; the text of a shared one stands in the first of its cells."""
        self.here, self._told, self._left = True, [], _CHARACTERS_MAX
        self._shared = told.get("si") if told.get("t") == "shared" else None

    @property
    def reading(self) -> bool:
        """Whether what is read now is one."""
        return self._told is not None

    def text(self, said: str) -> None:
        """More of it."""
        if self._told is not None and self._left > 0:
            self._told.append(said)
            self._left -= len(said)

    def end(self) -> None:
        """It is read."""
        formula, self._told = "".join(self._told or ()), None
        if self._shared is None:
            self._telling = may_tell(formula)
        elif formula:
            self._telling = self._shared_telling[self._shared] = may_tell(formula)
        else:
            self._telling = self._shared_telling.get(self._shared, True)

    def answered(self, row: int, column: int, *, nothing: bool, error: str) -> None:
        """What the file holds of its result: nothing, an error, or something."""
        if self._telling and (nothing or (error and error not in _ANSWERS)):
            self.lost[column] = row
