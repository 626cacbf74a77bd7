"""of a person: what the journal says of somebody is found without reading it whole

Revision: 0037
Revises: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    hers = sa.text("person IS NOT NULL AND kind NOT IN ('decision', 'hand_over')")
    op.create_index("ix_journal_person", "journal", ["person"], sqlite_where=hers, postgresql_where=hers)
