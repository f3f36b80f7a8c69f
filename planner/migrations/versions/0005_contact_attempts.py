"""Attempts to reach participants, and how many a study wants before somebody is lost to follow-up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table and the column."""
    op.add_column("study", sa.Column("attempts_wanted", sa.Integer()))
    op.create_table(
        "contact_attempt",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("tried_at", INSTANT, nullable=False),
        sa.Column("whom", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("tried_by", sa.String(200), nullable=False),
        sa.Column("recorded_by", ID),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("struck_at", INSTANT),
        sa.Column("struck_why", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_contact_attempt"),
        sa.CheckConstraint(
            "(struck_at IS NULL) = (struck_why IS NULL)", name=op.f("ck_contact_attempt_struck_with_a_reason")
        ),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_contact_attempt_participant_id"),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name="fk_contact_attempt_recorded_by"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_contact_attempt_study_id"),
    )
    op.create_index("ix_contact_attempt_participant", "contact_attempt", ["participant_id", "tried_at"])
    op.create_index("ix_contact_attempt_study_id", "contact_attempt", ["study_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("contact_attempt")
    op.drop_column("study", "attempts_wanted")
