"""breach alarms: which of the two alarms about the deadline of a breach were raised

Revision: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("breach", sa.Column("alarms", sa.SmallInteger(), nullable=False, server_default="0"))
