"""unheard: a call that rang and that nobody heard is told apart from one that was heard

Revision: 0033
Revises: 0032
"""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_OLD, _NEW = "kind IN ('delivered', ", "kind IN ('delivered', 'unheard', "
_KINDS = "'dead', 'failed', 'full', 'expired', 'blocked', 'refused', 'unknown', 'complaint')"


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "sqlite":
        _widen_sqlite()
    else:
        op.drop_constraint(op.f("ck_receipt_kind"), "receipt", type_="check")
        op.create_check_constraint(op.f("ck_receipt_kind"), "receipt", _NEW + _KINDS)
    # No mail and no text has these codes.
    unheard = "code IN ('busy', 'no-answer', 'canceled') OR code = 'completed' AND reply IS NOT NULL"
    op.execute(f"UPDATE receipt SET kind = 'unheard' WHERE kind = 'delivered' AND ({unheard})")  # noqa: S608 (our own words)


def _widen_sqlite() -> None:
    """The constraint is written anew in the text of the schema, as its manual allows for what changes no content."""
    bind = op.get_bind()
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema=ON")
    name = "receipt"
    written = bind.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).scalar_one()
    if written.count(_OLD) != 1:
        raise RuntimeError(f"the check of {name}.kind is not written as expected; nothing was changed")
    bind.exec_driver_sql(
        "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (written.replace(_OLD, _NEW), name)
    )
    bind.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema=OFF")
