"""few kinds: entries that are not written for each message or person are found without reading the journal

Revision: 0035
Revises: 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    few = sa.text(
        "kind IN ('facts', 'pack', 'approval', 'campaign', 'origin', 'import',"
        " 'erasure', 'hold', 'key', 'witness', 'export', 'breach', 'alarm')"
    )
    op.create_index("ix_journal_few", "journal", ["kind", "campaign_id"], sqlite_where=few, postgresql_where=few)
    op.drop_index("ix_journal_key", table_name="journal")  # keys are of few kinds
