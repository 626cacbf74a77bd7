"""What is asked of the journal again and again is found in it, however long it is, and without reading it whole."""

from __future__ import annotations

import pytest

from gateway.audit.entry import EntryKind, entry
from gateway.domain.keys import pseudonym
from gateway.flows.auditing.scope import holder_of
from gateway.store import auditing, journal
from gateway.store.auditing import Choice
from gateway.store.engine import begin, is_postgresql, reading
from gateway.store.tables import FEW_KINDS
from tests.plans import plan_of
from tests.sending.support import Person, add, newsletter, run


@pytest.fixture
def lived(gw):
    """A letter to three people."""
    add(gw, *(Person(email=f"p{n}@exemple.example") for n in range(3)))
    newsletter(gw)
    run(gw)
    return gw


def test_why_a_message_left_is_found_without_reading_the_journal(lived):
    """`gateway message list` asks for the facts of the campaigns it shows: on a million entries it read all of them."""
    with reading(lived.engine) as tx:
        found = list(auditing.of_campaigns(tx, [1], {EntryKind.FACTS}))
    plan = plan_of(lived.engine, lambda tx: list(auditing.of_campaigns(tx, [1], {EntryKind.FACTS})))
    assert {recorded.kind for recorded in found} == {EntryKind.FACTS}
    assert "ix_journal_few" in plan


def test_what_was_erased_is_certified_without_reading_the_journal(lived):
    plan = plan_of(lived.engine, lambda tx: list(auditing.each(tx, Choice(kinds=(EntryKind.ERASURE,)))))
    assert "ix_journal_few" in plan


def test_a_copy_of_somebodys_data_reads_what_the_journal_says_of_her_messages_alone(lived):
    """It is made while she waits, behind a link that she asked for."""
    theirs = Choice(message_ids=(2, 3), kinds=(EntryKind.DECISION,))
    with reading(lived.engine) as tx:
        found = list(auditing.each(tx, theirs))
    assert len(found) == 2
    assert {recorded.kind for recorded in found} == {EntryKind.DECISION}
    plan = plan_of(lived.engine, lambda tx: list(auditing.each(tx, theirs)))
    # SQLite would go from entry to entry, PostgreSQL hold each against somebody's pseudonym.
    assert "PRIMARY KEY" not in plan
    assert "person" not in plan


def test_what_the_journal_says_of_somebody_is_found_without_reading_it_whole(lived):
    """Her personal file took seconds while she waited: on two million entries each question about her read all of them."""
    with begin(lived.engine) as tx:
        contact_id, key = holder_of(tx, lived, "p1@exemple.example")
        messages = auditing.messages_of(tx, contact_id)
        # She answers a letter that had gone to somebody else, who forwarded it to her.
        other = next(one for one in (1, 2, 3) if one not in messages)
        journal.append(tx, [entry(EntryKind.OBJECTION, lived.clock.now(), message_id=other, person=pseudonym(key))])
        every = list(auditing.each(tx, Choice()))
        found = auditing.of_person(tx, pseudonym(key), messages)
    hers = [recorded.id for recorded in every if recorded.person == pseudonym(key)]
    assert found == tuple(hers)
    assert {recorded.kind for recorded in every if recorded.id in found} == {"decision", "hand_over", "objection"}
    assert "ix_journal_person" in plan_of(lived.engine, lambda tx: auditing.of_person(tx, pseudonym(key), ()))
    assert "ix_journal_message_id" in plan_of(lived.engine, lambda tx: auditing.of_person(tx, pseudonym(key), messages))


def test_a_message_is_found_in_the_journal_though_others_were_answered_late(gw):
    """Every block of the journal holds a late answer: of one interval each PostgreSQL read all."""
    with begin(gw.engine) as tx:
        for first in range(1, 20_000, 200):
            hers = [*range(first, first + 200), 1]  # … and somebody answers the first letter of all
            journal.append(tx, [entry(EntryKind.RECEIPT, gw.clock.now(), message_id=message, told="x" * 200) for message in hers])
    assert "ix_journal_message_id" in plan_of(gw.engine, lambda tx: auditing.of_person(tx, "", (10_000,)))
    with begin(gw.engine) as tx:
        if not is_postgresql(tx):
            return  # SQLite's index names each entry
        tx.exec_driver_sql("SELECT brin_summarize_new_values('ix_journal_message_id')")
        tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explained = "EXPLAIN (ANALYZE, FORMAT JSON) SELECT id FROM journal WHERE message_id = 10000"
        (found,) = tx.exec_driver_sql(explained).scalar_one()
        whole = tx.exec_driver_sql("SELECT pg_relation_size('journal') / 8192").scalar_one()
    assert found["Plan"]["Actual Rows"] == 1
    assert found["Plan"]["Lossy Heap Blocks"] < whole / 4


@pytest.mark.parametrize("also", [(), (1, 2)])
def test_entries_known_by_their_numbers_are_fetched_by_them(lived, also):
    """With the facts behind them or without."""
    choice = Choice(numbers=(3, 5), also=also)
    with reading(lived.engine) as tx:
        assert [recorded.id for recorded in auditing.each(tx, choice)] == [*also, 3, 5]
    plan = plan_of(lived.engine, lambda tx: list(auditing.each(tx, choice)))
    assert "(rowid=?)" in plan or "id = ANY" in plan.partition("Index Cond:")[2].partition("Filter:")[0]


def test_no_message_at_all_chooses_nothing(lived):
    """And not everything, as whoever left the question open would get."""
    with reading(lived.engine) as tx:
        assert list(auditing.each(tx, Choice(message_ids=()))) == []


@pytest.mark.parametrize("kinds", [(EntryKind.DECISION,), (EntryKind.FACTS,), (EntryKind.FACTS, EntryKind.DECISION), FEW_KINDS])
def test_each_kind_asked_for_is_found_whether_few_or_many_are_written(lived, kinds):
    with reading(lived.engine) as tx:
        every = [recorded.id for recorded in auditing.each(tx, Choice()) if recorded.kind in kinds]
        assert [recorded.id for recorded in auditing.each(tx, Choice(kinds=kinds))] == every != []
