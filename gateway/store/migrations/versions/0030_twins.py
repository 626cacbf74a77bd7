"""twins: the number a request is about is known by another digest on the other channel, though nobody of the file has it

Revision: 0030
Revises: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("rights_request", sa.Column("twin", sa.LargeBinary(16), nullable=True))
