"""An end to what would never end: work that grows with the square of what it is given is stopped and told, not timed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Of the processor, so that a busy machine stops nobody: hundreds of times what is usual, a fraction of what a square costs.
LONG_SECONDS = 30.0


@contextmanager
def not_for_ever() -> Iterator[None]:
    """Within, whatever uses the processor for too long is ended by an AssertionError. Of the first thread alone."""

    def told(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"not done after {LONG_SECONDS:.0f} s of the processor: does it grow with the square of its input?")

    before = signal.signal(signal.SIGPROF, told)
    signal.setitimer(signal.ITIMER_PROF, LONG_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
