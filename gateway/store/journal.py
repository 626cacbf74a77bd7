"""The journal: append-only, in the transaction of the change it describes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from gateway.audit.entry import Entry, EntryKind
from gateway.store import tables
from gateway.store.bulk import bulk_insert
from gateway.store.types import instant

_COLUMNS = ("kind", "at", "campaign_id", "message_id", "person", "body", "sha256")
_TYPES = ("varchar", "timestamptz", "int8", "int8", "varchar", "bytea", "bytea")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as stored."""

    id: int
    kind: str
    at: datetime
    person: str | None
    body: bytes


def append(tx: Connection, entries: Sequence[Entry]) -> None:
    """Add entries in one statement. They become durable with the change beside them, or not at all."""
    if not entries:
        return
    bulk_insert(tx, tables.journal, _COLUMNS, _rows(tx, entries), binary=_TYPES)


def holds(tx: Connection, told: Entry) -> bool:
    """Whether this very entry about a message stands there already."""
    j = tables.journal.c
    same = select(j.id).where(j.message_id == told.message_id, j.sha256 == told.sha256)
    return tx.execute(same.limit(1)).first() is not None


def _rows(tx: Connection, entries: Sequence[Entry]) -> Iterator[tuple[Any, ...]]:
    before, told = None, None
    for kind, at, body, digest, campaign_id, message_id, person in entries:
        if at is not before:  # entries of one act share their instant
            before, told = at, instant(tx, at)
        yield str(kind), told, campaign_id, message_id, person, body, digest


def of_message(tx: Connection, message_id: int) -> list[Recorded]:
    """Everything the journal says of one message, oldest first."""
    return of_messages(tx, [message_id])


def of_messages(tx: Connection, message_ids: Sequence[int]) -> list[Recorded]:
    """Everything the journal says of a page of messages, oldest first."""
    j = tables.journal
    chosen = select(j.c.id, j.c.kind, j.c.at, j.c.person, j.c.body).where(j.c.message_id.in_(list(message_ids)))
    return [Recorded(*row) for row in tx.execute(chosen.order_by(j.c.id))]


def of_keys(tx: Connection) -> list[Recorded]:
    """Everything the journal says of its own keys, oldest first: found by an index of theirs, however long it is."""
    j = tables.journal
    columns = (j.c.id, j.c.kind, j.c.at, j.c.person, j.c.body)
    about_keys = select(*columns).where(tables.OF_FEW_KINDS, j.c.kind == EntryKind.KEY.value)
    return [Recorded(*row) for row in tx.execute(about_keys.order_by(j.c.id))]
