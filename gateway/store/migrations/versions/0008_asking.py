"""asking

Who was asked for consent, kept once for each person and each address (rule consent-request-once).

Revision: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.store.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "consent_request",
        sa.Column("message_id", _ID, autoincrement=False, nullable=False),
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_consent_request")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_consent_request_contact_id")),
        sa.UniqueConstraint("digest", name=op.f("uq_consent_request_digest")),
    )
    op.create_index(op.f("ix_consent_request_asked_at"), "consent_request", ["asked_at"], unique=False)
