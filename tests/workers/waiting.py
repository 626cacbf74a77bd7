"""Waiting for what other threads or processes do."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(reached: Callable[[], bool], *, seconds: float = 20) -> None:
    """Return as soon as it is so; fail when it takes too long. What takes long is looked at less often, since looking costs."""
    deadline, pause = time.monotonic() + seconds, 0.01
    while not reached():
        assert time.monotonic() < deadline, f"it did not happen within {seconds} s"
        time.sleep(pause)
        pause = min(1.1 * pause, 0.05)
