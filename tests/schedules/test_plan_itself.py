"""What a plan says of itself, in which order its visits stand, and of which facts and which moment it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from schedules.history import Admitted, AmendmentApplied, CycleHeld, Discharged, Given, History, UnscheduledVisit
from schedules.plan import ENGINE, plan
from schedules.statuses import Status
from tests.builders import (
    attended,
    booked,
    closed,
    consented,
    cycle_done,
    decided,
    design,
    dose,
    enrolled,
    facts,
    planned,
    protocol,
    site,
    targets,
    vsli,
    vsli_amended,
)

BEGUN = (consented(), enrolled(cohort="phase-2"), *dose("induction.c1.d1", date(2026, 1, 5)))
D8 = "induction.c1.d8"


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


# -- what it is of ------------------------------------------------------------------------------


def test_a_plan_says_of_which_protocol_day_and_group_it_is() -> None:
    made = planned(BEGUN, as_of=january(6))
    study = vsli()
    assert (made.protocol, made.version, made.title, made.assumptions) == (
        "vsli-ino", "1.0", study.title, study.assumptions,
    )  # fmt: skip
    assert (made.engine, made.as_of, made.day_1) == (ENGINE, january(6), january(5))
    assert (made.cohort, made.arm) == ("phase-2", None)


HOME = """
  treatment:
    label: Treatment
    cycles: {length: 28 days, at_most: 1}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
    home:
      pill: {days: "1-3"}
"""


def test_a_plan_has_the_doses_that_are_taken_at_home() -> None:
    (doses,) = planned(protocol=protocol(HOME)).home_doses
    assert (doses.activity, doses.days) == ("pill", (january(5), january(6), january(7)))


# -- what was known -----------------------------------------------------------------------------


def test_the_plan_of_a_past_moment_leaves_out_what_was_recorded_later() -> None:
    late = [
        Given(date=january(12), visit=D8, activity=drug, recorded=datetime(2026, 1, 14, 9, tzinfo=UTC))
        for drug in ("vsli", "ino")
    ]
    history = History(facts(BEGUN, late))
    assert plan(design(), history, january(14)).visit(D8).actual == january(12)
    before = plan(design(), history, january(14), datetime(2026, 1, 13, 9, tzinfo=UTC))
    assert (before.visit(D8).actual, before.visit(D8).status) == (None, Status.DUE)


def test_a_visit_that_a_new_version_adds_waits_for_consent_to_it_where_the_protocol_asks_for_that() -> None:
    study = design(vsli(), replace(vsli_amended(), reconsent=True), sites=[site()])
    amended = AmendmentApplied(date=january(10), version="2.0")
    waiting = plan(study, History(facts(BEGUN, amended)), january(12)).visit("induction.c1.d22")
    assert waiting.target is None
    assert [conflict.kind for conflict in waiting.conflicts] == ["consent"]
    agreed = plan(study, History(facts(BEGUN, amended, consented(january(12), "2.0"))), january(12))
    assert agreed.visit("induction.c1.d22").target == january(26)


# -- Day 1 --------------------------------------------------------------------------------------


def test_who_came_on_one_day_and_was_dosed_on_the_next_has_day_1_on_the_next() -> None:
    made = planned(enrolled(), attended("induction.c1.d1", january(5)), dose("induction.c1.d1", january(6)))
    assert made.day_1 == january(6)
    assert made.visit("screening.baseline").nominal == date(2025, 12, 30)


def test_where_only_a_later_dose_is_recorded_day_1_is_counted_back_from_it() -> None:
    made = planned(dose(D8, january(12)), start=None)
    assert (made.day_1, made.visit(D8).nominal, made.visit("induction.c1.d15").nominal) == (
        january(5), january(12), january(19),
    )  # fmt: skip
    day_1 = made.visit("induction.c1.d1")
    assert (day_1.status, day_1.tentative) == (Status.UNRECORDED, False)
    assert day_1.why[0] == "Day 1 is planned for 5 January 2026"
    assert made.visit("induction.c1.d15").tentative


def test_where_only_a_visit_is_recorded_that_has_no_day_of_its_own_day_1_is_taken_to_be_its_day() -> None:
    call = "call: {label: Call, after: {visit: d1, by: 2 days}, activities: [drug]}"
    study = protocol(f"  t: {{label: T, visits: {{d1: {{label: Day 1, day: 1, activities: [drug]}}, {call}}}}}\n")
    made = planned(dose("t.call", january(12), "drug"), start=None, protocol=study)
    assert (made.day_1, made.visit("t.call").actual) == (january(12), january(12))


WATCH = """
  screening:
    label: Screening
    stage: screening
    visits:
      scan: {label: Scan, day: -10, window: days -14 to -1, valid_for: 10 days, activities: [look]}
  watch:
    label: Watching
    visits:
      d1: {label: Day 1, day: 1, window: 0/+7, activities: [look]}
"""


def test_a_screening_visit_is_never_planned_so_early_that_it_would_have_expired() -> None:
    made = planned(protocol=protocol(WATCH), closed=[date(2025, 12, 26)])  # the day before would be nearer
    assert made.visit("screening.scan").nominal == date(2025, 12, 26)
    assert made.visit("screening.scan").target == date(2025, 12, 29)


def test_once_treatment_has_begun_an_expired_screening_visit_is_not_due_again() -> None:
    old = attended("screening.scan", date(2025, 12, 24))
    waiting = planned(enrolled(), old, protocol=protocol(WATCH))
    assert "screening.scan#2" in targets(waiting)
    begun = planned(enrolled(), old, attended("watch.d1", january(6)), protocol=protocol(WATCH))
    assert "screening.scan#2" not in targets(begun)
    marrow = attended("screening.marrow", date(2025, 12, 7))
    dosed = planned(consented(date(2025, 12, 1)), enrolled(), marrow, dose("induction.c1.d1", january(5)))
    assert "screening.marrow#2" not in targets(dosed)
    assert dosed.visit("induction.c1.d1").conflicts == ()


GATED = """
  treatment:
    label: Treatment
    cycles: {length: 28 days, at_most: 2}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
      d8: {label: Day 8, day: 8, activities: [drug]}
    gates:
      ready:
        label: Ready to begin
        when: before-each-cycle
        cycles: 1
        default: go
        outcomes:
          go: {label: Go}
          stop: {label: Stop, to: end}
"""


def test_all_is_tentative_beyond_an_open_gate_before_day_1_until_the_first_dose_is_given() -> None:
    study = protocol(GATED)
    assert {visit.certainty for visit in planned(protocol=study)} == {"tentative"}
    begun = planned(enrolled(), dose("treatment.c1.d1", january(5), "drug"), protocol=study)
    assert {visit.certainty for visit in begun} == {"firm"}


def test_where_that_gate_leads_to_the_end_unless_it_is_decided_nothing_is_planned() -> None:
    made = planned(protocol=protocol(GATED.replace("default: go", "default: stop")))
    assert (made.visits, made.day_1) == ((), None)


# -- the order and the setting of visits --------------------------------------------------------

NEAR = """
  treatment:
    label: Treatment
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [drug]}
      d8: {label: Day 8, day: 8, window: 0/+3, activities: [look]}
      d9: {label: Day 9, day: 9, window: 0/+3, activities: [look]}
"""


def test_visits_stand_in_the_order_in_which_they_are_planned_not_in_which_they_are_due() -> None:
    made = planned(enrolled(), booked("treatment.d8", january(14)), protocol=protocol(NEAR))
    assert [visit.key.partition(".")[2] for visit in made] == ["d1", "d9", "d8"]


def test_a_visit_without_a_day_stands_where_it_is_due_after_its_hold() -> None:
    hold = CycleHeld(date=february(2), cycle="induction.c2", reason="counts", resume=february(16))
    none = decided("induction.c1.response", january(30), "no-benefit")
    between = UnscheduledVisit(id="between", date=february(10), activities=("bloods",))
    shut = closed(february(16), february(19))
    made = planned(enrolled(), cycle_done("induction.c1"), none, hold, between, closed=[shut])
    keys = [visit.key for visit in made]
    assert made.visit("induction.c2.d1").target is None
    assert keys.index("unscheduled.between") < keys.index("induction.c2.d1") < keys.index("induction.c2.d8")


def test_a_visit_is_in_hospital_by_the_day_on_which_it_is_planned_not_on_which_it_is_due() -> None:
    stay = (Admitted(date=january(13)), Discharged(date=january(14)))
    made = planned(BEGUN, stay, booked(D8, january(13)))
    assert (made.visit(D8).target, made.visit(D8).setting) == (january(13), "inpatient")
    assert planned(BEGUN, stay, booked(D8, january(12)), as_of=january(6)).visit(D8).setting == "clinic"
