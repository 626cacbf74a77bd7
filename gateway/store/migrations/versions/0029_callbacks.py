"""callbacks: until when a call may begin to speak and when it did; callbacks that bore no signature of the provider's, by day

Revision: 0029
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("call_document", sa.Column("good_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("call_document", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "refused_callback",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_refused_callback")),
    )
