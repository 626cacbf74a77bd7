"""Columns of which nothing is kept: listened to, so that a file is held for what it says and not for having them.

Free text is judged by its words; a column that its heading betrays, by whether anything at all stands below it: exports of
NationBuilder have « religion » and « ethnicity », empty or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gateway.compliance.rules.words import WordsRule
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.table import Record

#: What is shown of a column.
_SAMPLES = 3
#: Different cells that are remembered: files say the same ones over and over.
_REMEMBERED = 20_000


class FreeText:
    """Listens to all of them while the rows of a file pass by."""

    def __init__(self, columns: Columns, rules: Sequence[WordsRule]) -> None:
        self._rules = rules
        self._headings = columns.headings
        self._places = {
            place: list[str]()
            for place, heading in enumerate(columns.headings)
            if columns.fields.get(place) in (None, Field.REMARK) and any(rule.is_of_notes(heading) for rule in rules)
        }
        #: Columns that a rule judges by their headings, while nothing was met below them.
        self._empty = {
            place
            for place, heading in enumerate(columns.headings)
            if place not in columns.fields and any(rule.judges(heading) for rule in rules)
        }
        self._known: set[str] = set()
        self._ended = False

    def listened(self, records: Iterator[Record]) -> Iterator[Record]:
        """The same records."""
        for record in records if self._places or self._empty else ():
            if self._empty:
                self._empty -= {place for place in self._empty if place < len(record.cells) and record.cells[place].strip()}
            for place, said in self._places.items():
                if place < len(record.cells) and (cell := record.cells[place]) and cell not in self._known:
                    self._hear(cell, said)
            yield record
        yield from records
        self._ended = True

    def facts(self) -> dict[str, Any]:
        """What BatchFacts says of them, once the file was read to its end."""
        if not self._ended:
            return {}
        said = ((self._headings[place], words) for place, found in self._places.items() for words in found)
        return {"heard": tuple(self._headings[place] for place in self._places), "said": tuple(said)}

    def empty(self) -> frozenset[int]:
        """Columns that say by their headings what may not be kept, and hold nothing: known once the file was read to its end."""
        return frozenset(self._empty) if self._ended else frozenset()

    def _hear(self, cell: str, said: list[str]) -> None:
        told = [words for rule in self._rules if (words := rule.betrayed(cell))]
        said += [words for words in told if words not in said and len(said) < _SAMPLES]
        if not told and len(self._known) < _REMEMBERED:
            self._known.add(cell)
