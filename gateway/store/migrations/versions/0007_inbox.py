"""inbox: what comes in, kept once; doubt on the opposition list, with the delay from reception to effect

Revision: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.store.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KIND = "ck_suppression_kind"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "inbox",
        sa.Column("id", _ID, nullable=False),
        sa.Column("medium", _closed("medium", "email", "sms", "call"), nullable=False),
        sa.Column("provider_id", sa.String(length=255), nullable=False),
        sa.Column(
            "kind",
            _closed("kind", "reply", "callback", "bounce", "complaint", "unsubscribe", "vacation", "other"),
            nullable=False,
        ),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=True),
        sa.Column("intent", _closed("intent", "objection", "doubtful", "restart", "help", "other"), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("right_asked", _closed("right_asked", "erasure", "access"), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("keep_until", UtcDateTime(), nullable=True),
        sa.Column("state", _closed("state", "open", "settled"), nullable=False),
        sa.Column(
            "settled_as",
            _closed("settled_as", "objection", "not-objection", "refusal", "answered", "filed"),
            nullable=True,
        ),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("medium", "provider_id", name=op.f("uq_inbox_medium_provider_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_digest", "inbox", ["digest"])
    is_open = sa.text("state = 'open'")
    op.create_index("ix_inbox_open", "inbox", ["received_at", "id"], postgresql_where=is_open, sqlite_where=is_open)
    with op.batch_alter_table("suppression", copy_from=_suppression(), table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_constraint(op.f(_KIND), type_="check")
        batch_op.create_check_constraint(op.f(_KIND), "kind IN ('objection', 'technical', 'pause', 'doubt')")
        batch_op.add_column(sa.Column("delay_ms", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("message_id", _ID, nullable=True))


def _closed(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _suppression() -> sa.Table:
    """The table as 0001 left it: SQLite makes it anew, and cannot tell its check constraints by itself."""
    causes = (
        "'unsubscribe_link', 'one_click', 'reply', 'key_press', 'complaint', 'imported_list', 'operator', 'hard_bounce',"
        " 'person_pause'"
    )
    return sa.Table(
        "suppression",
        sa.MetaData(),
        sa.Column("seq", _ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("medium", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('objection', 'technical', 'pause')", name=op.f(_KIND)),
        sa.CheckConstraint(f"cause IN ({causes})", name=op.f("ck_suppression_cause")),
        sa.CheckConstraint("kind <> 'objection' OR until IS NULL", name=op.f("ck_suppression_objection_never_lapses")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_suppression")),
        sa.UniqueConstraint("digest", "medium", "kind", name=op.f("uq_suppression_digest_medium_kind")),
        sqlite_autoincrement=True,
    )
