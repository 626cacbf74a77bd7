"""The set of fresh suppressions, looked at right before each single hand-over.

It is a booster, never the proof: the proof is the facts read in the transaction that decides. The feed covers the moment between
that commit and the first byte on the wire. PostgreSQL announces each suppression at its commit (LISTEN/NOTIFY); on SQLite a
change counter of the file is watched. While the feed is lost, `healthy` is False and claims shrink to what can be on the wire.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from gateway.domain.clock import Clock
from gateway.domain.errors import StoreUnavailable
from gateway.store import suppressions
from gateway.store.engine import reading
from gateway.store.tables import suppression

log = logging.getLogger(__name__)

#: How often the change counter of a SQLite file is read.
_WATCH_SECONDS = 0.002
#: How long the feed waits before it tries again to reach the database.
_RETRY_SECONDS = 0.2
#: Longest silence on a PostgreSQL connection before it is checked.
_LISTEN_SECONDS = 1.0


class ObjectionFeed:
    """Digests suppressed lately, each with the order of its arrival."""

    def __init__(self, engine: Engine, clock: Clock, *, keep_seconds: float) -> None:
        self._engine = engine
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._fresh: dict[bytes, tuple[int, float]] = {}
        self._arrivals = 0
        self._stop = threading.Event()
        self._healthy = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def healthy(self) -> bool:
        """Whether what is committed now will be seen within milliseconds."""
        return self._healthy.is_set()

    def mark(self) -> int:
        """Number of the last arrival. Taken before facts are read: what arrived until then, the facts have seen."""
        return self._arrivals

    def suppressed_since(self, digest: bytes, mark: int) -> bool:
        """Whether this address was suppressed after that mark."""
        found = self._fresh.get(digest)
        return found is not None and found[0] > mark

    def start(self) -> None:
        """Begin to watch, on a thread of its own; returns once it sees, or after a moment when the database is away."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="objection-feed", daemon=True)
            self._thread.start()
        self._healthy.wait(timeout=5)

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        watch = self._watch_postgresql if self._engine.dialect.name == "postgresql" else self._watch_sqlite
        while not self._stop.is_set():
            try:
                watch()
            except (DBAPIError, StoreUnavailable, OSError) as fault:
                log.warning("objection feed lost, claims shrink until it is back: %s", type(fault).__name__)
            except Exception:
                log.exception("objection feed failed, claims shrink until it is back")
            self._healthy.clear()
            self._stop.wait(_RETRY_SECONDS)

    def _watch_postgresql(self) -> None:
        import psycopg

        with self._raw() as raw:
            raw.autocommit = True
            raw.execute(f"LISTEN {suppressions.ANNOUNCEMENTS}")
            self._catch_up()
            self._healthy.set()
            try:
                while not self._stop.is_set():
                    for notice in raw.notifies(timeout=_LISTEN_SECONDS):
                        self._arrived(bytes.fromhex(notice.payload))
                        if self._stop.is_set():
                            return
                    raw.execute("SELECT 1")
                    self._forget_old()
            except psycopg.Error as fault:
                raise OSError("listening connection lost") from fault

    def _watch_sqlite(self) -> None:
        with self._raw() as raw:
            raw.isolation_level = None
            seen = raw.execute("SELECT coalesce(max(seq), 0) FROM suppression").fetchone()[0]
            self._catch_up()
            version = None
            self._healthy.set()
            forget_at = time.monotonic() + _LISTEN_SECONDS
            while not self._stop.wait(_WATCH_SECONDS):
                now = raw.execute("PRAGMA data_version").fetchone()[0]
                if now != version:
                    version = now
                    for seq, digest in raw.execute("SELECT seq, digest FROM suppression WHERE seq > ? ORDER BY seq", (seen,)):
                        seen = seq
                        self._arrived(digest)
                if time.monotonic() > forget_at:
                    self._forget_old()
                    forget_at = time.monotonic() + _LISTEN_SECONDS

    @contextmanager
    def _raw(self) -> Iterator:  # type: ignore[type-arg]  # the driver's own connection: psycopg's or sqlite3's
        connection = self._engine.raw_connection()
        driver = connection.driver_connection
        connection.detach()  # never back to the pool: it listens, or has another isolation level
        try:
            yield driver
        finally:
            connection.close()

    def _catch_up(self) -> None:
        """Everything that may have been committed while nobody listened counts as fresh."""
        since = self._clock.now() - timedelta(seconds=self._keep_seconds)
        with reading(self._engine) as tx:
            digests = tx.execute(select(suppression.c.digest).where(suppression.c.since > since)).scalars().all()
        for digest in digests:
            self._arrived(digest)

    def _arrived(self, digest: bytes) -> None:
        self._fresh[digest] = (self._arrivals + 1, time.monotonic())
        self._arrivals += 1

    def _forget_old(self) -> None:
        limit = time.monotonic() - self._keep_seconds
        for digest in [d for d, (_, at) in self._fresh.items() if at < limit]:
            del self._fresh[digest]
