"""The wire log: what a lane had on the wire, kept beside the database so that a killed worker leaves little doubt.

A line is written before the point of no return of each hand-over and after its outcome, by write(2) and without waiting for the
disk: the kernel keeps it when the process is killed. A lane holds a lock on its file as long as it lives; whoever gets the lock
knows that the lane is dead, and can say of each of its messages: settled, never passed, or uncertain. After a restart of the
machine the last lines may be missing; the boot id tells, and then only what is written counts.

It is a booster: without it (file lost, other machine) every message of a dead lane is uncertain once its lease runs out.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Remains:
    """What a dead lane left."""

    lane: str
    same_boot: bool  #: nothing written was lost
    passed: dict[int, str]  #: message -> instant, of those past the point of no return
    ended: dict[int, dict[str, object]]  #: message -> outcome as written


class WireLog:
    """The file of one living lane. Once the lane is given up nothing more is written, and whoever wants to gets OSError.

    A thread of a channel may outlive its lane: what it cannot write down it must not send, for others already said of that
    message that it never left. The number of a closed file is soon another file's, so the file is asked for under a lock.
    """

    def __init__(self, folder: Path, lane: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.lane = lane
        self._path = folder / f"{lane}.log"
        unlisted = folder / f".{lane}"
        # Locked before it can be found, so that nobody takes a newborn lane for a dead one.
        fd = os.open(unlisted, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            os.write(fd, _line({"boot": _boot_id(), "lane": lane}))
            self._empty = os.fstat(fd).st_size
            unlisted.rename(self._path)
        except BaseException:  # a full disk: lanes try again and again, and each try must leave nothing open
            os.close(fd)
            unlisted.unlink(missing_ok=True)
            raise
        self._fd: int | None = fd
        self._turn = threading.Lock()

    def passing(self, message_id: int, at: str) -> None:
        """Written before the last bytes of a message may leave. Raises OSError once the lane was given up: it stays."""
        self._write(b'{"p":%d,"at":"%s"}\n' % (message_id, at.encode()))

    def ended(self, message_id: int, outcome: dict[str, object]) -> None:
        """Written as soon as an outcome is known: what is not written is in doubt after a crash. Raises OSError too."""
        self._write(_line({"e": message_id, **outcome}))

    def clear(self) -> None:
        """Everything was settled in the store."""
        with self._turn:
            os.ftruncate(self._open(), self._empty)

    def release(self) -> None:
        """The lane ends with something open: the file stays, and whoever finds it may settle it."""
        with self._turn:
            os.close(self._open())
            self._fd = None

    def close(self) -> None:
        """The lane ends with nothing open."""
        with self._turn:
            self._path.unlink(missing_ok=True)
            os.close(self._open())
            self._fd = None

    def _write(self, line: bytes) -> None:
        """The whole line, or OSError: a disk that is nearly full takes the beginning of one, and would spoil the next."""
        with self._turn:
            fd = self._open()
            written = os.write(fd, line)
            if written < len(line):
                os.ftruncate(fd, os.fstat(fd).st_size - written)
                raise OSError(errno.ENOSPC, f"no room for a line of lane {self.lane}")

    def _open(self) -> int:
        if self._fd is None:
            raise OSError(errno.EBADF, f"lane {self.lane} was given up")
        return self._fd


@contextmanager
def dead_lanes(folder: Path) -> Iterator[list[Remains]]:
    """What dead lanes left on this machine. The files go when the block ends well: by then everything is settled."""
    found: list[tuple[int, Path, Remains]] = []
    try:
        for path in sorted(folder.glob("*.log")):
            fd = _lock(path)
            if fd is not None:
                found.append((fd, path, _read(path)))
        yield [remains for _, _, remains in found]
        for _, path, _ in found:
            path.unlink(missing_ok=True)
    finally:
        for fd, _, _ in found:
            os.close(fd)


def _lock(path: Path) -> int | None:
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    if not path.exists():  # settled and removed by another between open and lock
        os.close(fd)
        return None
    return fd


def _read(path: Path) -> Remains:
    passed: dict[int, str] = {}
    ended: dict[int, dict[str, object]] = {}
    head: dict[str, object] = {}
    for raw in path.read_bytes().split(b"\n"):
        try:
            line = orjson.loads(raw)
        except ValueError:
            continue  # the last line may be cut
        if "lane" in line:
            head = line
        elif "p" in line:
            passed[line["p"]] = line["at"]
        elif "e" in line:
            ended[line["e"]] = line
    return Remains(path.stem, head.get("boot") == _boot_id(), passed, ended)


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return f"unknown-{os.getpid()}"  # never equal to an earlier one: nothing is taken for granted


def _line(fields: dict[str, object]) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)
