"""New connections to PostgreSQL: whose database serves, and of one that says nothing one thread asks for all."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.domain.errors import StoreUnavailable
from gateway.store.away import unavailable

#: So long the others wait for the one who asks: enough where the database is back, and little where it says nothing.
_WAIT_SECONDS = 0.2


class Connecting:
    """Opens the connections of one engine.

    Where the last attempt of any thread failed, one thread asks at a time, and whoever comes meanwhile is told the same within a
    moment: else every thread of the web server would wait out its patience with a machine that is off, and an objection with them
    that can wait on the disk.
    """

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._fault: Exception | None = None  #: of the last attempt; None: it succeeded

    def __call__(self, dialect: Dialect, _record: ConnectionPoolEntry, given: list[Any], named: dict[str, object]) -> object:
        """A connection. Raises the driver's fault; StoreUnavailable while another thread asks a database that did not answer, and
        for one that could not hold every name."""
        fault = self._fault
        if fault is None:
            return self._connect(dialect, given, named)
        if not self._asking.acquire(timeout=_WAIT_SECONDS):
            raise unavailable(fault)
        try:
            return self._connect(dialect, given, named)
        finally:
            self._asking.release()

    def _connect(self, dialect: Dialect, given: list[Any], named: dict[str, object]) -> object:
        try:
            connection: object = dialect.connect(*given, **named)
        except dialect.loaded_dbapi.Error as fault:
            self._fault = fault
            raise
        self._fault = None
        return _checked(connection)


def _checked(connection: Any) -> object:
    """By default, the database of a server which was set up without a language is in SQL_ASCII."""
    encoding = (connection.pgconn.parameter_status(b"server_encoding") or b"UTF8").decode()
    if encoding != "UTF8":
        name = connection.info.dbname
        connection.close()
        raise StoreUnavailable(
            f"database.url : la base « {name} » est en {encoding}, et ne tient pas toutes les lettres ; créez-en "
            "une en UTF-8 (CREATE DATABASE passerelle ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0), et nommez-la"
        )
    return connection
