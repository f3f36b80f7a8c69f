"""The cohorts of studies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "cohort",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(100), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("part", sa.String(100), nullable=False),
        sa.Column("dose_levels", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("set_up_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cohort"),
        sa.CheckConstraint("size > 0", name=op.f("ck_cohort_size_positive")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_cohort_study_id"),
        sa.UniqueConstraint("study_id", "code", name="uq_cohort_study_id_code"),
        sa.UniqueConstraint("study_id", "position", name="uq_cohort_study_id_position"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("cohort")
