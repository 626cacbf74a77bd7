"""Room for objections on a full disk: a file that took its room beforehand, in which lines are written over what stands there.

A database whose disk is full is away, and mostly the spool is on that very disk. The reserve needs no room that it does not have:
whoever objects then is kept, as while the database is away for another reason.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

#: An objection takes some 300 bytes, a text 1,000.
BYTES: Final = 1 << 20
_NAME: Final = "reserve"


class Line(NamedTuple):
    """One line, and where it stands."""

    at: int
    text: bytes


def path_of(folder: Path) -> Path:
    """The file."""
    return folder / _NAME


def prepare(folder: Path) -> None:
    """Take the room, unless it was taken. Raises OSError: there is none."""
    path = path_of(folder)
    if path.exists():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unlisted = folder / f".{_NAME}.{os.getpid()}"
    try:
        with open(unlisted, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(bytes(BYTES))  # not a hole: the blocks are ours
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its file may hold somebody already
            path.hardlink_to(unlisted)
    finally:
        unlisted.unlink(missing_ok=True)


def keep(folder: Path, name: bytes, text: bytes) -> None:
    """Keep a line under a name of its own, once; on the disk when this returns. Raises OSError: no reserve, or no room in it."""
    line = name + b" " + text
    with _opened(folder) as fd:
        held = _held(fd)
        if any(one.text.startswith(name) for one in _lines(held)):
            return
        cut = b"\n" if held and not held.endswith(b"\n") else b""  # the machine ended within the line before
        written = cut + line + b"\n"
        if len(held) + len(written) > BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path_of(folder)))
        os.pwrite(fd, written, len(held))
        os.fsync(fd)
    os.utime(folder)  # whoever looks at the folder alone sees that somebody came


def lines(folder: Path) -> list[Line]:
    """What stands in it, each without its name."""
    try:
        with _opened(folder) as fd:
            found = _lines(_held(fd))
    except FileNotFoundError:
        return []
    return [Line(one.at, one.text.partition(b" ")[2]) for one in found]


def drop(folder: Path, line: Line) -> None:
    """Write over a line, if it still stands there; over all of them once none is left."""
    with _opened(folder) as fd:
        held = _held(fd)
        for one in _lines(held):
            if one.at == line.at and one.text.partition(b" ")[2] == line.text:
                os.pwrite(fd, b" " * len(one.text), one.at)
        if not _lines(_held(fd)):
            os.pwrite(fd, bytes(len(held)), 0)
        os.fsync(fd)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The file, for one at a time. Raises FileNotFoundError: it was never made."""
    fd = os.open(path_of(folder), os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield fd
    finally:
        os.close(fd)


def _held(fd: int) -> bytes:
    """Its lines so far, those that were written over included."""
    return os.pread(fd, BYTES, 0).partition(b"\0")[0]


def _lines(held: bytes) -> list[Line]:
    found, at = [], 0
    for text in held.split(b"\n"):
        if text.strip():
            found.append(Line(at, text))
        at += len(text) + 1
    return found
