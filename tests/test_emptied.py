"""The databases that tests use one after the other are as new for each of them."""

from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import make_url, text

from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from tests.emptied import Emptied
from tests.studies import trial

_WHAT = ("count(*) FROM participant", "max(id) FROM participant", "max(id) FROM fact")
NOW = datetime(2026, 1, 17, 15, tzinfo=UTC)


def raw(address: str) -> psycopg.Connection:
    url = make_url(address)
    return psycopg.connect(host=str(url.query["host"]), user=url.username, dbname=url.database)


def numbers_after_somebody_enrolled(address: str) -> list[int]:
    """How many participants, facts and entries of the audit there are then, and the newest number of an entry."""
    database = Database(address)
    trial(Store(database), NOW).enrol()
    with database.reading() as session:
        found = [session.scalar(text(f"SELECT {what}")) for what in _WHAT]
    database.dispose()
    return found


def test_the_next_test_finds_no_row_of_the_last_and_the_same_numbers(postgresql_databases: Emptied) -> None:
    with postgresql_databases.lent() as first:
        found = numbers_after_somebody_enrolled(first)
    with postgresql_databases.lent() as second:
        assert second == first
        assert numbers_after_somebody_enrolled(second) == found
    assert found[0] == 1


@pytest.mark.parametrize(
    "change",
    [
        "DROP INDEX ix_booking_site_day",
        "ALTER TABLE fact DISABLE TRIGGER USER",
        "UPDATE alembic_version SET version_num = '0'",
        "ALTER TABLE visit ADD COLUMN more int",
    ],
)
def test_a_database_whose_tables_were_changed_is_not_used_again(postgresql_databases: Emptied, change: str) -> None:
    with postgresql_databases.lent() as first, raw(first) as connection:
        connection.execute(change)
    with postgresql_databases.lent() as second:
        assert second != first


def test_whoever_still_holds_a_database_is_cut_off(postgresql_databases: Emptied) -> None:
    with postgresql_databases.lent() as first:
        held = raw(first)
        held.execute("LOCK TABLE participant")
    with postgresql_databases.lent() as second:
        assert second == first
    with pytest.raises(psycopg.OperationalError):
        held.execute("SELECT 1")
    held.pgconn.finish()
