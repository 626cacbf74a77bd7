"""Empty files that processes of one machine lock to tell each other something.

The kernel lets go of a lock when its holder dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def opened(path: str) -> Iterator[int]:
    """A descriptor of its own, whose lock is let go of with it. Raises OSError."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def lock(fd: int, how: int = fcntl.LOCK_EX) -> bool:
    """Lock it if nobody else's lock stands against that."""
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def nobody_holds(fd: int) -> bool:
    """Whether nobody else has locked it. Looking takes the lock for a moment."""
    if not lock(fd):
        return False
    fcntl.flock(fd, fcntl.LOCK_UN)
    return True
