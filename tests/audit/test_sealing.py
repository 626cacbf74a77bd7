"""The journal is sealed as it grows: nothing committed is left out, whatever the order of commits."""

from __future__ import annotations

import errno
import gc
import threading
import weakref
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, text, update

from gateway.audit.checkpoint import read_checkpoint
from gateway.audit.entry import EntryKind, entry
from gateway.audit.merkle import Range, complete_root, inclusion_proof, leaf_hash, root_at, verify_consistency, verify_inclusion
from gateway.audit.merkle import consistency_proof as consistent
from gateway.domain.errors import Conflict
from gateway.flows import sealing as flow
from gateway.flows.auditing import Scope, export, verify_store
from gateway.flows.auditing.verifier import verifier
from gateway.flows.checking import Standing, seal_line
from gateway.store import journal, sealing, tables, tree
from gateway.store.engine import begin, reading
from tests.plans import plan_of
from tests.sending.support import installation


def write(gw, count, start=0):
    with begin(gw.engine) as tx:
        journal.append(tx, [entry(EntryKind.OPERATOR, gw.clock.now(), act="tested", number=start + n) for n in range(count)])


def sealed_leaves(gw):
    """The tree's leaves with the ids they stand for."""
    with reading(gw.engine) as tx:
        size = sealing.progress(tx).size
        found = [
            (number, hashes[at * 32 : at * 32 + 32])
            for _, ids, hashes in tree.tiles(tx, 0, -(-size // tree.TILE_HASHES))
            for at, number in enumerate(ids)
        ]
    assert len(found) == size
    return found


def stored(gw):
    with reading(gw.engine) as tx:
        return {row[0]: leaf_hash(bytes(row[1])) for row in tx.execute(select(tables.journal.c.id, tables.journal.c.sha256))}


def test_everything_committed_is_sealed_once_and_the_checkpoint_is_signed(gw):
    for count in (1, 300, 5, 700):
        write(gw, count)
        flow.seal(gw)
    leaves = sealed_leaves(gw)
    assert dict(leaves) == stored(gw) and len(leaves) == len(stored(gw))
    grown = Range()
    for _, leaf in leaves:
        grown.add(leaf)
    with reading(gw.engine) as tx:
        latest = sealing.latest_checkpoint(tx)
    assert latest is not None and (latest.size, latest.root) == (len(leaves), grown.root())
    checkpoint, key = read_checkpoint(latest.note, flow.verify_keys(gw))
    assert key is not None and (checkpoint.size, checkpoint.root) == (latest.size, latest.root)
    assert flow.seal(gw) == 0


@pytest.mark.parametrize("waiting", [3, 7, 10])
def test_a_seal_ends_though_more_is_written_all_the_time(gw, monkeypatch, waiting):
    """As while a campaign leaves: whoever asked for a checkpoint, or an export, waited until the campaign was over."""
    flow.seal(gw)
    step, steps = flow._step, []

    def goes_on(*given):
        found = step(*given)
        steps.append(found)
        assert len(steps) < 20, "it follows whoever writes, for ever"
        write(gw, 2)
        return found

    monkeypatch.setattr(flow, "_AT_ONCE", 5)
    monkeypatch.setattr(flow, "_step", goes_on)
    write(gw, waiting)
    before = set(stored(gw))
    flow.seal(gw)
    assert before <= set(dict(sealed_leaves(gw)))


def test_what_a_seal_held_is_free_when_it_is_over_without_waiting_for_the_collector(gw, monkeypatch):
    """Of a million entries that wait, each ten thousand are one seal: memory must not grow with them."""
    write(gw, 700)
    trees = []

    class Watched(tree.Tree):
        def __init__(self, tx, size):
            super().__init__(tx, size)
            trees.append(weakref.ref(self))

    monkeypatch.setattr(flow, "Tree", Watched)
    gc.disable()
    try:
        assert flow.seal(gw) > 0
        assert trees and [one() for one in trees] == [None] * len(trees)
    finally:
        gc.enable()


def test_hashes_of_an_odd_length_are_sealed_as_they_stand_and_named_by_whoever_verifies(gw):
    """Put there behind the back of the gateway, they must shift none of their neighbours."""
    flow.seal(gw)
    write(gw, 300)
    j = tables.journal.c
    with begin(gw.engine) as tx:
        first, second = tx.execute(select(j.id).order_by(j.id.desc()).limit(2)).scalars()
        tx.execute(update(tables.journal).where(j.id == first).values(sha256=b"\1" * 31))
        tx.execute(update(tables.journal).where(j.id == second).values(sha256=b"\2" * 33))
    flow.seal(gw)
    assert dict(sealed_leaves(gw)) == stored(gw)
    fault = verify_store(gw).fault
    assert (fault.what, fault.index) == ("changed", len(stored(gw)) - 2)


def test_proofs_come_from_a_few_tiles(gw):
    write(gw, 1000)
    flow.seal(gw)
    with reading(gw.engine) as tx:
        size, (first, *_) = sealing.progress(tx).size, sealing.checkpoints(tx)
    write(gw, 1700)
    flow.seal(gw)
    with reading(gw.engine) as tx:
        latest = sealing.latest_checkpoint(tx)
        assert latest is not None
        grown = tree.Tree(tx, latest.size)
        leaves = stored(gw)
        for number, index in tree.places(tx, [*leaves, 10**9]).items():
            if index % 97:
                continue
            leaf = leaves[number]
            proof = inclusion_proof(index, latest.size, grown.node)
            assert verify_inclusion(leaf, index, latest.size, proof, latest.root)
        proof = consistent(size, latest.size, grown.node)
        assert verify_consistency(first.size, first.root, latest.size, latest.root, proof)


def test_entries_at_both_ends_of_the_tree_are_found_without_opening_all_between(gw, monkeypatch):
    """Somebody who signed up years ago and objects today: her proofs asked for the whole tree."""
    write(gw, 1700)
    flow.seal(gw)
    known, opened, unpacked = sorted(stored(gw)), [], tree.unpacked

    def noted(ids):
        opened.append(ids)
        return unpacked(ids)

    monkeypatch.setattr(tree, "unpacked", noted)
    with reading(gw.engine) as tx:
        assert tree.places(tx, [known[-1], known[0], known[1]]) == {known[0]: 0, known[1]: 1, known[-1]: len(known) - 1}
        assert len(opened) == 2
        assert tree.places(tx, known[::300]) == {number: at for at, number in enumerate(known) if at % 300 == 0}


def test_a_tree_with_a_third_level_of_tiles_has_the_root_of_its_leaves(gw):
    """256 × 256 entries, and a few more: the campaigns of a small town."""
    leaves = [(number, leaf_hash(number.to_bytes(32, "big"))) for number in range(65_536 + 300)]
    grown = Range()
    for _, leaf in leaves:
        grown.add(leaf)
    for first, last in ((0, 40_000), (40_000, len(leaves))):
        with begin(gw.engine) as tx:
            made = tree.Tree(tx, first)
            made.grow(leaves[first:last])
            made.write(tx)
    with reading(gw.engine) as tx:
        assert tx.execute(select(func.max(tables.journal_tile.c.level))).scalar_one() == 2  # counted from 0
        assert root_at(len(leaves), tree.Tree(tx, len(leaves)).node) == grown.root()


def test_a_step_of_a_seal_reads_no_more_than_it_seals_however_much_waits(postgresql_url, clock, tmp_path):
    """Statistics of a journal that grows are always old: PostgreSQL must not sort all that waits, and read it, for each step."""
    with installation(postgresql_url, clock, tmp_path) as gw:
        flow.seal(gw)
        write(gw, 3_000)
        with reading(gw.engine) as tx:
            known = sealing.progress(tx)
            assert len(sealing.unsealed(tx, known, 100).entries) == 100
            counted = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'journal'"
            assert tx.exec_driver_sql(counted).scalar_one() < 110


def test_a_transaction_that_commits_late_is_sealed_after_those_it_began_before(postgresql_url, clock, tmp_path):
    with installation(postgresql_url, clock, tmp_path) as gw:
        flow.seal(gw)
        with begin(gw.engine) as slow:
            journal.append(slow, [entry(EntryKind.OPERATOR, clock.now(), act="slow")])
            write(gw, 3)
            assert flow.seal(gw) == 3
            for _ in range(5):  # however often it looks, a gap stays open while its transaction lives
                flow.seal(gw)
            with reading(gw.engine) as tx:
                assert len(sealing.progress(tx).gaps) == 1
        assert flow.seal(gw) == 1
        assert dict(sealed_leaves(gw)) == stored(gw)
        with reading(gw.engine) as tx:
            assert sealing.progress(tx).gaps == () and sealing.waiting(tx, sealing.progress(tx)) == 0


def test_a_transaction_that_was_given_up_leaves_a_gap_that_closes(postgresql_url, clock, tmp_path):
    with installation(postgresql_url, clock, tmp_path) as gw:
        flow.seal(gw)
        with pytest.raises(RuntimeError), begin(gw.engine) as tx:
            journal.append(tx, [entry(EntryKind.OPERATOR, clock.now(), act="never")])
            raise RuntimeError
        for _ in range(4):
            write(gw, 1)
            flow.seal(gw)
        with reading(gw.engine) as tx:
            assert sealing.progress(tx).gaps == ()
        assert dict(sealed_leaves(gw)) == stored(gw)


def _number(tx):
    """A number of the journal, drawn before its transaction is known as one that writes."""
    return tx.execute(text("SELECT nextval(pg_get_serial_sequence('journal', 'id'))")).scalar_one()


def test_a_number_drawn_before_its_transaction_is_known_is_waited_for_a_second_time(postgresql_url, clock, tmp_path):
    """PostgreSQL names a transaction only as it first writes: at the first look nothing tells that it still may."""
    with installation(postgresql_url, clock, tmp_path) as gw:
        flow.seal(gw)
        slow = gw.engine.connect()
        drawn = _number(slow)
        write(gw, 1)
        for looks in (0, 1):
            flow.seal(gw)
            with reading(gw.engine) as tx:
                assert [gap.looks for gap in sealing.progress(tx).gaps] == [looks]
        told = entry(EntryKind.OPERATOR, clock.now(), act="late")
        row = {"id": drawn, "kind": told.kind, "at": told.at, "body": told.body, "sha256": told.sha256}
        slow.execute(insert(tables.journal).values(row))
        slow.commit()
        slow.close()
        for _ in range(4):
            flow.seal(gw)
        assert drawn in dict(sealed_leaves(gw)) and dict(sealed_leaves(gw)) == stored(gw)


def test_a_gap_that_fills_with_more_than_one_step_takes_is_sealed_to_its_end(postgresql_url, clock, tmp_path, monkeypatch):
    monkeypatch.setattr(flow, "_AT_ONCE", 2)
    with installation(postgresql_url, clock, tmp_path) as gw:
        flow.seal(gw)
        with begin(gw.engine) as slow:
            told = [entry(EntryKind.OPERATOR, clock.now(), act="late", number=number) for number in range(9)]
            journal.append(slow, told)
            write(gw, 1)
            flow.seal(gw)
        for _ in range(3):
            flow.seal(gw)
        assert dict(sealed_leaves(gw)) == stored(gw)


@examples(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=12))
def test_whatever_the_order_nothing_is_left_out_or_sealed_twice(gw, order):
    for count, seals in order:
        write(gw, count)
        if seals:
            flow.seal(gw)
    flow.seal(gw)
    leaves = sealed_leaves(gw)
    assert dict(leaves) == stored(gw) and len({number for number, _ in leaves}) == len(leaves)


def test_writers_and_two_sealers_at_once_end_with_one_whole_tree(gw):
    flow.seal(gw)
    writers = [threading.Thread(target=lambda n=n: [write(gw, 7, n * 1000 + i) for i in range(25)]) for n in range(3)]
    done = threading.Event()

    def keep_sealing():
        while not done.is_set():
            flow.seal(gw)

    sealers = [threading.Thread(target=keep_sealing) for _ in range(2)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    for _ in range(3):
        flow.seal(gw)
    leaves = sealed_leaves(gw)
    assert dict(leaves) == stored(gw) and len(leaves) == len(stored(gw))


def test_the_key_is_made_once_and_kept_from_others(gw):
    write(gw, 1)
    flow.seal(gw)
    (key,) = flow.verify_keys(gw)
    path = flow.key_path(gw)
    assert path.stat().st_mode & 0o777 == 0o600
    path.rename(path.with_name("elsewhere"))
    write(gw, 1)
    assert flow.seal(gw) == 0  # a process without the key leaves sealing to the one that has it
    assert not path.exists()
    path.with_name("elsewhere").rename(path)
    assert flow.seal(gw) == 1
    assert flow.verify_keys(gw) == [key]


@pytest.mark.parametrize("sealed", [False, True])
def test_a_disk_that_is_full_while_a_key_is_written_leaves_no_half_of_one_and_no_journal_without(gw, monkeypatch, sealed):
    """An empty key file was taken for a key that cannot be read, and a rotation had moved the present one away."""
    write(gw, 1)
    if sealed:
        flow.seal(gw)
    path = flow.key_path(gw)
    before = path.read_bytes() if sealed else None

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(Conflict, match="le disque est plein"):
        patch.setattr("gateway.flows.sealing.os.fsync", full)
        flow.rotate_key(gw, by="Claire", why="once a year") if sealed else flow.seal(gw)
    assert (path.read_bytes() if path.exists() else None) == before
    write(gw, 1)
    assert flow.seal(gw) and verify_store(gw).holds


def test_a_journal_keeps_its_name_and_goes_on_when_the_campaign_moves_to_another_address(gw, clock, tmp_path):
    write(gw, 1)
    flow.seal(gw)
    (key,) = flow.verify_keys(gw)
    moved = {"public_url": "https://valbrume.example"}
    with installation(gw.settings.database.url, clock, gw.settings.var_dir, web=moved) as elsewhere:
        write(elsewhere, 1)
        assert flow.seal(elsewhere) == 1
        assert flow.origin(elsewhere, flow.key_history(elsewhere)) == key.name
        new = flow.rotate_key(elsewhere, by="Claire", why="once a year")
        export(elsewhere, tmp_path / "all.zip", Scope(), by="Claire")
    assert new.name == key.name
    tool = verifier()
    assert tool.verify(str(tmp_path / "all.zip"), tool.read_key(str(new))).fault is None


def test_a_rotated_key_is_vouched_for_by_the_old_one(gw):
    write(gw, 3)
    flow.seal(gw)
    (old,) = flow.verify_keys(gw)
    write(gw, 2)
    new = flow.rotate_key(gw, by="Claire", why="once a year")
    assert flow.verify_keys(gw) == [new, old]
    with reading(gw.engine) as tx:
        *_, before, rotated = sealing.checkpoints(tx)
        latest = sealing.latest_checkpoint(tx)
    assert latest is not None and before.size == latest.size - 1 == rotated.size - 1
    assert read_checkpoint(before.note, [new])[1] is None, "what was there is the old key's"
    assert read_checkpoint(latest.note, [old])[1] == old and read_checkpoint(latest.note, [new])[1] == new
    write(gw, 1)
    flow.seal(gw)
    with reading(gw.engine) as tx:
        latest = sealing.latest_checkpoint(tx)
        assert latest is not None and read_checkpoint(latest.note, [old])[1] is None
        events = flow.key_events(tx)
    assert [(event.act, event.why) for event in events] == [("created", None), ("rotated", "once a year")]


def test_a_lost_key_is_revoked_and_the_new_one_stands_alone(gw):
    write(gw, 1)
    flow.seal(gw)
    (old,) = flow.verify_keys(gw)
    flow.key_path(gw).unlink()
    with pytest.raises(Conflict, match="remettez-la, ou révoquez-la"):
        flow.rotate_key(gw, by="Claire", why="lost")
    new = flow.rotate_key(gw, by="Claire", why="lost", trusted=False)
    with reading(gw.engine) as tx:
        latest, events = sealing.latest_checkpoint(tx), flow.key_events(tx)
    assert latest is not None
    assert read_checkpoint(latest.note, [new, old])[1] == new and events[-1].act == "revoked"


def test_a_damaged_key_is_named_by_its_file_and_seals_nothing(gw):
    """Put back half from a backup: "this is no private key" told nobody which file to put back."""
    write(gw, 2)
    flow.seal(gw)
    path = flow.key_path(gw)
    path.write_bytes(path.read_bytes()[:60])
    write(gw, 1)
    with pytest.raises(Conflict, match=r"journal\.pem : .*sauvegarde"):
        flow.seal(gw)


def test_a_journal_without_its_tail_no_longer_fits_its_checkpoint(gw):
    write(gw, 10)
    flow.seal(gw)
    with begin(gw.engine) as tx:
        last = tx.execute(select(tables.journal.c.id).order_by(tables.journal.c.id.desc()).limit(1)).scalar_one()
        tx.execute(delete(tables.journal).where(tables.journal.c.id == last))
    assert set(dict(sealed_leaves(gw))) - set(stored(gw)) == {last}


def test_keys_are_found_without_reading_the_journal(gw):
    """They are asked for at each seal, every two seconds: whatever the journal holds besides must cost nothing."""
    flow.seal(gw)
    write(gw, 20)
    flow.rotate_key(gw, by="Claire", why="once a year")
    with reading(gw.engine) as tx:
        assert [recorded.kind for recorded in journal.of_keys(tx)] == ["key", "key"]
    assert "ix_journal_few" in plan_of(gw.engine, journal.of_keys)


@pytest.mark.parametrize("bent", ["leaf", "tail"])
def test_a_tree_that_was_bent_is_never_signed(gw, bent):
    """By somebody with the database and without the key: the ticker would have vouched for the forgery within seconds."""
    write(gw, 300)
    flow.seal(gw)
    t = tables.journal_tile
    with begin(gw.engine) as tx:
        first = (t.c.level == 0, t.c.number == 0)
        hashes, ids = tx.execute(select(t.c.hashes, t.c.ids).where(*first)).one()
        if bent == "leaf":
            tx.execute(update(t).where(*first).values(hashes=hashes[:32] + bytes(32) + hashes[64:]))
            tx.execute(delete(t).where(t.c.level == 1))
            upper = complete_root(hashes[:32] + bytes(32) + hashes[64:])
            tx.execute(insert(t).values(level=1, number=0, hashes=upper))
        else:
            tx.execute(delete(t).where(t.c.number > 0))
            tx.execute(update(t).where(*first).values(hashes=hashes[: 32 * 100], ids=ids[: 8 * 100]))
            tx.execute(delete(t).where(t.c.level > 0))
            tx.execute(update(tables.journal_seal).values(size=100))
    write(gw, 1)
    before = flow.latest_note(gw)
    why = "ne continue pas le point de contrôle signé de 302" if bent == "leaf" else "n’est pas celui de ses 100"
    with pytest.raises(Conflict, match=f"{why} entrées.*rien n’est scellé"):
        flow.seal(gw)
    assert flow.latest_note(gw) == before


@pytest.mark.parametrize(
    "gaps", ["", "7", '[["a", "b", 0]]', "[[1]]", f"[[1, {10**30}, 0]]", pytest.param("[" * 9999, id="deep")]
)
def test_how_far_was_sealed_changed_by_hand_is_told_and_nothing_is_signed_after_it(gw, gaps):
    write(gw, 3)
    flow.seal(gw)
    with begin(gw.engine) as tx:
        tx.execute(update(tables.journal_seal).values(gaps=gaps))
    fault = verify_store(gw).fault
    assert fault is not None and fault.what == "checkpoint" and "journal_seal" in fault.detail
    line = seal_line(gw)
    assert (line.standing, line.todo) == (Standing.ADVISED, fault.detail)
    with pytest.raises(Conflict, match="journal_seal"):
        flow.seal(gw)


def test_a_journal_that_is_no_longer_sealed_is_told_by_the_checklist(gw, clock):
    write(gw, 3)
    assert seal_line(gw).standing is Standing.READY
    clock.advance(timedelta(minutes=6))
    line = seal_line(gw)
    assert line.standing is Standing.ADVISED and "gateway audit verify" in line.todo
    flow.seal(gw)
    assert seal_line(gw).standing is Standing.READY


@pytest.mark.parametrize("trusted", [True, False], ids=["rotated", "revoked"])
def test_a_ticker_that_was_about_to_seal_does_not_sign_the_change_of_the_key_with_the_old_one(gw, monkeypatch, trusted):
    """It had read the old key; a stolen one that goes on signing, or a new one nobody vouches for, is what a change must end."""
    flow.seal(gw)
    step, old = flow._step, flow._signing_key(gw)
    assert old is not None
    seen = []

    def and_the_ticker_first(gateway, keys):
        seen.append(step(gateway, [old]))
        return step(gateway, keys)

    with monkeypatch.context() as patched:
        patched.setattr(flow, "seal", lambda _: 0)  # what comes before the change
        patched.setattr(flow, "_step", and_the_ticker_first)
        new = flow.rotate_key(gw, by="Claire", why="essai", trusted=trusted)
    note = flow.latest_note(gw)
    assert read_checkpoint(note, [new])[1] == new and seen[0] == 0
    assert (read_checkpoint(note, [old.verify_key])[1] is not None) is trusted
