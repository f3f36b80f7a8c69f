"""What participants have agreed to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from planner.migrations.append_only import allow_changes, forbid_changes

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "contact_consent",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("how", sa.String(200), nullable=False),
        sa.Column("recorded_by", ID),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact_consent"),
        sa.CheckConstraint("until >= since", name=op.f("ck_contact_consent_days_in_order")),
        sa.CheckConstraint("agreed OR until IS NULL", name=op.f("ck_contact_consent_a_refusal_has_no_end")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_contact_consent_participant_id"),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name="fk_contact_consent_recorded_by"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_contact_consent_study_id"),
    )
    op.create_index("ix_contact_consent_participant", "contact_consent", ["participant_id", "channel"])
    op.create_index("ix_contact_consent_study_id", "contact_consent", ["study_id"])
    forbid_changes("contact_consent")


def downgrade() -> None:
    """Drop it."""
    allow_changes("contact_consent")
    op.drop_table("contact_consent")
