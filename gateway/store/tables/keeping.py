"""People whom no term of retention erases for a while."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from gateway.store.tables.base import metadata
from gateway.store.types import Id, UtcDateTime

#: A dispute or an appeal needs what is on record of her. Gone with the person when she is erased all the same.
retention_hold = Table(
    "retention_hold",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", Id, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("lifted_at", UtcDateTime),
    Column("lifted_by", Text),
    sqlite_autoincrement=True,  # a number stands in the journal
)
