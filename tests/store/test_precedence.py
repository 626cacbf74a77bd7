"""While somebody objects, workers of the same machine stand aside; and nothing of that can ever hold up whoever objects."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.store import locks
from gateway.store.precedence import Precedence

_OBJECTS = """
import sys, time
from pathlib import Path
from gateway.store.precedence import Precedence
with Precedence(Path(sys.argv[1])).first():
    print("first", flush=True)
    time.sleep(60)
"""


class Naps:
    """Time that passes only while somebody naps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.count = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.count += 1
        self.meanwhile()


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "first"


@pytest.fixture
def worker(path: Path, naps: Naps) -> Precedence:
    return Precedence(path, monotonic=naps.monotonic, sleep=naps.sleep)


def test_a_worker_goes_on_at_once_when_nobody_objects(worker: Precedence, naps: Naps) -> None:
    worker.stand_aside()
    assert naps.count == 0


def test_a_worker_waits_until_the_objection_is_in_force(worker: Precedence, path: Path, naps: Naps) -> None:
    with ExitStack() as objection:
        objection.enter_context(Precedence(path).first())
        naps.meanwhile = objection.close
        worker.stand_aside()
    assert naps.count == 1


def test_of_two_who_object_the_last_one_is_waited_for(worker: Precedence, path: Path, naps: Naps) -> None:
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(Precedence(path).first())
        second.enter_context(Precedence(path).first())
        naps.meanwhile = lambda: first.close() if naps.count == 1 else second.close()
        worker.stand_aside()
    assert naps.count == 2


def test_a_flood_of_objections_slows_a_worker_to_half_its_speed_at_most(worker: Precedence, path: Path, naps: Naps) -> None:
    with Precedence(path).first():
        began = naps.now
        worker.stand_aside()
        waited, naps.count = naps.now - began, 0
        naps.now += waited * 0.9
        worker.stand_aside()
        assert naps.count == 0  # for as long as it stood aside it now goes on
        naps.now += waited * 0.2
        worker.stand_aside()
        assert naps.count > 0


def test_whoever_dies_while_she_is_first_is_waited_for_no_longer(worker: Precedence, path: Path, naps: Naps) -> None:
    with subprocess.Popen([sys.executable, "-c", _OBJECTS, str(path)], stdout=subprocess.PIPE, text=True) as objects:
        try:
            assert objects.stdout is not None and objects.stdout.readline() == "first\n"
            worker.stand_aside()
            assert naps.count > 0
        finally:
            objects.send_signal(signal.SIGKILL)
    naps.now, naps.count = naps.now + 1, 0
    worker.stand_aside()
    assert naps.count == 0


def test_a_worker_that_stops_while_it_looks_holds_up_nobody_who_objects(path: Path, naps: Naps) -> None:
    with path.open("w") as looks:
        fcntl.flock(looks, fcntl.LOCK_EX)
        with Precedence(path, monotonic=naps.monotonic, sleep=naps.sleep).first():
            assert naps.now - 100 < 0.01


def test_without_a_place_for_the_file_objections_and_workers_go_on(tmp_path: Path, naps: Naps) -> None:
    nowhere = Precedence(tmp_path / "no folder" / "first", monotonic=naps.monotonic, sleep=naps.sleep)
    with nowhere.first():
        nowhere.stand_aside()
    assert naps.count == 0


def test_whoever_objects_while_a_worker_looks_tries_again_and_is_then_waited_for(path: Path, naps: Naps) -> None:
    """A look takes the lock for a moment: met by chance, it must not let the objection go by unseen."""
    with locks.opened(str(path)) as looking:
        assert locks.lock(looking)
        naps.meanwhile = lambda: fcntl.flock(looking, fcntl.LOCK_UN)
        with Precedence(path, monotonic=naps.monotonic, sleep=naps.sleep).first():
            assert naps.count == 1
            with locks.opened(str(path)) as other:
                assert not locks.lock(other)
