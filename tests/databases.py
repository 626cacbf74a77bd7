"""One PostgreSQL database lent to test after test: emptying it takes a small part of the time a copy of the template takes."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import Any

import psycopg

from tests.servers import PostgresServer

#: A new one after so many tests: what was deleted stays in the tables' pages until somebody cleans up.
_LENT_MOST = 120
#: … and after a test that left so many rows: dropping them is quicker than deleting them.
_ROWS_MOST = 2_000

_ALONE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

#: Tables, columns, indexes, constraints, triggers, functions and settings: how many, and who changed one last.
_SHAPE = """
SELECT array[
    (SELECT count(*)::text FROM pg_class WHERE relpersistence <> 't'),
    (SELECT concat(count(*), ' ', max(xmin::text::bigint)) FROM pg_attribute),
    (SELECT concat(count(*), ' ', max(xmin::text::bigint)) FROM pg_index),
    (SELECT concat(count(*), ' ', max(xmin::text::bigint)) FROM pg_constraint),
    (SELECT concat(count(*), ' ', max(xmin::text::bigint)) FROM pg_trigger),
    (SELECT concat(count(*), ' ', max(xmin::text::bigint)) FROM pg_proc),
    (SELECT concat(count(*), ' ', max(xmin::text::bigint)) FROM pg_db_role_setting),
    (SELECT string_agg(version_num, ' ') FROM alembic_version)
]
"""

#: Without triggers and foreign keys: nothing is to be protected, and any order will do. Says how many rows there were.
_EMPTY = """
DO $$
DECLARE
    name text;
    gone bigint;
    every bigint := 0;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT oid::regclass FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
            AND pg_relation_size(oid) > 0  -- most were never written to
    LOOP
        EXECUTE 'DELETE FROM ' || name;
        GET DIAGNOSTICS gone = ROW_COUNT;
        every := every + gone;
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
    PERFORM set_config('tests.rows', every::text, false);
END $$
"""


class Lender:
    """Lends one database at a time, migrated and empty.

    It is the same one again as long as tests leave nothing in it but rows. Whoever is still connected when it comes back is
    thrown out.
    """

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server, self._template = server, template
        self._serial = count(1)
        self._name: str | None = None
        self._lent = 0
        self._shape: list[str] = []
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def lend(self) -> str:
        """Url of an empty database."""
        if self._name is None:
            self._name, self._lent = f"lent_{next(self._serial)}", 0
            self._server.create_database(self._name, template=self._template)
            self._shape = _asked(self._connected(), _SHAPE)
        self._lent += 1
        return self._server.url(self._name)

    def take_back(self) -> None:
        """Empty it for the next, or drop it when a test changed more than rows."""
        if not self._server.is_running() or self._lent >= _LENT_MOST:
            return self.drop()
        connection = self._connected()
        connection.execute(_ALONE)
        if _asked(connection, _SHAPE) == self._shape:
            connection.execute(_EMPTY)
            if int(_asked(connection, "SELECT current_setting('tests.rows')")) <= _ROWS_MOST:
                return None
        return self.drop()

    def drop(self) -> None:
        """Let the next be a new one."""
        name, self._name = self._name, None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if name is not None and self._server.is_running():
            self._server.drop_database(name)

    def _connected(self) -> psycopg.Connection[tuple[object, ...]]:
        """One connection as long as the database is the same, unless a test ended it: a new one reads the catalogue anew."""
        assert self._name is not None
        if self._connection is not None:
            with suppress(psycopg.OperationalError):
                self._connection.execute("SELECT 1")
                return self._connection
            self._connection.close()
        self._connection = psycopg.connect(self._server.url(self._name), autocommit=True)
        return self._connection


def _asked(connection: psycopg.Connection[tuple[object, ...]], question: str) -> Any:
    row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]
