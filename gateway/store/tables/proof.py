"""The journal, and the texts that its entries name by their hash."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, SmallInteger, String, Table, Text, text

from gateway.audit.entry import EntryKind
from gateway.store.tables.base import metadata
from gateway.store.types import Id, UtcDateTime

_WITNESSED = text("witnesses IS NOT NULL")
#: Kinds that nothing writes for each person or message: a few thousand entries among millions.
FEW_KINDS = (
    *(EntryKind.FACTS, EntryKind.PACK, EntryKind.APPROVAL, EntryKind.CAMPAIGN, EntryKind.ORIGIN, EntryKind.IMPORT),
    *(EntryKind.ERASURE, EntryKind.HOLD, EntryKind.KEY, EntryKind.WITNESS, EntryKind.EXPORT, EntryKind.BREACH, EntryKind.ALARM),
)
#: Of these kinds. A statement has to say it in these very words, or SQLite reads the whole journal for them.
OF_FEW_KINDS = text("kind IN (" + ", ".join(f"'{kind}'" for kind in FEW_KINDS) + ")")
#: Of a person, but not of the two kinds that are written for each message of a campaign: hers are found by her messages, and
#: nothing is paid for this while a campaign leaves. A statement has to say it in these very words, too.
OF_A_PERSON = text(f"person IS NOT NULL AND kind NOT IN ('{EntryKind.DECISION}', '{EntryKind.HAND_OVER}')")

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
    # Several intervals for each block: one late answer would make a single one as wide as all that was sent since.
    Index(
        "ix_journal_message_id",
        "message_id",
        postgresql_using="brin",
        postgresql_ops={"message_id": "int8_minmax_multi_ops"},
        postgresql_with={"autosummarize": "on", "pages_per_range": 32},
    ),
    Index("ix_journal_few", "kind", "campaign_id", sqlite_where=OF_FEW_KINDS, postgresql_where=OF_FEW_KINDS),
    Index("ix_journal_person", "person", sqlite_where=OF_A_PERSON, postgresql_where=OF_A_PERSON),
    sqlite_autoincrement=True,
)

#: What entries name by its hash (store.kept): packs that decided, notices, and what messages were made of. Of no person.
kept_text = Table(
    "kept_text",
    metadata,
    Column("shelf", String(16), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("text", LargeBinary, nullable=False),
    Column("first_used_at", UtcDateTime, nullable=False),
)

#: The tree over the journal, in tiles of 256 hashes. Level 0 holds the leaves, and which entry of the journal each stands for;
#: a hash of level n + 1 stands for a full tile of level n. Only the last tile of a level ever grows.
journal_tile = Table(
    "journal_tile",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("ids", LargeBinary),  # level 0: ids of the entries, 8 bytes each, big-endian
    Column("first_id", BigInteger),  # level 0: smallest and greatest of them
    Column("last_id", BigInteger),
    Index("ix_journal_tile_ids", "last_id", "first_id"),
)

#: Signed checkpoints, oldest first. Never changed.
checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("note", Text, nullable=False),  # the signed text, as anybody may keep it
    Column("witnesses", Text),  # JSON: to whom it was sent, when, and what they answered
    Index("ix_checkpoint_witnessed", "size", sqlite_where=_WITNESSED, postgresql_where=_WITNESSED),
)

#: One row: how far sealing has come. On PostgreSQL numbers of the journal are given before they are committed; `gaps` holds those
#: that may still come.
journal_seal = Table(
    "journal_seal",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("seen_id", BigInteger, nullable=False),
    Column("gaps", Text, nullable=False),
)
