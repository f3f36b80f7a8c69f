"""Indexes by which what is pressing is counted and found, and everybody's next visit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_visit_overdue": ("visit", ["closes", "study_id", "site_id"], "status = 'unrecorded' AND gone IS false"),
    "ix_visit_held": ("visit", ["participant_id"], "status = 'held' AND gone IS false"),
    "ix_visit_fixed": ("visit", ["status", "opens"], "gone IS false AND tentative IS false"),
    "ix_visit_participant_target": ("visit", ["participant_id", "target", "status", "gone"], None),
    "ix_deviation_candidate": ("deviation", ["day", "id", "study_id", "participant_id"], "state = 'candidate'"),
    "ix_participant_status": ("participant", ["status"], None),
}


def upgrade() -> None:
    """Make them; SQLite uses an index of some rows only for a condition in the very words."""
    for name, (table, columns, which) in INDEXES.items():
        wheres: dict[str, Any] = {} if which is None else {
            "postgresql_where": sa.text(which), "sqlite_where": sa.text(which.replace("IS false", "IS 0")),
        }  # fmt: skip
        op.create_index(name, table, columns, **wheres)


def downgrade() -> None:
    """Lists are looked through from end to end again."""
    for name, (table, *_) in INDEXES.items():
        op.drop_index(name, table)
