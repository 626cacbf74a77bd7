"""rights by reply: what people write back may invoke rectification, restriction and portability too

Revision: 0031
Revises: 0030
"""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_OLD, _NEW = "IN ('erasure', 'access')", "IN ('erasure', 'access', 'rectification', 'restriction', 'portability')"


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "sqlite":
        _widen_sqlite()
        return
    op.drop_constraint(op.f("ck_inbox_right_asked"), "inbox", type_="check")
    op.create_check_constraint(op.f("ck_inbox_right_asked"), "inbox", f"right_asked {_NEW}")


def _widen_sqlite() -> None:
    """The constraint is written anew in the text of the schema, as its manual allows for what changes no content."""
    bind = op.get_bind()
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema=ON")
    name = "inbox"
    written = bind.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).scalar_one()
    if written.count(_OLD) != 1:
        raise RuntimeError(f"the check of {name}.right_asked is not written as expected; nothing was changed")
    bind.exec_driver_sql(
        "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (written.replace(_OLD, _NEW), name)
    )
    bind.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema=OFF")
