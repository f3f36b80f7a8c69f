"""Reports that go out by e-mail, and what became of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; no report goes out yet."""
    _schedules()
    _mails()


def _schedules() -> None:
    op.create_table(
        "report_schedule",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("rhythm", sa.String(8), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("forms", sa.Text(), nullable=False),
        sa.Column("mask_below", sa.Integer(), nullable=False),
        sa.Column("made_by", ID),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("next_due", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_report_schedule"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_report_schedule_study_id"),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name="fk_report_schedule_made_by"),
        sa.CheckConstraint("day BETWEEN 1 AND 28 AND hour BETWEEN 0 AND 23", name="ck_report_schedule_days"),
    )
    op.create_index("ix_report_schedule_study_id", "report_schedule", ["study_id", "id"])
    op.create_index("ix_report_schedule_next_due", "report_schedule", ["next_due"])
    op.create_table(
        "report_recipient",
        sa.Column("schedule_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("schedule_id", "user_id", name="pk_report_recipient"),
        sa.ForeignKeyConstraint(["schedule_id"], ["report_schedule.id"], name="fk_report_recipient_schedule_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_report_recipient_user_id"),
    )


def _mails() -> None:
    op.create_table(
        "report_mail",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("schedule_id", ID, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("taken_at", INSTANT),
        sa.Column("settled_at", INSTANT),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report_mail"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_report_mail_study_id"),
        sa.ForeignKeyConstraint(["schedule_id"], ["report_schedule.id"], name="fk_report_mail_schedule_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_report_mail_user_id"),
        sa.UniqueConstraint("schedule_id", "due_at", "user_id", name="uq_report_mail_schedule_id_due_at_user_id"),
    )
    op.create_index("ix_report_mail_state", "report_mail", ["state", "not_before"])
    op.create_index("ix_report_mail_study_id", "report_mail", ["study_id", "id"])


def downgrade() -> None:
    """Drop them: no report goes out any more, and nobody knows which ones did but the audit."""
    op.drop_table("report_mail")
    op.drop_table("report_recipient")
    op.drop_table("report_schedule")
