"""witnessed: checkpoints that were handed to somebody, few among many

Revision: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    handed = sa.text("witnesses IS NOT NULL")
    op.create_index("ix_checkpoint_witnessed", "checkpoint", ["size"], sqlite_where=handed, postgresql_where=handed)
