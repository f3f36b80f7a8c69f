"""A cycle starts only before the calendar limit of its epoch, whatever delayed it; one that has begun is not bound."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.history import CycleDelayed, CycleHeld, Fact, Held
from tests.builders import dose, enrolled, planned, protocol

#: no cycle starts on or after 5 March
STUDY = protocol(
    """
  t:
    label: T
    cycles: {length: 28 days, within: 2 months}
    visits:
      d1: {label: Day 1, day: 1, window: -2/+3, activities: [drug]}
      d8: {label: Day 8, day: 8, activities: [drug]}
"""
)


def march(day: int) -> date:
    return date(2026, 3, day)


def begun(second: date) -> tuple[Fact, ...]:
    """Two cycles have begun: the third is due 28 days after the second."""
    return (enrolled(), *dose("t.c1.d1", date(2026, 1, 5), "drug"), *dose("t.c2.d1", second, "drug"))


EARLY = begun(date(2026, 1, 26))  # the third cycle is due on 23 February


def waits(until: date) -> list[tuple[Fact, ...]]:
    """Each way in which the third cycle may wait until that day."""
    told = date(2026, 2, 20)
    return [
        (CycleHeld(date=told, cycle="t.c3", reason="counts", resume=until),),
        (CycleDelayed(date=told, cycle="t.c3", to=until, reason="travel"),),
        (
            CycleHeld(date=told, cycle="t.c3", reason="counts", resume=date(2026, 2, 24)),
            CycleDelayed(date=told, cycle="t.c3", to=until, reason="travel"),
        ),
        (Held(date=told, visit="t.c3.d1", reason="counts", resume=until),),
    ]


WAYS = ["held", "delayed", "held and then delayed", "its doses held"]


def test_a_cycle_that_is_due_just_before_the_limit_moves_forward_where_the_next_free_day_would_be_the_limit() -> None:
    day_1 = planned(begun(date(2026, 2, 4)), protocol=STUDY, weekend=(), closed=[march(4)]).visit("t.c3.d1")
    assert (day_1.due, day_1.target, day_1.feasible) == (march(4), march(3), (march(2), march(3)))


@pytest.mark.parametrize("moved", waits(march(3)), ids=WAYS)
def test_a_cycle_that_waits_until_just_before_the_limit_has_no_day_on_or_after_it(moved: tuple[Fact, ...]) -> None:
    day_1 = planned(EARLY, moved, protocol=STUDY, weekend=()).visit("t.c3.d1")
    assert (day_1.target, day_1.feasible) == (march(3), (march(3), march(4)))


@pytest.mark.parametrize("moved", waits(march(5)), ids=WAYS)
def test_a_cycle_that_waits_until_the_limit_does_not_start(moved: tuple[Fact, ...]) -> None:
    made = planned(EARLY, moved, protocol=STUDY, weekend=())
    assert not [visit for visit in made if visit.spec.stay.cycle == 3]
    limit = "no cycle starts on or after 5 March 2026, 2 months after Day 1; C3 would be due on 5 March 2026"
    assert limit in {notice.text for notice in made.notices}


def test_a_cycle_that_has_begun_beyond_the_limit_has_its_day_1_where_it_is_due() -> None:
    facts = (begun(date(2026, 2, 5)), dose("t.c3.d8", march(12), "drug"))  # nothing is recorded about its Day 1
    day_1 = planned(facts, protocol=STUDY, weekend=()).visit("t.c3.d1")
    assert (day_1.due, day_1.target, day_1.conflicts, day_1.tentative) == (march(5), march(5), (), False)
