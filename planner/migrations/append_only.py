"""Tables that are only ever added to: the database itself refuses to change or to remove their rows."""

from __future__ import annotations

from alembic import op

_SQLITE = """
CREATE TRIGGER {table}_{what}_refused BEFORE {what} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END
"""
_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME; END $$
"""
_POSTGRESQL = """
CREATE TRIGGER {table}_change_refused BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def forbid_changes(table: str) -> None:
    """Let rows be added to a table and nothing else."""
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(table=table, what=what))
        return
    op.execute(_FUNCTION)
    op.execute(_POSTGRESQL.format(table=table))


def allow_changes(table: str) -> None:
    """Undo ``forbid_changes``."""
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER {table}_{what}_refused")
        return
    op.execute(f"DROP TRIGGER {table}_change_refused ON {table}")


#: how somebody who owns the database can get around it: for tests of the audit, and for a restore
CHANGES_OFF = {
    "sqlite": (
        "DROP TRIGGER audit_entry_UPDATE_refused",
        "DROP TRIGGER audit_entry_DELETE_refused",
    ),
    "postgresql": ("ALTER TABLE audit_entry DISABLE TRIGGER USER",),
}
