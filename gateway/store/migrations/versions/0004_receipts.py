"""receipts: what comes back about messages, and what it says of addresses

Revision: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.store.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KINDS = ("delivered", "dead", "failed", "full", "expired", "blocked", "refused", "unknown", "complaint")


def upgrade() -> None:
    """Apply."""
    op.add_column("address", sa.Column("state_code", sa.String(length=40), nullable=True))
    op.add_column("address", sa.Column("state_reply", sa.Text(), nullable=True))
    op.add_column("address", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    op.add_column("address", sa.Column("failed_at", UtcDateTime(), nullable=True))
    # Until now the reason was the code.
    op.execute("UPDATE address SET state_code = substr(state_reason, 1, 40), state_reason = 'refused' WHERE state = 'dead'")
    failing = sa.text("state = 'failing'")
    op.create_index("ix_address_failing", "address", ["state_at"], postgresql_where=failing, sqlite_where=failing)
    op.add_column("campaign", sa.Column("warning", sa.Text(), nullable=True))
    op.add_column("campaign", sa.Column("reports_seen", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "receipt",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("campaign_id", _ID, nullable=False),
        sa.Column("kind", sa.Enum(*_KINDS, name="kind", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_receipt_campaign_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_receipt_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    op.create_index(op.f("ix_receipt_message_id"), "receipt", ["message_id"])
    op.create_index("ix_receipt_campaign", "receipt", ["campaign_id", "kind"])
