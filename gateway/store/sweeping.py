"""Free space of the database after an erasure: what was overwritten in the tables must not be left beside them either.

SQLite overwrites what it deletes (secure_delete), but a page may keep bytes it moved, and the write-ahead log older pages: the
file is written anew and the log cut. PostgreSQL keeps dead rows until VACUUM, and samples of columns in its statistics until
ANALYZE; bytes in the holes of its pages, those of statistics included, go with VACUUM FULL alone, which locks each table while
it runs.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.exc import DBAPIError

from gateway.store.engine import translated
from gateway.store.tables import erasure_round

#: Tables that hold anything of a person.
HERS = (
    *("contact", "address", "tag", "consent", "consent_event", "person_key", "contact_origin", "import_change", "signup"),
    *("message", "call_document", "receipt", "inbox", "rights_request", "retention_hold", "pace"),
)


def due(tx: Connection) -> int:
    """The newest round of erasure after which nobody has swept yet; 0: everything is swept."""
    rounds = select(func.coalesce(func.max(erasure_round.c.id), 0)).where(erasure_round.c.swept_at.is_(None))
    return int(tx.execute(rounds).scalar_one())


def swept(tx: Connection, upto: int, *, at: datetime) -> None:
    """Note that everything erased up to a round has gone from free space too."""
    rounds = update(erasure_round).where(erasure_round.c.id <= upto, erasure_round.c.swept_at.is_(None))
    tx.execute(rounds.values(swept_at=at))


def sweep(engine: Engine, *, full: bool = False) -> bool:
    """Free what was erased, outside any transaction; False when somebody still reads an older state: it is to be tried again.

    full: on PostgreSQL also write each table anew; nobody reads or writes it meanwhile. SQLite always does.
    Raises StoreUnavailable when the database is away.
    """
    try:
        return _sweep_sqlite(engine) if engine.dialect.name == "sqlite" else _sweep_postgresql(engine, full=full)
    except DBAPIError as fault:
        raise translated(fault) from fault


def _sweep_sqlite(engine: Engine) -> bool:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        busy: int = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.close()
    finally:
        connection.close()
    return busy == 0


def _sweep_postgresql(engine: Engine, *, full: bool) -> bool:
    options = "FULL, ANALYZE" if full else "ANALYZE"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"VACUUM ({options}) {', '.join(HERS)}")
        if full:
            # Samples of columns that were replaced are dead rows too; the owner of the database may write these anew as well.
            connection.exec_driver_sql("VACUUM (FULL) pg_catalog.pg_statistic")
            if _may_checkpoint(connection):
                connection.exec_driver_sql("CHECKPOINT")
    return True


def _may_checkpoint(connection: Connection) -> bool:
    """Whether this account may have pages put on disk at once; the server does so by itself within minutes."""
    role = "SELECT 1 FROM pg_roles WHERE rolname = 'pg_checkpoint' AND pg_has_role(current_user, oid, 'USAGE')"
    asked = f"SELECT usesuper OR EXISTS ({role}) FROM pg_user WHERE usename = current_user"  # noqa: S608 - nothing of anybody's
    return bool(connection.exec_driver_sql(asked).scalar_one_or_none())
