"""The lanes of one process: as many micro-batches under way at once as settings allow."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from itertools import count
from queue import Empty, LifoQueue

from gateway.domain.errors import StoreUnavailable

log = logging.getLogger(__name__)

#: A lane that finds work wakes others with its first batches, and again from time to time: each ring costs a trip.
_EAGER_RINGS = 4
_BATCHES_PER_RING = 20


class Lanes:
    """Numbered lanes, each used by one thread at a time.

    step: passes one micro-batch through the gate in the lane of this number; answers how many messages it claimed.
    ring: wakes one more lane, here or in another process.
    """

    def __init__(self, step: Callable[[int], int], *, count: int, ring: Callable[[], None]) -> None:
        self._step = step
        self._ring = ring
        self._count = count
        #: Set once stop() was called.
        self.stopping = threading.Event()
        self._away = False  #: the database was, when a lane last asked it: said once
        self._free: LifoQueue[int] = LifoQueue()
        for lane in reversed(range(count)):
            self._free.put(lane)

    def work(self) -> int:
        """Drain what is due, in one free lane, until nothing is or stop() was called; returns how many messages were claimed.

        Never raises: a fault ends this turn, is told to operators, and the next ring tries again. A lane that finds work
        passes the word on, so that one ring wakes as many lanes as there is work for.
        """
        try:
            lane = self._free.get_nowait()
        except Empty:
            return 0  # every lane is at work already, and will look once more before it rests
        claimed = 0
        try:
            for batch in count():
                if self.stopping.is_set():
                    break
                found, self._away = self._step(lane), False
                if not found:
                    break
                claimed += found
                if batch < _EAGER_RINGS or batch % _BATCHES_PER_RING == 0:
                    self._ring()
        except StoreUnavailable as fault:
            if not self._away:
                log.warning("lane %d rests: %s", lane, fault)
            self._away = True
        except Exception:  # a lane comes back to its place whatever happened
            log.exception("lane %d was stopped by a fault; the next ring tries again", lane)
        finally:
            self._free.put(lane)
        return claimed

    def stop(self, *, within_seconds: float) -> bool:
        """Begin no further micro-batch and wait for those under way to be settled; False when one was not in time."""
        self.stopping.set()
        deadline = time.monotonic() + within_seconds
        try:
            for _ in range(self._count):
                self._free.get(timeout=max(0.0, deadline - time.monotonic()))  # taken for good: no turn begins any more
        except Empty:
            return False
        return True
