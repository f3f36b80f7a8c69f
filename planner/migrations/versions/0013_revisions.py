"""Revisions of what people edit, so that nobody overwrites in silence what somebody else has changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = (("contact", "revision"), ("site", "revision"), ("cohort", "revision"), ("study", "settings_revision"))


def upgrade() -> None:
    """Add the columns; what is there already is at its first revision."""
    for table, column in COLUMNS:
        op.add_column(table, sa.Column(column, sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    """Drop them."""
    for table, column in COLUMNS:
        op.drop_column(table, column)
