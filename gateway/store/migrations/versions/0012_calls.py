"""calls: a message may ring, and what it says waits until the provider fetches it

Revision: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.store.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STATES = (
    "'waiting', 'deferred', 'handing_over', 'ringing', 'accepted', 'refused', 'rejected', 'cancelled', 'expired', 'uncertain',"
    " 'abandoned'"
)
_HELD = "state IN ('handing_over', 'ringing', 'uncertain')"


def upgrade() -> None:
    """Apply. On SQLite the table is written anew: its constraint cannot be changed in place."""
    bind = op.get_bind()
    last = None
    if bind.dialect.name == "sqlite":
        last = bind.execute(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'message'")).scalar()
    with op.batch_alter_table("message", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_index("ix_message_held")
        batch_op.drop_constraint("state", type_="check")
        batch_op.create_check_constraint("state", f"state IN ({_STATES})")
        batch_op.create_index(
            "ix_message_held", ["campaign_id", "lease_until"], postgresql_where=sa.text(_HELD), sqlite_where=sa.text(_HELD)
        )
    if last is not None:  # numbers of messages are never given twice, not even those of rows that are gone
        bind.execute(sa.text("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = 'message'"), {"last": last})
    op.create_table(
        "call_document",
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_call_document_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_call_document")),
    )
