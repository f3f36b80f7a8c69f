"""Alembic's entry point: runs migrations on the connection that planner.persistence.schema hands in."""

from __future__ import annotations

from alembic import context

from planner.persistence.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
