"""Whoever objects goes first: while a STOP is on its way, the workers of the same machine stand aside.

On a busy machine a delay is for the most part waiting for a processor. One empty file is locked, shared, by everybody whose
objection is under way; a worker looks at it before each message, and waits while it is locked. Whoever floods the gateway with
objections slows its campaigns to half their speed at most. It is a courtesy: what makes an objection win is its transaction, and
one that cannot lock the file goes on without.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from gateway.store import locks

#: How often a worker looks, at most: each look costs a few microseconds.
_LOOK_SECONDS = 0.001
#: How long a worker waits before it looks again: what was committed meanwhile has then reached its feed of objections.
_HEARD_SECONDS = 0.002
#: A worker stands aside for so long at most, and then goes on for as long before it looks again.
_ASIDE_SECONDS = 0.03
#: Whoever objects tries so often, so far apart, while workers look.
_TRIES, _NAP_SECONDS = 20, 0.0001


class Precedence:
    """Who goes first on this machine, as one process sees it."""

    def __init__(
        self, path: Path, *, monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`path`: the file, the same for every process of an installation; it is made where it is missing."""
        self._path = str(path)
        self._monotonic, self._sleep = monotonic, sleep
        self._look_at = 0.0

    @contextmanager
    def first(self) -> Iterator[None]:
        """Workers stand aside within. Any number may be first at the same time."""
        with ExitStack() as held:
            with suppress(OSError):  # no such folder, or not ours to write to: then nobody stands aside
                fd = held.enter_context(locks.opened(self._path))
                tries = 0
                while not locks.lock(fd, fcntl.LOCK_SH) and (tries := tries + 1) < _TRIES:
                    self._sleep(_NAP_SECONDS)
            yield

    def stand_aside(self) -> None:
        """Return once nobody who objects is first, or after a while."""
        now = self._monotonic()
        if now < self._look_at:
            return
        until, next_look = now + _ASIDE_SECONDS, _LOOK_SECONDS
        while self._somebody_is_first():
            if now >= until:
                next_look = _ASIDE_SECONDS
                break
            self._sleep(_HEARD_SECONDS)
            now = self._monotonic()
        self._look_at = now + next_look

    def _somebody_is_first(self) -> bool:
        try:
            with locks.opened(self._path) as fd:
                return not locks.nobody_holds(fd)
        except OSError:
            return False
