"""Whatever the protocol plans for a stay on the path is in the plan, and stands behind what it is counted from."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.builders import DAY_1, planned, protocol, targets

D1 = "d1: {label: D1, day: 1, activities: [drug]}"


def day(number: int) -> date:
    """The day of this number, counted from Day 1."""
    return DAY_1 + timedelta(days=number - 1)


def one_epoch(*visits: str, more: str = "") -> str:
    """A treatment epoch with a Day 1 and these visits."""
    return f"  t: {{label: T, {more}visits: {{{', '.join((D1, *visits))}}}}}\n"


# Placed behind what it is counted from --------------------------------------------------------


@pytest.mark.parametrize("name", ["d8", "t.d8"])
@pytest.mark.parametrize(("by", "number"), [("-2 days", 6), ("-6 days", 2), ("0 days", 8), ("2 days", 10)])
def test_a_visit_counted_from_another_one_is_in_the_plan_whether_it_comes_before_or_after_it(
    name: str, by: str, number: int
) -> None:
    call = f"call: {{label: Call, after: {{visit: {name}, by: {by}}}}}"
    for visits in ((call, "d8: {label: D8, day: 8}"), ("d8: {label: D8, day: 8}", call)):
        made = targets(planned(protocol=protocol(one_epoch(*visits)), weekend=()), "t")
        assert made == {"d1": day(1), "d8": day(8), "call": day(number)}


def test_a_chain_of_visits_counted_backwards_is_placed_from_its_beginning() -> None:
    visits = (
        "a: {label: A, after: {visit: b, by: -3 days}}",
        "b: {label: B, after: {visit: c, by: -3 days}}",
        "c: {label: C, day: 20}",
    )
    made = targets(planned(protocol=protocol(one_epoch(*visits)), weekend=()), "t")
    assert (made["b"], made["a"]) == (day(17), day(14))


def test_a_visit_before_an_activity_counts_from_the_latest_one_of_its_stay() -> None:
    visits = (
        "call: {label: Call, after: {activity: look, by: -2 days}}",
        "d15: {label: D15, day: 15, activities: [look]}",
        "d8: {label: D8, day: 8, activities: [look]}",
    )
    made = targets(planned(protocol=protocol(one_epoch(*visits)), weekend=()), "t")
    assert made["call"] == day(13)


def test_a_screening_visit_may_be_counted_backwards_from_another_one() -> None:
    screening = (
        "  s: {label: S, stage: screening, visits: {fasting: {label: F, after: {visit: bloods, by: -1 day}},"
        " bloods: {label: B, day: -7}}}\n"
    )
    made = targets(planned(protocol=protocol(screening + one_epoch()), weekend=()), "s")
    assert made == {"bloods": DAY_1 - timedelta(days=7), "fasting": DAY_1 - timedelta(days=8)}


def test_many_visits_counted_from_an_activity_that_they_all_do_are_ordered_at_once() -> None:
    visits = [f"v{n}: {{label: V, after: {{activity: look, by: {n} days}}, activities: [look]}}" for n in range(1, 40)]
    made = planned(protocol=protocol(one_epoch("d2: {label: D2, day: 2, activities: [look]}", *visits)))
    assert len(made.visits) == 41
