"""What a cycle counts from while its Day 1 has no day, and where an appointment may stand meanwhile."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.bookings import may_stand
from schedules.history import CycleHeld, VisitMissed
from tests.builders import cycle_done, decided, dose, enrolled, planned

C2 = "induction.c2"
C1_DONE = (enrolled(), cycle_done("induction.c1"), decided("induction.c1.response", date(2026, 1, 30), "no-benefit"))


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


def test_a_cycle_whose_day_1_has_no_day_counts_from_its_first_safe_day_and_is_tentative() -> None:
    made = planned(C1_DONE, closed=[february(day) for day in (2, 3, 4, 5)])
    day_1, day_8 = made.visit(f"{C2}.d1"), made.visit(f"{C2}.d8")
    assert (day_1.target, day_1.conflicts[-1].earliest_safe) == (None, february(6))
    assert (day_8.nominal, day_8.certainty) == (february(13), "tentative")
    assert made.visit(f"{C2}.marrow").certainty == "tentative"


def test_a_missed_day_1_of_a_cycle_that_went_on_after_a_hold_counts_from_where_the_hold_put_it() -> None:
    held = CycleHeld(date=february(2), cycle=C2, reason="counts", resume=february(9))
    made = planned(C1_DONE, held, VisitMissed(date=february(9), visit=f"{C2}.d1"), dose(f"{C2}.d8", february(16)))
    day_15 = made.visit(f"{C2}.d15")
    assert (day_15.nominal, day_15.certainty) == (february(23), "firm")


@pytest.mark.parametrize(
    ("booked", "stands"), [(7, False), (8, True), (9, True), (11, True), (12, False)],
    ids=["too early", "the first day", "the due day", "the last day", "too late"],
)  # fmt: skip
def test_while_a_decision_is_asked_an_appointment_may_stand_on_any_day_that_is_left(booked: int, stands: bool) -> None:
    day_8 = planned(enrolled(), weekend=()).visit("maintenance.c1.d8")
    assert may_stand(day_8._replace(target=None), february(booked)) is stands


def test_on_a_closed_day_it_may_not_stand() -> None:
    day_8 = planned(enrolled(), weekend=(), closed=[january(13)]).visit("induction.c1.d8")
    assert not may_stand(day_8._replace(target=None), january(13))


def test_an_appointment_stands_nowhere_but_on_the_day_that_the_visit_has() -> None:
    day_8 = planned(enrolled()).visit("induction.c1.d8")
    assert (may_stand(day_8, january(12)), may_stand(day_8, january(13))) == (True, False)
    assert may_stand(day_8._replace(target=None, limits=None), january(13))
