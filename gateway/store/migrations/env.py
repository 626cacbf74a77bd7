"""Alembic environment: the connection comes from gateway.store.migrating.to_head, or the URL from GATEWAY_DATABASE__URL."""

from __future__ import annotations

import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from gateway.store.engine import open_engine
from gateway.store.tables import metadata
from gateway.store.types import UtcDateTime


def _render(kind: str, item: object, autogen: Any) -> str | Literal[False]:
    """Write our own column type by its name; everything else as Alembic does."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen.imports.add("from gateway.store.types import UtcDateTime")
        return "UtcDateTime()"
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True, render_item=_render
    )
    with context.begin_transaction():
        context.run_migrations()


_given = context.config.attributes.get("connection")
if _given is not None:
    _run(_given)
else:
    _engine = open_engine(os.environ["GATEWAY_DATABASE__URL"])
    with _engine.connect() as _connection:
        _run(_connection)
        _connection.commit()
    _engine.dispose()
