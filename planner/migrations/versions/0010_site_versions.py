"""From which day on a protocol version holds at a site."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "site_version",
        sa.Column("id", ID),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", ID),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site_version"),
        sa.CheckConstraint("approved_on <= effective_on", name=op.f("ck_site_version_approved_before_it_is_effective")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name="fk_site_version_recorded_by"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_site_version_site_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_site_version_study_id"),
        sa.ForeignKeyConstraint(["version_id"], ["protocol_version.id"], name="fk_site_version_version_id"),
        sa.UniqueConstraint("site_id", "version_id", name="uq_site_version_site_id_version_id"),
    )
    op.create_index("ix_site_version_study_id", "site_version", ["study_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("site_version")
