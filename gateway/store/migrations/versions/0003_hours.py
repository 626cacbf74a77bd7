"""hours a person agreed to be called at

Revision: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("consent_event", sa.Column("hours", sa.String(length=200), nullable=True))
    op.add_column("consent", sa.Column("hours", sa.String(length=200), nullable=True))
