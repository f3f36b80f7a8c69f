"""What must be over before something is never placed on or after it, and nothing stands before its Day 1 may be."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.history import Fact, Held, Omitted, Transplanted, UnscheduledVisit, VisitMissed
from schedules.statuses import Status
from tests.builders import (
    DAY_1,
    attended,
    cycle_done,
    decided,
    dose,
    enrolled,
    planned,
    protocol,
    targets,
)

C1 = (enrolled(), cycle_done("induction.c1"))
NO_BENEFIT = decided("induction.c1.response", date(2026, 1, 30), "no-benefit")
TRANSPLANT = Transplanted(date=date(2026, 2, 11), conditioning=date(2026, 2, 5))
END_VISIT, MARROW, D8 = "follow-up.end-of-treatment", "induction.c1.marrow", "induction.c1.d8"


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


# -- over before something ----------------------------------------------------------------------


BEFORE = """
  t:
    label: T
    visits:
      before: {label: Before, at: -1 day, activities: [look]}
      d1: {label: D1, day: 1, activities: [drug]}
"""


def test_a_visit_before_day_1_has_no_safe_day_on_or_after_day_1() -> None:
    visit = planned(protocol=protocol(BEFORE), closed=[january(4)]).visit("t.before")
    assert (visit.status, visit.conflicts[0].earliest_safe) == (Status.NEEDS_DECISION, None)
    assert "no day before 5 January 2026 is possible" in visit.conflicts[0].text


# -- a Day 1 without a day ----------------------------------------------------------------------


def test_no_visit_of_a_cycle_stands_before_its_day_1_may_be() -> None:
    held = Held(date=january(19), visit="induction.c1.d15", reason="toxicity", resume=february(3))
    late = (enrolled(), dose("induction.c1.d1", DAY_1), dose(D8, january(12)), held, NO_BENEFIT)
    made = planned(late, dose("induction.c1.d15", february(3)))
    day_1 = made.visit("induction.c2.d1")
    assert (day_1.target, day_1.conflicts[0].earliest_safe) == (None, february(10))
    assert targets(made, "induction.c2")["d8"] == february(17)
    assert made.visit("induction.c2.d8").tentative


@pytest.mark.parametrize(
    "gone",
    [
        VisitMissed(date=february(2), visit="induction.c2.d1", reason="travel"),
        Omitted(date=february(2), visit="induction.c2.d1", reason="toxicity"),
    ],
    ids=["missed", "left out"],
)
def test_a_cycle_that_went_on_without_its_day_1_is_not_tentative(gone: Fact) -> None:
    assert planned(C1, NO_BENEFIT, gone).visit("induction.c2.d8").tentative
    made = planned(C1, NO_BENEFIT, gone, dose("induction.c2.d8", february(9)))
    assert (made.visit("induction.c2.d15").target, made.visit("induction.c2.d15").tentative) == (february(16), False)


# -- doses that nobody gives --------------------------------------------------------------------


def test_a_dose_not_done_at_a_visit_where_another_was_given_is_spaced_like_one_left_out() -> None:
    begun = (enrolled(), dose("induction.c1.d1", DAY_1), dose(D8, january(14), "ino"))
    left_out = Omitted(date=january(14), visit=D8, activity="vsli", reason="toxicity")
    not_done = attended(D8, january(14), not_done=("vsli",))
    for fact in (left_out, not_done):
        assert targets(planned(begun, fact), "induction.c1")["d15"] == january(20)


def test_a_dose_that_was_left_out_or_waits_keeps_no_day_free_of_what_it_must_not_meet() -> None:
    begun = (enrolled(), dose("induction.c1.d1", DAY_1))
    intrathecal = UnscheduledVisit(date=january(12), activities=("intrathecal",), reason="prophylaxis")
    assert targets(planned(begun, intrathecal), "induction.c1")["d8"] == january(13)
    left_out = Omitted(date=january(9), visit=D8, activity="vsli", reason="toxicity")
    held = Held(date=january(9), visit=D8, activity="vsli", reason="toxicity")
    for fact in (left_out, held):
        assert targets(planned(begun, intrathecal, fact), "induction.c1")["d8"] == january(12)
