"""Migrations go both ways, on both databases, with data in them; what they make is what the code expects."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from planner.persistence import schema
from planner.persistence.database import Database
from planner.persistence.tables import METADATA
from planner.persistence.unit_of_work import Store
from tests.studies import trial

VERSIONS = Path(schema.__file__).parent.parent / "migrations" / "versions"


def test_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_database_with_a_study_goes_down_and_up_again(store: Store) -> None:
    trial(store).enrol()
    database = store.database
    versions = sorted(path.name[:4] for path in VERSIONS.glob("0*.py"))
    for version in (*reversed(versions[:-1]), "base", "head"):
        schema.migrate(database, version)
    schema.check(database)
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM participant")) == 0


def test_tables_of_earlier_versions_keep_their_rows(store: Store) -> None:
    trial(store).enrol()
    schema.migrate(store.database, "0003")
    schema.migrate(store.database)
    with store.database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM fact")) == 2


def test_an_upgrade_never_loses_what_newer_versions_keep(store: Store) -> None:
    trial(store).enrol()
    with pytest.raises(schema.WrongSchema, match="back it up, and run `planner database downgrade --to 0003`"):
        schema.migrate(store.database, "0003", may_lose=False)
    schema.check(store.database)


def test_an_empty_database_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(schema.WrongSchema, match="planner database upgrade"):
        schema.check(Database(f"sqlite:///{tmp_path / 'new.db'}"))


def test_a_database_of_a_newer_planner_is_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for ask in (schema.check, schema.migrate):
        with pytest.raises(schema.WrongSchema, match="newer planner"):
            ask(database)
    assert "participant" in inspect(database.engine).get_table_names()


@pytest.mark.parametrize("statement", ["UPDATE fact SET kind = 'died'", "DELETE FROM fact", "DELETE FROM audit_entry"])
def test_facts_and_the_audit_are_only_ever_added_to(store: Store, statement: str) -> None:
    trial(store).enrol()
    with pytest.raises(DBAPIError, match="only ever added to"), store.database.engine.begin() as connection:
        connection.execute(text(statement))
