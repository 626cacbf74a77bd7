"""Entries of the journal, each with the hashes that lead from it to a signed root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

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
    entry: dict[str, Any]  #: the same, read
    leaf: str  #: hexadecimal
    proof: list[str]  #: hexadecimal, from the leaf upwards


def proven(tx: Connection, recorded: Sequence[Recorded], size: int) -> list[Proven]:
    """Entries with the hashes that lead from each to the root of the tree of `size`; those sealed later are left out.

    Raises Conflict when one does not lead there: what would convince nobody is not handed out.
    """
    tree = Tree(tx, size)
    root = root_at(size, tree.node)
    found = places(tx, [one.id for one in recorded])
    proven = []
    for one in recorded:
        index = found.get(one.id)
        if index is None or index >= size:
            continue
        leaf, proof = leaf_hash(sha256(one.body).digest()), inclusion_proof(index, size, tree.node)
        if not verify_inclusion(leaf, index, size, proof, root):
            raise Conflict(
                f"l’entrée {index} du journal (n° {one.id}) n’est plus celle qui fut scellée : rien n’est remis ; "
                "lancez `gateway audit verify`"
            )
        proven.append(
            Proven(
                number=one.id,
                index=index,
                at=one.at,
                body=one.body.decode(),
                entry=orjson.loads(one.body),
                leaf=leaf.hex(),
                proof=[digest.hex() for digest in proof],
            )
        )
    return proven
