"""Participants' own pages: links, devices and one-time codes; and a message that tells such a code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; nobody has a page yet."""
    _links()
    _devices()
    _codes()
    op.add_column("message", sa.Column("code", sa.String(12), nullable=True))


def _links() -> None:
    op.create_table(
        "home_link",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", ID),
        sa.Column("no_driving", sa.Boolean(), nullable=False),
        sa.Column("feed_id", ID),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("ended_why", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_home_link"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_home_link_study_id"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_home_link_participant_id"),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name="fk_home_link_made_by"),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_home_link_feed_id"),
        sa.UniqueConstraint("digest", name="uq_home_link_digest"),
    )
    still = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_home_link_open", "home_link", ["participant_id"], unique=True, postgresql_where=still, sqlite_where=still
    )


def _devices() -> None:
    op.create_table(
        "home_device",
        sa.Column("id", ID),
        sa.Column("link_id", ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("how", sa.String(10), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_home_device"),
        sa.ForeignKeyConstraint(["link_id"], ["home_link.id"], name="fk_home_device_link_id"),
        sa.UniqueConstraint("digest", name="uq_home_device_digest"),
    )
    op.create_index("ix_home_device_link", "home_device", ["link_id"])


def _codes() -> None:
    op.create_table(
        "home_code",
        sa.Column("id", ID),
        sa.Column("link_id", ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("how", sa.String(10), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_home_code"),
        sa.ForeignKeyConstraint(["link_id"], ["home_link.id"], name="fk_home_code_link_id"),
    )
    op.create_index("ix_home_code_link", "home_code", ["link_id", "made_at"])


def downgrade() -> None:
    """Drop them, and the codes that are still to be sent: no older planner knows how."""
    op.execute("UPDATE message SET state = 'cancelled' WHERE template = 'code' AND state IN ('planned', 'held')")
    op.drop_column("message", "code")
    for table in ("home_code", "home_device", "home_link"):
        op.drop_table(table)
