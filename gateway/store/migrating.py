"""Migrations, by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, select

from gateway.store.engine import is_postgresql

_MIGRATING_LOCK = 7_263_061


def to_head(connection: Connection) -> None:
    """Run every migration this database has not seen, in the transaction of this connection; committing it is the caller's.

    One process at a time: those that start beside it wait, and then find nothing left to do.
    """
    if is_postgresql(connection):  # on SQLite whoever has begun to write is alone
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING_LOCK)))
    config = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def migrations() -> Config:
    """Alembic configuration of the migrations that ship inside the package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
