"""Are the rows of the tree those that sealing wrote? Proofs are made of them, and entries are looked up by them.

The root alone does not tell: it rests on the last hashes of each level, while a proof climbs through all of them; and a tile
whose first or last number was changed hides its entries from whoever looks for one, as if they had not been sealed yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from gateway.audit.merkle import HASH_BYTES, complete_root
from gateway.flows.auditing.verifier import fault
from gateway.store import tree
from gateway.store.engine import Connection
from gateway.store.tree import ID_BYTES, TILE_HASHES, TILE_LEVELS, TileRow, unpacked

if TYPE_CHECKING:
    from tools.verify_bundle import Fault

_BENT = (
    "journal_tile: row {number} of level {level} is not the one that sealing wrote",
    "journal_tile : la ligne {number} du niveau {level} n’est pas celle que le scellement a écrite",
)
_MORE = (
    "journal_tile: there are {found} rows where a tree of {size} entries has {rows}",
    "journal_tile : il y a {found} lignes là où un arbre de {size} entrées en a {rows}",
)


def bent(tx: Connection, size: int) -> Fault | None:
    """The first row of the tree that is not what sealing wrote, as a fault; None when each is. Constant memory."""
    level = rows = 0
    while hashes := size >> TILE_LEVELS * level:
        tiles = -(-hashes // TILE_HASHES)
        found, below = tree.rows(tx, level, tiles), _roots(tx, level - 1, hashes) if level else None
        for number in range(tiles):
            row = next(found, None)
            if row is None or row.number != number or not _fits(row, min(TILE_HASHES, hashes - number * TILE_HASHES), below):
                return fault("root", None, _BENT, level=level, number=number)
        level, rows = level + 1, rows + tiles
    there = tree.counted(tx)
    return None if there == rows else fault("root", None, _MORE, found=there, size=size, rows=rows)


def _fits(row: TileRow, count: int, below: Iterator[bytes] | None) -> bool:
    """Whether a row holds so many hashes, those of the tiles below it, and the numbers by which entries are looked up."""
    if not isinstance(row.hashes, bytes) or len(row.hashes) != count * HASH_BYTES:
        return False
    if below is not None:
        return (row.ids, row.first_id, row.last_id) == (None, None, None) and row.hashes == b"".join(islice(below, count))
    if not isinstance(row.ids, bytes) or len(row.ids) != count * ID_BYTES:
        return False
    listed = unpacked(row.ids)
    return (row.first_id, row.last_id) == (min(listed), max(listed))


def _roots(tx: Connection, level: int, count: int) -> Iterator[bytes]:
    """The root of each full tile of a level, whose rows were found to fit."""
    return (complete_root(row.hashes) for row in tree.rows(tx, level, count))
