"""What reports count is stored with the plan: a word with each visit, and doses and activities of each participant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INDEX, COUNTED = "ix_visit_tally", "gone IS false"
#: days from the second to the first, in the words of each database
_DAYS = {"sqlite": "CAST(julianday({0}) - julianday({1}) AS INTEGER)", "postgresql": "({0} - {1})"}
_NOMINAL = "coalesce(nominal, opens)"
_DUE = f"CASE WHEN {_NOMINAL} < opens THEN opens WHEN {_NOMINAL} > closes THEN closes ELSE {_NOMINAL} END"


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add both. The word is filled for every visit that there is; the worker fills the other as it plans again."""
    _words()
    op.create_table(
        "care",
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("participant_id", name="pk_care"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_care_participant_id"),
    )


def _words() -> None:
    op.add_column("visit", sa.Column("tally", sa.String(40), nullable=False, server_default=""))
    days = _DAYS[op.get_bind().dialect.name]
    early, after, late = days.format("actual", "opens"), days.format("actual", "closes"), days.format("actual", _DUE)
    off = f"CASE WHEN actual < opens THEN {early} WHEN actual > closes THEN {after} ELSE 0 END"
    word = f"""CASE
        WHEN substr(key, 1, 12) = 'unscheduled.' THEN 'outside'
        WHEN actual IS NULL THEN status
        WHEN status = 'expired' OR opens IS NULL OR closes IS NULL THEN status || '/'
        ELSE status || '/' || {off} || '/' || {late} END"""
    op.execute(f"UPDATE visit SET tally = {word}")  # noqa: S608 - our own words
    op.create_index(
        INDEX, "visit", ["study_id", "site_id", "tally", "participant_id", "nominal", "target"],
        postgresql_where=sa.text(COUNTED), sqlite_where=sa.text(COUNTED.replace("false", "0")),
    )  # fmt: skip


def downgrade() -> None:
    """Reports work both out anew."""
    op.drop_table("care")
    op.drop_index(INDEX, "visit")
    op.drop_column("visit", "tally")
