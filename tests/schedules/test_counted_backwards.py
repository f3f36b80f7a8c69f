"""A dose that is counted backwards from a later one of the same drug lies before it, and keeps its spacing so."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.history import Omitted
from schedules.statuses import Status
from tests.builders import DAY_1, Facts, booked, closed, dose, enrolled, planned, protocol

BACKWARDS = """
  t:
    label: T
    length: 28 days
    visits:
      d1: {label: D1, day: 1, activities: [drug]}
      before: {label: Before, after: {visit: d15, by: -7 days}, window: 0/+2, activities: [drug]}
      d15: {label: D15, day: 15, window: -1/+2, activities: [drug]}
"""
SPACING = "spacing:\n  - {{drug: drug, at_least: {} days}}\n"


def january(day: int) -> date:
    return date(2026, 1, day)


@pytest.mark.parametrize(
    "given",
    [(), enrolled(), (enrolled(), dose("t.d1", DAY_1, "drug"), dose("t.d15", january(20), "drug"))],
    ids=["a start date", "enrolled", "all the others given"],
)
def test_a_dose_counted_backwards_stands_where_it_keeps_its_spacing_on_both_sides(given: Facts) -> None:
    made = planned(given, protocol=protocol(BACKWARDS, SPACING.format(7)))
    day = january(13) if made.visit("t.d15").actual else january(12)
    assert (made.visit("t.before").nominal, made.visit("t.before").target) == (day, day)


def test_a_dose_counted_backwards_that_is_too_near_to_the_later_one_says_so() -> None:
    study = protocol(BACKWARDS.replace("-1/+2", "-3/+2"), SPACING.format(5))
    visit = planned(enrolled(), booked("t.d15", january(16)), protocol=study).visit("t.before")
    assert visit.status is Status.NEEDS_DECISION
    text = "Drug is booked for 16 January 2026 and must be 5 days apart, so not after 11 January 2026"
    assert text in visit.conflicts[0].text


def test_a_later_dose_that_was_left_out_binds_none_that_is_counted_backwards_from_it() -> None:
    study = protocol(BACKWARDS, SPACING.format(7))
    shut = [closed(january(12))]
    left_out = Omitted(date=january(12), visit="t.d15", activity="drug", reason="toxicity")
    assert planned(enrolled(), protocol=study, closed=shut).visit("t.before").target is None
    assert planned(enrolled(), left_out, protocol=study, closed=shut).visit("t.before").target == january(13)


def test_a_dose_counted_backwards_keeps_its_spacing_from_the_one_before_it() -> None:
    moving = BACKWARDS.replace("-7 days", "-8 days").replace("day: 15,", "day: 15, anchor: true,")
    study = protocol(moving, SPACING.format(6))
    begun = (enrolled(day_1=january(8)), dose("t.d1", january(8), "drug"), booked("t.d15", january(21)))
    visit = planned(begun, protocol=study, as_of=january(9)).visit("t.before")
    assert (visit.nominal, visit.target) == (january(13), january(14))
    shut = [closed(january(14), january(15))]
    (conflict,) = planned(begun, protocol=study, closed=shut, as_of=january(9)).visit("t.before").conflicts
    assert "Drug was given on 8 January 2026 and must be 6 days apart, so not before 14 January 2026" in conflict.text
