"""kept: packs, notices and what messages are made of are kept in one place, under the hash that entries name them by

Revision: 0027
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "kept_text",
        sa.Column("shelf", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shelf", "name", name=op.f("pk_kept_text")),
    )
    op.execute(
        "INSERT INTO kept_text (shelf, name, text, first_used_at) SELECT 'packs', version, text, first_used_at FROM pack_version"
    )
    op.drop_table("pack_version")
