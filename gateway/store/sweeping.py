"""Free space of the database after an erasure: what was overwritten in the tables must not be left beside them either.

SQLite overwrites what it deletes (secure_delete), but a page may keep bytes it moved, and the write-ahead log older pages: the
file is written anew and the log cut. PostgreSQL keeps dead rows until VACUUM, which leaves those that somebody's older snapshot
may still read, and samples of columns in its statistics until ANALYZE; bytes in the holes of its pages, those of statistics
included, go with VACUUM FULL alone, which locks each table while it runs; those in its log when that is written over.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Engine, func, select, update

from gateway.store.engine import is_postgresql, translating
from gateway.store.tables import erasure_round
from gateway.store.writeahead import is_archived, write_over

#: How long somebody who reads an older state is waited for.
_PATIENCE_SECONDS, _PAUSE_SECONDS = 3.0, 0.1


class Remains(StrEnum):
    """Where bytes of what was erased may still be, out of reach of any query."""

    HOLES = "holes"  #: of the pages of tables, until the server writes there again
    LOG = "log"  #: the write-ahead log of the server, until its files are written over
    COPIES = "copies"  #: of that log: an archive, another server


@dataclass(frozen=True, slots=True)
class Swept:
    """What sweeping came to."""

    done: bool  #: False: somebody still reads an older state, or it is left for the night; to be tried again
    remains: tuple[Remains, ...] = ()
    at_night: bool = False  #: not begun: the file is long, and nobody could write meanwhile


#: A longer SQLite file takes more than a second or two to be written anew.
_LONG_BYTES = 200_000_000

#: Tables that hold anything of a person.
HERS = (
    *("contact", "address", "tag", "consent", "consent_event", "person_key", "contact_origin", "import_change", "signup"),
    *("message", "call_document", "receipt", "inbox", "rights_request", "retention_hold", "pace"),
)


def due(tx: Connection) -> int:
    """The newest round of erasure after which nobody has swept yet; 0: everything is swept."""
    rounds = select(func.coalesce(func.max(erasure_round.c.id), 0)).where(erasure_round.c.swept_at.is_(None))
    return int(tx.execute(rounds).scalar_one())


def waiting_since(tx: Connection) -> datetime | None:
    """When the first round of erasure was after which nobody has swept yet."""
    waiting = select(func.min(erasure_round.c.at)).where(erasure_round.c.swept_at.is_(None))
    since: datetime | None = tx.execute(waiting).scalar_one()
    return since


def keeps_others_waiting(tx: Connection) -> bool:
    """Whether nobody could write for long while it is swept, be it somebody who objects: a long SQLite file."""
    if is_postgresql(tx):
        return False
    pages, size = (tx.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size"))
    return bool(pages * size > _LONG_BYTES)


def swept(tx: Connection, upto: int, *, at: datetime) -> None:
    """Note that everything erased up to a round has gone from free space too."""
    rounds = update(erasure_round).where(erasure_round.c.id <= upto, erasure_round.c.swept_at.is_(None))
    tx.execute(rounds.values(swept_at=at))


def sweep(engine: Engine, *, full: bool = False) -> Swept:
    """Free what was erased, outside any transaction.

    full: on PostgreSQL also write each table anew, while nobody reads or writes it, and then over its log where this account may.
    SQLite always does both. Raises StoreUnavailable when the database is away.
    """
    with translating(engine):
        return _sweep_sqlite(engine) if engine.dialect.name == "sqlite" else _sweep_postgresql(engine, full=full)


def _sweep_sqlite(engine: Engine) -> Swept:
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("VACUUM")
        # While it waits for a reader nobody else can write: a STOP would wait as long.
        patience = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE_SECONDS * 1000:.0f}")
        try:
            busy: int = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience}")
    return Swept(busy == 0)


def _sweep_postgresql(engine: Engine, *, full: bool) -> Swept:
    options = "FULL, ANALYZE" if full else "ANALYZE"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        alone = _nobody_reads_older(connection)
        connection.exec_driver_sql(f"VACUUM ({options}) {', '.join(HERS)}")
        remains = []
        if full:
            # Samples of columns that were replaced are dead rows too; the owner of the database may write these anew as well.
            connection.exec_driver_sql("VACUUM (FULL) pg_catalog.pg_statistic")
        else:
            remains.append(Remains.HOLES)
        if not (full and write_over(connection)):
            remains.append(Remains.LOG)
        if is_archived(connection):
            remains.append(Remains.COPIES)
    return Swept(alone, tuple(remains))


#: Whoever's snapshot is as old as the last erasure that was not swept yet: its rows are kept for her. Vacuuming reads no rows.
_OLDER = """
WITH erased AS (SELECT min(age(xmin)) AS age FROM erasure_round WHERE swept_at IS NULL),
held AS (
    SELECT age(backend_xmin) AS age FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker' AND (datname IS NULL OR datname = current_database())
    UNION ALL SELECT age(transaction) FROM pg_prepared_xacts WHERE database = current_database()
    UNION ALL SELECT age(xmin) FROM pg_replication_slots
)
SELECT count(*) FROM held, erased WHERE held.age >= erased.age"""


def _nobody_reads_older(connection: Connection) -> bool:
    """Whether everybody sees the last erasure; those who will in a moment are waited for."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while connection.exec_driver_sql(_OLDER).scalar_one():
        if time.monotonic() > until:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True
