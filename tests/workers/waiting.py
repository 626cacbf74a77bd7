"""Waiting for what other threads or processes do."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(reached: Callable[[], bool], *, seconds: float = 20) -> None:
    """Return as soon as it is so; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"it did not happen within {seconds} s"
        time.sleep(0.01)
