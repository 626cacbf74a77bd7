"""Engines and transactions, the same on both databases."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from select import POLLIN, poll
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import BigInteger, ColumnElement, Dialect, Table, cast, create_engine, event, func, literal, select
from sqlalchemy import Connection as Connection
from sqlalchemy import Engine as Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.domain.errors import StoreUnavailable, system_says
from gateway.store.away import translated, unavailable
from gateway.store.connecting import Connecting
from gateway.store.puttingby import put_by
from gateway.store.samefile import SameFile
from gateway.store.turns import turns

_T = TypeVar("_T")
#: An INSERT that can say what becomes of rows that are there already (ON CONFLICT), as each database writes it.
Upsert: TypeAlias = postgresql.Insert | sqlite.Insert
#: What came of a statement that was sent: asked for, once, when `together` or `ending` around it is over.
Later: TypeAlias = Callable[[], _T]
#: Execution option of a connection whose next transaction only reads: on SQLite it waits for no writer.
READ_ONLY = "gateway_read_only"
#: By default each statement on PostgreSQL sees what was committed before it, and a tree would be held against entries of later.
_ONE_INSTANT = {"isolation_level": "REPEATABLE READ"}
_POOL = 12
#: For so long after its last use a connection is believed to stand, as long as its other end has not closed.
_TRUSTED_SECONDS, _USED = 5.0, "gateway_used"
#: How long a PostgreSQL that says nothing at all, on a machine without power or behind a cut line, is waited for: by default two
#: minutes for a connection and a quarter of an hour on one that stands, in which a mailbox that brings an objection has long
#: gone. A long statement is no silence: the machine at the other end answers for it. What database.url says of these holds.
_PATIENCE = {
    "connect_timeout": "10",  # seconds
    "tcp_user_timeout": "15000",  # milliseconds
    "keepalives_idle": "10",  # seconds, as the next
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
_COMMIT = ("COMMIT",)
#: The last one is a transaction of its own, of one record in the log: it has come to an end when the disk has all before it.
_ANNOUNCED_COMMIT = ("SET LOCAL synchronous_commit = off", "COMMIT", "SELECT pg_logical_emit_message(true, 'passerelle', '')")


def open_engine(url: str) -> Engine:
    """An engine for sqlite:///path or postgresql://…; opens no connection yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            _make_room(Path(parsed.database))
        engine = create_engine(parsed, pool_size=_POOL, max_overflow=_POOL, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        if parsed.database and parsed.database != ":memory:":
            same = SameFile(parsed.database)
            event.listen(engine, "connect", same.opened)
            event.listen(engine, "begin", same.require)
        return engine
    patience = {name: value for name, value in _PATIENCE.items() if name not in parsed.query}
    engine = create_engine(parsed, pool_size=_POOL, max_overflow=_POOL, hide_parameters=True, connect_args=patience)
    event.listen(engine, "do_connect", Connecting())
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_still_there, engine.dialect))
    return engine


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[_USED] = time.monotonic()


def _still_there(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Whether a pooled connection to PostgreSQL still stands; another one is opened when it does not.

    Asking the server costs a trip, before each STOP too. One that went away has closed its end, and that can be seen from here:
    only a connection that has been silent for a while, or has something to read that nobody asked for, is asked.
    """
    used = record.info.get(_USED)
    if used is None:
        return  # just opened
    try:
        heard = poll()
        heard.register(connection.fileno(), POLLIN)
        if time.monotonic() - used > _TRUSTED_SECONDS or heard.poll(0):
            dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as gone:
        raise DisconnectionError from gone


def _make_room(file: Path) -> None:
    """The folder of a database, and the file, for whoever runs this alone: SQLite would let every account of the machine read it.

    Its log and index beside it are made after its likeness, by SQLite.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise StoreUnavailable(
            f"database.url : impossible de créer le dossier {file.parent} ({system_says(fault)}) ; nommez-en un autre"
        ) from fault
    if str(file) != ":memory:":
        with suppress(OSError):  # whatever is wrong with it is said by whoever opens it
            file.touch(mode=0o600)


def open_ahead(engine: Engine, count: int) -> None:
    """Open so many connections before anybody waits for them. A database that is away says so to whoever needs it."""
    with suppress(DBAPIError), ExitStack() as opened:
        for _ in range(count):
            opened.enter_context(engine.connect())


@contextmanager
def begin(engine: Engine, *, urgent: bool = False) -> Iterator[Connection]:
    """One transaction that writes: one change, one journal entry. Raises StoreUnavailable when the database is away.

    urgent: of whoever objects. On SQLite, where one writes at a time, it is the next one, before everybody who can wait.
    """
    with translating(engine), engine.connect() as tx, turn(tx, urgent=urgent), tx.begin():
        yield tx
        if urgent and _goes_on(tx):
            with ending(tx, announced=True):
                pass


def _driver(tx: Connection) -> psycopg.Connection[Any]:
    """The connection of psycopg itself, for what SQLAlchemy has no words for."""
    driver: psycopg.Connection[Any] = tx.connection.driver_connection  # type: ignore[assignment]  # told by `is_postgresql`
    return driver


@contextmanager
def together(tx: Connection) -> Iterator[None]:
    """What is sent within is waited for once, on PostgreSQL, at the end; a fault of any of it is raised there.

    Whoever asks for a row before waits for it, and nothing can be said yet of how many rows were changed.
    """
    if not is_postgresql(tx):
        yield
        return
    with _driver(tx).pipeline():
        yield


def is_together(tx: Connection) -> bool:
    """Whether what is sent now is waited for later: see `together`."""
    return is_postgresql(tx) and bool(_driver(tx).pgconn.pipeline_status)


@contextmanager
def ending(tx: Connection, *, announced: bool = False) -> Iterator[None]:
    """The last statements of a transaction: on PostgreSQL they travel with its COMMIT, and one trip to the server does for all.

    Nothing may be written in this transaction afterwards: it would be another one.
    announced: it tells lanes something (NOTIFY). PostgreSQL lets one such transaction commit at a time, and each would hold up
    the next until the disk has it. So it does not wait for the disk itself; what is written behind it does, and takes it along.
    """
    with together(tx):
        yield
        if is_postgresql(tx):
            # As text: the driver's own commit would wait for everything before, and once more for itself.
            cursor = tx.connection.cursor()
            for statement in _ANNOUNCED_COMMIT if announced else _COMMIT:
                cursor.execute(statement)


def _goes_on(tx: Connection) -> bool:
    """Whether a transaction on PostgreSQL has not ended yet."""
    return is_postgresql(tx) and _driver(tx).info.transaction_status != TransactionStatus.IDLE


@contextmanager
def turn(connection: Connection, *, urgent: bool = False) -> Iterator[None]:
    """Waits until this connection is the one that writes; at once on PostgreSQL, where many write side by side."""
    path = connection.engine.url.database
    if is_postgresql(connection) or not path:
        yield
        return
    line = turns(path)
    with line.urgent() if urgent else line.ordinary():
        yield
    if not urgent:
        put_by(connection, path)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent read: all of it sees the database as it stood at its first statement, and waits for no writer.

    Raises StoreUnavailable when the database is away.
    """
    with translating(engine), engine.connect() as connection:
        view = connection.execution_options(**(_ONE_INSTANT if is_postgresql(connection) else {READ_ONLY: True}))
        with view.begin():
            yield view


@contextmanager
def translating(engine: Engine) -> Iterator[None]:
    """Raises StoreUnavailable when the database goes away within, whoever was asking: SQLAlchemy, or the driver itself."""
    try:
        yield
    except DBAPIError as fault:
        raise translated(fault) from fault
    except _away(engine) as fault:  # of a statement that went to the driver as text
        raise unavailable(fault) from fault


def is_postgresql(tx: Connection) -> bool:
    """Whether this connection speaks to PostgreSQL."""
    return tx.dialect.name == "postgresql"


def next_of_sequence(tx: Connection, table: str, column: str) -> ColumnElement[int]:
    """On PostgreSQL, the next number that a column gives by itself; another one for each row of a statement."""
    named = cast(func.pg_get_serial_sequence(table, column), postgresql.REGCLASS)
    number = tx.execute(select(cast(named, BigInteger))).scalar_one()
    # By its number: a name would be looked up for each row.
    return func.nextval(cast(literal(number, BigInteger), postgresql.REGCLASS))


def upsert(tx: Connection, table: Table) -> Upsert:
    """An INSERT that can say what becomes of rows that are there already, as this database writes it."""
    return postgresql.insert(table) if is_postgresql(tx) else sqlite.insert(table)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA wal_autocheckpoint=0")  # whoever commits would wait for the disk: see store/puttingby.py
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=120000")  # a STOP waits for the end of a long import rather than fail
    cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten
    cursor.execute("PRAGMA cache_size=-8000")  # of each connection: a worker has half a dozen
    cursor.execute("PRAGMA temp_store=FILE")  # memory stays flat whatever the length of the list
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail at once when another writes in between: writers queue at BEGIN.
    reads = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _away(engine: Engine) -> type[Exception]:
    """What the driver itself raises when the database is away."""
    kind: type[Exception] = engine.dialect.loaded_dbapi.OperationalError
    return kind
