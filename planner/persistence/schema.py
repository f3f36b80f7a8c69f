"""Brings a database to the planner's version, or says how far apart the two are."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select

from planner.persistence.audit import AuditHead
from planner.persistence.database import Database

_FOLDER = Path(__file__).resolve().parent.parent / "migrations"


class WrongSchema(Exception):
    """The database is of another version than the planner; the message says which and what to do."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The version that this planner works with."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None  # noqa: S101 - there is one migration at least
    return found


def current(database: Database) -> str | None:
    """The version of a database; none for an empty one."""
    with database.connecting() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(database: Database, to: str = "head", may_lose: bool = True) -> None:
    """Bring a database to a version: ``head``, ``base``, or one by its name; up or down, all of it or nothing.

    Raises WrongSchema for no such version, and for an older one unless what newer ones keep may be lost.
    """
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    before = current(database)
    if before is not None and before not in known:
        raise WrongSchema(_newer(before))
    if to not in known | {"head", "base"}:
        raise WrongSchema(f"there is no version {to[:40]}; there are {', '.join(sorted(known))}, head and base")
    back = _is_back(before, to)
    if back and not may_lose:
        wrong = f"the database is of version {before}, which is newer than {to}; what newer versions keep would be lost"
        raise WrongSchema(f"{wrong}: back it up, and run `planner database downgrade --to {to}`")
    with database.connecting(writes=True) as connection, connection.begin():
        go = command.downgrade if back else command.upgrade
        go(_config(connection), to)


def _is_back(before: str | None, to: str) -> bool:
    if before is None or to == "head":
        return False
    if to == "base":
        return True
    order = [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]  # newest first
    return order.index(to) > order.index(before)


def is_empty(database: Database) -> bool:
    """Whether nothing has ever been done in a database: everything that is done leaves an entry in the audit."""
    with database.reading() as session:
        return session.scalar(select(AuditHead.chain).limit(1)) is None


def check(database: Database) -> None:
    """Raise WrongSchema unless the database is of the planner's version."""
    found, wanted = current(database), newest()
    if found == wanted:
        return
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is None:
        raise WrongSchema("the database is empty; run `planner database upgrade`")
    if found not in known:
        raise WrongSchema(_newer(found))
    raise WrongSchema(f"the database is of version {found}, the planner needs {wanted}; run `planner database upgrade`")


def _newer(found: str) -> str:
    return f"the database is of version {found}, which this planner does not know; install the newer planner"
