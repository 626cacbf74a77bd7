"""The tree, against the definition of RFC 6962 written out naively."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.merkle import (
    EMPTY_ROOT,
    Range,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_at,
    subtrees,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(sha256(str(number).encode()).digest()) for number in range(300)]


@cache
def defined(start: int, end: int) -> bytes:
    """MTH(D[start:end]) as the RFC writes it."""
    if start == end:
        return sha256(b"").digest()
    if end - start == 1:
        return LEAVES[start]
    k = 1
    while k * 2 < end - start:
        k *= 2
    return sha256(b"\x01" + defined(start, start + k) + defined(start + k, end)).digest()


def node(level: int, index: int) -> bytes:
    return defined(index << level, (index + 1) << level)


def test_a_leaf_is_the_hash_of_zero_and_the_hash_of_the_body():
    assert leaf_hash(b"x" * 32) == sha256(b"\x00" + b"x" * 32).digest()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 100, 255, 256, 257, 300])
def test_the_root_is_that_of_the_definition_however_it_is_reached(size):
    grown = Range()
    for leaf in LEAVES[:size]:
        grown.add(leaf)
    assert grown.root() == root_at(size, node) == defined(0, size)
    assert len(grown.peaks) == size.bit_count()
    assert defined(0, 0) == EMPTY_ROOT


@given(st.integers(1, 300), st.data())
def test_each_entry_has_its_proof_and_no_other_place(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(index, size, node), defined(0, size)
    assert verify_inclusion(LEAVES[index], index, size, proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index) if size > 1 else st.just(size))
    assert not verify_inclusion(LEAVES[index], other, size, proof, root)
    assert not verify_inclusion(LEAVES[(index + 1) % 300], index, size, proof, root)
    assert not verify_inclusion(LEAVES[index], index, size, [*proof, b"x" * 32], root)
    assert not proof or not verify_inclusion(LEAVES[index], index, size, proof[:-1], root)


@given(st.integers(1, 300), st.data())
def test_a_tree_that_only_grew_shows_it_and_one_that_did_not_cannot(size, data):
    old = data.draw(st.integers(1, size))
    proof = consistency_proof(old, size, node)
    assert verify_consistency(old, defined(0, old), size, defined(0, size), proof)
    assert not verify_consistency(old, sha256(b"other").digest(), size, defined(0, size), proof)
    assert not verify_consistency(old, defined(0, old), size, sha256(b"other").digest(), proof)
    if proof:
        assert not verify_consistency(old, defined(0, old), size, defined(0, size), [*proof[:-1], b"x" * 32])


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_stretch_is_covered_once_by_complete_subtrees(one, two):
    start, end = sorted((one, two))
    covered = [leaf for level, index in subtrees(start, end) for leaf in range(index << level, (index + 1) << level)]
    assert covered == list(range(start, end))


def test_omitted_subtrees_stand_for_their_leaves():
    whole, partial = Range(), Range()
    for leaf in LEAVES[:200]:
        whole.add(leaf)
    for level, index in subtrees(0, 97):
        partial.add(node(level, index), level)
    partial.add(LEAVES[97])
    for level, index in subtrees(98, 200):
        partial.add(node(level, index), level)
    assert partial.root() == whole.root()
    with pytest.raises(ValueError, match="cannot begin at 200"):
        partial.add(LEAVES[0], 4)


@pytest.mark.parametrize(("index", "size"), [(5, 5), (-1, 5), (0, 0)])
def test_what_is_outside_the_tree_has_no_proof(index, size):
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_proof(index, size, node)
    assert not verify_inclusion(LEAVES[0], index, size, [], EMPTY_ROOT)
    with pytest.raises(ValueError, match="cannot be compared"):
        consistency_proof(size + 1, size, node)
    for old in (0, -1, size + 1):
        assert not verify_consistency(old, EMPTY_ROOT, size, EMPTY_ROOT, [LEAVES[0]])
