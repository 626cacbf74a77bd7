"""Entries of the journal, each with the hashes that lead from it to a signed root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import orjson

from gateway.audit.merkle import inclusion_proof, leaf_hash, root_at, verify_inclusion
from gateway.domain.errors import Conflict
from gateway.store.engine import Connection
from gateway.store.journal import Recorded
from gateway.store.tree import Tree, places


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """An entry and the hashes that lead from it to a signed root."""

    number: int  #: in the database
    index: int  #: in the tree, from 0
    at: datetime
    body: str  #: as it was hashed
    entry: dict[str, object]  #: the same, read
    leaf: str  #: hexadecimal
    proof: list[str]  #: hexadecimal, from the leaf upwards


class Prover:
    """Leads entries to the root of the tree of `size`, some after others; where they all stand is looked up once."""

    def __init__(self, tx: Connection, ids: Sequence[int], size: int) -> None:
        self._size, self._tree = size, Tree(tx, size)
        self._root = root_at(size, self._tree.node)
        self._places = places(tx, ids)

    def proven(self, recorded: Sequence[Recorded]) -> list[Proven]:
        """Some of these entries with the hashes that lead from each to the root; those sealed later are left out.

        Raises Conflict when one does not lead there: what would convince nobody is not handed out.
        """
        return [one for each in recorded if (one := self._one(each)) is not None]

    def _one(self, recorded: Recorded) -> Proven | None:
        index, size = self._places.get(recorded.id), self._size
        if index is None or index >= size:
            return None
        leaf, proof = leaf_hash(sha256(recorded.body).digest()), inclusion_proof(index, size, self._tree.node)
        if not verify_inclusion(leaf, index, size, proof, self._root):
            raise Conflict(
                f"l’entrée {index} du journal (n° {recorded.id}) n’est plus celle qui fut scellée : rien n’est remis ; "
                "lancez `gateway audit verify`"
            )
        return Proven(
            number=recorded.id,
            index=index,
            at=recorded.at,
            body=recorded.body.decode(),
            entry=orjson.loads(recorded.body),
            leaf=leaf.hex(),
            proof=[digest.hex() for digest in proof],
        )


def proven(tx: Connection, recorded: Sequence[Recorded], size: int) -> list[Proven]:
    """A few entries with the hashes that lead from each to the root of the tree of `size`. Raises Conflict as above."""
    return Prover(tx, [one.id for one in recorded], size).proven(recorded)
