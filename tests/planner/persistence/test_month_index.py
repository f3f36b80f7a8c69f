"""A site's month is numbered and counted by one index alone, as long as it holds all that the month asks for."""

from datetime import date
from typing import Any

from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import Store
from planner.services.access import EVERYTHING
from planner.services.site_calendar import Wanted, site_calendar
from tests.studies import NORTH, trial

BY_INDEX = {
    "sqlite": "USING COVERING INDEX ix_visit_site_month", "postgresql": "Index Only Scan using ix_visit_site_month",
}  # fmt: skip
MONTH = Wanted(date(2026, 1, 1), date(2026, 1, 31), most=6)


def plan_of_month(session: Session) -> str:
    """How the database goes about a month's first statement; PostgreSQL as with a table that is not nearly empty."""
    connection, sent = session.connection(), []
    site = session.scalars(select(SiteRow).where(SiteRow.code == NORTH)).one()

    def note(_connection: Any, _cursor: Any, statement: str, said: Any, *_more: Any) -> None:
        sent.append((statement, said))

    event.listen(connection, "before_cursor_execute", note)
    site_calendar(session, EVERYTHING, site, MONTH)
    event.remove(connection, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN"
    if connection.dialect.name == "postgresql":
        explain = "EXPLAIN"
        for other in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            session.execute(text(f"SET LOCAL {other} = off"))
    return "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {sent[0][0]}", sent[0][1]))


def test_a_month_reads_no_visit_that_it_does_not_show(store: Store) -> None:
    trial(store).enrol()
    assert BY_INDEX[store.database.engine.dialect.name] in store.read(plan_of_month)
