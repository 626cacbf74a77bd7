"""Lines of a table that are nobody's, and why they are not taken: a title merged over all columns, a total, a year."""

from __future__ import annotations

from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.headings import CHANNELS, Field
from gateway.flows.collecting.refusals import RefusedRow, shown
from gateway.flows.collecting.table import Record, is_somebody


class Nobody:
    """Tells lines of one file that nobody can be reached by."""

    def __init__(self, columns: Columns) -> None:
        present = [field for field in CHANNELS if field in columns.places]
        self._places = [columns.places[field] for field in present]
        self._alone = columns.heading(Field.EMAIL) if present == [Field.EMAIL] else ""  #: its one column, where there is only one

    def has(self, record: Record) -> bool:
        """Whether a line says one thing in several cells that is no address, or nothing where addresses and numbers stand."""
        told = [cell.strip() for cell in record.cells if cell.strip()]
        merged = len(told) > 1 and len({*told}) == 1
        return not is_somebody(told) and (merged or not any(record.cells[place].strip() for place in self._places))

    def refused(self, record: Record) -> RefusedRow:
        """Why it is not taken; what it holds tells what it is."""
        line = shown(" ".join(dict.fromkeys(cell for cell in record.cells if cell)))
        says = "adresse vide" if self._alone else "ni adresse ni numéro : personne à joindre"
        return RefusedRow(line=record.line, column=self._alone, value=line, code="empty", says=says)
