"""live since: what a trial's mailbox took before it has reached nobody

Revision: 0036
Revises: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("installation", sa.Column("live_since", sa.DateTime(timezone=True), nullable=True))
