"""Whose turn it is to write to a SQLite file: one writer after the other, and whoever objects before everybody else.

SQLite lets a writer that finds the file busy look again after ever longer naps, so that whoever writes all the time is nearly
always first. Here writers wait in line before they begin. Three empty files beside the database are locked by flock(2), and the
kernel lets go of them when a process dies, however it dies:

    -writer   by whoever writes
    -next     by the one ordinary writer, of all processes, that is next
    -urgent   shared, by everybody who waits urgently; as long as somebody does, no ordinary writer takes its turn

So an objection waits for the transaction under way and for no other. It is a courtesy: what keeps two writers apart is SQLite's
own lock, which is still taken.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from gateway.domain.errors import StoreUnavailable
from gateway.store import locks

#: How often whoever waits for another process looks again.
_LOOK_SECONDS = 0.0005
#: After this long nobody is writing any more: something is stuck.
WAIT_SECONDS = 120.0


class Turns:
    """The line before one database file, as one process sees it."""

    def __init__(self, path: str) -> None:
        self._writer, self._next, self._urgent = f"{path}-writer", f"{path}-next", f"{path}-urgent"
        self._ordinary = threading.Lock()  # of this process, one stands in the line of all processes

    @contextmanager
    def ordinary(self, *, within_seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """A turn of whoever can wait. Raises StoreUnavailable when it does not come in time."""
        until = time.monotonic() + within_seconds
        if not self._ordinary.acquire(timeout=within_seconds):
            raise _stuck(within_seconds)
        try:
            with locks.opened(self._next) as coming, locks.opened(self._urgent) as urgent, locks.opened(self._writer) as writer:
                _wait(lambda: locks.lock(coming), until, within_seconds)
                _wait(lambda: locks.nobody_holds(urgent) and locks.lock(writer), until, within_seconds)
                fcntl.flock(coming, fcntl.LOCK_UN)
                yield
        finally:
            self._ordinary.release()

    @contextmanager
    def urgent(self, *, within_seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """The next turn, before everybody who can wait. Raises StoreUnavailable when it does not come in time."""
        until = time.monotonic() + within_seconds
        with locks.opened(self._writer) as writer:
            with locks.opened(self._urgent) as urgent:
                # Whoever only looks whether anybody waits urgently holds it for a moment: so this may take two looks.
                _wait(lambda: locks.lock(urgent, fcntl.LOCK_SH), until, within_seconds)
                _wait(lambda: locks.lock(writer), until, within_seconds)
            yield


@lru_cache(maxsize=64)
def turns(path: str) -> Turns:
    """The line before a database file: the same for every engine of this process."""
    return Turns(str(Path(path).resolve()))


def _wait(got: Callable[[], bool], until: float, within_seconds: float) -> None:
    while not got():
        if time.monotonic() >= until:
            raise _stuck(within_seconds)
        time.sleep(_LOOK_SECONDS)


def _stuck(seconds: float) -> StoreUnavailable:
    return StoreUnavailable(f"un autre programme écrit dans la base depuis {seconds:.0f} s : rien ne part avant qu’il ait fini")
