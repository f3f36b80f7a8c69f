"""The checklists of visits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "checklist_item",
        sa.Column("participant_id", ID),
        sa.Column("visit_key", sa.String(120)),
        sa.Column("item", sa.String(120)),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("label", sa.String(300), nullable=False),
        sa.Column("ticked_at", INSTANT),
        sa.Column("ticked_by", ID),
        sa.Column("unticked_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("participant_id", "visit_key", "item", name="pk_checklist_item"),
        sa.CheckConstraint("ticked_at IS NULL OR unticked_why = ''", name=op.f("ck_checklist_item_ticked_or_unticked")),
        sa.CheckConstraint(
            "ticked_by IS NULL OR ticked_at IS NOT NULL",
            name=op.f("ck_checklist_item_ticked_by_somebody_at_some_time"),
        ),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_checklist_item_participant_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_checklist_item_study_id"),
        sa.ForeignKeyConstraint(["ticked_by"], ["user_account.id"], name="fk_checklist_item_ticked_by"),
    )
    op.create_index("ix_checklist_item_study_id", "checklist_item", ["study_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("checklist_item")
