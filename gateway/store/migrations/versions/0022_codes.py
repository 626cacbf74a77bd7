"""codes: somebody known by telephone alone proves that it is she by a code that came by text

Revision: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_OLD, _NEW = "IN ('unchecked', 'mailbox', 'checked')", "IN ('unchecked', 'mailbox', 'telephone', 'checked')"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "code_use",
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_code_use")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _widen_sqlite()
        return
    op.drop_constraint(op.f("ck_rights_request_identity"), "rights_request", type_="check")
    op.create_check_constraint(op.f("ck_rights_request_identity"), "rights_request", f"identity {_NEW}")


def _widen_sqlite() -> None:
    """The constraint is written anew in the text of the schema, as its manual allows for what changes no content."""
    bind = op.get_bind()
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema=ON")
    name = "rights_request"
    written = bind.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).scalar_one()
    if written.count(_OLD) != 1:
        raise RuntimeError(f"the check of {name}.identity is not written as expected; nothing was changed")
    bind.exec_driver_sql(
        "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (written.replace(_OLD, _NEW), name)
    )
    bind.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema=OFF")
