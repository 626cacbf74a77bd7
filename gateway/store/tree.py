"""The tree over the journal as stored: tiles of 256 hashes, appended at the right edge, read for proofs."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, and_, func, or_, select

from gateway.audit.merkle import HASH_BYTES, complete_root
from gateway.store.engine import upsert
from gateway.store.tables import journal_tile as t

TILE_LEVELS = 8
TILE_HASHES = 1 << TILE_LEVELS
ID_BYTES = 8
#: A tile of leaves: its number, the ids of its entries, their hashes.
Tile: TypeAlias = tuple[int, tuple[int, ...], bytes]
_TILES_KEPT = 512
#: Looked up by one statement: more of them take longer than to read all between the first and the last.
_STRETCHES_MOST = 100
_ROOTS_KEPT = 10_000


class Tree:
    """The tree within one transaction. Growing and proofs read a few tiles, whatever the size."""

    def __init__(self, tx: Connection, size: int) -> None:
        self._tx = tx
        self.size = size
        self._grown: dict[tuple[int, int], tuple[bytes, bytes | None]] = {}
        self._kept: dict[tuple[int, int], bytes] = {}
        self._roots: dict[tuple[int, int], bytes] = {}  # of subtrees within tiles: proofs of neighbours share most of theirs

    def node(self, level: int, index: int) -> bytes:
        """The complete subtree of 2^level leaves at this index of its level: what proofs are made of."""
        high, low = divmod(level, TILE_LEVELS)
        first = index << low
        tile = self._hashes(high, first >> TILE_LEVELS)
        at = (first & TILE_HASHES - 1) * HASH_BYTES
        if not low:
            return tile[at : at + HASH_BYTES]
        if (root := self._roots.get((level, index))) is None:
            if len(self._roots) == _ROOTS_KEPT:
                self._roots.clear()
            root = self._roots[level, index] = complete_root(tile[at : at + (HASH_BYTES << low)])
        return root

    def grow(self, leaves: Sequence[tuple[int, bytes]]) -> None:
        """Add leaves (id of the journal's entry, hash) at the right edge, and the tiles above that became full: in memory alone.

        `node` knows them; nothing is written before `write`. Once in a tree's life.
        """
        if not leaves:
            return
        rows = self._grown
        number, filled = divmod(self.size, TILE_HASHES)
        hashes = self._hashes(0, number) if filled else b""
        ids = self._ids(number) if filled else b""
        packed = b"".join([digest for _, digest in leaves])
        numbered = struct.pack(f">{len(leaves)}q", *[id_ for id_, _ in leaves])
        full: list[bytes] = []
        at = 0
        while at < len(leaves):
            take = min(TILE_HASHES - filled, len(leaves) - at)
            hashes += packed[at * HASH_BYTES : (at + take) * HASH_BYTES]
            ids += numbered[at * ID_BYTES : (at + take) * ID_BYTES]
            rows[0, number] = (hashes, ids)
            at, filled = at + take, filled + take
            if filled == TILE_HASHES:
                full.append(complete_root(hashes))
                number, filled, hashes, ids = number + 1, 0, b"", b""
        self._raise(rows, full, self.size >> TILE_LEVELS)
        self.size += len(leaves)
        self._kept.clear()
        self._roots.clear()

    def _raise(self, rows: dict[tuple[int, int], tuple[bytes, bytes | None]], full: list[bytes], count: int) -> None:
        """Add the roots of full tiles to the level above, and so on upwards; `count`: how many that level has."""
        level = 1
        while full:
            above: list[bytes] = []
            number, filled = divmod(count, TILE_HASHES)
            hashes = self._hashes(level, number) if filled else b""
            for digest in full:
                hashes += digest
                rows[level, number] = (hashes, None)
                if len(hashes) == TILE_HASHES * HASH_BYTES:
                    above.append(complete_root(hashes))
                    number, hashes = number + 1, b""
            level, full, count = level + 1, above, count >> TILE_LEVELS

    def write(self, tx: Connection) -> None:
        """Write what grew, in a transaction that knows that nobody else let this tree grow meanwhile."""
        if not self._grown:
            return
        statement = upsert(tx, t)
        changed = ("hashes", "ids", "first_id", "last_id")
        statement = statement.on_conflict_do_update(
            index_elements=["level", "number"], set_={name: statement.excluded[name] for name in changed}
        )
        values = []
        for (level, number), (hashes, ids) in self._grown.items():
            listed = unpacked(ids) if ids is not None else ()
            values.append(
                {
                    "level": level,
                    "number": number,
                    "hashes": hashes,
                    "ids": ids,
                    "first_id": min(listed, default=None),
                    "last_id": max(listed, default=None),
                }
            )
        tx.execute(statement, values)

    def _hashes(self, level: int, number: int) -> bytes:
        # No cache that knows the tree: the two would keep each other, and what they hold, until the collector comes by.
        found = self._kept.get((level, number))
        if found is None:
            if len(self._kept) == _TILES_KEPT:
                self._kept.clear()
            found = self._kept[level, number] = self._read(level, number)
        return found

    def _read(self, level: int, number: int) -> bytes:
        if (level, number) in self._grown:
            return self._grown[level, number][0]
        found = self._tx.execute(select(t.c.hashes).where(t.c.level == level, t.c.number == number)).scalar_one_or_none()
        if found is None:
            raise LookupError(f"tile {number} of level {level} is missing")
        return bytes(found)

    def _ids(self, number: int) -> bytes:
        return bytes(self._tx.execute(select(t.c.ids).where(t.c.level == 0, t.c.number == number)).scalar_one())


def places(tx: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Where these entries of the journal stand in the tree, by number; those that are not sealed yet are left out."""
    wanted, found = set(ids), {}
    if not wanted:
        return {}
    # Those of a person stand at both ends of the tree: what lies between is not read for them.
    held = or_(*(and_(t.c.last_id >= first, t.c.first_id <= last) for first, last in _stretches(wanted)))
    for number, listed in tx.execute(select(t.c.number, t.c.ids).where(t.c.level == 0, held)):
        for at, entry_id in enumerate(unpacked(bytes(listed))):
            if entry_id in wanted:
                found[entry_id] = int(number) * TILE_HASHES + at
    return found


def _stretches(ids: Iterable[int]) -> list[tuple[int, int]]:
    """The first and the last of those that are less than a tile apart; of all of them where these would be many."""
    stretches: list[tuple[int, int]] = []
    for one in sorted(ids):
        if stretches and one - stretches[-1][1] < TILE_HASHES:
            stretches[-1] = (stretches[-1][0], one)
        else:
            stretches.append((one, one))
    return stretches if len(stretches) <= _STRETCHES_MOST else [(stretches[0][0], stretches[-1][1])]


def ids_between(tx: Connection, first: int, last: int) -> set[int]:
    """Numbers of the journal, within a stretch, that are in the tree."""
    chosen = select(t.c.ids).where(t.c.level == 0, t.c.last_id >= first, t.c.first_id <= last)
    return {number for row in tx.execute(chosen) for number in unpacked(bytes(row[0])) if first <= number <= last}


def tiles(tx: Connection, start: int, end: int) -> Iterator[Tile]:
    """The leaves' tiles from `start` to `end`, excluded, in order."""
    at = start
    while at < end:
        chosen = select(t.c.number, t.c.ids, t.c.hashes).where(t.c.level == 0, t.c.number >= at, t.c.number < min(end, at + 64))
        rows = tx.execute(chosen.order_by(t.c.number)).all()
        for number, ids, hashes in rows:
            yield int(number), unpacked(bytes(ids)), bytes(hashes)
        at += 64


class TileRow(NamedTuple):
    """A row of the tree as the database has it, whatever that is."""

    number: object
    hashes: Any
    ids: object
    first_id: object
    last_id: object


def rows(tx: Connection, level: int, end: int) -> Iterator[TileRow]:
    """The rows of a level up to `end`, excluded, in order, a page at a time; as the driver reads them."""
    after = -1
    chosen = select(t.c.number, t.c.hashes, t.c.ids, t.c.first_id, t.c.last_id).where(t.c.level == level, t.c.number < end)
    while page := tx.execute(chosen.where(t.c.number > after).order_by(t.c.number).limit(64)).cursor.fetchall():
        yield from map(TileRow._make, page)
        after = page[-1][0]


def counted(tx: Connection) -> int:
    """How many rows the tree has, on all levels."""
    return int(tx.execute(select(func.count()).select_from(t)).scalar_one())


def unpacked(ids: bytes) -> tuple[int, ...]:
    """Ids of the journal from a tile."""
    return struct.unpack(f">{len(ids) // ID_BYTES}q", ids)
