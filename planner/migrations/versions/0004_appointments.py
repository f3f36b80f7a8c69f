"""Appointments, and how screenings ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _booking()
    _chair_slot()
    _screening_outcome()


def downgrade() -> None:
    """Drop them, the ones that refer to others first."""
    for table in ("screening_outcome", "chair_slot", "booking"):
        op.drop_table(table)


def _booking() -> None:
    op.create_table(
        "booking",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("visit_key", sa.String(120), nullable=False),
        sa.Column("fact_id", sa.String(64), nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("chair", sa.Integer()),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_booking"),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_booking_minutes_positive")),
        sa.CheckConstraint("starts >= 0 AND starts < 1440", name=op.f("ck_booking_starts_within_the_day")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_booking_participant_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_booking_site_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_booking_study_id"),
    )
    op.create_index("ix_booking_participant", "booking", ["participant_id", "visit_key"])
    op.create_index("ix_booking_site_day", "booking", ["site_id", "day"])
    op.create_index("ix_booking_study_id", "booking", ["study_id"])


def _chair_slot() -> None:
    op.create_table(
        "chair_slot",
        sa.Column("site_id", ID),
        sa.Column("day", sa.Date()),
        sa.Column("chair", sa.Integer()),
        sa.Column("starts", sa.Integer()),
        sa.Column("booking_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "day", "chair", "starts", name="pk_chair_slot"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name="fk_chair_slot_booking_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_chair_slot_site_id"),
    )
    op.create_index("ix_chair_slot_booking_id", "chair_slot", ["booking_id"])


def _screening_outcome() -> None:
    op.create_table(
        "screening_outcome",
        sa.Column("participant_id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("participant_id", name="pk_screening_outcome"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_screening_outcome_participant_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_screening_outcome_study_id"),
    )
    op.create_index("ix_screening_outcome_study_id", "screening_outcome", ["study_id"])
