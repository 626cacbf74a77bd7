"""Columns that tell who never confirmed, or was never asked: no agreement of hers is taken, be it declared or written there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gateway.compliance.listwords import Heading, ListWords, Standing
from gateway.flows.collecting import sayings
from gateway.flows.collecting.cells import bare
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.headings import SEVERAL
from gateway.flows.collecting.likeness import in_words, is_standing

#: What says below each heading that she did not.
_BELOW = {
    Heading.CONFIRMED: frozenset({Standing.NO, Standing.UNCONFIRMED}),
    Heading.PENDING: frozenset({Standing.YES, Standing.UNCONFIRMED}),
}


def tells_who_confirmed(heading: str, words: ListWords) -> bool:
    """Whether a column says by its heading who confirmed, or who is waited for."""
    return words.heading(in_words(heading)) in _BELOW


def unconfirmed_columns(
    columns: Columns, words: ListWords, *, declared: bool
) -> Iterator[tuple[int, Callable[[str], bool], str]]:
    """The place of each, whether a cell there says so, and what is said of her line.

    declared: that every line is somebody who agreed. Statuses count against that alone: where a column says who agreed, it does.
    """
    told = [place for place, meant in columns.fields.items() if meant in SEVERAL]
    standing = {*told, *columns.remarks, *columns.left_out} if declared else set[int]()
    for place, heading in enumerate(columns.headings):
        below = _BELOW.get(words.heading(in_words(heading)) or Heading.STRUCK) if place not in columns.fields else None
        if below:
            yield place, _says(words, below), sayings.NEVER_CONFIRMED
        elif place in standing or (declared and place not in columns.fields and is_standing(heading)):
            yield place, _says(words, frozenset({Standing.UNCONFIRMED})), sayings.UNCONFIRMED


def _says(words: ListWords, any_of: frozenset[Standing]) -> Callable[[str], bool]:
    return lambda cell: words.standing(bare(cell)) in any_of
