"""An index that holds all by which a site's month is numbered and counted."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MONTH = ["site_id", "target", "status", "gone", "study_id", "booked", "participant_id", "key"]


def upgrade() -> None:
    """Make it in place of the one that it begins with."""
    op.create_index("ix_visit_site_month", "visit", MONTH)
    op.drop_index("ix_visit_site_target", "visit")


def downgrade() -> None:
    """A month reads every visit of its days again."""
    op.create_index("ix_visit_site_target", "visit", ["site_id", "target"])
    op.drop_index("ix_visit_site_month", "visit")
