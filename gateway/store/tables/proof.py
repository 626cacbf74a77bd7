"""The journal and the packs that decided."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table

from gateway.store.tables.base import metadata
from gateway.store.types import Id, UtcDateTime

#: Append-only. `body` holds the canonical bytes that were hashed; they are stored as they are and never serialised again.
journal = Table(
    "journal",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("campaign_id", Id),
    Column("message_id", Id),
    Column("person", String(32)),  # pseudonym
    Column("body", LargeBinary, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    # Messages enter the journal nearly in order of their numbers: a block-range index finds them, and costs next to nothing.
    Index("ix_journal_message_id", "message_id", postgresql_using="brin", postgresql_with={"autosummarize": "on"}),
    sqlite_autoincrement=True,
)

pack_version = Table(
    "pack_version",
    metadata,
    Column("version", String(16), primary_key=True),
    Column("text", LargeBinary, nullable=False),
    Column("first_used_at", UtcDateTime, nullable=False),
)
