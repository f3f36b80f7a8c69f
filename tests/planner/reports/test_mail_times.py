"""When a report that is mailed is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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
