"""Whether a recipient is prompted about what is done at home; and what each worker has done, for the metrics."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; nobody is prompted yet."""
    op.add_column("recipient", sa.Column("prompted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("heartbeat", sa.Column("counts", sa.Text()))


def downgrade() -> None:
    """Drop them, and the prompts: no older planner plans or stops any."""
    op.execute("UPDATE message SET state = 'cancelled' WHERE template = 'diary' AND state IN ('planned', 'held')")
    op.drop_column("heartbeat", "counts")
    op.drop_column("recipient", "prompted")
