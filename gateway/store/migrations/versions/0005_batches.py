"""batches that can be undone, people met again, polling stations

What belongs to a person no longer refers to her by foreign keys, which look up each row by itself: a trigger takes it away
with her, by set on PostgreSQL. On SQLite the constraints are taken out of the text of the schema, as its manual allows for what
changes no content.

Revision: 0005
Revises: 0004
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from gateway.store.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FOREIGN = {
    "contact": ("batch_id", "origin_id"),
    "person_key": ("contact_id",),
    "address": ("contact_id",),
    "tag": ("contact_id",),
    "consent_event": ("contact_id", "batch_id"),
    "consent": ("contact_id",),
}
_HERS = ("person_key", "address", "tag", "consent_event", "consent", "contact_origin", "import_change")
_ACTS = "'requested', 'pending', 'granted', 'withdrawn', 'refused'"


def upgrade() -> None:
    """Apply."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    (_loosen_sqlite if on_sqlite else _loosen_postgresql)()
    with op.batch_alter_table("import_batch") as batch_op:
        state = sa.Enum("writing", "written", "undone", name="state", native_enum=False, create_constraint=True, length=32)
        batch_op.add_column(sa.Column("state", state, server_default="written", nullable=False))
        batch_op.add_column(sa.Column("undone_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("undone_by", sa.Text(), nullable=True))
    op.add_column("contact", sa.Column("polling_station", sa.String(length=32), server_default="", nullable=False))
    op.add_column("contact", sa.Column("polling_label", sa.Text(), server_default="", nullable=False))
    op.add_column("contact", sa.Column("roll_digest", sa.LargeBinary(length=16), nullable=True))
    op.add_column("contact", sa.Column("set_aside", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    told = sa.text("roll_digest IS NOT NULL")
    op.create_index("uq_contact_roll_digest", "contact", ["roll_digest"], unique=True, postgresql_where=told, sqlite_where=told)
    op.add_column("address", sa.Column("batch_id", _ID, nullable=True))
    op.add_column("tag", sa.Column("batch_id", _ID, nullable=True))
    op.create_table(
        "contact_origin",
        sa.Column("contact_id", _ID, autoincrement=False, nullable=False),
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("origin_id", _ID, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "batch_id", name=op.f("pk_contact_origin")),
    )
    op.create_index(op.f("ix_contact_origin_batch_id"), "contact_origin", ["batch_id"])
    op.create_table(
        "import_change",
        sa.Column("contact_id", _ID, autoincrement=False, nullable=False),
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("given_name", sa.Text(), nullable=True),
        sa.Column("family_name", sa.Text(), nullable=True),
        sa.Column("birth_on", sa.Date(), nullable=True),
        sa.Column("postcode", sa.String(length=10), nullable=True),
        sa.Column("commune", sa.Text(), nullable=True),
        sa.Column("territory", sa.String(length=32), nullable=True),
        sa.Column("polling_station", sa.String(length=32), nullable=True),
        sa.Column("polling_label", sa.Text(), nullable=True),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "batch_id", name=op.f("pk_import_change")),
    )
    op.create_index(op.f("ix_import_change_batch_id"), "import_change", ["batch_id"])
    (_forget_sqlite if on_sqlite else _forget_postgresql)()


def _loosen_postgresql() -> None:
    for table, columns in _FOREIGN.items():
        for column in columns:
            op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey")
    op.drop_constraint(op.f("ck_consent_event_act"), "consent_event", type_="check")
    op.create_check_constraint(op.f("ck_consent_event_act"), "consent_event", f"act IN ({_ACTS}, 'annulled')")


def _loosen_sqlite() -> None:
    bind = op.get_bind()
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema=ON")
    for table, columns in _FOREIGN.items():
        written = bind.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).scalar_one()
        for column in columns:
            clause = rf"\s*CONSTRAINT fk_{table}_{column} FOREIGN KEY\(\w+\) REFERENCES \w+ \(id\)(?: ON DELETE CASCADE)?"
            loosened = re.sub(rf"{clause}\s*,|,{clause}(?=\s*(?:,|\)))", "", written)
            if loosened == written:
                raise RuntimeError(f"the foreign key of {table}.{column} is not written as expected; nothing was changed")
            written = loosened
        if table == "consent_event":
            written = written.replace(f"act IN ({_ACTS})", f"act IN ({_ACTS}, 'annulled')")
        bind.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (written, table))
    bind.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema=OFF")


def _forget_postgresql() -> None:
    gone = "".join(f"DELETE FROM {table} WHERE contact_id IN (SELECT id FROM gone); " for table in _HERS)  # noqa: S608 (our own names)
    op.execute(f"CREATE FUNCTION forget_people() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {gone}RETURN NULL; END $$")
    op.execute(
        "CREATE TRIGGER forget_people AFTER DELETE ON contact REFERENCING OLD TABLE AS gone"
        " FOR EACH STATEMENT EXECUTE FUNCTION forget_people()"
    )


def _forget_sqlite() -> None:
    gone = "".join(f"DELETE FROM {table} WHERE contact_id = OLD.id; " for table in _HERS)  # noqa: S608 (our own names)
    op.execute(f"CREATE TRIGGER forget_people AFTER DELETE ON contact BEGIN {gone}END")
