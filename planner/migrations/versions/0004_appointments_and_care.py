"""Appointments, and what is ticked off around a visit."""

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
    _checklist_item()
    _ok_to_treat()
    _contact_attempt()
    _screening_outcome()


def downgrade() -> None:
    """Drop them, the ones that refer to others first."""
    for table in ("screening_outcome", "contact_attempt", "ok_to_treat", "checklist_item", "chair_slot", "booking"):
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


def _checklist_item() -> None:
    op.create_table(
        "checklist_item",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("visit_key", sa.String(120), nullable=False),
        sa.Column("item", sa.String(200), nullable=False),
        sa.Column("done_at", INSTANT),
        sa.Column("done_by", ID),
        sa.PrimaryKeyConstraint("id", name="pk_checklist_item"),
        sa.ForeignKeyConstraint(["done_by"], ["user_account.id"], name="fk_checklist_item_done_by"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_checklist_item_participant_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_checklist_item_study_id"),
        sa.UniqueConstraint(
            "participant_id", "visit_key", "item", name="uq_checklist_item_participant_id_visit_key_item"
        ),
    )
    op.create_index("ix_checklist_item_study_id", "checklist_item", ["study_id"])


def _ok_to_treat() -> None:
    op.create_table(
        "ok_to_treat",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("visit_key", sa.String(120), nullable=False),
        sa.Column("activity", sa.String(100), nullable=False),
        sa.Column("results", sa.Text(), nullable=False),
        sa.Column("results_on", sa.Date(), nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("given_by", ID),
        sa.Column("withdrawn_at", INSTANT),
        sa.Column("withdrawn_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ok_to_treat"),
        sa.ForeignKeyConstraint(["given_by"], ["user_account.id"], name="fk_ok_to_treat_given_by"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_ok_to_treat_participant_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_ok_to_treat_study_id"),
    )
    op.create_index("ix_ok_to_treat_study_id", "ok_to_treat", ["study_id"])
    op.create_index("ix_ok_to_treat_visit", "ok_to_treat", ["participant_id", "visit_key"])


def _contact_attempt() -> None:
    op.create_table(
        "contact_attempt",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by", ID),
        sa.PrimaryKeyConstraint("id", name="pk_contact_attempt"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_contact_attempt_participant_id"),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name="fk_contact_attempt_recorded_by"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_contact_attempt_study_id"),
    )
    op.create_index("ix_contact_attempt_participant_id", "contact_attempt", ["participant_id"])
    op.create_index("ix_contact_attempt_study_id", "contact_attempt", ["study_id"])


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
