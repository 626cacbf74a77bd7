"""The set of fresh suppressions, of people whose message is to be judged again (a consent has just ended, the use of their data
was restricted), and of campaigns that have just been halted: looked at right before each single hand-over.

It is a booster, never the proof: the proof is the facts read in the transaction that decides. The feed covers the moment between
that commit and the first byte on the wire. PostgreSQL announces each of them at its commit (LISTEN/NOTIFY); on SQLite a change
counter of the file is watched. While the feed is lost, `healthy` is False and claims shrink to what can be on the wire.
"""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Engine, select

from gateway.domain.clock import Clock
from gateway.domain.errors import StoreUnavailable
from gateway.store import campaigns, consents, correcting, suppressions
from gateway.store.engine import reading, translating
from gateway.store.tables import suppression

log = logging.getLogger(__name__)

#: How often the change counter of a SQLite file is read.
_WATCH_SECONDS = 0.002
#: How often at most requests and campaigns of a SQLite file are gone through: a millisecond where there are thousands.
_STANDING_SECONDS = 0.02
#: How long a process that starts waits for it to see.
_START_SECONDS = 5.0
#: How long the feed waits before it tries again to reach the database.
_RETRY_SECONDS = 0.2
#: How often a PostgreSQL connection is checked, and what is no longer fresh forgotten.
_LISTEN_SECONDS = 1.0
#: The ledger as a SQLite connection of the driver reads it, a few hundred times a second.
_NEWEST_ACT = "SELECT coalesce(max(id), 0) FROM consent_event"
_DECIDING = ", ".join(f"'{purpose.value}'" for purpose in consents.DECIDING)
_ENDED_BETWEEN = f"""
    SELECT a.digest FROM consent_event e JOIN address a ON a.contact_id = e.contact_id AND a.medium = e.medium
    WHERE e.id > ? AND e.id <= ? AND e.act IN ('withdrawn', 'refused') AND e.purpose IN ({_DECIDING})
"""  # noqa: S608 (our own words)
#: Few rows, none of which is ever taken back: requests by which the use of somebody's data was restricted, and campaigns.
_RESTRICTIONS = """
    SELECT id, contact_id FROM rights_request WHERE "right" = 'restriction' AND state = 'granted'
"""
_ADDRESSES = "SELECT digest FROM address WHERE contact_id = ?"
_HALTED_STATES = ", ".join(f"'{state.value}'" for state in campaigns.HALTED)
_HALTED = f"SELECT id FROM campaign WHERE state IN ({_HALTED_STATES})"  # noqa: S608 (our own words)

#: A digest, or the number of a campaign; with the order and the instant of its arrival.
_Told = dict[bytes | int, tuple[int, float]]


class ObjectionFeed:
    """Digests suppressed, or to be judged again, and campaigns halted, lately; each with the order of its arrival."""

    def __init__(self, engine: Engine, clock: Clock, *, keep_seconds: float) -> None:
        self._engine = engine
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._fresh: _Told = {}
        self._changed: _Told = {}
        self._halted: _Told = {}
        self._arrivals = 0
        self._lost = False
        self._told = ""  #: what operators were told of a feed that is lost
        self._stop = threading.Event()
        self._healthy = threading.Event()
        self._thread: threading.Thread | None = None
        self._waker: socket.socket | None = None  #: one byte ends a silence; only while PostgreSQL is listened to

    @property
    def healthy(self) -> bool:
        """Whether what is committed now will be seen within milliseconds."""
        return self._healthy.is_set()

    def mark(self) -> int:
        """Number of the last arrival. Taken before facts are read: what arrived until then, the facts have seen."""
        return self._arrivals

    def suppressed_since(self, digest: bytes, mark: int) -> bool:
        """Whether this address was suppressed after that mark."""
        return _since(self._fresh, digest, mark)

    def changed_since(self, digest: bytes, mark: int) -> bool:
        """Whether, after that mark, the person took a consent back, refused one, or had the use of her data restricted."""
        return _since(self._changed, digest, mark)

    def halted_since(self, campaign_id: int, mark: int) -> bool:
        """Whether a campaign was paused, cancelled or found late after that mark."""
        return _since(self._halted, campaign_id, mark)

    def start(self) -> None:
        """Begin to watch, on a thread of its own; returns once it sees, or after a moment when the database is away."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="objection-feed", daemon=True)
            self._thread.start()
        if not self._healthy.wait(_START_SECONDS):
            self._lost = True  # hand-overs begin all the same

    def stop(self) -> None:
        """Stop watching, at once."""
        self._stop.set()
        if (waker := self._waker) is not None:
            with suppress(OSError):  # closed meanwhile: nobody sleeps any more
                waker.send(b"!")
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        watch = self._watch_postgresql if self._engine.dialect.name == "postgresql" else self._watch_sqlite
        while not self._stop.is_set():
            try:
                with translating(self._engine):
                    watch()
            except (StoreUnavailable, OSError) as fault:
                if self._told != str(fault):  # once: a database that is away is asked a few times a second
                    self._told = str(fault)
                    log.warning("objection feed lost, claims shrink until it is back: %s", fault)
            except Exception:  # whatever it is, claims shrink, and the feed begins again
                log.exception("objection feed failed, claims shrink until it is back")
            self._healthy.clear()
            self._lost = True
            self._stop.wait(_RETRY_SECONDS)

    def _sees(self) -> None:
        if self._told:
            log.info("objection feed is back")
        self._told = ""
        self._healthy.set()

    def _watch_postgresql(self) -> None:
        import psycopg

        with self._raw() as raw, self._woken() as ears:
            raw.autocommit = True
            raw.execute(f"LISTEN {suppressions.ANNOUNCEMENTS}")
            raw.execute(f"LISTEN {consents.ANNOUNCEMENTS}")
            raw.execute(f"LISTEN {campaigns.ANNOUNCEMENTS}")
            self._catch_up()
            self._sees()
            ears.register(raw.fileno(), selectors.EVENT_READ)
            check_at = time.monotonic() + _LISTEN_SECONDS
            try:
                while not self._stop.is_set():
                    for notice in raw.notifies(timeout=0):
                        self._announced(notice.channel, notice.payload)
                    ears.select(max(0.0, check_at - time.monotonic()))
                    if time.monotonic() >= check_at:
                        raw.execute("SELECT 1")  # what it receives beside is given by notifies
                        self._forget_old()
                        check_at = time.monotonic() + _LISTEN_SECONDS
            except psycopg.Error as fault:
                raise OSError("listening connection lost") from fault

    def _announced(self, channel: str, payload: str) -> None:
        match channel:
            case campaigns.ANNOUNCEMENTS:
                self._arrived(self._halted, int(payload))
            case consents.ANNOUNCEMENTS:
                self._arrived(self._changed, bytes.fromhex(payload))
            case _:
                self._arrived(self._fresh, bytes.fromhex(payload))

    @contextmanager
    def _woken(self) -> Iterator[selectors.DefaultSelector]:
        """What to sleep on: stop() ends the sleep, and so does whatever else is registered."""
        ear, self._waker = socket.socketpair()
        try:
            with ear, self._waker, selectors.DefaultSelector() as ears:
                ears.register(ear, selectors.EVENT_READ)
                yield ears
        finally:
            self._waker = None

    def _watch_sqlite(self) -> None:
        with self._raw() as raw:
            raw.isolation_level = None
            seen = raw.execute("SELECT coalesce(max(seq), 0) FROM suppression").fetchone()[0]
            acts = raw.execute(_NEWEST_ACT).fetchone()[0]
            standing = _Standing.of(raw)
            self._catch_up()
            version, stale = None, False
            self._sees()
            forget_at = time.monotonic() + _LISTEN_SECONDS
            look_at = 0.0
            while not self._stop.wait(_WATCH_SECONDS):
                now = raw.execute("PRAGMA data_version").fetchone()[0]
                if now != version:
                    version, stale = now, True
                    for seq, digest in raw.execute("SELECT seq, digest FROM suppression WHERE seq > ? ORDER BY seq", (seen,)):
                        seen = seq
                        self._arrived(self._fresh, digest)
                    newest = raw.execute(_NEWEST_ACT).fetchone()[0]
                    for (digest,) in raw.execute(_ENDED_BETWEEN, (acts, newest)) if newest > acts else ():
                        self._arrived(self._changed, digest)
                    acts = newest
                if stale and time.monotonic() >= look_at:
                    standing, stale = self._look(raw, standing), False
                    look_at = time.monotonic() + _STANDING_SECONDS
                if time.monotonic() > forget_at:
                    self._forget_old()
                    forget_at = time.monotonic() + _LISTEN_SECONDS

    def _look(self, raw: Any, before: _Standing) -> _Standing:
        """What a SQLite file says now of campaigns and restrictions; what is new since `before` arrives."""
        standing = _Standing.of(raw)
        for campaign_id in standing.halted - before.halted:
            self._arrived(self._halted, campaign_id)
        for _, contact_id in standing.restrictions - before.restrictions:
            for (digest,) in raw.execute(_ADDRESSES, (contact_id,)):
                self._arrived(self._changed, digest)
        return standing

    @contextmanager
    def _raw(self) -> Iterator[Any]:
        """The driver's own connection: psycopg's or sqlite3's."""
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
            # The ledger has no index by hour: it is read again only when hand-overs of this process may have missed something.
            changed = [*consents.ended_since(tx, since), *correcting.restricted(tx)] if self._lost else []
            halted = campaigns.halted(tx) if self._lost else []
        for digest in digests:
            self._arrived(self._fresh, digest)
        for digest in changed:
            self._arrived(self._changed, digest)
        for campaign_id in halted:
            self._arrived(self._halted, campaign_id)

    def _arrived(self, told: _Told, key: bytes | int) -> None:
        told[key] = (self._arrivals + 1, time.monotonic())
        self._arrivals += 1

    def _forget_old(self) -> None:
        limit = time.monotonic() - self._keep_seconds
        for told in (self._fresh, self._changed, self._halted):
            for key in [k for k, (_, at) in told.items() if at < limit]:
                del told[key]


class _Standing(NamedTuple):
    """What a SQLite file says that has no newest row: read soon after each change of it."""

    halted: frozenset[int]
    restrictions: frozenset[tuple[int, int]]  #: request, and whose

    @classmethod
    def of(cls, raw: Any) -> _Standing:
        return cls(frozenset(row[0] for row in raw.execute(_HALTED)), frozenset(raw.execute(_RESTRICTIONS)))


def _since(told: _Told, key: bytes | int, mark: int) -> bool:
    found = told.get(key)
    return found is not None and found[0] > mark
