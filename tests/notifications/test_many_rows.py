"""What many rows are written and found with says the same as what one is."""

import sys
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from notifications.bulk import fresh_text
from planner.persistence.database import Database
from planner.services.dispatching import TURN, take_turns
from tests.many import fill, open_study

NOW = datetime(2026, 3, 6, 15, 0, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("UTC"), ZoneInfo("Asia/Kathmandu"), timezone(-timedelta(hours=5))])
def test_an_instant_is_written_in_utc_whatever_zone_it_is_given_in(zone: timezone | ZoneInfo) -> None:
    assert fresh_text(NOW.astimezone(zone)) == "2026-03-06 15:00:00.000007"
    assert fresh_text(NOW.replace(microsecond=0).astimezone(zone)) == "2026-03-06 15:00:00.000000"


def test_a_callback_s_message_is_found_by_the_index_of_those_that_a_provider_has(database: Database) -> None:
    open_study(database, NOW)
    fill(database, 1, 50, NOW)
    query = "SELECT id FROM message WHERE provider_id = 'SM1'"
    with database.reading() as session:
        if database.engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = session.execute(text(f"EXPLAIN {query}")).all()
        else:
            plan = session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
    assert "ix_message_provider" in str(plan)


def test_threads_of_a_worker_give_way_to_each_other_well_before_python_s_own_time() -> None:
    usual = sys.getswitchinterval()
    try:
        take_turns()
        assert sys.getswitchinterval() == pytest.approx(TURN)
        assert TURN < 0.001
    finally:
        sys.setswitchinterval(usual)
