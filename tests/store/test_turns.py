"""Writers of a SQLite file wait in line, and an objection goes before everybody who can wait."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.domain.errors import StoreUnavailable
from gateway.store import tables
from gateway.store.engine import begin, open_engine
from gateway.store.turns import Turns, turns
from tests.workers.waiting import until

_HOLDS = """
import sys, time
from gateway.store.turns import Turns
with Turns(sys.argv[1]).{how}():
    print("mine", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "passerelle.db")


@pytest.fixture
def gone() -> list[str]:
    """Who wrote, in order."""
    return []


@pytest.fixture
def waits(gone: list[str]) -> Callable[[str, AbstractContextManager[None]], threading.Thread]:
    """Somebody asks for a turn, on a thread of its own, and writes its name when it comes."""

    def ask(name: str, turn: AbstractContextManager[None]) -> threading.Thread:
        def write() -> None:
            with turn:
                gone.append(name)

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        return thread

    return ask


def held(path: str) -> bool:
    with Path(path).open("a") as looked_at:
        try:
            fcntl.flock(looked_at, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def ended(*threads: threading.Thread) -> None:
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_an_objection_that_comes_last_is_written_next(database, waits, gone):
    with Turns(database).ordinary():
        patient = waits("worker", Turns(database).ordinary())
        until(lambda: held(f"{database}-next"))
        objection = waits("objection", Turns(database).urgent())
        until(lambda: held(f"{database}-urgent"))
        assert gone == []
    ended(objection, patient)
    assert gone == ["objection", "worker"]


def test_whoever_has_just_written_does_not_go_before_another_process_that_waits(database, waits, gone):
    here = Turns(database)
    with here.ordinary():
        other = waits("other", Turns(database).ordinary())
        until(lambda: held(f"{database}-next"))
    with here.ordinary():
        gone.append("again")
    ended(other)
    assert gone == ["other", "again"]


def test_threads_of_one_process_write_one_at_a_time(database):
    line, inside, most = turns(database), [0], [0]

    def write() -> None:
        for _ in range(20):
            with line.ordinary():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    ended(*threads)
    assert most == [1]
    assert turns(database) is line


@pytest.mark.parametrize("how", ["ordinary", "urgent"])
def test_a_killed_writer_keeps_nobody_waiting(database, how):
    with subprocess.Popen([sys.executable, "-c", _HOLDS.format(how=how), database], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"mine\n"
        with pytest.raises(StoreUnavailable, match="écrit dans la base"), Turns(database).urgent(within_seconds=0.01):
            pass
        os.kill(holder.pid, signal.SIGKILL)
    with Turns(database).ordinary(within_seconds=10):
        pass


def test_whoever_gives_up_waiting_leaves_the_line(database):
    with Turns(database).ordinary():
        for asked in (Turns(database).ordinary, Turns(database).urgent):
            with pytest.raises(StoreUnavailable), asked(within_seconds=0.01):
                pass
        assert not held(f"{database}-next") and not held(f"{database}-urgent")


def test_on_sqlite_an_objection_waits_for_the_transaction_under_way_alone(sqlite_url, waits, gone):
    engine = open_engine(sqlite_url)
    path = sqlite_url.removeprefix("sqlite:///")
    with begin(engine):
        patient = waits("worker", begin(engine))
        objection = waits("objection", begin(engine, urgent=True))
        until(lambda: held(f"{path}-urgent"))
    ended(objection, patient)
    assert gone == ["objection", "worker"]
    engine.dispose()


def test_on_postgresql_nobody_waits_for_a_turn(postgresql_url):
    engine = open_engine(postgresql_url)
    with begin(engine) as worker, begin(engine, urgent=True) as objection:
        assert worker.execute(select(tables.suppression)).all() == objection.execute(select(tables.suppression)).all() == []
    engine.dispose()


def test_a_transaction_that_fails_gives_its_turn_back(database_url):
    engine = open_engine(database_url)
    with pytest.raises(ZeroDivisionError), begin(engine):
        raise ZeroDivisionError
    with begin(engine, urgent=True):
        pass
    engine.dispose()
