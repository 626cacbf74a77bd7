"""tiles: the numbers in a tile are stored as they are, like its hashes

Revision: 0024
Revises: 0023
"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "postgresql":  # compressing them costs ten times what writing them does
        op.execute("ALTER TABLE journal_tile ALTER COLUMN ids SET STORAGE EXTERNAL")
