"""What was done, given and taken by each participant is stored with their plan: reports need not plan them again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table. It fills as participants are planned again, at the latest in the next night."""
    op.create_table(
        "care",
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("participant_id", name="pk_care"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_care_participant_id"),
    )


def downgrade() -> None:
    """Drop it: reports plan everybody again."""
    op.drop_table("care")
