"""Studies, their protocols, and sites."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _study()
    _protocol_version()
    _parameter_value()
    _site()
    _closure()
    _stored_holiday()
    _study_site()
    _role_grant()


def downgrade() -> None:
    """Drop them, the ones that refer to others first."""
    for table in (
        "role_grant",
        "study_site",
        "stored_holiday",
        "closure",
        "site",
        "parameter_value",
        "protocol_version",
        "study",
    ):
        op.drop_table(table)


def _study() -> None:
    op.create_table(
        "study",
        sa.Column("id", ID),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("releases_bookings", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_study"),
        sa.UniqueConstraint("code", name="uq_study_code"),
    )


def _protocol_version() -> None:
    op.create_table(
        "protocol_version",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("confirmed_by", sa.Integer()),
        sa.Column("confirmed_at", INSTANT),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_protocol_version"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_protocol_version_study_id"),
        sa.UniqueConstraint("study_id", "position", name="uq_protocol_version_study_id_position"),
        sa.UniqueConstraint("study_id", "version", name="uq_protocol_version_study_id_version"),
    )


def _parameter_value() -> None:
    op.create_table(
        "parameter_value",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("made_up", sa.Boolean(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_parameter_value"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_parameter_value_study_id"),
    )
    op.create_index("ix_parameter_value_study_id", "parameter_value", ["study_id"])


def _site() -> None:
    op.create_table(
        "site",
        sa.Column("id", ID),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("country", sa.String(2)),
        sa.Column("region", sa.String(3)),
        sa.Column("weekend", sa.Text(), nullable=False),
        sa.Column("opening", sa.Text(), nullable=False),
        sa.Column("chairs", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(500), nullable=False),
        sa.Column("phone", sa.String(50), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
        sa.CheckConstraint("chairs >= 0", name=op.f("ck_site_chairs_not_negative")),
        sa.UniqueConstraint("code", name="uq_site_code"),
    )


def _closure() -> None:
    op.create_table(
        "closure",
        sa.Column("id", ID),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date()),
        sa.Column("rule", sa.String(300)),
        sa.Column("resources", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("removed_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_closure"),
        sa.CheckConstraint("last >= first", name=op.f("ck_closure_days_in_order")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_closure_site_id"),
    )
    op.create_index("ix_closure_site_id", "closure", ["site_id"])


def _stored_holiday() -> None:
    op.create_table(
        "stored_holiday",
        sa.Column("id", ID),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stored_holiday"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_stored_holiday_site_id"),
        sa.UniqueConstraint("site_id", "day", name="uq_stored_holiday_site_id_day"),
    )


def _study_site() -> None:
    op.create_table(
        "study_site",
        sa.Column("study_id", ID),
        sa.Column("site_id", ID),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("study_id", "site_id", name="pk_study_site"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_study_site_site_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_study_site_study_id"),
    )
    op.create_index("ix_study_site_site_id", "study_site", ["site_id"])


def _role_grant() -> None:
    op.create_table(
        "role_grant",
        sa.Column("id", ID),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("study_id", ID),
        sa.Column("site_id", ID),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_role_grant_site_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_role_grant_study_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_role_grant_user_id"),
    )
    op.create_index("ix_role_grant_user", "role_grant", ["user_id"])
