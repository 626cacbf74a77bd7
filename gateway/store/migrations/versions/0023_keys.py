"""keys: entries about a key of the journal are found without reading the journal; tiles are stored as they are

Revision: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    keys = sa.text("kind = 'key'")
    op.create_index("ix_journal_key", "journal", ["id"], sqlite_where=keys, postgresql_where=keys)
    if op.get_bind().dialect.name == "postgresql":  # hashes cannot be compressed: trying to costs more than writing them
        op.execute("ALTER TABLE journal_tile ALTER COLUMN hashes SET STORAGE EXTERNAL")
