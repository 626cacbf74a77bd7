"""What calls say, between their hand-over and their end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from gateway.store.engine import upsert
from gateway.store.tables import call_document as d


def keep(tx: Connection, documents: Mapping[int, bytes], *, at: datetime) -> None:
    """Keep the documents of these messages; a second attempt replaces the first."""
    if not documents:
        return
    statement = upsert(tx, d)
    replaced = {"body": statement.excluded.body, "at": statement.excluded.at}
    rows = [{"message_id": message_id, "body": body, "at": at} for message_id, body in documents.items()]
    tx.execute(statement.on_conflict_do_update(index_elements=["message_id"], set_=replaced), rows)


def read(tx: Connection, message_id: int) -> bytes | None:
    """The document of a call, or None."""
    body = tx.execute(select(d.c.body).where(d.c.message_id == message_id)).scalar_one_or_none()
    return None if body is None else bytes(body)


def forget(tx: Connection, message_id: int) -> None:
    """The call has ended."""
    tx.execute(delete(d).where(d.c.message_id == message_id))
