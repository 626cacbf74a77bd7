"""late answers: what the journal says of a message is found on PostgreSQL though others were answered long after they left

Revision: 0038
Revises: 0037
"""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.drop_index("ix_journal_message_id", table_name="journal")
    op.create_index(
        "ix_journal_message_id",
        "journal",
        ["message_id"],
        postgresql_using="brin",
        postgresql_ops={"message_id": "int8_minmax_multi_ops"},
        postgresql_with={"autosummarize": "on", "pages_per_range": 32},
    )
