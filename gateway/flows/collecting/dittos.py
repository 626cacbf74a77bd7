"""« idem », « " », « ↓ », or cells merged: what people do by hand where a cell says the same as the one above."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.compliance.listwords import ListWords, Standing
from gateway.flows.collecting.cells import bare
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.headings import AGREEING, CHANNELS, Field
from gateway.flows.collecting.table import Malformed, Record

_SAME = frozenset(
    {
        *('"', "''", "″", "〃", "”", "“", "»", "«", '-"-', "-''-", '- " -', '--"--', "//", "-//-", "↓", "⬇", "⇩"),
        *("idem", "id.", "idem.", "ditto", "(idem)", "id°", "même chose", "pareil", "comme au-dessus", "comme ci-dessus"),
    }
)
#: What people who program put before a line that is to be passed over.
_PASSED_OVER = frozenset({"#", "##", "###", "//", "///", "rem", "REM"})
_SAYS_NO = (Standing.NO, Standing.OBJECTS, Standing.DECLINES, Standing.WITHHOLDS)
_UNSAID = "idem"
_CHARACTERS_MAX = max(map(len, _SAME)) + 2


class Dittos:
    """Reads each of them as what stands above it: a no is no less one for being written so.

    Never in a column of addresses, and where a column says who agreed, a yes is not carried on: each person gives her own.
    """

    def __init__(self, columns: Columns, words: ListWords) -> None:
        self._words = words
        self._agreeing = frozenset(place for field, place in columns.places.items() if field in AGREEING)
        self._left_alone = frozenset(place for field, place in columns.places.items() if field in CHANNELS)
        self._telling = self._agreeing | self._left_alone  #: where a bar over one cell is one over the line
        self._email = columns.places.get(Field.EMAIL, -1)
        self._above: list[str] = []

    def read(self, records: Iterator[Record]) -> Iterator[Record]:
        """The same records, such cells replaced."""
        for record in records:
            cells = record.cells
            if record.malformed is None and cells[0] in _PASSED_OVER:
                record = record._replace(malformed=Malformed.PASSED_OVER)
            if record.struck and record.malformed is None and not self._telling.isdisjoint(record.struck):
                record = record._replace(malformed=Malformed.STRUCK)
            if self._above and any(map(_is_ditto, cells)):
                cells = [self._meant(place, cell) for place, cell in enumerate(cells)]
                record = record._replace(cells=cells)
            if record.covered and self._is_another(record):
                shared = self._agreeing.intersection(record.covered)
                cells = [_UNSAID if place in shared and self._agrees(cell) else cell for place, cell in enumerate(record.cells)]
                record = record._replace(cells=cells)
            self._above = cells
            yield record

    def _meant(self, place: int, cell: str) -> str:
        if place in self._left_alone or not _is_ditto(cell) or place >= len(self._above):
            return cell
        above = self._above[place]
        if place in self._agreeing and self._agrees(above):
            return _UNSAID  # the line comes back: nobody agrees by it
        return above

    def _agrees(self, cell: str) -> bool:
        return bool(cell.strip()) and self._words.standing(bare(cell)) not in _SAYS_NO

    def _is_another(self, record: Record) -> bool:
        """Whether a row is about somebody else than the one from which a merged cell comes: it has an address of its own.

        One whose email is merged too is a further number of the same person.
        """
        if self._email in record.covered:
            return False
        return any(record.cells[place].strip() and place not in record.covered for place in self._left_alone)


def _is_ditto(cell: str) -> bool:
    return 0 < len(cell) <= _CHARACTERS_MAX and cell.strip().casefold() in _SAME
