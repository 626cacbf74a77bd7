"""people of Alsace and Moselle have a territory of their own: its holidays are

Revision: 0011
Revises: 0010
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "UPDATE contact SET territory = 'alsace-moselle' WHERE territory = 'metropole'"
        " AND (postcode LIKE '57___' OR postcode LIKE '67___' OR postcode LIKE '68___')"
    )
