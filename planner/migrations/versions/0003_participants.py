"""Participants, facts, and the newest plan."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from planner.migrations.append_only import allow_changes, forbid_changes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _participant()
    _contact()
    _fact()
    _visit()
    _gate()
    _deviation()
    forbid_changes("fact")


def downgrade() -> None:
    """Drop them, the ones that refer to others first."""
    allow_changes("fact")
    for table in ("deviation", "gate", "visit", "fact", "contact", "participant"):
        op.drop_table(table)


def _participant() -> None:
    op.create_table(
        "participant",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("home_site_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("arm", sa.String(100)),
        sa.Column("cohort", sa.String(100)),
        sa.Column("version", sa.String(100)),
        sa.Column("day_1", sa.Date()),
        sa.Column("planned_day_1", sa.Date()),
        sa.Column("planned_arm", sa.String(100)),
        sa.Column("screen_failed", sa.Boolean(), nullable=False),
        sa.Column("observation", sa.String(20)),
        sa.Column("planned_on", sa.Date()),
        sa.Column("planned_revision", sa.Integer(), nullable=False),
        sa.Column("engine", sa.String(10), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_participant"),
        sa.ForeignKeyConstraint(["home_site_id"], ["site.id"], name="fk_participant_home_site_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_participant_site_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_participant_study_id"),
        sa.UniqueConstraint("study_id", "number", name="uq_participant_study_id_number"),
    )
    op.create_index("ix_participant_site", "participant", ["site_id", "study_id"])


def _contact() -> None:
    op.create_table(
        "contact",
        sa.Column("participant_id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("phone_index", sa.String(64)),
        sa.Column("email_index", sa.String(64)),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("preferences", sa.Text(), nullable=False),
        sa.Column("erased_at", INSTANT),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("participant_id", name="pk_contact"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_contact_participant_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_contact_study_id"),
    )
    op.create_index("ix_contact_email", "contact", ["email_index"])
    op.create_index("ix_contact_phone", "contact", ["phone_index"])
    op.create_index("ix_contact_study_id", "contact", ["study_id"])


def _fact() -> None:
    op.create_table(
        "fact",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("fact_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by", ID),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fact"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_fact_participant_id"),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name="fk_fact_recorded_by"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_fact_study_id"),
        sa.UniqueConstraint("participant_id", "fact_id", name="uq_fact_participant_id_fact_id"),
    )
    op.create_index("ix_fact_study_id", "fact", ["study_id"])


def _visit() -> None:
    op.create_table(
        "visit",
        sa.Column("participant_id", ID),
        sa.Column("key", sa.String(120)),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("epoch", sa.String(100), nullable=False),
        sa.Column("cycle", sa.Integer()),
        sa.Column("nominal", sa.Date()),
        sa.Column("opens", sa.Date()),
        sa.Column("closes", sa.Date()),
        sa.Column("target", sa.Date()),
        sa.Column("actual", sa.Date()),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("tentative", sa.Boolean(), nullable=False),
        sa.Column("setting", sa.String(12), nullable=False),
        sa.Column("activities", sa.Text(), nullable=False),
        sa.Column("booked", sa.String(40), nullable=False),
        sa.Column("conflicts", sa.Text(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("participant_id", "key", name="pk_visit"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_visit_participant_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_visit_site_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_visit_study_id"),
    )
    op.create_index("ix_visit_site_target", "visit", ["site_id", "target"])
    op.create_index("ix_visit_study_target", "visit", ["study_id", "target"])


def _gate() -> None:
    op.create_table(
        "gate",
        sa.Column("participant_id", ID),
        sa.Column("key", sa.String(120)),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("due", sa.Date()),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(100)),
        sa.Column("decided_on", sa.Date()),
        sa.Column("told_on", sa.Date()),
        sa.Column("tentative", sa.Boolean(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("participant_id", "key", name="pk_gate"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_gate_participant_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_gate_study_id"),
    )
    op.create_index("ix_gate_study_status", "gate", ["study_id", "status", "due"])


def _deviation() -> None:
    op.create_table(
        "deviation",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("identity", sa.String(300), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("visit_key", sa.String(120)),
        sa.Column("activity", sa.String(100)),
        sa.Column("day", sa.Date()),
        sa.Column("days", sa.Integer()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("important", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(100)),
        sa.Column("cause", sa.Text()),
        sa.Column("action", sa.Text()),
        sa.Column("aware_since", sa.Date()),
        sa.Column("reported_on", sa.Date()),
        sa.Column("reported_to", sa.String(200)),
        sa.Column("reason", sa.Text()),
        sa.Column("signed_by", ID),
        sa.Column("signed_at", INSTANT),
        sa.Column("signed_as", sa.String(200)),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deviation"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_deviation_participant_id"),
        sa.ForeignKeyConstraint(["signed_by"], ["user_account.id"], name="fk_deviation_signed_by"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_deviation_study_id"),
        sa.UniqueConstraint("participant_id", "identity", name="uq_deviation_participant_id_identity"),
    )
    op.create_index("ix_deviation_study_state", "deviation", ["study_id", "state", "day"])
