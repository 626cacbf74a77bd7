"""SQLite's log is put by by whoever can wait: who objects waits for no disk on its behalf."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from gateway.domain.errors import StoreUnavailable
from gateway.store import locks, puttingby
from gateway.store.engine import begin, open_engine, reading


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "passerelle.db"


@pytest.fixture
def engine(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A database whose log is looked at after every turn."""
    monkeypatch.setattr(puttingby, "_EVERY_SECONDS", 0.0)
    engine = open_engine(f"sqlite:///{file}")
    with begin(engine) as tx:
        tx.execute(text("CREATE TABLE said (words TEXT NOT NULL)"))
    yield engine
    engine.dispose()


def say(engine: Engine, words: str, *, urgent: bool = False) -> None:
    with begin(engine, urgent=urgent) as tx:
        tx.execute(text("INSERT INTO said VALUES (:words)"), {"words": words})


def is_held(line: str) -> bool:
    """Whether somebody has the turn to write."""
    with locks.opened(line) as writer:
        return not locks.lock(writer)


def in_the_file_alone(file: Path, elsewhere: Path) -> list[str]:
    """What the file holds without its log."""
    shutil.copy(file, elsewhere)
    with closing(sqlite3.connect(elsewhere)) as alone:
        return [words for (words,) in alone.execute("SELECT words FROM said")]


def test_who_objects_leaves_the_log_as_it_is_and_whoever_can_wait_puts_it_by(engine: Engine, file: Path, tmp_path: Path):
    say(engine, "STOP", urgent=True)
    before = in_the_file_alone(file, tmp_path / "before.db")
    say(engine, "merci")

    assert before == []
    assert in_the_file_alone(file, tmp_path / "after.db") == ["STOP", "merci"]


def test_one_process_does_not_look_again_at_once(engine: Engine, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(puttingby, "_EVERY_SECONDS", 3_600.0)

    say(engine, "bonjour")

    assert in_the_file_alone(file, tmp_path / "alone.db") == []


@pytest.mark.parametrize(("long_pages", "last_looks"), [(1, [False, True]), (1_000, [False])])
def test_nobody_adds_to_a_long_log_while_the_rest_of_it_is_put_by_so_that_it_begins_anew(
    engine: Engine, file: Path, long_pages: int, last_looks: list[bool], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(puttingby, "_LONG_PAGES", long_pages)
    take_over = puttingby._taken_over
    looks: list[bool] = []

    def watched(connection: Connection) -> tuple[int, int]:
        looks.append(is_held(f"{file}-writer"))
        return take_over(connection)

    monkeypatch.setattr(puttingby, "_taken_over", watched)
    for _ in range(50):
        say(engine, "x" * 4_000)

    assert looks == last_looks * 50
    assert Path(f"{file}-wal").stat().st_size < 20 * 4_096


def test_what_somebody_who_reads_for_long_holds_back_is_never_taken_over_within_a_turn(
    engine: Engine, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """`gateway audit verify` reads one state to its end: where it ended as a turn began, hundreds of megabytes were taken over in
    it, and whoever objected waited for the disk for seconds."""
    monkeypatch.setattr(puttingby, "_LONG_PAGES", 1)
    monkeypatch.setattr(puttingby, "_REST_PAGES", 10)
    take_over = puttingby._taken_over
    within_turns: list[int] = []

    def watched(connection: Connection) -> tuple[int, int]:
        taken = take_over(connection)
        within_turns.extend([1] * is_held(f"{file}-writer"))
        return taken

    monkeypatch.setattr(puttingby, "_taken_over", watched)
    say(engine, "bonjour")
    within_turns.clear()
    with reading(engine) as tx:
        tx.execute(text("SELECT count(*) FROM said")).scalar_one()
        for _ in range(50):
            say(engine, "x" * 4_000)
        held_back = len(within_turns)
    say(engine, "merci")

    assert held_back < 10  # only while it was little
    assert in_the_file_alone(file, tmp_path / "alone.db")[-1] == "merci"
    assert len(within_turns) == held_back + 1  # the log begins anew as soon as nobody needs it


@pytest.mark.parametrize("fault", [sqlite3.OperationalError("disk I/O error"), StoreUnavailable("nobody’s turn")])
def test_what_goes_wrong_there_takes_nothing_back_of_what_was_committed(
    engine: Engine, fault: Exception, monkeypatch: pytest.MonkeyPatch
):
    def broken(_connection: object) -> tuple[int, int]:
        raise fault

    monkeypatch.setattr(puttingby, "_taken_over", broken)

    say(engine, "bonjour")

    with reading(engine) as tx:
        assert tx.execute(text("SELECT words FROM said")).scalars().all() == ["bonjour"]


def test_nothing_is_put_by_after_a_change_that_was_taken_back(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    looked: list[object] = []

    def watched(connection: object) -> tuple[int, int]:
        looked.append(connection)
        return 0, 0

    monkeypatch.setattr(puttingby, "_taken_over", watched)

    with pytest.raises(ZeroDivisionError), begin(engine) as tx:
        tx.execute(text("INSERT INTO said VALUES ('bonjour')"))
        raise ZeroDivisionError

    assert looked == []
