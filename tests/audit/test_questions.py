"""What is asked of the journal again and again is found in it, however long it is, and without reading it whole."""

from __future__ import annotations

import pytest

from gateway.audit.entry import EntryKind
from gateway.store import auditing
from gateway.store.auditing import Choice
from gateway.store.engine import reading
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


def test_no_message_at_all_chooses_nothing(lived):
    """And not everything, as whoever left the question open would get."""
    with reading(lived.engine) as tx:
        assert list(auditing.each(tx, Choice(message_ids=()))) == []


@pytest.mark.parametrize("kinds", [(EntryKind.DECISION,), (EntryKind.FACTS,), (EntryKind.FACTS, EntryKind.DECISION), FEW_KINDS])
def test_each_kind_asked_for_is_found_whether_few_or_many_are_written(lived, kinds):
    with reading(lived.engine) as tx:
        every = [recorded.id for recorded in auditing.each(tx, Choice()) if recorded.kind in kinds]
        assert [recorded.id for recorded in auditing.each(tx, Choice(kinds=kinds))] == every != []
