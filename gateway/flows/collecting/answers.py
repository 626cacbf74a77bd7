"""What columns of few answers say, so that the pack can judge a column by its cells where its heading says nothing.

A column of names or addresses has as many cells as people; one that sorts people has few, and they tell what it sorts by.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from gateway.flows.collecting.headings import Columns, Field, is_ours
from gateway.flows.collecting.table import Record

#: Rows that are listened to, and how many different cells a column of answers may have.
ROWS_HEARD = 1_000
_DIFFERENT_MAX = 30
_CELL_CHARACTERS_MAX = 40
#: Fields whose cells a rule may judge; what other fields hold is a person's own name, number or date.
_JUDGED = frozenset({Field.TAGS})


class Answers:
    """Listens to the first rows of a table while they pass by."""

    def __init__(self, columns: Columns) -> None:
        personal = {place for field, place in columns.places.items() if field not in _JUDGED}
        self._headings = columns.headings
        self._found: dict[int, set[str]] = {
            place: set() for place, heading in enumerate(columns.headings) if place not in personal and not is_ours(heading)
        }

    def heard(self, records: Iterator[Record]) -> Iterator[Record]:
        """The same records."""
        for record in islice(records, ROWS_HEARD):
            if record.malformed is None:
                self._hear(record.cells)
            yield record
        yield from records

    def told(self) -> tuple[tuple[str, str], ...]:
        """(heading, cell) of every column that turned out to have few answers."""
        return tuple((self._headings[place], cell) for place, cells in self._found.items() for cell in sorted(cells))

    def _hear(self, row: list[str]) -> None:
        for place in list(self._found):
            cell = row[place].strip() if place < len(row) else ""
            if not cell or len(cell) > _CELL_CHARACTERS_MAX:
                continue
            self._found[place].add(cell)
            if len(self._found[place]) > _DIFFERENT_MAX:
                del self._found[place]
