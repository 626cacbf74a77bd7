"""rights: requests of persons with their deadlines, rounds of erasure

Revision: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.store.types import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RIGHTS = ("access", "rectification", "erasure", "restriction", "portability", "objection")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rights_request",
        sa.Column("id", _ID, nullable=False),
        sa.Column("right", _closed("right", *_RIGHTS), nullable=False),
        sa.Column("via", _closed("via", "page", "reply", "email", "post", "phone", "in_person"), nullable=False),
        sa.Column("contact_id", _ID, nullable=True),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("letter_id", _ID, nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("deadline_at", UtcDateTime(), nullable=False),
        sa.Column("extended_at", UtcDateTime(), nullable=True),
        sa.Column("extended_why", sa.Text(), nullable=True),
        sa.Column("alarms", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.Column("identity", _closed("identity", "unchecked", "mailbox", "checked"), nullable=False),
        sa.Column("identity_how", sa.Text(), nullable=True),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("state", _closed("state", "open", "granted", "refused"), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_request")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_rights_request_contact_id"), "rights_request", ["contact_id"])
    op.create_index(op.f("ix_rights_request_digest"), "rights_request", ["digest"])
    is_open = sa.text("state = 'open'")
    op.create_index(
        "ix_rights_request_open", "rights_request", ["deadline_at", "id"], postgresql_where=is_open, sqlite_where=is_open
    )
    op.create_table(
        "erasure_round",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("swept_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_round")),
        sqlite_autoincrement=True,
    )


def _closed(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
