"""When a report that is mailed is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from planner.reports.mail_periods import days_of
from planner.reports.mail_times import Rhythm

#: a Monday at six in New York
DUE = datetime(2026, 4, 20, 10, 0, tzinfo=UTC)


def test_a_weekly_report_is_due_on_its_day_and_hour_by_the_clock_of_its_place() -> None:
    monday = Rhythm("weekly", 1, 6, "America/New_York")
    assert monday.after(datetime(2026, 4, 15, tzinfo=UTC)) == DUE
    assert monday.after(DUE) == DUE + timedelta(days=7)
    # An hour earlier in UTC once clocks have gone forward, on 8 March.
    assert monday.after(datetime(2026, 3, 1, tzinfo=UTC)).hour == 11
    assert monday.after(datetime(2026, 3, 8, tzinfo=UTC)).hour == 10
    assert monday.newest(DUE, DUE + timedelta(days=20)) == DUE + timedelta(days=14)


def test_a_monthly_report_is_due_once_in_every_month() -> None:
    rhythm, moment = Rhythm("monthly", 28, 2, "Europe/Berlin"), datetime(2025, 12, 31, tzinfo=UTC)
    found = []
    for _ in range(24):
        moment = rhythm.after(moment)
        found.append(moment)
    assert [(each.year, each.month) for each in found] == [(2026 + n // 12, n % 12 + 1) for n in range(24)]


@pytest.mark.parametrize(
    ("period", "due", "since", "until"),
    [
        ("last-7-days", "2026-03-02T11:00", "2026-02-23", "2026-03-01"),
        ("last-month", "2026-03-02T11:00", "2026-02-01", "2026-02-28"),
        ("last-month", "2026-01-01T11:00", "2025-12-01", "2025-12-31"),
        ("month-to-date", "2026-03-02T11:00", "2026-03-01", "2026-03-01"),
        ("month-to-date", "2026-03-01T11:00", "2026-02-01", "2026-02-28"),
        # One in the morning by UTC is the evening before in New York.
        ("last-month", "2026-03-01T01:00", "2026-01-01", "2026-01-31"),
    ],
)
def test_a_period_moves_along_with_the_day_of_sending_at_its_place(
    period: str, due: str, since: str, until: str
) -> None:
    moment = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert [str(day) for day in days_of(period, moment, "America/New_York")] == [since, until]
