"""SQLite's write-ahead log, taken over into the file: by whoever can wait, and outside of any turn to write.

By default SQLite does so at the end of whichever commit finds the log long, and a commit ends within a turn: who objected would
wait for the disk, after her own commit or in line behind another's. Here the log is put by after the turn is over, while others
write; only what they have added meanwhile is put by within a turn, once the log has become long, so that it begins anew.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from functools import lru_cache

from sqlalchemy import Connection

from gateway.domain.errors import StoreUnavailable
from gateway.store.turns import turns

#: How often one process looks, at most.
_EVERY_SECONDS = 0.5
#: Pages of the log from which it is to begin anew: 32 MB of those of 4 kB.
_LONG_PAGES = 8_192
#: The rest of it that is put by within a turn, at most. Whoever reads one state for long (`gateway audit verify`) holds back all
#: that was added since: ending as a turn began, she would leave all of it to be put by in that turn.
_REST_PAGES = 2_048
#: Whoever waits so long for a turn to do it leaves it to the next.
_WITHIN_SECONDS = 1.0


class _Last:
    """When this process last looked at the log of one file."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def is_due(self) -> bool:
        """Whether it is time to look again; if so, that is noted."""
        now = time.monotonic()
        if now - self._at < _EVERY_SECONDS:
            return False
        self._at = now
        return True


@lru_cache(maxsize=64)
def _last(_path: str) -> _Last:
    return _Last()


def put_by(connection: Connection, path: str) -> None:
    """Take the log over, if this process has not done so just now. Outside of any transaction and of any turn.

    Nothing of it is needed for what was committed to stand: what goes wrong is left to whoever looks next.
    """
    if not _last(path).is_due():
        return
    with suppress(sqlite3.Error, StoreUnavailable):
        pages, left = _taken_over(connection)
        if pages >= _LONG_PAGES and left <= _REST_PAGES:
            with turns(path).ordinary(within_seconds=_WITHIN_SECONDS):
                _taken_over(connection)


def _taken_over(connection: Connection) -> tuple[int, int]:
    """Take over what no reader still needs where it is; how many pages the log has, and how many of them are left. Waits for
    nobody."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # of SQLite
    _busy, pages, done = driver.execute("PRAGMA main.wal_checkpoint(PASSIVE)").fetchone()
    return int(pages), int(pages - done)
