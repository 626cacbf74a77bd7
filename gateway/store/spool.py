"""The spool: objections and texts that reach us while the database is away, on this machine's disk until it is back.

One file for each, whole and on the disk before anybody is told; the same objection made twice is one file, with its first
instant. What stands in it is what came: a signed token that names nobody to whoever lacks the installation's secret, or the text
of somebody and her number. Nobody but the account that runs this reads it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import orjson

_READY, _UNREADABLE = ".json", ".unreadable"


class Spooled(NamedTuple):
    """One objection, or one text, that waits."""

    path: Path
    told: dict[str, Any] | None  #: None: the file is damaged


def keep(folder: Path, what: dict[str, Any], at: str) -> None:
    """Keep one and its instant (ISO 8601); on the disk when this returns. Raises OSError when the disk refuses."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{sha256(orjson.dumps(what, option=orjson.OPT_SORT_KEYS)).hexdigest()}{_READY}"
    if path.exists():
        return
    unlisted = folder / f".{path.stem}.{os.getpid()}.{threading.get_ident()}"
    try:
        with open(unlisted, "xb", opener=_private) as file:
            file.write(orjson.dumps(what | {"at": at}))
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
            told = orjson.loads(path.read_bytes())
        except FileNotFoundError:  # somebody else has just heard it
            continue
        except orjson.JSONDecodeError:
            told = None
        yield Spooled(path, told if isinstance(told, dict) else None)


def waiting(folder: Path) -> list[Path]:
    """The files of those who wait; cheap where nobody does."""
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if entry.name.endswith(_READY)]
    except FileNotFoundError:
        return []


def drop(spooled: Spooled) -> None:
    """It is in the database."""
    spooled.path.unlink(missing_ok=True)


def set_aside(spooled: Spooled) -> None:
    """It cannot be read, now or later: the file stays, for somebody to look at, and is not tried again."""
    if spooled.path.exists():
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
