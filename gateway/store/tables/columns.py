"""How the columns of files were understood."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from gateway.store.tables.base import metadata
from gateway.store.types import UtcDateTime

#: What somebody said the columns of a file hold, for the next file with the same headings. Holds headings, never a cell.
import_mapping = Table(
    "import_mapping",
    metadata,
    Column("headings_sha256", String(64), primary_key=True),
    Column("fields", Text, nullable=False),  # JSON object from label of a column to field; null: left out
    Column("operator", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
