"""What comes in: replies, bounces, complaints and provider callbacks, each kept once."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text, UniqueConstraint, text

from gateway.domain.channel import Medium
from gateway.domain.reply import InboxKind, InboxState, Intent, RightAsked, Settlement
from gateway.store.tables.base import metadata
from gateway.store.types import Id, UtcDateTime, closed

#: The sender is known by digest only; what she wrote is kept until `keep_until`. No reference to a contact: a stranger may write.
inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("medium", closed(Medium, "medium"), nullable=False),
    Column("provider_id", String(255), nullable=False),  # Message-ID, MessageSid…: a second delivery changes nothing
    Column("kind", closed(InboxKind, "kind"), nullable=False),
    Column("digest", LargeBinary(16)),  # of the sender's address; null where nobody can be told
    Column("message_id", Id),  # the message it answers to
    Column("received_at", UtcDateTime, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
    Column("effective_at", UtcDateTime),  # since when its author is not written to any more because of it
    Column("intent", closed(Intent, "intent")),
    Column("evidence", Text),  # which pattern, on which words
    Column("right_asked", closed(RightAsked, "right_asked")),
    Column("body", LargeBinary),  # as received
    Column("text", Text),  # what the person wrote, without what she quotes
    Column("keep_until", UtcDateTime),
    Column("state", closed(InboxState, "state"), nullable=False),
    Column("settled_as", closed(Settlement, "settled_as")),
    Column("settled_by", Text),  # null: the gateway itself
    Column("settled_at", UtcDateTime),
    Column("settled_why", Text),
    UniqueConstraint("medium", "provider_id"),
    Index("ix_inbox_digest", "digest"),
    # Erasure looks for what came back about somebody's messages, and through what came from nobody knows whom.
    Index(
        "ix_inbox_message_id",
        "message_id",
        postgresql_where=text("message_id IS NOT NULL"),
        sqlite_where=text("message_id IS NOT NULL"),
    ),
    Index(
        "ix_inbox_nobody",
        "id",
        postgresql_where=text("digest IS NULL AND message_id IS NULL"),
        sqlite_where=text("digest IS NULL AND message_id IS NULL"),
    ),
    Index(
        "ix_inbox_open",
        "received_at",
        "id",
        postgresql_where=text("state = 'open'"),
        sqlite_where=text("state = 'open'"),
    ),
    sqlite_autoincrement=True,  # the journal names these numbers
)
