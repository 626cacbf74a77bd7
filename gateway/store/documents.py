"""What calls say, between their hand-over and their end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, or_, select, update

from gateway.store.engine import upsert
from gateway.store.tables import call_document as d


class Document(NamedTuple):
    """What one call says, and until when it may begin to."""

    body: bytes
    good_until: datetime | None


def keep(tx: Connection, documents: Mapping[int, Document], *, at: datetime) -> None:
    """Keep the documents of these messages; a second attempt replaces the first, and nobody has been told it yet."""
    if not documents:
        return
    statement = upsert(tx, d)
    replaced = {name: statement.excluded[name] for name in ("body", "good_until", "told_at", "at")}
    rows = [
        {"message_id": message_id, "body": one.body, "good_until": one.good_until, "told_at": None, "at": at}
        for message_id, one in documents.items()
    ]
    tx.execute(statement.on_conflict_do_update(index_elements=["message_id"], set_=replaced), rows)


def tell(tx: Connection, message_id: int, *, at: datetime) -> bytes | None:
    """The document of a call that is answered now, which is thereby told; None where there is none, or its hour is over."""
    good = or_(d.c.good_until.is_(None), d.c.good_until > at)
    told = update(d).where(d.c.message_id == message_id, good).values(told_at=at).returning(d.c.body)
    body = tx.execute(told).scalar_one_or_none()
    return None if body is None else bytes(body)


def was_told(tx: Connection, message_id: int) -> bool:
    """Whether the document of a call was fetched, to be said to whoever answered."""
    return tx.execute(select(d.c.told_at).where(d.c.message_id == message_id)).scalar_one_or_none() is not None


def forget(tx: Connection, message_id: int) -> None:
    """The call has ended."""
    tx.execute(delete(d).where(d.c.message_id == message_id))
