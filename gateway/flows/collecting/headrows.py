"""Headings that stand on several rows, a section above its questions, joined into one for each column. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gateway.flows.collecting.table import JOINED, Known, is_somebody

#: Rows above and below the one that names most columns that may be part of the heading.
_BESIDE_MAX = 2
#: Headings that a row below must know: of a person's line one cell may happen to be a heading.
_KNOWN_BELOW_MIN = 2


class HeadRows(NamedTuple):
    """The rows that name the columns, by their rank, and what they say together."""

    first: int
    last: int
    headings: list[str]


def head_rows(rows: Sequence[Sequence[str]], rank: int, known: Known) -> HeadRows:
    """The row of headings, together with those above and below it where they tell more of the columns.

    More headings are known then, or fewer are alike, or fewer columns have none. Nobody is taken for a heading: a row with an
    address or a number is somebody's, and one below must hold several headings, or stand in the reach of those above alone.
    """
    above, below = _reach(rows, rank, known)
    best = HeadRows(rank, rank, list(rows[rank]))
    most = _worth(best.headings, known)
    for last in range(rank, below + 1 if (above, below) != (rank, rank) else rank):
        together = HeadRows(above, last, _joined(rows[above : last + 1]))
        worth = _worth(together.headings, known)
        if last == rank and worth[:2] == most[:2] and worth[2] <= most[2] + 1:
            continue  # a title, and a word beside it
        if worth > most:
            best, most = together, worth
    return best


def _reach(rows: Sequence[Sequence[str]], rank: int, known: Known) -> tuple[int, int]:
    """The first and the last row that may be part of the heading."""
    first = last = rank
    while first > max(rank - _BESIDE_MAX, 0) and _may_head(rows[first - 1]):
        first -= 1
    while last < min(rank + _BESIDE_MAX, len(rows) - 1) and _may_head(rows[last + 1]):
        told = {cell.strip().casefold() for cell in rows[last + 1] if cell.strip() and known(cell)}
        if len(told) < _KNOWN_BELOW_MIN and not _parts(rows[last], rows[last + 1]):
            break
        last += 1
    return first, last


def _parts(over: Sequence[str], under: Sequence[str]) -> bool:
    """Whether a row stands only where headings above reach over several columns: a person's line begins with her name."""
    names = [cell.strip() for cell in over] + [""] * (len(under) - len(over))
    alone = [bool(name) and (place + 1 == len(names) or bool(names[place + 1])) for place, name in enumerate(names)]
    first = next((place for place, name in enumerate(names) if name), len(names))
    return not any(cell.strip() and (alone[place] or place < first) for place, cell in enumerate(under))


def _may_head(cells: Sequence[str]) -> bool:
    """Whether a row may name columns: several things, and nobody's address or number; a title says one thing."""
    return len({cell.strip() for cell in cells if cell.strip()}) > 1 and not is_somebody(cells)


def _worth(headings: Sequence[str], known: Known) -> tuple[int, int, int]:
    """How many columns are known, each by a name of its own; then how few are alike; then how many are named."""
    named = [" ".join(heading.casefold().split()) for heading in headings if heading.strip()]
    return len({name for name in named if known(name)}), len(set(named)) - len(named), len(named)


def _joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """One heading for each column: what stands in it from the first row to the last, sections reaching to the next one."""
    width = max(map(len, rows))
    table = [[cell.strip() for cell in cells] + [""] * (width - len(cells)) for cells in rows]
    for depth, cells in enumerate(table[:-1]):
        for place in range(1, width):
            begins = any(over[place] and over[place] != over[place - 1] for over in table[:depth])
            if not cells[place] and not begins and any(under[place] for under in table[depth + 1 :]):
                cells[place] = cells[place - 1]
    return [JOINED.join(dict.fromkeys(part for part in column if part)) for column in zip(*table, strict=True)]
