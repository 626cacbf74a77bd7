"""Somebody changes the rows of the tree in the database: what looks entries up, and what proofs climb through, is told too."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, select, text, update

from gateway.audit.merkle import root_at
from gateway.domain.errors import Conflict
from gateway.flows import auditing, sealing
from gateway.flows.auditing import Scope, tiles, whole
from gateway.store.engine import begin, reading
from gateway.store.sealing import progress
from gateway.store.tables import checkpoint, journal_seal, journal_tile
from gateway.store.tables import journal as table
from gateway.store.tree import TILE_HASHES, Tree
from tests.audit.forging import write

LEAVES, ABOVE = journal_tile.c.level == 0, journal_tile.c.level == 1


@pytest.fixture(autouse=True)
def _sealed(gw):
    write(gw, 2 * TILE_HASHES + 9)
    assert auditing.verify_store(gw).holds


def altered(gw, statement):
    with begin(gw.engine) as tx:
        assert tx.execute(statement).rowcount in (1, -1)
    return auditing.verify_store(gw).fault


@pytest.mark.parametrize("column", ["first_id", "last_id"])
def test_a_tile_that_hides_its_entries_from_a_dossier_is_named(gw, column):
    """Looked for by number they were not found, and left out of her file as if they had not been sealed yet."""
    first = (LEAVES, journal_tile.c.number == 0)
    fault = altered(gw, update(journal_tile).where(*first).values({column: 10**9 if column == "first_id" else 0}))
    assert fault.what == "root" and "row 0 of level 0" in fault.detail and "la ligne 0 du niveau 0" in fault.detail.fr


@pytest.mark.parametrize("level", [0, 1])
def test_hashes_beyond_those_of_the_tree_are_named(gw, level):
    with reading(gw.engine) as tx:
        last = tx.execute(
            select(journal_tile.c.number, journal_tile.c.hashes)
            .where(journal_tile.c.level == level)
            .order_by(journal_tile.c.number.desc())
            .limit(1)
        ).one()
    there = (journal_tile.c.level == level, journal_tile.c.number == last.number)
    fault = altered(gw, update(journal_tile).where(*there).values(hashes=last.hashes + bytes(32)))
    assert fault.what == "root" and f"row {last.number} of level {level}" in fault.detail


@pytest.mark.parametrize("where", [(LEAVES, journal_tile.c.number == 1), (ABOVE,)], ids=["leaves", "above"])
def test_a_row_that_is_gone_is_named_not_stumbled_over(gw, where):
    fault = altered(gw, delete(journal_tile).where(*where))
    assert fault is not None and (fault.what, fault.index) in {("root", None), ("truncated", TILE_HASHES + 9)}


def test_a_row_put_beside_the_tree_is_told(gw):
    stray = {"level": 3, "number": 7, "hashes": bytes(32), "ids": None, "first_id": None, "last_id": None}
    fault = altered(gw, insert(journal_tile).values(stray))
    assert fault.what == "root" and "there are 5 rows" in fault.detail


def test_a_root_changed_beside_its_signed_note_makes_nobody_sign_a_tree_that_was_bent(gw):
    """Sealing held the tree against a column that nobody signed: bent along with it, the next checkpoint was signed."""
    with begin(gw.engine) as tx:
        hashes = tx.execute(select(journal_tile.c.hashes).where(LEAVES, journal_tile.c.number == 2)).scalar_one()
        forged = bytes(32) + hashes[32:]
        tx.execute(update(journal_tile).where(LEAVES, journal_tile.c.number == 2).values(hashes=forged))
        size = progress(tx).size
        root = root_at(size, Tree(tx, size).node)
        tx.execute(update(checkpoint).where(checkpoint.c.size == size).values(root=root))
    with pytest.raises(Conflict, match="ne continue pas"):
        write(gw, 1)


@pytest.mark.parametrize(
    "values",
    [{"root": bytes(32)}, {"at": datetime(2026, 1, 1, tzinfo=UTC)}],
    ids=["root", "instant"],
)
def test_a_column_beside_a_signed_note_that_says_something_else_is_named(gw, values):
    with reading(gw.engine) as tx:
        size = progress(tx).size
    fault = altered(gw, update(checkpoint).where(checkpoint.c.size == size).values(values))
    assert (fault.what, fault.index) == ("checkpoint", size) and "beside" in fault.detail


@pytest.mark.parametrize("written", ["x", "null", "3"])
def test_what_stands_beside_a_checkpoint_and_cannot_be_read_is_a_sentence_not_a_traceback(gw, written):
    with pytest.raises(Conflict, match="ne se lit plus"):
        altered(gw, update(checkpoint).where(checkpoint.c.size == 523).values(witnesses=written))
    with pytest.raises(Conflict, match="ne se lit plus"):
        sealing.latest_note(gw)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("column", ["body", "at"])
def test_a_value_of_a_kind_that_no_row_has_is_a_sentence_not_a_traceback(gw, column):
    """SQLite lets a column hold anything; PostgreSQL keeps columns to their kinds."""
    with pytest.raises(Conflict, match="ne se lit plus"):
        altered(gw, text(f"UPDATE journal SET {column} = 'x' WHERE id = 9"))
    if column == "at":
        with pytest.raises(Conflict, match="ne se lit plus"):
            auditing.replay(gw, Scope())


def test_a_journal_told_to_seal_again_what_is_sealed_is_found(gw):
    fault = altered(gw, update(journal_seal).values(seen_id=300))
    assert fault.what == "checkpoint" and "up to 300" in fault.detail and "jusqu’au n° 300" in fault.detail.fr


def test_a_journal_told_that_numbers_to_come_were_sealed_is_found(gw):
    """What is written next would have been passed over, and never sealed."""
    with reading(gw.engine) as tx:
        seen = progress(tx).seen_id
    fault = altered(gw, update(journal_seal).values(seen_id=seen + 5))
    assert fault.what == "checkpoint" and f"up to {seen + 5}" in fault.detail


def test_a_hash_beside_sealed_bytes_that_is_not_theirs_is_named(gw):
    """Whoever sealed anew from the hashes would have had another tree."""
    fault = altered(gw, update(table).where(table.c.id == 9).values(sha256=bytes(32)))
    assert fault.what == "changed" and "sha256" in fault.detail


def test_the_line_that_tells_how_far_was_sealed_is_the_one_and_no_other(gw):
    """A second one, with a smaller number, was read in its stead, and never moved on."""
    altered(gw, insert(journal_seal).values(id=-5, size=3, seen_id=3, gaps="[]"))
    assert auditing.verify_store(gw).holds
    write(gw, 2)
    assert auditing.verify_store(gw).size == 2 * TILE_HASHES + 13


def test_a_checkpoint_filed_below_all_sizes_is_named(gw):
    with reading(gw.engine) as tx:
        size = progress(tx).size
    write(gw, 1)
    fault = altered(gw, update(checkpoint).where(checkpoint.c.size == size).values(size=-7))
    assert (fault.what, fault.index) == ("checkpoint", -7)


@pytest.mark.parametrize("value", [b"\xff\xfe", b"[]", bytes(8)])
@pytest.mark.parametrize("column", ["ids", "hashes"])
def test_bytes_that_no_tile_has_are_named(gw, column, value):
    fault = altered(gw, update(journal_tile).where(LEAVES, journal_tile.c.number == 1).values({column: value}))
    assert fault is not None and "Traceback" not in fault.detail


def test_entries_sealed_while_somebody_verifies_are_no_forgery(gw, monkeypatch):
    """A team that writes day and night verifies at noon: on PostgreSQL the tree had grown when its rows were counted."""
    looked, before = tiles.bent, auditing.verify_store(gw).size

    def meanwhile(tx, size):
        write(gw, 2 * TILE_HASHES)
        return looked(tx, size)

    monkeypatch.setattr(whole, "bent", meanwhile)
    report = auditing.verify_store(gw)
    assert (report.holds, report.size) == (True, before)
    monkeypatch.undo()
    assert auditing.verify_store(gw).size == before + 2 * TILE_HASHES
