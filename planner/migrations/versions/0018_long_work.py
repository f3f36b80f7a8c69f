"""Work that takes longer than a page may, and what it finds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; nothing has been asked for yet."""
    _works()
    _lines()


def _works() -> None:
    op.create_table(
        "long_work",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("site_id", ID),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary()),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stop_wanted", sa.Boolean(), nullable=False),
        sa.Column("after_id", ID),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("began_at", INSTANT),
        sa.Column("beat_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("runner", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_long_work"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_long_work_study_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_long_work_site_id"),
        sa.ForeignKeyConstraint(["after_id"], ["long_work.id"], name="fk_long_work_after_id"),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name="fk_long_work_asked_by"),
        sa.CheckConstraint("done >= 0", name="ck_long_work_done_counts"),
    )
    op.create_index("ix_long_work_study_id", "long_work", ["study_id", "id"])
    op.create_index("ix_long_work_state", "long_work", ["state", "id"])


def _lines() -> None:
    op.create_table(
        "long_work_line",
        sa.Column("work_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("about", sa.String(60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("work_id", "position", name="pk_long_work_line"),
        sa.ForeignKeyConstraint(["work_id"], ["long_work.id"], name="fk_long_work_line_work_id"),
    )
    op.create_index("ix_long_work_line_kind", "long_work_line", ["work_id", "kind"])


def downgrade() -> None:
    """Drop them: what the work did stays done, and what was still waiting is forgotten."""
    op.drop_table("long_work_line")
    op.drop_table("long_work")
