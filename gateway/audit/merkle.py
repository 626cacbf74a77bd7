"""The tree over the journal (RFC 6962, section 2.1): roots, proofs that an entry is in it, proofs that it only ever grew.

The leaf of an entry is SHA-256(0x00 ‖ SHA-256(body)): the tree is built from the hashes that stand beside the bodies, and whoever
verifies it hashes the bodies again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

#: Root of the tree without leaves.
EMPTY_ROOT = sha256(b"").digest()
HASH_BYTES = 32

#: The hash of a complete subtree of 2^level leaves, the `index`-th of its level.
NodeAt = Callable[[int, int], bytes]


def leaf_hash(body_sha256: bytes) -> bytes:
    """The leaf of an entry whose body has this SHA-256."""
    return sha256(b"\x00" + body_sha256).digest()


def leaf_hashes(of: Iterable[bytes]) -> list[bytes]:
    """The leaves of entries whose bodies have these SHA-256."""
    return [sha256(b"\x00" + body_sha256).digest() for body_sha256 in of]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The node above two others."""
    return sha256(b"\x01" + left + right).digest()


def complete_root(hashes: bytes) -> bytes:
    """The root over a power of two of hashes, one after another: level by level, which is faster than leaf by leaf."""
    pair = 2 * HASH_BYTES
    while len(hashes) > HASH_BYTES:
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + pair]).digest() for at in range(0, len(hashes), pair)])
    return hashes


@dataclass(slots=True)
class Range:
    """A tree that grows at its right edge, known by its complete subtrees alone: as many hashes as its size has binary ones."""

    size: int = 0
    #: (level, hash) of complete subtrees, from left to right; levels fall.
    peaks: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, digest: bytes, level: int = 0) -> None:
        """Append a leaf, or a complete subtree of 2^level leaves. Raises ValueError for a subtree that does not fit there."""
        if self.size % (1 << level):
            raise ValueError(f"a subtree of 2^{level} leaves cannot begin at {self.size}")
        self.size += 1 << level
        while self.peaks and self.peaks[-1][0] == level:
            digest = node_hash(self.peaks.pop()[1], digest)
            level += 1
        self.peaks.append((level, digest))

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        if not self.peaks:
            return EMPTY_ROOT
        digest = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            digest = node_hash(left, digest)
        return digest


def root_at(size: int, node: NodeAt) -> bytes:
    """The root of the first `size` leaves."""
    grown = Range()
    for level, index in subtrees(0, size):
        grown.add(node(level, index), level)
    return grown.root()


def subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """(level, index) of the fewest complete subtrees that cover the leaves from `start` to `end`, excluded, left to right."""
    while start < end:
        level = (start & -start).bit_length() - 1 if start else (end - start).bit_length() - 1
        while start + (1 << level) > end:
            level -= 1
        yield level, start >> level
        start += 1 << level


def inclusion_proof(index: int, size: int, node: NodeAt) -> list[bytes]:
    """Hashes that lead from a leaf to the root of `size` leaves. Raises ValueError for an index outside it."""
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is not in a tree of {size}")
    return _path(index, 0, size, node)


def consistency_proof(old: int, size: int, node: NodeAt) -> list[bytes]:
    """Hashes that show that the tree of `size` leaves begins with the tree of `old`. Raises ValueError."""
    if not 0 < old <= size:
        raise ValueError(f"a tree of {size} cannot be compared with one of {old}")
    return _proof(old, 0, size, node, whole=True)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf stands at `index` in the tree of `size` leaves that has this root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, digest = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            digest = node_hash(sibling, digest)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and digest == root


def verify_consistency(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `size` leaves begins with the one of `old` (RFC 9162, section 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for digest in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(digest, first), node_hash(digest, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, digest)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == root


def _path(index: int, start: int, end: int, node: NodeAt) -> list[bytes]:
    if end - start == 1:
        return []
    split = start + _below(end - start)
    if index < split:
        return [*_path(index, start, split, node), _span(split, end, node)]
    return [*_path(index, split, end, node), _span(start, split, node)]


def _proof(old: int, start: int, end: int, node: NodeAt, *, whole: bool) -> list[bytes]:
    if old == end:
        return [] if whole else [_span(start, end, node)]
    split = start + _below(end - start)
    if old <= split:
        return [*_proof(old, start, split, node, whole=whole), _span(split, end, node)]
    return [*_proof(old, split, end, node, whole=False), _span(start, split, node)]


def _span(start: int, end: int, node: NodeAt) -> bytes:
    """The hash over the leaves from start to end, start a multiple of the largest complete subtree inside."""
    grown: list[bytes] = [node(level, index) for level, index in subtrees(start, end)]
    digest = grown[-1]
    for left in reversed(grown[:-1]):
        digest = node_hash(left, digest)
    return digest


def _below(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1
