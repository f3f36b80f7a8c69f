"""Windows: how they are written, which days are in them, what is early or late, and what an end takes away."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schedules.errors import DateOutOfRange, HistoryError, WindowError
from schedules.history import (
    CycleDelayed,
    CycleHeld,
    Died,
    Fact,
    Held,
    History,
    LostToFollowUp,
    TreatmentEnded,
    Withdrew,
)
from schedules.history_checks import check_history
from schedules.scalars import PartialDate
from schedules.scheduled import Plan
from schedules.statuses import Status
from schedules.windows import (
    ClockWindow,
    DayRange,
    Punctuality,
    Window,
    days_outside,
    parse_clock_window,
    parse_window,
    punctuality,
)
from tests import builders
from tests.strategies import Case, library_cases

sides = st.integers(0, 60)
any_day = st.dates(date(1950, 1, 1), date(2150, 1, 1))
windows = st.builds(Window, sides, sides)


@pytest.mark.parametrize(
    ("written", "before", "after"),
    [
        ("-1/+2", 1, 2),
        ("0/+3", 0, 3),
        ("-3/0", 3, 0),
        ("0/0", 0, 0),
        ("-1/+1 weeks", 7, 7),
        ("-2/+0 days", 2, 0),
        (" - 3 / + 3 ", 3, 3),
        ("−14/+14", 14, 14),
    ],
)
def test_a_window_is_read_as_days_before_and_after(written: str, before: int, after: int) -> None:
    assert parse_window(written) == Window(before, after)


@pytest.mark.parametrize("written", ["", "2", "+1/+2", "-1/-2", "-1", "1/2", "-1/+2 months", "-1/+2 hours", "-1 to +2"])
def test_what_is_no_window_of_days_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(WindowError, match=rf"^'{re.escape(written)}' .*write e"):
        parse_window(written)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (-1, 0, "-1 days before"),
        (0, -1, "-1 days after"),
        (3_661, 0, "3661 days before"),
        (0, 3_661, "3661 days after"),
    ],
)
def test_a_side_is_from_0_days_to_ten_years(before: int, after: int, said: str) -> None:
    with pytest.raises(WindowError, match=f"^a window of {said} is not between 0 and 3660; write e"):
        Window(before, after)
    assert Window(3_660, 3_660).before == 3_660


def test_both_ends_belong_to_the_window() -> None:
    assert Window(2, 3).around(date(2026, 3, 10)) == (date(2026, 3, 8), date(2026, 3, 13))


def test_a_window_reaches_over_the_end_of_february_and_of_the_year() -> None:
    assert Window(3, 3).around(date(2028, 3, 1)) == (date(2028, 2, 27), date(2028, 3, 4))
    assert Window(14, 14).around(date(2026, 12, 28)) == (date(2026, 12, 14), date(2027, 1, 11))


def test_a_window_that_leaves_the_calendar_is_refused() -> None:
    with pytest.raises(DateOutOfRange):
        Window(0, 1).around(date(2200, 12, 31))


@pytest.mark.parametrize("written", ["-1/+2", "-3/0", "0/+3", "0/0"])
def test_a_window_is_written_with_a_sign_on_each_side_that_is_not_0(written: str) -> None:
    assert str(parse_window(written)) == written


@given(windows)
def test_a_window_is_read_as_it_is_written(window: Window) -> None:
    assert parse_window(str(window)) == window


# Days of a cycle


@pytest.mark.parametrize("written", ["days 21 to 28", "days 21-28", "Day 21 to 28", "days  21  -  28"])
def test_days_of_the_cycle_are_read_as_first_and_last(written: str) -> None:
    assert parse_window(written) == DayRange(21, 28)


def test_days_21_to_28_around_day_24_are_three_before_and_four_after() -> None:
    assert DayRange(21, 28).around_day(24) == Window(3, 4)


def test_days_before_day_1_are_negative_and_leave_out_day_0() -> None:
    assert parse_window("days -28 to -1") == DayRange(-28, -1)
    assert DayRange(-28, -1).around_day(-7) == Window(21, 6)
    assert DayRange(-2, 2).around_day(1) == Window(2, 1)


@pytest.mark.parametrize("written", ["days 0 to 3", "days -3 to 0"])
def test_a_window_from_or_to_day_0_is_refused(written: str) -> None:
    with pytest.raises(WindowError, match=r"^there is no Day 0; the day before Day 1 is Day -1$"):
        parse_window(written)


def test_days_that_run_backwards_are_refused() -> None:
    with pytest.raises(WindowError, match="write days 21 to 28"):
        parse_window("days 28 to 21")


@pytest.mark.parametrize("number", [20, 29, -24])
def test_a_day_outside_its_own_window_is_refused(number: int) -> None:
    with pytest.raises(WindowError, match="lies outside its window, days 21 to 28"):
        DayRange(21, 28).around_day(number)


# Within a visit


def test_within_a_visit_windows_count_in_minutes_and_hours() -> None:
    assert parse_clock_window("-15/+15 minutes") == ClockWindow(15, 15)
    assert parse_clock_window("0/+1 hours") == ClockWindow(0, 60)
    assert str(ClockWindow(0, 60)) == "-0/+60 minutes"
    with pytest.raises(WindowError, match=r"^'-1/\+1' counts in days; within a visit write minutes or hours"):
        parse_clock_window("-1/+1")


# Early and late


@pytest.mark.parametrize(
    ("day", "outside", "how"),
    [
        (date(2026, 1, 8), -3, Punctuality.EARLY),
        (date(2026, 1, 10), -1, Punctuality.EARLY),
        (date(2026, 1, 11), 0, Punctuality.ON_TIME),
        (date(2026, 1, 14), 0, Punctuality.ON_TIME),
        (date(2026, 1, 15), 1, Punctuality.LATE),
        (date(2026, 2, 14), 31, Punctuality.LATE),
    ],
)
def test_a_day_outside_the_window_is_early_or_late_by_so_many_days(day: date, outside: int, how: Punctuality) -> None:
    opens, closes = date(2026, 1, 11), date(2026, 1, 14)
    assert days_outside(day, opens, closes) == outside
    assert punctuality(day, opens, closes) is how


@given(windows, any_day, st.integers(-200, 200))
def test_a_day_is_on_time_exactly_if_it_is_no_more_days_off_than_the_window_allows(
    window: Window, due: date, off: int
) -> None:
    day = date.fromordinal(due.toordinal() + off)
    on_time = punctuality(day, *window.around(due)) is Punctuality.ON_TIME
    assert on_time == (-window.before <= off <= window.after)


def test_a_no_break_space_in_a_window_is_read_or_refused_as_a_window() -> None:
    try:
        window = parse_window("-\u00a01/+2")
    except WindowError:
        return
    assert window == Window(1, 2)


# What an end takes away, wherever a hold or a delay had moved it

ENDED = date(2026, 2, 10)


@pytest.mark.parametrize(
    "end",
    [
        TreatmentEnded(date=ENDED, reason="toxicity"),
        Died(date=PartialDate(2026, 2, 10)),
        Withdrew(date=ENDED, scope="visits"),
    ],
    ids=["treatment ended", "died", "withdrew"],
)
def test_a_cycle_delayed_past_its_window_is_cancelled_by_an_end_before_it(end: Fact) -> None:
    delay = CycleDelayed(date=date(2026, 1, 30), cycle="maintenance.c1", to=date(2026, 2, 20), reason="travel")
    gate = builders.decided("induction.c1.response", date(2026, 1, 30), "benefit")
    made = builders.planned(builders.enrolled(), builders.cycle_done("induction.c1"), gate, delay, end)
    assert made.visit("maintenance.c1.d1").status is Status.CANCELLED


@pytest.mark.parametrize(
    "waiting",
    [
        Held(date=builders.DAY_1, visit="induction.c1.d1", reason="counts"),
        CycleHeld(date=builders.DAY_1, cycle="induction.c1", reason="counts"),
        LostToFollowUp(date=builders.DAY_1, attempts=3),
    ],
    ids=["a dose held", "a cycle held", "lost"],
)
def test_what_waited_before_death_waits_no_more_after_it(waiting: Fact) -> None:
    made = builders.planned(builders.enrolled(), waiting, Died(date=PartialDate(2026, 2, 10)))
    assert not [visit.key for visit in made.visits if visit.status in {Status.HELD, Status.SUSPENDED}]


def test_a_dose_on_day_8_of_a_cycle_whose_day_1_is_held_is_in_the_plan() -> None:
    hold = CycleHeld(date=date(2026, 2, 2), cycle="maintenance.c1", reason="counts")
    given_8 = builders.dose("maintenance.c1.d8", date(2026, 2, 9), "ino")
    made = builders.planned(builders.enrolled(), builders.cycle_done("induction.c1"), hold, given_8)
    assert made.visit("maintenance.c1.d8").actual == date(2026, 2, 9)


def after_death(case: Case, days: int, month_only: bool) -> tuple[Died, Plan]:
    """A participant who dies so many days after the last fact, and the plan then."""
    day = max(fact.day for fact in case.facts) + timedelta(days=days)
    death = Died(date=PartialDate(day.year, day.month) if month_only else PartialDate(day.year, day.month, day.day))
    facts = (*case.facts, death)
    try:
        check_history(case.design, History(facts))
    except HistoryError:
        assume(False)
    return death, case.plan(facts)


@given(library_cases(), st.integers(-60, 60), st.booleans())
def test_after_death_no_visit_and_no_dose_is_planned_and_nothing_waits(case: Case, days: int, month_only: bool) -> None:
    death, made = after_death(case, days, month_only)
    for visit in made.visits:
        if visit.actual is None and not visit.key.startswith("unscheduled."):
            assert visit.target is None or visit.target <= death.last_day, visit.key
            assert visit.status not in {Status.HELD, Status.SUSPENDED}, f"{visit.key} is {visit.status}"
    assert all(dose <= death.last_day for doses in made.home_doses for dose in doses.days)


def test_a_window_may_be_one_single_day_and_hold_its_due_day_at_either_end() -> None:
    assert DayRange(8, 8).around_day(8) == Window(0, 0)
    assert DayRange(8, 10).around_day(8) == Window(0, 2)
    assert DayRange(8, 10).around_day(10) == Window(2, 0)


def test_hours_of_a_window_within_a_visit_are_kept_as_minutes() -> None:
    assert parse_clock_window("-1/+2 hours") == ClockWindow(60, 120)


def test_a_minus_sign_is_a_minus_within_a_visit_too_and_what_is_none_is_shown_as_it_was_written() -> None:
    assert parse_clock_window("−15/+15 Minutes") == ClockWindow(15, 15)
    with pytest.raises(WindowError, match=r"^'soon' is not a window"):
        parse_clock_window("soon")
