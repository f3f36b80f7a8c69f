"""An amendment changes what is still to come; what took place stands by the version in force on its day."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.history import AmendmentApplied, Fact, History
from schedules.plan import plan
from schedules.protocol import Protocol
from schedules.protocol_file import read_protocol
from schedules.scheduled import Plan
from schedules.statuses import GateStatus
from tests.builders import attended, consented, design, dose, enrolled, facts

FIRST = """\
protocol: small
version: "1.0"
title: Small
activities:
  drug: {label: Drug, kind: dose}
  other: {label: Other drug, kind: dose}
  pill: {label: Pill, kind: home-dose}
  look: {label: Look, kind: assessment}
epochs:
  t:
    label: Treatment
    prefix: C
    cycles: {length: 14 days, at_most: 3}
    home: {pill: {days: 1-7}}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+1, activities: [drug, look]}
      d8: {label: Day 8, day: 8, window: -1/+1, activities: [drug, other]}
spacing:
  - {drug: drug, at_least: 5 days}
"""
Changes = tuple[tuple[str, str], ...]
D8 = "d8: {label: Day 8, day: 8, window: -1/+1, activities: [drug, other]}"


def january(day: int) -> date:
    return date(2026, 1, day)


def changed(*changes: tuple[str, str]) -> Protocol:
    """Version 2.0: the first version with these changes."""
    text = FIRST.replace('version: "1.0"', 'version: "2.0"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return read_protocol(text, "small-2.yaml").require()


def amended(second: Protocol, on: date, as_of: date, *given: Fact | tuple[Fact, ...]) -> Plan:
    first = read_protocol(FIRST, "small.yaml").require()
    history = facts(
        consented(), enrolled(version="1.0"), dose("t.c1.d1", january(5), "drug"),
        dose("t.c1.d8", january(12), "drug", "other"), AmendmentApplied(date=on, version="2.0"), *given,
    )  # fmt: skip
    return plan(design(first, second), History(history), as_of)


def ids(made: Plan) -> list[str]:
    return [found.id for found in (*made.deviations, *made.queries)]


@pytest.mark.parametrize(
    "changes",
    [
        ((D8, D8.replace("day: 8, window: -1/+1", "day: 10, window: 0/+1")),),
        ((D8, D8.replace("[drug, other]", "[look]")),),
        (
            ("at_least: 5 days", "at_least: 10 days"),
            (D8, D8.replace("day: 8", "day: 15")),
            ("length: 14 days", "length: 28 days"),
        ),
        ((f"      {D8}\n", ""),),
        (("length: 14 days", "length: 21 days"),),
        (("length: 14 days", "length: 12 days"), (f"      {D8}\n", "")),
        (("at_most: 3", "at_most: 1"),),
    ],
    ids=["day", "activities", "spacing", "visit", "longer", "shorter", "most"],
)
def test_an_amendment_makes_no_deviation_of_what_kept_to_the_version_before(changes: Changes) -> None:
    made = amended(changed(*changes), january(20), january(21), dose("t.c2.d1", january(19), "drug"))
    assert ids(made) == []
    assert made.visit("t.c1.d8").nominal == january(12)
    assert made.visit("t.c1.d8").spec.doses == ("drug", "other")
    assert (made.visit("t.c2.d1").nominal, made.visit("t.c2.d1").basis.by) == (january(19), "14 days")


def test_what_is_still_to_come_follows_the_amendment() -> None:
    second = changed(("length: 14 days", "length: 21 days"), (D8, D8.replace("day: 8", "day: 10")))
    made = amended(second, january(20), january(21), dose("t.c2.d1", january(19), "drug"))
    assert made.visit("t.c2.d8").nominal == january(28)
    assert made.visit("t.c3.d1").nominal == date(2026, 2, 9)


def test_what_took_place_under_the_amendment_is_judged_by_it() -> None:
    second = changed(
        (D8, D8.replace("day: 8", "day: 10")),
        ("at_least: 5 days", "at_least: 8 days"),
        ("length: 14 days", "length: 21 days"),
    )
    later = (dose("t.c2.d1", january(19), "drug"), dose("t.c2.d8", january(26), "drug"))
    made = amended(second, january(14), january(26), *later)
    assert ids(made) == [
        "outside-window:t.c2.d1", "too-close:t.c2.d1:drug", "outside-window:t.c2.d8", "too-close:t.c2.d8:drug",
    ]  # fmt: skip


def test_pills_already_taken_are_those_of_the_version_of_their_day() -> None:
    made = amended(changed(("days: 1-7", "days: 1-3")), january(8), january(21))
    expected = {(doses.stay.cycle, doses.days[0].day, doses.days[-1].day) for doses in made.home_doses}
    assert {(1, 5, 7), (2, 19, 21)} <= expected
    later = amended(changed(("days: 1-7", "days: 1-3")), january(10), january(21))
    assert [day.day for day in later.home_doses[0].days] == [5, 6, 7, 8, 9]


def test_a_visit_attended_before_the_amendment_has_the_activities_of_its_day() -> None:
    look = "d1: {label: Day 1, day: 1, window: 0/+1, activities: [drug, look]}"
    second = changed((look, look.replace("[drug, look]", "[drug, other, look]")))
    made = amended(second, january(14), january(14), attended("t.c1.d1", january(5)))
    assert made.visit("t.c1.d1").notes == ()
    assert made.visit("t.c2.d1").spec.doses == ("drug", "other")


def test_a_gate_that_an_amendment_puts_behind_a_cycle_already_begun_asks_for_nothing() -> None:
    outcomes = "{yes-go: {label: Y, to: proceed}}"
    gate = f"\n    gates: {{go: {{label: Go, when: before-each-cycle, default: yes-go, outcomes: {outcomes}}}}}"
    second = changed(("cycles: {length: 14 days, at_most: 3}", "cycles: {length: 14 days, at_most: 3}" + gate))
    made = amended(second, january(14), january(21), dose("t.c2.d1", january(19), "drug"))
    found = {gate.key: (gate.status, gate.why) for gate in made.gates}
    assert found["t.c1.go"] == (GateStatus.NOT_NEEDED, ("it needs no decision any more",))
    assert found["t.c2.go"][0] is GateStatus.OVERDUE
    assert ids(made) == ["without-gate:t.c2.go"]
