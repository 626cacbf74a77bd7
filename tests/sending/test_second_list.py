"""Objections a second time beside the database: whoever said no after the backup that was put back is not written to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update

from gateway.domain.channel import Medium
from gateway.domain.keys import LinkScope
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionCause, SuppressionKind
from gateway.flows import secondlist
from gateway.flows.campaigning import launching
from gateway.flows.gateway import Gateway
from gateway.flows.listening import object_by_link
from gateway.flows.sending.absence import ask_after_absence
from gateway.store import suppressions, tables
from gateway.store.engine import begin, is_postgresql, reading
from gateway.store.suppressions import Suppression
from tests.clock import ManualClock
from tests.sending.support import Person, RecordingChannel, add, digest, installation, journal_of, newsletter, run
from tests.sending.test_absence import as_of_a_backup
from workers.jobs import EVERY_JOB, SECOND_LIST

LEA, MEHDI, NOE = "lea@exemple.example", "mehdi@exemple.example", "noe@exemple.example"


@pytest.fixture
def channel() -> RecordingChannel:
    return RecordingChannel()


@pytest.fixture
def gw(database_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel) -> Iterator[Gateway]:
    """Three people who have had a letter."""
    with installation(database_url, clock, tmp_path, channel=channel) as made:
        add(made, *(Person(email=email) for email in (LEA, MEHDI, NOE)))
        newsletter(made)
        run(made)
        channel.handed.clear()
        yield made


def clicks(gw: Gateway, email: str, *, every_medium: bool = False) -> None:
    """She unsubscribes by the link of her letter, and the ticker has its turn."""
    token = gw.keys.link_token(LinkScope.OBJECT, 1, digest(gw, email))
    object_by_link(gw, token, cause=SuppressionCause.UNSUBSCRIBE_LINK, every_medium=every_medium)
    secondlist.note(gw)


def put_back_as_before(gw: Gateway, clock: ManualClock, *emails: str, sealed: bool = True) -> None:
    """The database is one in which these had said nothing yet."""
    with begin(gw.engine) as tx:
        tx.execute(delete(tables.suppression).where(tables.suppression.c.digest.in_([digest(gw, one) for one in emails])))
        tx.execute(update(tables.consent).values(state="granted"))
        left = tx.execute(select(func.max(tables.suppression.c.seq))).scalar_one()
        if is_postgresql(tx):
            sequence = func.pg_get_serial_sequence("suppression", "seq")
            tx.execute(select(func.setval(sequence, left or 1, left is not None)))
        else:
            tx.execute(text("UPDATE sqlite_sequence SET seq = :left WHERE name = 'suppression'"), {"left": left or 0})
    if sealed:
        as_of_a_backup(gw, clock)


def listed(gw: Gateway, email: str) -> list[tuple[str, SuppressionCause]]:
    with reading(gw.engine) as tx:
        return [(one.medium, one.cause) for one in suppressions.of_digest(tx, digest(gw, email))]


def test_whoever_clicked_after_the_backup_gets_nothing_of_what_leaves_after_it_was_put_back(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """Her click has left no copy elsewhere: she was written to again, and had to click a second time."""
    clicks(gw, MEHDI)
    said_at = clock.now() + timedelta(minutes=5)
    clock.set(said_at)
    clicks(gw, LEA)
    put_back_as_before(gw, clock, LEA)
    ask_after_absence(gw)
    newsletter(gw, name="la-suite")
    run(gw)
    assert channel.recipients == [NOE]
    assert listed(gw, LEA) == [("email", SuppressionCause.UNSUBSCRIBE_LINK)]
    with reading(gw.engine) as tx:
        assert suppressions.objected_at(tx, digest(gw, LEA), "email") == said_at
    (_, _, again) = journal_of(gw, "objection")  # Mehdi's, hers, and hers as it was taken in again
    assert again["cause"] == "unsubscribe_link" and again["at"] > again["since"] == again["received"]


def test_the_list_alone_tells_a_new_machine_that_its_database_is_an_older_one(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """Of the machine that is gone there is a copy of the list, and no note of what it sealed last."""
    clicks(gw, MEHDI)
    clicks(gw, LEA)
    newsletter(gw, name="la-suite")
    put_back_as_before(gw, clock, LEA, sealed=False)
    assert ask_after_absence(gw) == ["la-suite"], "it may have left since"
    assert ask_after_absence(gw) == [], "it was asked once"
    assert len(listed(gw, LEA)) == len(listed(gw, MEHDI)) == 1
    launching.resume(gw, "la-suite", by="autrice")
    run(gw)
    assert channel.recipients == [NOE]


def test_a_stop_that_ended_makes_no_database_an_older_one(gw: Gateway, clock: ManualClock) -> None:
    """She came back by START: the number of her entry was given here, though nothing has it any more."""
    clicks(gw, LEA)
    with begin(gw.engine) as tx:
        tx.execute(delete(tables.suppression))
    assert secondlist.unknown_since(gw) is None and ask_after_absence(gw) == []
    assert listed(gw, LEA) == []


def test_who_objected_to_everything_does_so_still(gw: Gateway, clock: ManualClock) -> None:
    clicks(gw, LEA, every_medium=True)
    put_back_as_before(gw, clock, LEA)
    ask_after_absence(gw)
    assert listed(gw, LEA) == [(EVERY_MEDIUM, SuppressionCause.UNSUBSCRIBE_LINK)]


def test_a_second_backup_that_is_put_back_finds_all_of_them_again(gw: Gateway, clock: ManualClock) -> None:
    clicks(gw, LEA)
    put_back_as_before(gw, clock, LEA)
    ask_after_absence(gw)
    clicks(gw, MEHDI)
    put_back_as_before(gw, clock, LEA, MEHDI)
    ask_after_absence(gw)
    assert listed(gw, LEA) and listed(gw, MEHDI)
    assert (gw.settings.var_dir / "objections-before.txt").exists()


def test_who_had_come_back_before_the_backup_is_not_sent_away_again(gw: Gateway, clock: ManualClock) -> None:
    """START ended her STOP, and the backup knows it: the file still has the line."""
    clicks(gw, LEA)
    clicks(gw, NOE)
    with begin(gw.engine) as tx:
        tx.execute(delete(tables.suppression).where(tables.suppression.c.digest == digest(gw, LEA)))
    clicks(gw, MEHDI)
    put_back_as_before(gw, clock, MEHDI)
    ask_after_absence(gw)
    assert [len(listed(gw, one)) for one in (LEA, NOE, MEHDI)] == [0, 1, 1]


def test_an_objection_committed_after_one_with_a_higher_number_is_noted_all_the_same(gw: Gateway, clock: ManualClock) -> None:
    kind, cause = SuppressionKind.OBJECTION, SuppressionCause.REPLY
    for seq, email in ((70, MEHDI), (69, LEA)):
        with begin(gw.engine) as tx:
            entry = Suppression(digest=digest(gw, email), medium=Medium.EMAIL.value, kind=kind, cause=cause, since=clock.now())
            suppressions.add_all(tx, [entry])
            moved = update(tables.suppression).where(tables.suppression.c.digest == digest(gw, email))
            tx.execute(moved.values(seq=seq))
            if is_postgresql(tx):
                tx.execute(select(func.setval(func.pg_get_serial_sequence("suppression", "seq"), 70)))
        assert secondlist.note(gw) == 1
    assert secondlist.note(gw) == 0


def test_what_may_lapse_is_not_brought_back_and_the_file_names_nobody(gw: Gateway, clock: ManualClock) -> None:
    with begin(gw.engine) as tx:
        suppressions.pause(tx, [digest(gw, NOE)], until=clock.now() + timedelta(days=30), at=clock.now())
    clicks(gw, LEA)
    file = secondlist.path_of(gw)
    assert file.stat().st_mode & 0o077 == 0
    assert b"lea" not in file.read_bytes() and digest(gw, NOE).hex().encode() not in file.read_bytes()
    put_back_as_before(gw, clock, LEA, NOE)
    ask_after_absence(gw)
    assert listed(gw, NOE) == [] and len(listed(gw, LEA)) == 1


def test_a_line_cut_off_by_the_end_of_the_machine_costs_nobody_else_her_objection(gw: Gateway, clock: ManualClock) -> None:
    clicks(gw, LEA)
    with secondlist.path_of(gw).open("ab") as file:
        file.write(b'{"seq":9,"dig\n')
    clicks(gw, MEHDI)
    put_back_as_before(gw, clock, LEA, MEHDI)
    ask_after_absence(gw)
    assert listed(gw, LEA) and listed(gw, MEHDI)


def test_as_long_as_nobody_was_asked_about_an_older_database_its_file_is_left_as_it_is(gw: Gateway, clock: ManualClock) -> None:
    clicks(gw, LEA)
    before = secondlist.path_of(gw).read_bytes()
    put_back_as_before(gw, clock, LEA)
    clicks(gw, NOE)
    assert secondlist.path_of(gw).read_bytes() == before


def test_a_machine_without_the_file_and_one_without_objections_go_on(gw: Gateway, clock: ManualClock) -> None:
    assert secondlist.note(gw) == 0 and not secondlist.path_of(gw).exists()
    as_of_a_backup(gw, clock)
    assert ask_after_absence(gw) == []
    assert SECOND_LIST in EVERY_JOB
