"""refusals: who said no to the one request for her agreement, so that no older agreement of a file is taken for hers

Revision: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("consent_request", sa.Column("refused_at", sa.DateTime(timezone=True)))
