"""When somebody is reminded: on their own clock, in time, and never when it is too late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.errors import UnknownZone
from notifications.local_time import DAY, instant_of
from notifications.message import Appointment
from notifications.quiet_hours import QuietHours, is_allowed
from notifications.reminders import TOO_LATE, Planned, planned, starts_at
from notifications.rules import TIMINGS, Rules

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones())


def appointment(**changes: Any) -> Appointment:
    """On Thursday 12 March 2026 at half past ten in Madrid."""
    usual: dict[str, Any] = {
        "reference": "a", "study_id": 1, "site_id": 1, "day": date(2026, 3, 12), "starts": 630, "zone": "Europe/Madrid",
        "place": "North Clinic", "phone": "+1 212 555 0100",
    }  # fmt: skip
    return Appointment(**(usual | changes))


def due(found: list[Planned], zone: str = "Europe/Madrid") -> dict[str, str]:
    return {each.timing: f"{each.due_at.astimezone(ZoneInfo(zone)):%m-%d %H:%M}" for each in found}


def test_a_reminder_goes_out_three_days_and_one_day_before_in_the_morning() -> None:
    found = planned(appointment(), "Europe/Madrid", Rules(), LONG_AGO)
    assert due(found) == {"3d": "03-09 09:00", "1d": "03-11 09:00"}
    assert {each.template for each in found} == {"reminder"}


def test_a_week_before_and_the_morning_itself_are_options() -> None:
    found = planned(appointment(), "Europe/Madrid", Rules(timings=TIMINGS), LONG_AGO)
    assert due(found) == {"7d": "03-05 09:00", "3d": "03-09 09:00", "1d": "03-11 09:00", "morning": "03-12 08:00"}


def test_each_is_of_use_until_the_next_is_due_and_the_last_until_an_hour_before_the_appointment() -> None:
    found = planned(appointment(), "Europe/Madrid", Rules(), LONG_AGO)
    assert [each.expires_at for each in found] == [found[1].due_at, datetime(2026, 3, 12, 8, 30, tzinfo=UTC)]


def test_what_was_due_before_now_is_not_planned_any_more() -> None:
    now = datetime(2026, 3, 9, 8, 0, 1, tzinfo=UTC)
    assert due(planned(appointment(), "Europe/Madrid", Rules(), now)) == {"1d": "03-11 09:00"}
    assert not planned(appointment(), "Europe/Madrid", Rules(), now + timedelta(days=30))


def test_what_is_due_just_now_is_planned() -> None:
    now = datetime(2026, 3, 9, 8, tzinfo=UTC)
    assert len(planned(appointment(), "Europe/Madrid", Rules(), now)) == 2


def test_it_is_the_recipients_morning_and_the_recipients_day_that_count() -> None:
    """At half past ten in Madrid on the 12th it is the evening of the 11th in Honolulu."""
    found = planned(appointment(), "Pacific/Honolulu", Rules(), LONG_AGO)
    assert due(found, "Pacific/Honolulu") == {"3d": "03-08 09:00", "1d": "03-10 09:00"}


def test_a_visits_kind_or_a_participant_may_have_timings_of_their_own() -> None:
    assert due(planned(appointment(wants=("7d",)), "Europe/Madrid", Rules(), LONG_AGO)) == {"7d": "03-05 09:00"}
    assert not planned(appointment(wants=()), "Europe/Madrid", Rules(), LONG_AGO)


def test_who_is_in_hospital_is_not_reminded() -> None:
    assert not planned(appointment(withheld=True), "Europe/Madrid", Rules(), LONG_AGO)


def test_on_an_early_morning_one_is_reminded_the_day_before_unless_one_is_anyway() -> None:
    early = appointment(starts=8 * 60, wants=("morning",))
    assert due(planned(early, "Europe/Madrid", Rules(), LONG_AGO)) == {"morning": "03-11 09:00"}
    both = appointment(starts=8 * 60, wants=("1d", "morning"))
    assert due(planned(both, "Europe/Madrid", Rules(), LONG_AGO)) == {"1d": "03-11 09:00"}


def test_in_the_morning_is_some_hours_before_the_appointment() -> None:
    late = appointment(starts=15 * 60, wants=("morning",))
    assert due(planned(late, "Europe/Madrid", Rules(morning_before=240), LONG_AGO)) == {"morning": "03-12 11:00"}


def test_without_an_hour_the_morning_is_the_studys_hour_and_noon_is_too_late() -> None:
    (found,) = planned(appointment(starts=None, wants=("morning",)), "Europe/Madrid", Rules(), LONG_AGO)
    assert due([found]) == {"morning": "03-12 09:00"}
    assert found.expires_at == datetime(2026, 3, 12, 11, tzinfo=UTC)
    assert starts_at(date(2026, 3, 12), None, "Europe/Madrid") == datetime(2026, 3, 12, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "three_days_before"),
    [
        (date(2026, 3, 30), "2026-03-27T08:00+00:00"),
        (date(2026, 4, 1), "2026-03-29T07:00+00:00"),
        (date(2026, 10, 28), "2026-10-25T08:00+00:00"),
        (date(2026, 10, 27), "2026-10-24T07:00+00:00"),
    ],
)
def test_nine_oclock_stays_nine_oclock_on_both_sides_of_a_clock_change(day: date, three_days_before: str) -> None:
    found = planned(appointment(day=day, wants=("3d",)), "Europe/Madrid", Rules(), LONG_AGO)
    assert [each.due_at for each in found] == [datetime.fromisoformat(three_days_before)]


def test_an_hour_that_is_jumped_over_comes_later_and_of_one_that_comes_twice_the_first_counts() -> None:
    madrid = ZoneInfo("Europe/Madrid")
    assert instant_of(date(2026, 3, 29), 150, madrid) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert instant_of(date(2026, 10, 25), 150, madrid) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant_of(date(2026, 10, 24), DAY, madrid) == datetime(2026, 10, 24, 22, tzinfo=UTC)


@pytest.mark.parametrize("which", ["recipient", "appointment"])
def test_a_zone_that_no_longer_exists_is_said_to_be_unknown(which: str) -> None:
    gone = appointment(zone="Europe/Gone" if which == "appointment" else "Europe/Madrid")
    with pytest.raises(UnknownZone, match="Europe/Gone"):
        planned(gone, "Europe/Gone" if which == "recipient" else "Europe/Madrid", Rules(), LONG_AGO)


@given(
    st.dates(date(2026, 1, 10), date(2027, 12, 20)), st.none() | st.integers(0, DAY - 1), st.sampled_from(ZONES),
    st.sampled_from(ZONES), st.lists(st.sampled_from(TIMINGS), unique=True), st.integers(-10 * DAY, DAY),
    st.sampled_from([QuietHours(480, 1200), QuietHours(0, 0), QuietHours(1320, 600)]),
)  # fmt: skip
def test_whatever_is_planned_is_due_later_within_the_hours_in_order_and_before_it_is_of_no_use(
    day: date, starts: int | None, there: str, here: str, wants: list[str], minutes: int, hours: QuietHours
) -> None:
    its = appointment(day=day, starts=starts, zone=there, wants=tuple(wants))
    now = instant_of(day, 0, ZoneInfo(there)) + timedelta(minutes=minutes)
    found = planned(its, here, Rules(hours=hours), now)
    begins = starts_at(day, starts, there)
    assert len(found) <= len(wants)
    for each in found:
        assert now <= each.due_at < each.expires_at <= begins - TOO_LATE
        assert is_allowed(each.due_at, here, hours)
    for one, two in pairwise(found):
        assert one.expires_at == two.due_at
