"""Entries of the journal, each with the hashes that lead from it to a signed root."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import orjson

from gateway.audit.merkle import inclusion_proof, leaf_hash
from gateway.store.engine import Connection
from gateway.store.journal import Recorded
from gateway.store.tree import Tree, places


def proven(tx: Connection, recorded: Sequence[Recorded], size: int) -> list[dict[str, Any]]:
    """Entries with the hashes that lead from each to the root of the tree of `size`; those sealed later are left out."""
    tree = Tree(tx, size)
    found = places(tx, [one.id for one in recorded])
    proven = []
    for one in recorded:
        index = found.get(one.id)
        if index is None or index >= size:
            continue
        proven.append(
            {
                "number": one.id,
                "index": index,
                "at": one.at,
                "body": one.body.decode(),
                "entry": orjson.loads(one.body),
                "leaf": leaf_hash(sha256(one.body).digest()).hex(),
                "proof": [digest.hex() for digest in inclusion_proof(index, size, tree.node)],
            }
        )
    return proven
