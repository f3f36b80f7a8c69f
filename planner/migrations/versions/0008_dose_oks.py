"""The word that a dose may be given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
IN_FORCE = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "dose_ok",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("visit_key", sa.String(120), nullable=False),
        sa.Column("drug", sa.String(100), nullable=False),
        sa.Column("given_by", ID, nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("results", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("revoked_by", ID),
        sa.Column("revoked_at", INSTANT),
        sa.Column("revoked_why", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_dose_ok"),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_why IS NULL) AND (revoked_at IS NULL) = (revoked_by IS NULL)",
            name=op.f("ck_dose_ok_revoked_by_somebody_with_a_reason"),
        ),
        sa.ForeignKeyConstraint(["given_by"], ["user_account.id"], name="fk_dose_ok_given_by"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_dose_ok_participant_id"),
        sa.ForeignKeyConstraint(["revoked_by"], ["user_account.id"], name="fk_dose_ok_revoked_by"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_dose_ok_study_id"),
    )
    op.create_index(
        "ix_dose_ok_in_force", "dose_ok", ["participant_id", "visit_key", "drug"], unique=True,
        sqlite_where=IN_FORCE, postgresql_where=IN_FORCE,
    )  # fmt: skip
    op.create_index("ix_dose_ok_participant", "dose_ok", ["participant_id"])
    op.create_index("ix_dose_ok_study_id", "dose_ok", ["study_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("dose_ok")
