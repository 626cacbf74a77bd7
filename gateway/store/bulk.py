"""Many rows at once: how they reach each database, and how its planner hears of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from typing import Any

import orjson
from sqlalchemy import Connection, Table, text

from gateway.store.engine import is_postgresql, is_together

#: Rows sent to the driver at once by bulk inserts: large enough to be fast, small enough to keep memory flat.
_CHUNK = 2_000
#: So many rows at most are inserted by statements of many rows, and so many by each.
_FEW, _AT_ONCE = {"postgresql": 50, "sqlite": 250}, 50


def bulk_insert(
    tx: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, binary: Sequence[str] = ()
) -> int:
    """Insert many rows of plain values in constant memory: COPY on PostgreSQL, executemany on SQLite; returns how many.

    What few rows there are travel in one statement, or a few; so do many within `together`, where there is no COPY.

    Values bypass SQLAlchemy's types: instants must go through `instant(tx, …)`.
    binary: PostgreSQL's names of the columns' types. Bytes then travel as they are, not as hex, and few rows in one statement.
    """
    left = iter(rows)
    few = _FEW[tx.dialect.name]
    first = list(islice(left, few + 1))
    if is_postgresql(tx):
        if binary and (len(first) <= few or is_together(tx)):
            return _insert_in_json(tx, table, columns, [*first, *left], binary)
        return _copy(tx, table, columns, chain(first, left), binary)
    if len(first) <= few:
        return _insert_few(tx, table, columns, first)
    return _insert_many(tx, table, columns, chain(first, left))


def analyze(tx: Connection, table: Table) -> None:
    """Let the planner of PostgreSQL know what a table holds that was just filled."""
    if is_postgresql(tx):
        tx.execute(text(f"ANALYZE {table.name}"))


def _copy(tx: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]], types: Sequence[str]) -> int:
    """PostgreSQL; types: where the values travel as bytes."""
    count = 0
    with (
        closing(tx.connection.cursor()) as cursor,
        cursor.copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN{' (FORMAT BINARY)' if types else ''}") as copy,
    ):
        if types:
            copy.set_types(types)
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _insert_in_json(tx: Connection, table: Table, columns: Sequence[str], rows: list[Sequence[Any]], types: Sequence[str]) -> int:
    """PostgreSQL: one trip to the server, where a COPY takes three; and one parameter, whatever the rows are."""
    names = ", ".join(columns)
    typed = ", ".join(f"{name} {kind}" for name, kind in zip(columns, types, strict=True))
    told = orjson.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=_in_json)
    statement = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM json_to_recordset(%s::json) AS told ({typed})"  # noqa: S608 (our names)
    with closing(tx.connection.cursor()) as cursor:
        cursor.execute(statement, (told.decode(),))
    return len(rows)


def _in_json(value: object) -> str:
    """Bytes as PostgreSQL reads them from JSON."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def _insert_few(tx: Connection, table: Table, columns: Sequence[str], rows: list[Sequence[Any]]) -> int:
    """SQLite, in statements of many rows: after each one the driver lets other threads in, and waits longer than it worked.

    A row that the database refuses ends the transaction, not only its statement: to be able to take back a statement of many rows
    alone, SQLite would keep each page that it changes, which costs as much as half of its work.
    """
    marks = _marks(columns)
    with closing(tx.connection.cursor()) as cursor:
        for some in _by(_AT_ONCE, rows):
            statement = f"INSERT OR ROLLBACK INTO {table.name} ({', '.join(columns)}) VALUES {', '.join([marks] * len(some))}"  # noqa: S608 (our names)
            cursor.execute(statement, list(chain.from_iterable(some)))
    return len(rows)


def _insert_many(tx: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """SQLite: one statement, run row after row."""
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {_marks(columns)}"  # noqa: S608 (names of our own)
    count = 0
    with closing(tx.connection.cursor()) as cursor:
        for some in _by(_CHUNK, rows):
            cursor.executemany(statement, some)
            count += len(some)
    return count


def _marks(columns: Sequence[str]) -> str:
    return f"({', '.join('?' * len(columns))})"


def _by(size: int, rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """The rows, so many at a time."""
    left = iter(rows)
    while some := list(islice(left, size)):
        yield some
