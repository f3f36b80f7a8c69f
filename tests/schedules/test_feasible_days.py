"""Where a visit may be booked. vsli-ino, Day 1 on Monday 5 January 2026, weekends closed unless stated."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schedules.closures import PLAIN_SITE, ClosedDay
from schedules.design import Design
from schedules.feasible_days import feasible_days, refused_days
from schedules.history import Attended, Booked, CycleHeld, Enrolled, Fact, Given, History
from schedules.plan import plan
from schedules.protocol_file import library_protocol
from schedules.scheduled import ScheduledVisit
from schedules.statuses import Status

PROTOCOL = library_protocol("vsli-ino").protocol
ENROLLED = Enrolled(date=date(2025, 12, 1), day_1=date(2026, 1, 5))


def visit(key: str, *facts: Fact, closed: tuple[date, ...] = (), day_1: date = date(2026, 1, 5)) -> ScheduledVisit:
    site = replace(PLAIN_SITE, closed=tuple(ClosedDay(date=day, reason="stock-taking") for day in closed))
    history = History((replace(ENROLLED, day_1=day_1), *facts))
    return plan(Design((PROTOCOL,), (site,)), history, date(2026, 1, 2)).visit(key)


def january(*days: int) -> list[date]:
    return [date(2026, 1, day) for day in days]


def test_the_due_day_comes_first_then_the_nearest_and_the_later_of_two() -> None:
    found = feasible_days(visit("induction.c1.marrow"))
    assert [day.day for day in found][:4] == january(28, 29, 27, 30)
    assert [day.distance for day in found][:4] == [0, 1, -1, 2]


def test_each_day_says_how_it_lies_to_the_due_day() -> None:
    best, second, third = feasible_days(visit("induction.c1.marrow"))[:3]
    assert best.reasons == ("the day on which it is due",)
    assert second.reasons == ("1 day after the day on which it is due",)
    assert third.reasons == ("1 day before the day on which it is due",)


def test_every_other_day_of_the_window_says_why_not() -> None:
    d15 = visit("induction.c1.d15", closed=(date(2026, 1, 19),))
    refused = {day.day: day.why for day in refused_days(d15)}
    assert sorted(refused) == january(18, 19)
    assert "Vincristine sulfate liposome IV is planned for 12 January 2026" in refused[date(2026, 1, 18)]
    assert "stock-taking" in refused[date(2026, 1, 19)]
    assert [day.day for day in feasible_days(d15)] == january(20, 21)


def test_the_booked_day_says_that_it_is_booked() -> None:
    booked = Booked(date=date(2026, 1, 13), visit="induction.c1.d8")
    found = {day.day: day.reasons for day in feasible_days(visit("induction.c1.d8", booked))}
    assert "it is booked for this day" in found[date(2026, 1, 13)]
    assert "it is booked for this day" not in found[date(2026, 1, 12)]


def test_a_visit_that_took_place_has_no_days_left_and_none_refused() -> None:
    done = Given(date=date(2026, 1, 5), visit="induction.c1.d1", activity="vsli")
    d1 = visit("induction.c1.d1", done)
    assert (feasible_days(d1), refused_days(d1)) == ((), ())


def test_a_held_visit_has_no_days() -> None:
    held = CycleHeld(date=date(2026, 1, 2), cycle="maintenance.c1", reason="counts")
    assert feasible_days(visit("maintenance.c1.d1", held)) == ()


def test_where_no_day_is_left_each_day_says_why() -> None:
    d8 = visit("induction.c1.d8", closed=tuple(january(12, 13, 14)))
    assert d8.status is Status.NEEDS_DECISION
    assert feasible_days(d8) == ()
    assert [day.day for day in refused_days(d8)] == january(11, 12, 13, 14)


def test_while_something_else_must_be_decided_first_no_day_is_feasible() -> None:
    old_marrow = Attended(date=date(2025, 12, 10), visit="screening.marrow")
    day_1 = visit("induction.c1.d1", old_marrow, day_1=date(2026, 1, 9))
    assert day_1.status is Status.NEEDS_DECISION
    assert feasible_days(day_1) == ()
    assert {day.why for day in refused_days(day_1)} == {conflict.text for conflict in day_1.conflicts}


@given(st.integers(0, 6), st.sets(st.integers(-3, 30), max_size=20))
def test_feasible_and_refused_days_together_are_the_window_once_each(weekday: int, closed: set[int]) -> None:
    day_1 = date(2026, 1, 5) + timedelta(days=weekday)
    days = tuple(sorted(day_1 + timedelta(days=offset) for offset in closed))
    for key in ("induction.c1.d8", "induction.c1.d15", "induction.c1.marrow"):
        found = visit(key, closed=days, day_1=day_1)
        if found.limits is None or found.opens is None or found.closes is None:
            continue
        both = sorted([*(day.day for day in feasible_days(found)), *(day.day for day in refused_days(found))])
        assert both == [found.opens + timedelta(days=n) for n in range((found.closes - found.opens).days + 1)]


@given(st.integers(0, 6), st.sets(st.integers(-3, 30), max_size=10))
def test_the_best_feasible_day_is_the_one_that_the_plan_chose(weekday: int, closed: set[int]) -> None:
    day_1 = date(2026, 1, 5) + timedelta(days=weekday)
    days = tuple(sorted(day_1 + timedelta(days=offset) for offset in closed))
    for key in ("induction.c1.d1", "induction.c1.d8", "induction.c1.marrow"):
        found = visit(key, closed=days, day_1=day_1)
        best = feasible_days(found)
        assert found.target == (best[0].day if best else None)
