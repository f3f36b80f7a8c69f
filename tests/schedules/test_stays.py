"""Where a stay (a cycle, or a period without cycles) starts, how sure that is, and what its visits say about it."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.history import CycleDelayed, CycleHeld, EventOccurred, TreatmentEnded
from schedules.protocol import Protocol
from schedules.statuses import Status
from tests.builders import (
    attended,
    booked,
    closed,
    consented,
    cycle_done,
    decided,
    dose,
    enrolled,
    planned,
    protocol,
    targets,
)

RESPONSE = "induction.c1.response"
C1 = cycle_done("induction.c1")
BEGUN = (consented(), enrolled(), *dose("first.d1", date(2026, 1, 5), "drug"))


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


NO_BENEFIT = decided(RESPONSE, january(30), "no-benefit")
BENEFIT = decided(RESPONSE, january(30), "benefit")

# -- without a visit on Day 1 -------------------------------------------------------------------

NO_DAY_1 = """
  first:
    label: First
    length: 28 days
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [drug]}
  rest:
    label: Rest
    cycles: {length: 21 days, at_most: 2}
    visits:
      d8: {label: Day 8, day: 8, window: 0/+3, activities: [drug]}
      d15: {label: Day 15, day: 15, cycles: "2", activities: [look]}
"""


def test_a_cycle_without_a_visit_on_day_1_starts_where_it_is_due_and_its_visits_count_from_there() -> None:
    made = planned(protocol=protocol(NO_DAY_1))
    assert targets(made, "rest.c1") == {"d8": february(9)}
    assert targets(made, "rest.c2") == {"d8": date(2026, 3, 2), "d15": date(2026, 3, 9)}
    first = made.visit("rest.c1.d8")
    assert (first.why, first.tentative) == (
        ("the start of Rest is due on 2 February 2026; + 7 days = 9 February 2026",), False,
    )  # fmt: skip
    assert made.treatment_end is not None
    assert (made.treatment_end.day, made.treatment_end.tentative) == (date(2026, 3, 16), False)


def test_a_cycle_without_any_visit_takes_its_time_all_the_same() -> None:
    study = protocol(NO_DAY_1.replace("{label: Day 8,", '{label: Day 8, cycles: "2",'))
    made = planned(protocol=study)
    assert (targets(made, "rest.c1"), targets(made, "rest.c2")["d8"]) == ({}, date(2026, 3, 2))


@pytest.mark.parametrize(
    ("moved", "why"),
    [
        (
            CycleDelayed(date=january(20), cycle="rest.c1", to=february(9), reason="travel"),
            "the cycle was delayed (travel)",
        ),
        (
            CycleHeld(date=january(20), cycle="rest.c1", reason="counts", resume=february(9)),
            "the cycle was held on 20 January 2026 (counts)",
        ),
    ],
    ids=["delayed", "held until a day"],
)
def test_a_hold_or_a_delay_moves_a_cycle_that_has_no_visit_on_its_day_1(
    moved: CycleDelayed | CycleHeld, why: str
) -> None:
    made = planned(BEGUN, moved, protocol=protocol(NO_DAY_1))
    assert (targets(made, "rest.c1")["d8"], targets(made, "rest.c2")["d8"]) == (february(16), date(2026, 3, 9))
    start = f"the start of Rest, since {why}, is planned for 9 February 2026"
    assert made.visit("rest.c1.d8").why == (f"{start}; + 7 days = 16 February 2026",)
    assert made.visit("rest.c1.d8").tentative is False


def test_a_delay_to_a_day_before_it_is_due_makes_no_cycle_earlier() -> None:
    early = CycleDelayed(date=january(20), cycle="rest.c1", to=january(28), reason="travel")
    assert targets(planned(BEGUN, early, protocol=protocol(NO_DAY_1)), "rest.c1")["d8"] == february(9)
    with_day_1 = CycleDelayed(date=january(20), cycle="induction.c2", to=january(28), reason="travel")
    assert planned(enrolled(), C1, NO_BENEFIT, with_day_1).visit("induction.c2.d1").target == february(2)


def test_a_hold_that_is_over_before_the_cycle_is_due_moves_nothing() -> None:
    over = CycleHeld(date=january(20), cycle="rest.c1", reason="counts", resume=january(26))
    assert targets(planned(BEGUN, over, protocol=protocol(NO_DAY_1)), "rest.c1")["d8"] == february(9)


def test_a_cycle_without_a_visit_on_day_1_that_is_held_has_no_date_until_it_goes_on() -> None:
    held = CycleHeld(date=january(20), cycle="rest.c1", reason="counts")
    made = planned(BEGUN, held, protocol=protocol(NO_DAY_1))
    waiting = made.visit("rest.c1.d8")
    assert (waiting.status, waiting.target, waiting.tentative) == (Status.HELD, None, True)
    assert "the start of Rest, since the cycle was held on 20 January 2026 (counts), has no date yet" in waiting.why
    assert not targets(made, "rest.c2")
    dosed = planned(BEGUN, held, dose("rest.c1.d8", february(10), "drug"), protocol=protocol(NO_DAY_1))
    assert dosed.visit("rest.c1.d8").nominal == february(9)
    words = (
        "the start of Rest, since the cycle was held on 20 January 2026 (counts), is due on 2 February 2026; + 7 days"
    )
    assert dosed.visit("rest.c1.d8").why[0] == f"{words} = 9 February 2026"
    assert (dosed.visit("rest.c2.d8").target, dosed.visit("rest.c2.d8").tentative) == (date(2026, 3, 2), False)


# -- counted from something else ----------------------------------------------------------------


def after(starts: str, more: str = "") -> Protocol:
    """Two cycles of a second period that start so; the first one has a visit on Day 8."""
    return protocol(
        f"""
  first:
    label: First
    visits:
      d1: {{label: Day 1, day: 1, window: 0/+3, activities: [drug]}}
      d8: {{label: Day 8, day: 8, window: -1/+3, activities: [drug]}}
  second:
    label: Second
    starts: {starts}
    cycles: {{length: 21 days, at_most: 2}}
    visits:
      d1: {{label: Day 1, day: 1, window: 0/+3, activities: [other]}}
      look: {{label: Look, after: {{visit: d1, by: 1 day}}, window: 0/+3, activities: [look]}}
      d8: {{label: Day 8, day: 8, window: 0/+3, activities: [other]}}
  follow-up:
    label: Follow-up
    stage: follow-up
    visits:
      call: {{label: Call, after: {{event: last-dose, by: 7 days}}, window: 0/+3, activities: [look]}}
""",
        more,
    )


def test_only_the_first_cycle_of_a_period_counts_from_what_starts_it() -> None:
    made = planned(protocol=after("{visit: first.d8, by: 14 days}"))
    assert [targets(made, f"second.c{n}")["d1"] for n in (1, 2)] == [january(26), february(16)]
    assert made.visit("second.c1.d1").why == ("Day 8 is planned for 12 January 2026; + 14 days = 26 January 2026",)
    assert not made.visit("second.c2.d8").tentative


def test_a_period_follows_the_visit_that_starts_it_when_that_is_booked_or_moved() -> None:
    study = after("{visit: first.d8, by: 14 days}")
    made = planned(BEGUN, booked("first.d8", january(14)), protocol=study)
    assert made.visit("second.c1.d1").nominal == january(28)
    assert not made.visit("second.c1.d1").tentative
    assert planned(BEGUN, protocol=study, closed=[january(12)]).visit("second.c1.d1").nominal == january(27)


@pytest.mark.parametrize("starts", ["{visit: first.d8, by: 14 days}", "{event: last-dose, by: 14 days}"])
def test_what_counts_from_a_dose_of_which_nothing_is_recorded_is_tentative(starts: str) -> None:
    made = planned(BEGUN, protocol=after(starts), as_of=january(16))
    assert made.visit("first.d8").status is Status.UNRECORDED
    assert [made.visit(f"second.c{n}.d1").certainty for n in (1, 2)] == ["tentative", "tentative"]
    begun = planned(BEGUN, dose("second.c1.d1", january(26), "other"), protocol=after(starts))
    assert [begun.visit(f"second.{key}").certainty for key in ("c1.d1", "c1.d8", "c2.d1")] == ["firm"] * 3
    assert [begun.visit(key).tentative for key in ("first.d8", "second.c1.d1")] == [False, False]
    recorded = planned(BEGUN, dose("first.d8", january(12), "drug"), protocol=after(starts), as_of=january(16))
    assert recorded.visit("second.c1.d1").certainty == "firm"


def test_follow_up_is_tentative_while_nothing_is_recorded_about_the_last_dose() -> None:
    study = after("{visit: first.d8, by: 14 days}")
    doses = [dose(f"second.c{n}.d1", day, "other") for n, day in ((1, january(26)), (2, february(16)))]
    facts = (BEGUN, dose("first.d8", january(12), "drug"), doses, dose("second.c1.d8", february(2), "other"))
    waiting = planned(facts, protocol=study, as_of=february(24))
    assert (waiting.visit("follow-up.call").nominal, waiting.visit("follow-up.call").certainty) == (
        date(2026, 3, 2), "firm",
    )  # fmt: skip
    late = planned(facts, protocol=study, as_of=february(28))
    assert late.visit("second.c2.d8").status is Status.UNRECORDED
    assert late.visit("follow-up.call").certainty == "tentative"


def test_a_period_whose_starting_point_has_not_come_about_has_no_date_and_says_so() -> None:
    study = after("{event: skin-rash, by: 14 days}", "events: {skin-rash: A rash}")
    made = planned(BEGUN, protocol=study)
    day_1, look, day_8 = (made.visit(f"second.c1.{name}") for name in ("d1", "look", "d8"))
    assert {visit.target for visit in (day_1, look, day_8)} == {None}
    assert day_1.why[0] == "the skin rash has not come about yet"
    assert day_1.conflicts[0].text == "what it is counted from has no date yet"
    assert day_8.why[0] == "C1D1 has no date yet"
    assert day_8.conflicts[0].text == "C1D1 has no date yet"
    assert (look.tentative, day_8.tentative) == (True, True)
    assert made.treatment_end is None
    rash = planned(BEGUN, EventOccurred(date=january(9), event="skin-rash"), protocol=study)
    assert rash.visit("second.c1.d1").nominal == january(23)


def test_a_period_that_began_before_its_starting_point_came_about_counts_from_its_own_day_1() -> None:
    study = after("{event: rash, by: 14 days}", "events: {rash: A rash}")
    made = planned(BEGUN, dose("second.c1.d1", january(26), "other"), protocol=study)
    day_1 = made.visit("second.c1.d1")
    took_place = "it took place on 26 January 2026"
    assert day_1.why == (took_place, f"{took_place}, within 26 to 29 January 2026")
    assert made.visit("second.c1.d8").nominal == february(2)


def test_who_came_for_a_day_1_that_is_held_and_has_nothing_to_count_from_has_not_begun() -> None:
    study = after("{event: rash, by: 14 days}", "events: {rash: A rash}")
    hold = CycleHeld(date=january(26), cycle="second.c1", reason="counts")
    made = planned(BEGUN, hold, attended("second.c1.d1", january(26)), protocol=study)
    assert (made.visit("second.c1.d1").nominal, made.visit("second.c1.d1").why[0]) == (
        None, "the rash has not come about yet",
    )  # fmt: skip


def test_a_period_that_starts_after_a_visit_which_the_path_left_out_has_no_date() -> None:
    gate = "gates: {g: {label: G, when: at-end, outcomes: {on: {label: On}, skip: {label: Skip, to: c}}}}"
    day_1 = "visits: {d1: {label: Day 1, day: 1, activities: [drug]}}"
    study = protocol(
        f"  a: {{label: A, length: 7 days, {day_1}, {gate}}}\n"
        f"  b: {{label: B, length: 7 days, {day_1}}}\n"
        f"  c: {{label: C, starts: {{visit: b.d1, by: 20 days}}, {day_1}}}\n"
    )
    made = planned(enrolled(), decided("a.g", january(9), "skip"), protocol=study)
    assert (made.visit("c.d1").target, made.visit("c.d1").why[0]) == (None, "its starting point has no date yet")


# -- what Day 1 became --------------------------------------------------------------------------


def test_while_day_1_waits_for_screening_again_the_rest_counts_tentatively_from_where_it_is_due() -> None:
    old = (consented(date(2025, 12, 1)), enrolled(), attended("screening.marrow", date(2025, 12, 7)))
    made = planned(old, as_of=january(2))
    day_1 = made.visit("induction.c1.d1")
    assert (day_1.status, day_1.target, day_1.conflicts[0].kind) == (Status.NEEDS_DECISION, None, "expired")
    both = "Vincristine sulfate liposome IV and Inotuzumab ozogamicin IV"
    spacing = f"its spacing counts from {both} at C1D1, which has no date yet"
    why = ("C1D1 is due on 5 January 2026; + 7 days = 12 January 2026", spacing, "tentative: C1D1 needs a decision")
    assert made.visit("induction.c1.d8").why == why


def test_a_held_day_1_without_a_day_left_lets_the_rest_count_from_the_first_day_that_it_may_be_on() -> None:
    hold = CycleHeld(date=february(2), cycle="induction.c2", reason="counts", recheck=february(9), resume=february(16))
    made = planned(enrolled(), C1, NO_BENEFIT, hold, closed=[closed(february(16), february(19))])
    assert made.visit("induction.c2.d1").status is Status.NEEDS_DECISION
    words = "the cycle was held on 2 February 2026 (counts, recheck on 9 February 2026); it is due on 16 February 2026"
    assert words in made.visit("induction.c2.d1").why
    assert made.visit("induction.c2.d8").why[0] == "C2D1 is possible from 20 February 2026; + 7 days = 27 February 2026"


def test_a_delay_says_why_and_until_when() -> None:
    delay = CycleDelayed(date=january(28), cycle="induction.c2", to=february(4), reason="travel")
    made = planned(enrolled(), C1, NO_BENEFIT, delay)
    assert "the cycle was delayed (travel); it is planned for 4 February 2026" in made.visit("induction.c2.d1").why


def test_a_booked_day_1_about_which_nothing_is_recorded_makes_the_rest_tentative_where_it_was_booked() -> None:
    made = planned(enrolled(), booked("induction.c1.d1", january(7)), as_of=january(12))
    assert made.visit("induction.c1.d1").status is Status.UNRECORDED
    why = (
        "C1D1 is booked for 7 January 2026; + 7 days = 14 January 2026",
        "tentative: nothing is recorded about C1D1 yet",
    )
    assert made.visit("induction.c1.d8").why == why


def test_a_booked_day_1_that_an_end_cancelled_is_no_anchor() -> None:
    ended = TreatmentEnded(date=january(30), reason="toxicity")
    made = planned(enrolled(), C1, BENEFIT, booked("maintenance.c1.d1", february(4)), ended)
    assert made.visit("maintenance.c1.d1").status is Status.CANCELLED
    assert made.visit("maintenance.c1.d8").nominal == february(9)


def test_the_marrow_of_a_cycle_is_over_before_the_next_one_began() -> None:
    made = planned(enrolled(), C1, BENEFIT, dose("maintenance.c1.d1", january(28)))
    marrow = made.visit("induction.c1.marrow")
    assert (marrow.opens, marrow.closes, marrow.due) == (january(25), january(27), january(27))
    on_time = planned(enrolled(), C1, BENEFIT, dose("maintenance.c1.d1", february(2)))
    assert on_time.visit("induction.c1.marrow").closes == february(1)


def test_a_cycle_that_was_begun_before_its_turn_takes_no_days_from_the_marrow_of_the_one_before_it() -> None:
    made = planned(enrolled(), dose("induction.c2.d1", january(5)), dose("induction.c1.d1", february(2)))
    first = made.visit("induction.c1.marrow")
    assert (first.closes, first.target) == (date(2026, 3, 1), date(2026, 2, 25))
    second = made.visit("induction.c2.marrow")
    assert (second.closes, second.nominal) == (february(1), january(28))


def test_a_cycle_that_was_begun_on_the_same_day_takes_no_days_from_the_marrow_of_the_other() -> None:
    twice = (dose("induction.c1.d1", january(5), "vsli"), dose("induction.c2.d1", january(5), "ino"))
    made = planned(enrolled(), twice)
    assert [made.visit(f"induction.c{cycle}.marrow").target for cycle in (1, 2)] == [january(28), january(28)]


def test_behind_a_day_1_that_is_held_for_too_long_the_rest_of_the_cycle_is_tentative() -> None:
    hold = CycleHeld(date=february(2), cycle="induction.c2", reason="counts", resume=date(2026, 3, 16))
    made = planned(enrolled(), C1, NO_BENEFIT, hold)
    assert [made.visit(f"induction.c2.{name}").certainty for name in ("d1", "d8", "d15")] == ["tentative"] * 3


WATCH = """
  watch:
    label: Watching
    visits:
      d1: {label: Day 1, day: 1, window: 0/+7, activities: [look]}
      d8: {label: Day 8, day: 8, window: -1/+3, activities: [look]}
"""


def test_a_day_1_without_a_drug_is_where_the_participant_came() -> None:
    made = planned(enrolled(), attended("watch.d1", january(7)), protocol=protocol(WATCH))
    assert made.visit("watch.d8").why == ("Day 1 took place on 7 January 2026; + 7 days = 14 January 2026",)
    assert made.day_1 == january(7)
    assert made.visit("watch.d1").why[0] == "Day 1 took place on 7 January 2026"
