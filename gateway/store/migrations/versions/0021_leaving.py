"""leaving: what somebody signed up to, and holds on her, leave with her by set, like all that is hers

A foreign key of each looked up every person who left by herself, which was most of what undoing a large import cost. Nobody is
erased while something new is written about her: see `people.hold_still`.

Revision: 0021
Revises: 0020
"""

from __future__ import annotations

import re

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_FOREIGN = {"signup": "fk_signup_contact_id", "retention_hold": "fk_retention_hold_contact_id_contact"}
_HERS = (
    *("person_key", "address", "tag", "consent_event", "consent", "contact_origin", "import_change"),
    *_FOREIGN,
)


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "sqlite":
        _loosen_sqlite()
        gone = "".join(f"DELETE FROM {table} WHERE contact_id = OLD.id; " for table in _HERS)  # noqa: S608 (our own names)
        op.execute("DROP TRIGGER forget_people")
        op.execute(f"CREATE TRIGGER forget_people AFTER DELETE ON contact BEGIN {gone}END")
        return
    for table, name in _FOREIGN.items():
        op.drop_constraint(op.f(name), table, type_="foreignkey")
    gone = "".join(f"DELETE FROM {table} WHERE contact_id IN (SELECT id FROM gone); " for table in _HERS)  # noqa: S608 (our own names)
    op.execute(
        f"CREATE OR REPLACE FUNCTION forget_people() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {gone}RETURN NULL; END $$"
    )


def _loosen_sqlite() -> None:
    """The constraints are taken out of the text of the schema, as its manual allows for what changes no content."""
    bind = op.get_bind()
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema=ON")
    for table, name in _FOREIGN.items():
        written = bind.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).scalar_one()
        clause = rf"\s*CONSTRAINT {name} FOREIGN KEY\(contact_id\) REFERENCES contact \(id\) ON DELETE CASCADE"
        loosened = re.sub(rf"{clause}\s*,|,{clause}(?=\s*(?:,|\)))", "", written)
        if loosened == written:
            raise RuntimeError(f"the foreign key {name} is not written as expected; nothing was changed")
        bind.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (loosened, table))
    bind.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema=OFF")
