"""fingerprints of scanned paper forms

Revision: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("consent_event", sa.Column("scan_sha256", sa.String(length=64), nullable=True))
    op.add_column("consent_event", sa.Column("scan_reference", sa.Text(), nullable=True))
