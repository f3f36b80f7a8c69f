"""Answers to requests that came with a key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "given_answer",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name="pk_given_answer"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_given_answer_user_id"),
    )
    op.create_index("ix_given_answer_at", "given_answer", ["at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("given_answer")
