"""The index by the provider's name for a message has only those that have one: a claim need not write to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NAME, TABLE, COLUMNS = "ix_message_provider", "message", ["provider_id"]


def upgrade() -> None:
    """Make it anew."""
    named = sa.text("provider_id IS NOT NULL")
    op.drop_index(NAME, TABLE)
    op.create_index(NAME, TABLE, COLUMNS, postgresql_where=named, sqlite_where=named)


def downgrade() -> None:
    """All messages are in it again."""
    op.drop_index(NAME, TABLE)
    op.create_index(NAME, TABLE, COLUMNS)
