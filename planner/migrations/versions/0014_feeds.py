"""Calendar feeds, what they show of a visit, and which apps have fetched them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and the columns; what is there already is planned again, which fills them."""
    _feeds()
    op.create_table(
        "feed_fetch",
        sa.Column("feed_id", ID, nullable=False),
        sa.Column("app", sa.String(40), nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("feed_id", "app", name="pk_feed_fetch"),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_feed_fetch_feed_id"),
    )
    for table, column in _columns():
        op.add_column(table, column)
    fallen = sa.text("fell_at IS NOT NULL")
    op.create_index("ix_visit_fell", "visit", ["fell_at"], postgresql_where=fallen, sqlite_where=fallen)
    # A plan of an older revision is made again at the next occasion.
    op.execute("UPDATE participant SET planned_revision = 0")


def _columns() -> list[tuple[str, sa.Column[object]]]:
    return [
        ("visit", sa.Column("doses", sa.Text(), nullable=False, server_default="[]")),
        ("visit", sa.Column("minutes", sa.Integer(), nullable=False, server_default="0")),
        ("visit", sa.Column("observes", sa.Integer(), nullable=False, server_default="0")),
        ("visit", sa.Column("stood", sa.String(40), nullable=False, server_default="")),
        ("visit", sa.Column("fell_at", INSTANT, nullable=True)),
        ("appointment", sa.Column("minutes", sa.Integer(), nullable=True)),
        ("appointment", sa.Column("address", sa.String(500), nullable=False, server_default="")),
        ("appointment", sa.Column("sequence", sa.Integer(), nullable=False, server_default="0")),
        ("appointment", sa.Column("shown_at", INSTANT, nullable=True)),
    ]


def _feeds() -> None:
    op.create_table(
        "feed",
        sa.Column("id", ID),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("study_id", ID),
        sa.Column("site_id", ID),
        sa.Column("participant_id", ID),
        sa.Column("owner_id", ID),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.Column("revoked_why", sa.String(20), nullable=False),
        sa.Column("successor_id", ID),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_feed_study_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_feed_site_id"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_feed_participant_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name="fk_feed_owner_id"),
        sa.ForeignKeyConstraint(["successor_id"], ["feed.id"], name="fk_feed_successor_id"),
        sa.UniqueConstraint("digest", name="uq_feed_digest"),
    )
    op.create_index("ix_feed_participant", "feed", ["participant_id"])
    op.create_index("ix_feed_owner", "feed", ["owner_id"])
    op.create_index("ix_feed_audience", "feed", ["audience", "study_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("feed_fetch")
    op.drop_table("feed")
    op.drop_index("ix_visit_fell", table_name="visit")
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)
