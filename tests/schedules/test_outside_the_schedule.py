"""What happened outside the schedule is shown too: unplanned and unscheduled visits, loose doses, decisions."""

from __future__ import annotations

from datetime import date

from schedules.history import AmendmentApplied, Assessed, Given, History, UnscheduledVisit
from schedules.plan import plan
from schedules.scheduled import Plan
from schedules.statuses import GateStatus, Status
from tests.builders import (
    Facts,
    assessed,
    attended,
    consented,
    cycle_done,
    decided,
    design,
    dose,
    enrolled,
    facts,
    planned,
    protocol,
    targets,
    vsli,
    vsli_amended,
)

BEGUN = (consented(), enrolled(), *dose("induction.c1.d1", date(2026, 1, 5)))
C1 = (consented(), enrolled(), *cycle_done("induction.c1"))
RESPONSE = "induction.c1.response"


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


BENEFIT = decided(RESPONSE, january(30), "benefit")
NOTE = "the plan as it is now has no such visit"

# -- visits that the plan does not have ---------------------------------------------------------


def test_a_visit_of_a_cycle_that_the_path_does_not_come_to_stands_on_its_day() -> None:
    made = planned(C1, BENEFIT, attended("induction.c2.d8", february(9)))
    visit = made.visit("induction.c2.d8")
    assert (visit.actual, visit.nominal, visit.target, visit.status) == (*[february(9)] * 3, Status.DONE)
    assert (visit.opens, visit.closes, visit.tentative) == (february(8), february(11), False)
    assert visit.why[0] == "C2D8 is due on 9 February 2026"
    assert NOTE in visit.why
    assert "induction.c2.d1" not in targets(made)


def test_of_several_days_of_such_a_visit_the_first_counts_and_an_assessment_alone_shows_it_too() -> None:
    twice = (attended("induction.c2.d8", february(10)), attended("induction.c2.d8", february(9)))
    assert planned(C1, BENEFIT, twice).visit("induction.c2.d8").actual == february(9)
    looked = assessed("induction.c2.marrow", february(24), "marrow")
    assert planned(C1, BENEFIT, looked).visit("induction.c2.marrow").actual == february(24)


def dropped(*given: Facts) -> Plan:
    """A study whose second version has no Day 22 of induction any more, which the first one had."""
    amended = AmendmentApplied(date=january(27), version="1.0")
    return plan(design(vsli_amended(), vsli()), History(facts(BEGUN, given, amended)), january(30))


def test_a_visit_that_a_newer_version_dropped_keeps_the_window_that_it_had() -> None:
    visit = dropped(attended("induction.c1.d22", january(26))).visit("induction.c1.d22")
    assert (visit.nominal, visit.opens, visit.closes) == (january(26), january(25), january(27))
    assert (visit.actual, visit.status, visit.spec.label) == (january(26), Status.DONE, "C1D22")
    late = dropped(attended("induction.c1.d22", january(28)))
    found = [(each.id, each.days) for each in late.deviations if each.visit == "induction.c1.d22"]
    assert found == [("outside-window:induction.c1.d22", 1)]
    assert "induction.c1.d22" not in targets(dropped())


def test_what_no_version_knows_is_left_out_of_the_plan() -> None:
    strange = (
        attended("nowhere", january(7)),
        attended("other.d1", january(7)),
        attended("induction.c1.d9", january(7)),
    )
    made = plan(design(), History(facts(BEGUN, strange)), january(8))
    assert not {"nowhere", "other.d1", "induction.c1.d9"} & set(targets(made))


# -- unscheduled visits and loose doses ---------------------------------------------------------


def test_an_unscheduled_visit_stands_under_the_id_of_its_fact_done_or_still_to_come() -> None:
    visit = UnscheduledVisit(id="bloods", date=january(9), activities=("bloods",))
    made = planned(BEGUN, visit, as_of=january(9)).visit("unscheduled.bloods")
    assert (made.status, made.actual, made.target, made.spec.activities) == (
        Status.DONE, january(9), january(9), ("bloods",),
    )  # fmt: skip
    assert (made.spec.label, made.opens, made.closes) == ("Unscheduled visit", january(9), january(9))
    assert "outside the schedule" in made.why
    before = planned(BEGUN, visit, as_of=january(8)).visit("unscheduled.bloods")
    assert (before.status, before.actual, before.target) == (Status.PLANNED, None, january(9))
    assert before.why[0] == "it is planned for 9 January 2026"


def test_a_second_day_at_one_visit_is_an_unscheduled_visit_that_says_for_what() -> None:
    came = attended("induction.c1.d8", january(12), id="came")
    made = planned(BEGUN, came, dose("induction.c1.d8", january(13)))
    assert made.visit("induction.c1.d8").actual == january(13)
    assert made.visit("unscheduled.came").actual == january(12)
    assert "attended for C1D8, which was not dosed that day" in made.visit("unscheduled.came").why


def test_a_day_on_which_any_drug_of_the_visit_was_given_is_no_second_one() -> None:
    split = (dose("induction.c1.d8", january(12), "ino"), dose("induction.c1.d8", january(13), "vsli"))
    came = attended("induction.c1.d8", january(13), id="came")
    assert "unscheduled.came" not in targets(planned(BEGUN, split, came))


HOME = """
  treatment:
    label: Treatment
    cycles: {length: 28 days, at_most: 1}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
    home:
      pill: {days: "1-28"}
"""


def test_a_dose_without_a_visit_is_an_unscheduled_one_unless_it_is_taken_at_home() -> None:
    loose = Given(id="loose", date=january(8), activity="vsli")
    assert planned(BEGUN, loose).visit("unscheduled.loose").spec.activities == ("vsli",)
    pill = (Given(id="pill", date=january(8), activity="pill"), Given(id="other", date=january(8), activity="other"))
    begun = (consented(), enrolled(), dose("treatment.c1.d1", january(5), "drug"))
    made = targets(planned(begun, pill, protocol=protocol(HOME)))
    assert ("unscheduled.pill" in made, made["unscheduled.other"]) == (False, january(8))


def test_an_assessment_without_a_visit_makes_none() -> None:
    made = planned(BEGUN, Assessed(date=january(9), activity="response", result="CR"))
    assert not [key for key in targets(made) if key.startswith("unscheduled")]


# -- decisions ----------------------------------------------------------------------------------


def test_a_decision_at_a_gate_that_the_path_did_not_come_to_is_shown_as_it_was_decided() -> None:
    made = planned(C1, decided("induction.c1.toxicity", january(30), "maintenance"))
    (gate,) = [gate for gate in made.gates if gate.key == "induction.c1.toxicity"]
    assert (gate.status, gate.outcome, gate.decided_on, gate.due) == (
        GateStatus.DECIDED, "maintenance", january(30), None,
    )  # fmt: skip
    (response,) = [gate for gate in made.gates if gate.key == RESPONSE]
    assert response.status is GateStatus.OPEN


def test_each_decision_is_shown_once_and_one_that_no_version_knows_not_at_all() -> None:
    assert [gate.key for gate in planned(C1, BENEFIT).gates].count(RESPONSE) == 1
    strange = [
        decided("induction.c1.toxicity", january(30), "perhaps"),
        decided("induction.c1.nothing", january(30), "benefit"),
        decided("other.c1.response", january(30), "benefit"),
        decided("nonsense", january(30), "benefit"),
    ]
    made = plan(design(), History(facts(C1, strange)), january(30))
    assert {gate.key for gate in made.gates} & {fact.gate for fact in strange} == set()
