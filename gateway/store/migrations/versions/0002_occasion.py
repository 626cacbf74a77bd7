"""occasion

A message may answer one act of a person: the same carrier then holds several messages to one address, one for each act.

Revision: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. On SQLite the table is written anew: its constraint cannot be changed in place."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    last = (
        op.get_bind().execute(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'message'")).scalar() if on_sqlite else None
    )
    with op.batch_alter_table("message", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.add_column(sa.Column("occasion", sa.String(length=80), server_default="", nullable=False))
        batch_op.add_column(sa.Column("fields", sa.Text(), nullable=True))
        batch_op.drop_constraint("uq_message_campaign_id_digest", type_="unique")
        batch_op.create_unique_constraint("uq_message_campaign_id_digest_occasion", ["campaign_id", "digest", "occasion"])
    if last is not None:  # numbers of messages are never given twice, not even those of rows that are gone
        op.execute(sa.text("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = 'message'").bindparams(last=last))
        op.execute(
            sa.text(
                "INSERT INTO sqlite_sequence (name, seq) SELECT 'message', :last"
                " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'message')"
            ).bindparams(last=last)
        )
