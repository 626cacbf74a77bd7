"""What a sheet says beside its values: hidden rows and columns, merged cells, errors, and how far its values spread.

Read as a stream by expat, in memory that does not grow with the sheet but by its marks. Entities are refused before any is
expanded: no spreadsheet program writes them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.domain.errors import InvalidInput
from gateway.flows.workbooks.formulas import Formulas, may_tell
from gateway.flows.workbooks.limits import CELLS_MAX, COVERED_MAX, NOTE_CHARACTERS_MAX, NOTES_MAX, ROWS_MAX, SPANS_MAX
from gateway.flows.workbooks.package import DAMAGED
from gateway.flows.workbooks.parts import parse, part_of

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)")
_HIDDEN_IN_ODS = ("collapse", "filter")
TOO_MANY = (
    f"la feuille a plus de {CELLS_MAX // 1_000_000} millions de cases ou de {ROWS_MAX} lignes : enregistrez-la en « CSV UTF-8 », "
    "en plusieurs fichiers s’il le faut"
)
TOO_MANY_NOTES = "la feuille porte plus de notes qu’aucune liste de contacts : copiez-les dans une colonne « remarques »"
_STYLES = "xl/styles.xml"
#: What is written over a sheet of OpenDocument: notes of cells, and boxes of text.
_NOTE, _BOXES = "annotation", ("custom-shape", "text-box")
_HELPS = ("help-message", "error-message")
#: Where words stand that are in no cell: at the top or the foot of a printed page, and shown when a cell is chosen.
PAGE, HELP, RANGE = "le haut ou le bas d’une page", "l’aide à la saisie d’une case", "le nom d’une plage ou d’un tableau"
_PAGES, _HELPING = ("Header", "Footer"), ("promptTitle", "prompt", "errorTitle", "error", "tooltip")
#: What parts the words of a page of Excel: left, middle and right, fonts, sizes, colours.
_SECTION = re.compile(r'&(?:"[^"]*"|K[0-9A-F+-]{6}|\d+|.)')
_AROUND_MAX = 500  #: what is told of such words
#: Beyond this, a run of hidden rows is the unused rest of the sheet.
_RUN_MAX = 1_048_576


@dataclass(frozen=True, slots=True)
class Span:
    """Merged cells, counted from 0, ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Marks:
    """What was met in one sheet; rows and columns are counted from 0."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    spans: list[Span] = field(default_factory=list)
    errors: int = 0  #: cells like #N/A
    uncalculated: int = 0  #: formulas whose result the file does not hold
    lost: dict[int, int] = field(default_factory=dict)  #: by column, the last row of one that may say what no cell says
    values: int = 0
    rows: int = 0  #: of the rectangle that holds every value
    columns: int = 0
    told: bool = True  #: False: the format does not let us see them
    written: int = 0  #: rows, empty or not
    covered: int = 0  #: cells under merged ones
    #: By row with a cell that is struck through: how many of those that hold something are, and how many are not.
    struck: dict[int, list[int]] = field(default_factory=dict)
    struck_cells: dict[int, list[int]] = field(default_factory=dict)  #: by row, the columns of those
    notes: dict[int, list[str]] = field(default_factory=dict)  #: by row, what notes on its cells say
    boxes: list[str] = field(default_factory=list)  #: what boxes of text over the sheet say
    around: list[tuple[str, str]] = field(default_factory=list)  #: what is written where no cell is: (where, words)
    _notes: int = 0

    def add_span(self, span: Span) -> None:
        """One more block of merged cells. Raises InvalidInput when there are too many."""
        if (span.top, span.left) != (span.bottom, span.right):
            self.spans.append(span)
        self.covered += (span.bottom - span.top + 1) * (span.right - span.left + 1)
        if len(self.spans) > SPANS_MAX or self.covered > COVERED_MAX:
            raise InvalidInput(
                "la feuille fusionne plus de cellules qu’aucune liste de contacts : enregistrez-la en « CSV UTF-8 »"
            )

    def drawn(self, row: int, column: int, *, struck: bool) -> None:
        """A cell that holds something, of a sheet in which some are struck through."""
        self.struck.setdefault(row, [0, 0])[not struck] += 1
        if struck:
            self.struck_cells.setdefault(row, []).append(column)

    def struck_rows(self) -> list[int]:
        """Rows most of whose cells are struck through."""
        return [row for row, (struck, others) in self.struck.items() if struck and struck >= others]

    def add_note(self, row: int, text: str) -> None:
        """A note on a cell of this row. Raises InvalidInput when there are too many."""
        self._notes += 1
        if self._notes > NOTES_MAX:
            raise InvalidInput(TOO_MANY_NOTES)
        if said := " ".join(text.split()):
            self.notes.setdefault(row, []).append(said)

    def say_around(self, where: str, *said: str) -> None:
        """Words that stand where no cell is; the first of them, where there are many."""
        words = (" ".join(one.split())[:NOTE_CHARACTERS_MAX] for one in said)
        self.around += [(where, one) for one in words if one and len(self.around) < _AROUND_MAX]

    def row(self) -> None:
        """A row is written out. Raises InvalidInput when there are too many."""
        self.written += 1
        if self.written > ROWS_MAX:
            raise InvalidInput(TOO_MANY)

    def value(self, row: int, column: int) -> None:
        """A cell that holds something. Raises InvalidInput when there are too many."""
        self.values += 1
        if self.values > CELLS_MAX:
            raise InvalidInput(TOO_MANY)
        if row >= self.rows:
            self.rows = row + 1
        if column >= self.columns:
            self.columns = column + 1


def read_sheet(package: zipfile.ZipFile, sheet: str) -> Marks:
    """The marks of one worksheet (xlsx, xlsm). Raises InvalidInput for XML that is broken, or is a trap."""
    reader = _Sheet(_struck_styles(package))
    parse(package, part_of(package, sheet), reader.start, reader.end, reader.text)
    return reader.marks


def read_tables(package: zipfile.ZipFile) -> dict[str, Marks]:
    """The marks of every table of an OpenDocument spreadsheet, by name. Raises InvalidInput like `read_sheet`."""
    reader = _Tables()
    parse(package, "content.xml", reader.start, reader.end, reader.text)
    return reader.all()


def position(row: int, column: int) -> str:
    """A cell as spreadsheets name it, from counts that begin at 0."""
    letters, rank = "", column + 1
    while rank:
        rank, rest = divmod(rank - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


class _Sheet:
    """A worksheet of Excel 2007 and later."""

    def __init__(self, struck: frozenset[str]) -> None:
        self.marks = Marks()
        self._styles, self._struck = struck, False
        self._row = self._column = -1
        self._inside = self._valued = self._worded = False
        self._error: str | None = None  #: what a cell in error says, while it is read
        self._formulas = Formulas(self.marks.lost)
        self._page: list[str] | None = None  #: what a page says at its top or its foot, while it is read

    def start(self, tag: str, told: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        match name:
            case "c":
                self._cell(told)
            case "v" | "is":
                self._inside = True
            case "f":
                self._formulas.start(told)
            case "row":
                self.marks.row()
                self._row = int(told["r"]) - 1 if "r" in told else self._row + 1
                self._column = -1
                if _true(told.get("hidden")):
                    self.marks.hidden_rows.add(self._row)
            case "col" if _true(told.get("hidden")):
                self.marks.hidden_columns.update(range(int(told["min"]) - 1, min(int(told["max"]), 16_384)))
            case "mergeCell":
                first, _, last = told.get("ref", "").partition(":")
                (top, left), (bottom, right) = placed(first), placed(last or first)
                self.marks.add_span(Span(top, left, bottom, right))
            case "dataValidation" | "hyperlink":
                self.marks.say_around(HELP, *(told.get(one, "") for one in _HELPING))
            case _ if name.endswith(_PAGES):
                self._page = []

    def text(self, said: str) -> None:
        if self._page is not None:
            self._page.append(said)
        elif self._formulas.reading:
            self._formulas.text(said)
        elif self._inside and self._error is not None:
            self._error += said
        elif self._inside and not self._valued:
            self._valued = True
            self.marks.value(self._row, self._column)
            if self._styles:
                self.marks.drawn(self._row, self._column, struck=self._struck)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._inside = False
            self.marks.errors += self._error is not None
            if self._formulas.here:
                nothing = self._error is None and not self._valued and not self._worded
                self.marks.uncalculated += nothing
                self._formulas.answered(self._row, self._column, nothing=nothing, error=self._error or "")
        elif name == "f":
            self._formulas.end()
        elif self._page is not None and name.endswith(_PAGES):
            self.marks.say_around(PAGE, *_SECTION.split("".join(self._page)))
            self._page = None

    def _cell(self, told: Mapping[str, str]) -> None:
        if reference := told.get("r"):
            self._row, self._column = placed(reference)
        else:
            self._column += 1
        kind = told.get("t")
        self._error, self._worded, self._valued = "" if kind == "e" else None, kind == "str", False
        self._formulas.cell()
        self._struck = told.get("s") in self._styles


class _Tables:
    """The tables of an OpenDocument spreadsheet."""

    def __init__(self) -> None:
        self.tables: dict[str, Marks] = {}
        self._marks, self._around = Marks(), Marks()
        self._inside = False
        self._row = self._column = self._columns_declared = 0
        self._rows = 1
        self._style, self._struck = "", set[str]()
        self._over: list[str] | None = None  #: what stands over the sheet, while it is read
        self._paragraph = False

    def all(self) -> dict[str, Marks]:
        """Those of each table; what stands around is of all of them."""
        for marks in self.tables.values():
            marks.around += self._around.around
        return self.tables

    def start(self, tag: str, told: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "table" and told.get("table:name") is not None:
            self._inside = True
            self._marks = self.tables[told["table:name"]] = Marks()
            self._row = self._columns_declared = 0
        elif not self._inside:
            self._styled(name, told)
        elif name == _NOTE or name in _BOXES:
            self._over = []
        elif name == "p" and self._over is not None:
            self._paragraph = True
            self._over.append(" ")
        elif name in ("table-cell", "covered-table-cell"):
            self._cell(told)
        elif name == "table-row":
            self._marks.row()
            self._column = 0
            self._rows = int(told.get("table:number-rows-repeated", "1"))
            if told.get("table:visibility") in _HIDDEN_IN_ODS:
                self._marks.hidden_rows.update(range(self._row, min(self._row + self._rows, _RUN_MAX)))
        elif name == "table-column":
            count = int(told.get("table:number-columns-repeated", "1"))
            if told.get("table:visibility") in _HIDDEN_IN_ODS:
                self._marks.hidden_columns.update(range(self._columns_declared, min(self._columns_declared + count, 16_384)))
            self._columns_declared += count

    def _styled(self, name: str, told: Mapping[str, str]) -> None:
        """Styles, and help for those who fill cells in, stand before the tables; names of ranges behind them."""
        if name in _HELPS:
            self._over = []
        elif name == "p" and self._over is not None:
            self._paragraph = True
            self._over.append(" ")
        elif name == "named-range":
            self._around.say_around(RANGE, told.get("table:name", ""))
        elif name == "style":
            self._style = told.get("style:name", "")
        elif name == "text-properties" and told.get("style:text-line-through-style", "none") != "none":
            self._struck.add(self._style)

    def text(self, said: str) -> None:
        if self._over is not None and self._paragraph and sum(map(len, self._over)) < NOTE_CHARACTERS_MAX:
            self._over.append(said)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "p":
            self._paragraph = False
        elif self._over is not None and (name == _NOTE or name in _BOXES or name in _HELPS):
            text, self._over = "".join(self._over)[:NOTE_CHARACTERS_MAX], None
            if name in _HELPS:
                self._around.say_around(HELP, text)
            elif name == _NOTE:
                self._marks.add_note(self._row, text)
            else:
                self._marks.boxes.append(" ".join(text.split()))
        elif name == "table-row" and self._inside:
            self._row += self._rows
        elif name == "table":
            self._inside = False

    def _cell(self, told: Mapping[str, str]) -> None:
        repeated = int(told.get("table:number-columns-repeated", "1"))
        if told.get("office:value-type"):
            if self._struck:
                self._marks.drawn(self._row, self._column, struck=told.get("table:style-name") in self._struck)
            if told.get("calcext:value-type") == "error":
                self._marks.errors += 1
            self._marks.value(self._row + self._rows - 1, self._column + repeated - 1)
        formula = told.get("table:formula", "")
        if formula and (not told.get("office:value-type") or "#REF!" in formula) and may_tell(formula):
            self._marks.lost[self._column] = self._row + self._rows - 1
        wide, high = (int(told.get(f"table:number-{way}-spanned", "1")) for way in ("columns", "rows"))
        if wide > 1 or high > 1:
            self._marks.add_span(Span(self._row, self._column, self._row + high - 1, self._column + wide - 1))
        self._column += repeated


def _struck_styles(package: zipfile.ZipFile) -> frozenset[str]:
    """The styles of cells, by number, whose letters are struck through."""
    if _STYLES not in package.namelist():
        return frozenset()
    within: list[str] = []
    fonts: list[bool] = []
    styles: list[bool] = []

    def start(tag: str, told: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        match within[1:], name:
            case ["fonts"], "font":
                fonts.append(False)
            case ["fonts", "font"], "strike":
                fonts[-1] = told.get("val") is None or _true(told["val"])
            case ["cellXfs"], "xf":
                font = int(told.get("fontId", "0"))
                styles.append(font < len(fonts) and fonts[font])
        within.append(name)

    def end(_: str) -> None:
        within.pop()

    parse(package, _STYLES, start, end)
    return frozenset(str(number) for number, struck in enumerate(styles) if struck)


def placed(reference: str) -> tuple[int, int]:
    """Row and column of a cell from its name, counted from 0. Raises InvalidInput for what is none."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise InvalidInput(DAMAGED)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


def _true(told: str | None) -> bool:
    return told in ("1", "true", "on")
