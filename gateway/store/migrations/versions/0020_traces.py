"""traces: what erasure looks for beside the tables about a person is found by index

Revision: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_inbox_message_id": ("inbox", "message_id", "message_id IS NOT NULL"),
    "ix_inbox_nobody": ("inbox", "id", "digest IS NULL AND message_id IS NULL"),
    "ix_message_sample_id": ("message", "sample_id", "sample_id IS NOT NULL"),
}


def upgrade() -> None:
    """Apply."""
    for name, (table, column, condition) in _INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, table, [column], postgresql_where=where, sqlite_where=where)
