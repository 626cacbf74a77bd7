"""The spool: objections and texts that reach us while the database is away, on this machine's disk until it is back.

One file for each, whole and on the disk before anybody is told; the same objection made twice is one file, with its first
instant. What stands in it is what came: a signed token that names nobody to whoever lacks the installation's secret, or the text
of somebody and her number. Nobody but the account that runs this reads it. On a full disk it stands in the reserve
(store/reserve.py).
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from gateway.store import reserve

#: What a disk says that has no room, or none for this account.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_READY, _UNREADABLE = ".json", ".unreadable"
#: Longer than the clock of any disk stands still.
_TICK_SECONDS: Final = 0.05


class Spooled(NamedTuple):
    """One objection, or one text, that waits."""

    path: Path
    told: dict[str, Any] | None  #: None: it is damaged
    line: reserve.Line | None = None  #: where in the reserve it stands; None: it is a file of its own


def keep(folder: Path, what: dict[str, object], at: str) -> None:
    """Keep one and its instant (ISO 8601); on the disk when this returns. Raises OSError when the disk refuses."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = sha256(orjson.dumps(what, option=orjson.OPT_SORT_KEYS)).hexdigest()
    text = orjson.dumps(what | {"at": at})
    try:
        _keep_file(folder, name, text)
    except OSError as fault:
        if fault.errno not in _NO_ROOM:
            raise
        reserve.keep(folder, name.encode(), text)


def _keep_file(folder: Path, name: str, text: bytes) -> None:
    path = folder / f"{name}{_READY}"
    if path.exists():
        return
    unlisted = folder / f".{path.stem}.{os.getpid()}.{threading.get_ident()}"
    try:
        with open(unlisted, "xb", opener=_private) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unlisted.replace(path)
    except BaseException:  # whatever ends this, nothing half written may stay
        unlisted.unlink(missing_ok=True)
        raise
    _settle(folder)


def each(folder: Path) -> Iterator[Spooled]:
    """What waits, in no order: whoever objects twice objects once."""
    for path in waiting(folder):
        try:
            text = path.read_bytes()
        except FileNotFoundError:  # somebody else has just heard it
            continue
        yield Spooled(path, _told(text))
    for line in reserve.lines(folder):
        yield Spooled(reserve.path_of(folder), _told(line.text), line)


def _told(text: bytes) -> dict[str, object] | None:
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) else None


def count(folder: Path) -> int:
    """How many wait."""
    return len(waiting(folder)) + len(reserve.lines(folder))


def waiting(folder: Path) -> list[Path]:
    """The files of those who wait; cheap where nobody does."""
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if entry.name.endswith(_READY)]
    except FileNotFoundError:
        return []


def drop(spooled: Spooled) -> None:
    """It is in the database."""
    if spooled.line is not None:
        reserve.drop(spooled.path.parent, spooled.line)
    else:
        spooled.path.unlink(missing_ok=True)


def set_aside(spooled: Spooled) -> None:
    """It cannot be read, now or later: it stays in a file, for somebody to look at, and is not tried again."""
    if spooled.line is not None:
        spooled.path.with_name(f"{spooled.path.name}-{spooled.line.at}{_UNREADABLE}").write_bytes(spooled.line.text)
        reserve.drop(spooled.path.parent, spooled.line)
    elif spooled.path.exists():
        spooled.path.replace(spooled.path.with_suffix(_UNREADABLE))


def unreadable(folder: Path) -> int:
    """How many were set aside."""
    return sum(1 for _ in folder.glob(f"*{_UNREADABLE}"))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _settle(folder: Path) -> None:
    """A name is on the disk once its folder is."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class Lookout:
    """Whether somebody waits, asked before each single message: one glance while nothing has changed since nobody did."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._nobody: int | None = None  #: when it last changed, of a folder in which nobody waited
        self._met = (0, 0.0)  #: the latest such instant, and when we first saw it

    def somebody_waits(self) -> bool:
        """Whether an objection or a text waits on this disk."""
        try:
            changed = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return False
        if changed == self._nobody:
            return False
        if count(self._folder):
            return True
        if changed != self._met[0]:
            self._met = changed, time.monotonic()
        elif time.monotonic() - self._met[1] > _TICK_SECONDS:  # else somebody may come within the same tick and leave no mark
            self._nobody = changed
        return False
