"""Periods that wait for each other: washout, epochs with a length, epochs that only a gate leads to."""

from __future__ import annotations

from datetime import date

from schedules.statuses import Status
from tests.builders import DAY_1, booked, decided, dose, enrolled, planned, protocol, targets

WASHOUT = """
  first:
    label: First
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [drug]}
      d8: {label: Day 8, day: 8, window: -1/+3, activities: [drug]}
  second:
    label: Second
    starts: {event: last-dose, by: 14 days}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [other]}
      look: {label: Look, after: {visit: d1, by: 1 day}, window: 0/+1, activities: [look]}
  follow-up:
    label: Follow-up
    stage: follow-up
    visits:
      call: {label: Call, after: {event: last-dose, by: 7 days}, window: 0/+2, activities: [look]}
"""


def january(day: int) -> date:
    return date(2026, 1, day)


def test_a_washout_counts_from_the_last_dose_wherever_it_stands() -> None:
    study = protocol(WASHOUT)
    assert targets(planned(protocol=study))["second.d1"] == january(26)
    moved = planned(protocol=study, closed=[january(12)])
    assert (moved.visit("first.d8").target, moved.visit("second.d1").target) == (january(13), january(27))
    late = planned(
        enrolled(), dose("first.d1", january(5), "drug"), dose("first.d8", january(15), "drug"), protocol=study
    )
    assert late.visit("second.d1").target == january(29)
    assert "the last dose was given on 15 January 2026; + 14 days" in late.visit("second.d1").why[0]


def test_while_the_last_dose_has_no_date_the_washout_and_all_after_it_have_none() -> None:
    closed = [january(day) for day in (12, 13, 14, 15)]
    plan = planned(protocol=protocol(WASHOUT), closed=closed)
    assert plan.visit("first.d8").status is Status.NEEDS_DECISION
    assert [plan.visit(key).target for key in ("second.d1", "second.look")] == [None, None]
    assert plan.treatment_end is None
    assert plan.visit("second.d1").why[0] == "the last dose has no date yet"


def test_what_is_counted_from_day_1_follows_it_when_it_is_moved() -> None:
    plan = planned(protocol=protocol(WASHOUT), closed=[january(26)])
    assert (plan.visit("second.d1").target, plan.visit("second.look").target) == (january(27), january(28))


def test_what_is_counted_from_an_appointment_that_does_not_fit_stands_by_where_it_should_be() -> None:
    plan = planned(enrolled(), booked("second.d1", january(20)), protocol=protocol(WASHOUT))
    assert plan.visit("second.d1").status is Status.TO_REBOOK
    assert plan.visit("second.look").nominal == january(27)
    assert plan.visit("second.look").tentative


def test_the_treatment_is_over_on_the_day_of_its_last_visit_where_no_length_is_given() -> None:
    plan = planned(protocol=protocol(WASHOUT))
    assert plan.treatment_end is not None
    assert plan.treatment_end.day == january(27)
    assert plan.visit("follow-up.call").target == date(2026, 2, 2)


RESCUE = """
  main:
    label: Main
    length: 2 months
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
    gates:
      next:
        label: Next
        when: at-end
        default: done
        outcomes:
          done: {label: Done, to: proceed}
          rescue: {label: Rescue, to: rescue}
  rescue:
    label: Rescue
    only_by_gate: true
    visits:
      d1: {label: Day 1, day: 1, activities: [other]}
"""


def test_an_epoch_that_only_a_gate_leads_to_is_not_on_the_usual_path() -> None:
    study = protocol(RESCUE)
    usual = planned(enrolled(), dose("main.d1", january(5), "drug"), protocol=study)
    assert "rescue.d1" not in targets(usual)
    rescue = decided("main.next", date(2026, 3, 2), "rescue")
    plan = planned(enrolled(), dose("main.d1", january(5), "drug"), rescue, protocol=study)
    assert plan.visit("rescue.d1").target == date(2026, 3, 5)


def test_a_period_that_starts_with_an_event_waits_for_it_and_not_for_the_end_of_a_hold() -> None:
    epochs = (
        "  t: {label: T, length: 14 days, visits: {d1: {label: D1, day: 1, activities: [drug]}}}\n"
        "  u: {label: U, length: 14 days, starts: {event: rash, by: 1 day}, visits:"
        " {d1: {label: U1, day: 1, activities: [drug]}, d8: {label: U8, day: 8, activities: [look]}}}\n"
    )
    study = protocol(epochs, "events: {rash: Rash}\n")
    made = planned(enrolled(), dose("t.d1", DAY_1, "drug"), protocol=study)
    first, second = made.visit("u.d1").why, made.visit("u.d8").why
    assert first[0] == "the rash has not come about yet"
    assert not any("hold" in sentence or "held" in sentence for sentence in (*first, *second))
