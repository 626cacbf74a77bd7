"""leavers: on PostgreSQL the numbers of those who leave are gathered once, and all that is hers is found by them

Asked for who is gone table by table, PostgreSQL sorted them anew each time, or looked through everybody to find a few. A list
of numbers is looked up in the index, however many they are, and wherever they stand: by one plan for all lists, since making
one for each would weigh every number of it. SQLite has each person leave by herself, by index.

Revision: 0025
Revises: 0024
"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_HERS = (
    *("person_key", "address", "tag", "consent_event", "consent", "contact_origin", "import_change"),
    *("signup", "retention_hold"),
)


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "sqlite":
        return
    body = (
        "DECLARE leaving bigint[] := ARRAY(SELECT id FROM gone); BEGIN ",
        *(f"DELETE FROM {table} WHERE contact_id = ANY (leaving); " for table in _HERS),  # noqa: S608 (our own names)
        "RETURN NULL; END",
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION forget_people() RETURNS trigger LANGUAGE plpgsql"
        f" SET plan_cache_mode = force_generic_plan AS $$ {''.join(body)} $$"
    )
