"""Telling people: recipients, appointments, the outbox, replies, tasks, wordings, rules and switches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from planner.migrations.append_only import allow_changes, forbid_changes

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
APPEND_ONLY = ("message_event", "opt_out_event")
TABLES = (
    "recipient",
    "address",
    "opt_out",
    "opt_out_event",
    "appointment",
    "message",
    "message_event",
    "wording",
    "inbound",
    "task",
    "sending_rules",
    "sending_switch",
    "heartbeat",
    "circuit",
    "handset_message",
)


def upgrade() -> None:
    """Make the tables."""
    for make in (
        _recipient,
        _address,
        _opt_out,
        _opt_out_event,
        _appointment,
        _message,
        _message_indexes,
        _message_event,
        _wording,
        _inbound,
        _task,
        _sending_rules,
        _sending_switch,
        _heartbeat,
        _circuit,
        _handset_message,
    ):
        make()
    for table in APPEND_ONLY:
        forbid_changes(table)
    op.add_column("contact", sa.Column("caregiver_index", sa.String(64)))


def _recipient() -> None:
    op.create_table(
        "recipient",
        sa.Column("id", ID, nullable=False),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("reference", sa.String(80), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("may_be_contacted", sa.Boolean(), nullable=False),
        sa.Column("stopped_at", INSTANT),
        sa.Column("stopped_why", sa.String(20), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recipient"),
        sa.UniqueConstraint("reference", name="uq_recipient_reference"),
    )
    op.create_index("ix_recipient_study_id", "recipient", ["study_id"])


def _address() -> None:
    op.create_table(
        "address",
        sa.Column("recipient_id", ID, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT),
        sa.Column("suspended_at", INSTANT),
        sa.Column("suspended_why", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], name="fk_address_recipient_id"),
        sa.PrimaryKeyConstraint("recipient_id", "channel", name="pk_address"),
    )
    op.create_index("ix_address_digest", "address", ["digest", "channel"])
    op.create_index("ix_address_study_id", "address", ["study_id"])


def _opt_out() -> None:
    op.create_table(
        "opt_out",
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT),
        sa.PrimaryKeyConstraint("channel", "digest", name="pk_opt_out"),
    )


def _opt_out_event() -> None:
    op.create_table(
        "opt_out_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_opt_out_event"),
    )
    op.create_index("ix_opt_out_event_digest", "opt_out_event", ["digest", "id"])


def _appointment() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", ID, nullable=False),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("recipient_id", ID, nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts", sa.Integer()),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("phone", sa.String(50), nullable=False),
        sa.Column("told", sa.Text()),
        sa.Column("told_version", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(20), nullable=False),
        sa.Column("answered_at", INSTANT),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint("starts >= 0 AND starts < 1440", name=op.f("ck_appointment_starts_within_the_day")),
        sa.CheckConstraint("version > 0", name=op.f("ck_appointment_version_positive")),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], name="fk_appointment_recipient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
        sa.UniqueConstraint("recipient_id", "reference", name="uq_appointment_recipient_id_reference"),
    )
    op.create_index("ix_appointment_starts_at", "appointment", ["starts_at"])
    op.create_index("ix_appointment_study_id", "appointment", ["study_id"])


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("id", ID, nullable=False),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("recipient_id", ID, nullable=False),
        sa.Column("appointment_id", ID),
        sa.Column("appointment_version", sa.Integer()),
        sa.Column("template", sa.String(40), nullable=False),
        sa.Column("timing", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("occasion", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(80)),
        sa.Column("token", sa.String(40)),
        sa.Column("lease_until", INSTANT),
        sa.Column("settle_at", INSTANT),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(64)),
        sa.Column("attempted_at", INSTANT),
        sa.Column("accepted_at", INSTANT),
        sa.Column("digest", sa.String(64)),
        sa.Column("text", sa.Text()),
        sa.Column("wording", sa.String(80)),
        sa.Column("segments", sa.Integer()),
        sa.Column("says", sa.Text()),
        sa.Column("error_code", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("redacted_at", INSTANT),
        sa.Column("provider_redacted_at", INSTANT),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_message_appointment_id"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], name="fk_message_recipient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("occasion", name="uq_message_occasion"),
    )


def _message_indexes() -> None:
    op.create_index("ix_message_appointment", "message", ["appointment_id"])
    op.create_index(
        "ix_message_due",
        "message",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
        sqlite_where=sa.text("state = 'planned'"),
    )
    op.create_index(
        "ix_message_lease",
        "message",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state = 'sending'"),
        sqlite_where=sa.text("state = 'sending'"),
    )
    op.create_index("ix_message_provider", "message", ["provider_id"])
    op.create_index("ix_message_recipient", "message", ["recipient_id", "planned_at"])
    op.create_index(
        "ix_message_settle",
        "message",
        ["settle_at"],
        unique=False,
        postgresql_where=sa.text("state = 'unknown'"),
        sqlite_where=sa.text("state = 'unknown'"),
    )
    op.create_index("ix_message_study_state", "message", ["study_id", "state", "due_at"])


def _message_event() -> None:
    op.create_table(
        "message_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("token", sa.String(40)),
        sa.Column("detail", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_message_event_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message_event"),
    )
    op.create_index("ix_message_event_message", "message_event", ["message_id", "id"])


def _wording() -> None:
    op.create_table(
        "wording",
        sa.Column("id", ID, nullable=False),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("template", sa.String(40), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_by", ID),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("approved_by", ID),
        sa.Column("approved_at", INSTANT),
        sa.Column("withdrawn_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_wording"),
        sa.UniqueConstraint(
            "study_id", "template", "language", "version", name="uq_wording_study_id_template_language_version"
        ),
    )


def _inbound() -> None:
    op.create_table(
        "inbound",
        sa.Column("id", ID, nullable=False),
        sa.Column("study_id", ID),
        sa.Column("site_id", ID),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("provider_id", sa.String(64), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("meaning", sa.String(20), nullable=False),
        sa.Column("recipient_id", ID),
        sa.Column("appointment_id", ID),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_inbound_appointment_id"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], name="fk_inbound_recipient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_inbound"),
        sa.UniqueConstraint("provider_id", name="uq_inbound_provider_id"),
    )
    op.create_index("ix_inbound_recipient", "inbound", ["recipient_id", "received_at"])
    op.create_index("ix_inbound_sender", "inbound", ["sender", "received_at"])
    op.create_index("ix_inbound_study_id", "inbound", ["study_id"])


def _task() -> None:
    op.create_table(
        "task",
        sa.Column("id", ID, nullable=False),
        sa.Column("study_id", ID),
        sa.Column("site_id", ID),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("occasion", sa.String(200), nullable=False),
        sa.Column("recipient_id", ID),
        sa.Column("appointment_id", ID),
        sa.Column("message_id", ID),
        sa.Column("inbound_id", ID),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT),
        sa.Column("done_by", ID),
        sa.Column("note", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_task_appointment_id"),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name="fk_task_inbound_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_task_message_id"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], name="fk_task_recipient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sa.UniqueConstraint("occasion", name="uq_task_occasion"),
    )
    op.create_index("ix_task_open", "task", ["study_id", "done_at", "id"])


def _sending_rules() -> None:
    op.create_table(
        "sending_rules",
        sa.Column("study_id", ID, autoincrement=False, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("urgent_phone", sa.String(50), nullable=False),
        sa.Column("emergency_phone", sa.String(50), nullable=False),
        sa.Column("alias", sa.String(100), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("study_id", name="pk_sending_rules"),
    )


def _sending_switch() -> None:
    op.create_table(
        "sending_switch",
        sa.Column("study_id", ID, autoincrement=False, nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        sa.Column("changed_by", ID),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("study_id", name="pk_sending_switch"),
    )


def _heartbeat() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("worker", sa.String(80), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("ticked_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("worker", name="pk_heartbeat"),
    )


def _circuit() -> None:
    op.create_table(
        "circuit",
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", INSTANT),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_circuit"),
    )


def _handset_message() -> None:
    op.create_table(
        "handset_message",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("token", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_handset_message"),
        sa.UniqueConstraint("token", name="uq_handset_message_token"),
    )
    op.create_index("ix_handset_message_digest", "handset_message", ["digest", "channel", "id"])
    op.create_index(
        "ix_handset_message_untold",
        "handset_message",
        ["id"],
        unique=False,
        postgresql_where=sa.text("told_at IS NULL"),
        sqlite_where=sa.text("told_at IS NULL"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_column("contact", "caregiver_index")
    for table in APPEND_ONLY:
        allow_changes(table)
    for table in reversed(TABLES):
        op.drop_table(table)
