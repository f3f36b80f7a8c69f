"""Whatever the protocol plans for a stay on the path is in the plan, and stands behind what it is counted from."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schedules.errors import DateOutOfRange, ProtocolError
from schedules.history import Held, VisitMissed
from schedules.statuses import Status
from tests.builders import DAY_1, attended, decided, enrolled, planned, protocol, targets

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


# Without a day to count from ------------------------------------------------------------------

COUNTED = (
    "d8: {label: D8, day: 8, window: 0/+1, activities: [other, look]}",
    "call: {label: Call, after: {activity: look, by: 2 days}}",
)


def test_a_visit_counted_from_an_activity_that_was_missed_is_shown_without_a_date() -> None:
    missed = VisitMissed(date=day(8), visit="t.d8")
    made = planned(enrolled(), missed, protocol=protocol(one_epoch(*COUNTED))).visit("t.call")
    assert (made.target, made.status) == (None, Status.HELD)
    assert "the latest Look was not done" in " ".join(made.why)


def test_a_visit_counted_from_an_activity_that_is_held_waits_for_it() -> None:
    earlier = "d2: {label: D2, day: 2, activities: [look]}"
    held = Held(date=day(8), visit="t.d8", reason="toxicity")
    for visits in (COUNTED, (earlier, *COUNTED)):
        made = planned(enrolled(), held, protocol=protocol(one_epoch(*visits))).visit("t.call")
        assert (made.target, made.status) == (None, Status.HELD)


def test_an_activity_that_a_visit_left_out_is_not_what_the_next_one_is_counted_from() -> None:
    visits = ("d2: {label: D2, day: 2, activities: [look]}", COUNTED[0].replace("other, ", "pill, "), COUNTED[1])
    came = (attended("t.d2", day(2)), attended("t.d8", day(8), not_done=("look",)))
    made = planned(enrolled(), *came, protocol=protocol(one_epoch(*visits)), weekend=())
    assert targets(made, "t")["call"] == day(4)


def test_a_screening_visit_may_be_counted_from_day_1() -> None:
    screening = "  s: {label: S, stage: screening, visits: {a: {label: A, after: {event: day-1, by: -3 days}}}}\n"
    made = planned(protocol=protocol(screening + one_epoch()), weekend=())
    assert targets(made, "s") == {"a": DAY_1 - timedelta(days=3)}


def test_a_visit_counted_from_one_of_an_epoch_that_the_path_left_out_is_shown_without_a_date() -> None:
    gate = "gates: {g: {label: G, when: at-end, outcomes: {on: {label: O}, skip: {label: S, to: c}}}}"
    text = (
        f"  a: {{label: A, length: 7 days, visits: {{{D1}}}, {gate}}}\n"
        f"  b: {{label: B, length: 7 days, visits: {{{D1}}}}}\n"
        f"  c: {{label: C, visits: {{{D1}, x: {{label: X, after: {{visit: b.d1, by: 20 days}}}}}}}}\n"
    )
    made = planned(enrolled(), decided("a.g", day(7), "skip"), protocol=protocol(text))
    assert made.visit("c.x").status is Status.HELD
    assert "b.d1" in " ".join(made.visit("c.x").why)


def test_what_is_counted_from_a_visit_that_comes_only_with_a_drug_goes_with_it() -> None:
    gate = "gates: {g: {label: G, when: before-each-cycle, outcomes: {no: {label: N, stops: [other]}}, default: no}}"
    d8 = "d8: {label: D8, day: 8, only_with: [other], activities: [other]}"
    call = "call: {label: C, after: {visit: d8, by: 1 day}}"
    text = one_epoch(d8, call, more=f"cycles: {{length: 28 days, at_most: 1}}, {gate}, ")
    assert set(targets(planned(protocol=protocol(text)), "t.c1")) == {"d1"}


@pytest.mark.parametrize(
    ("visits", "told"),
    [
        ("d8: {label: D8, day: 8, cycles: 1}, call: {label: C, after: {visit: d8}}", "in cycle 2 there is no d8"),
        ("d8: {label: D8, day: 8, arms: [x]}, call: {label: C, after: {visit: d8}}", "in the arm y there is no d8"),
        ("call: {label: C, after: {activity: pill}}", "no visit plans pill"),
    ],
)
def test_a_visit_that_would_have_nothing_to_count_from_is_refused(visits: str, told: str) -> None:
    arms = "arms: {x: {label: X}, y: {label: Y}}"
    with pytest.raises(ProtocolError, match=told):
        protocol(one_epoch(visits, more="cycles: {length: 28 days, at_most: 2}, "), arms)


def test_a_screening_visit_cannot_be_counted_from_the_last_dose() -> None:
    screening = "  s: {label: S, stage: screening, visits: {a: {label: A, after: {event: last-dose}}}}\n"
    with pytest.raises(ProtocolError, match="last dose comes after"):
        protocol(screening + one_epoch())


# Beyond the years of the calendar -------------------------------------------------------------


def test_cycles_that_run_for_more_than_a_century_are_refused_with_their_place() -> None:
    with pytest.raises(ProtocolError, match=r"small.yaml:11:3: with this epoch the cycles run 109 years"):
        protocol(one_epoch(more="cycles: {length: 400 days, at_most: 100}, "))


def test_a_plan_that_runs_beyond_the_calendar_says_where_and_what_to_mend() -> None:
    late = one_epoch("u: {label: Early, day: 8}", "v: {label: Late, day: 2000}", "w: {label: Later, at: 300 months}")
    with pytest.raises(DateOutOfRange, match=r"^after Late the plan runs too far: .*2200; mend Day 1, or the lengths"):
        planned(protocol=protocol(late), start=date(2180, 1, 1))
    with pytest.raises(DateOutOfRange, match=r"^after D1 the plan runs too far: 2201-01-08 is outside the years 1900"):
        planned(protocol=protocol(one_epoch("d15: {label: D15, day: 15}")), start=date(2200, 12, 25))


def test_one_that_leaves_the_calendar_at_its_first_visit_names_no_visit_before_it() -> None:
    before = "  s: {label: S, stage: screening, visits: {b: {label: B, day: -7}}}\n"
    with pytest.raises(DateOutOfRange, match=r"^the plan runs too far: 1899-12-27 is outside"):
        planned(protocol=protocol(before + one_epoch()), start=date(1900, 1, 3))


def test_one_that_leaves_the_calendar_in_follow_up_says_so_too() -> None:
    call = "call: {label: Call, after: {event: end-of-treatment, by: 300 months}}"
    text = f"{one_epoch()}  f: {{label: F, stage: follow-up, visits: {{{call}}}}}\n"
    with pytest.raises(DateOutOfRange, match=r"^after D1 the plan runs too far: 2205-01-03 is outside the years"):
        planned(protocol=protocol(text), start=date(2180, 1, 3))


def test_a_fixed_day_beyond_the_calendar_is_refused_too() -> None:
    last = protocol(one_epoch("v: {label: Late, day: 31}"))
    assert planned(protocol=last, start=date(2200, 12, 1)).visit("t.v").nominal == date(2200, 12, 31)
    with pytest.raises(DateOutOfRange, match=r"the plan runs too far: 2201-01-01 is outside the years 1900 to 2200"):
        planned(protocol=last, start=date(2200, 12, 2))
