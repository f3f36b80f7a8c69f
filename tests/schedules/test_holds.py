"""Holds of doses, drug by drug: what goes on, what waits, and what hangs on a dose that has no date."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.deviation import Kind
from schedules.history import CycleDelayed, CycleHeld, Given, Held, Omitted, TreatmentEnded, UnscheduledVisit
from schedules.scheduled import Plan
from schedules.statuses import Status
from tests.builders import (
    DAY_1,
    closed,
    consented,
    cycle_done,
    decided,
    dose,
    enrolled,
    planned,
    protocol,
    targets,
    ven,
)

D8, D15 = "induction.c1.d8", "induction.c1.d15"
VSLI, INO = "Vincristine sulfate liposome IV", "Inotuzumab ozogamicin IV"
BEGUN = (consented(), enrolled(), dose("induction.c1.d1", DAY_1))


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


def held(drug: str | None = "vsli", resume: date | None = None, visit: str = D8) -> Held:
    return Held(date=january(12), visit=visit, activity=drug, reason="toxicity", resume=resume)


def windows(plan: Plan) -> list[tuple[str | None, str | None, int | None]]:
    """What took place outside its window: the visit, the drug and by how many days."""
    return [(each.visit, each.activity, each.days) for each in plan.deviations if each.kind is Kind.OUTSIDE_WINDOW]


# -- one drug of two ----------------------------------------------------------------------------


def test_a_hold_of_one_drug_leaves_the_other_dose_of_the_visit_on_its_day() -> None:
    visit = planned(BEGUN, held()).visit(D8)
    assert (visit.status, visit.target) == (Status.DUE, january(12))
    (waits,) = visit.conflicts
    words = "was held on 12 January 2026 (toxicity), without an end; a decision is overdue from 10 February 2026"
    assert (waits.kind, waits.text, waits.blocks) == ("dose-held", f"{VSLI} {words}", False)
    assert waits.overdue_from == february(10)


def test_a_held_dose_stays_visible_at_a_visit_that_took_place_with_the_other_drug() -> None:
    visit = planned(BEGUN, held(), dose(D8, january(12), "ino")).visit(D8)
    assert (visit.status, visit.actual) == (Status.DONE, january(12))
    assert [conflict.kind for conflict in visit.conflicts] == ["dose-held"]
    assert not visit.notes  # its dose is not missing, it waits


@pytest.mark.parametrize("given", [(), dose(D8, january(12), "ino")], ids=["nothing given", "the other given"])
def test_a_dose_whose_spacing_counts_from_a_held_one_without_a_date_is_tentative_and_names_it(
    given: tuple[Given, ...],
) -> None:
    visit = planned(BEGUN, held(), given).visit(D15)
    assert (visit.target, visit.certainty) == (january(19), "tentative")
    assert f"its spacing counts from {VSLI} at C1D8, which has no date yet" in visit.why


def test_a_dose_that_stands_by_itself_never_shares_a_day_with_what_it_must_not() -> None:
    puncture = UnscheduledVisit(date=january(15), activities=("intrathecal",))
    visit = planned(BEGUN, held(resume=january(15)), puncture, as_of=january(13)).visit(D8)
    assert [conflict.earliest_safe for conflict in visit.conflicts] == [january(16)]


def test_a_drug_whose_hold_is_over_in_time_shares_no_day_with_what_it_must_not() -> None:
    puncture = UnscheduledVisit(date=january(12), activities=("intrathecal",))
    hold = Held(date=january(6), visit=D8, activity="vsli", reason="toxicity", resume=january(9))
    assert planned(BEGUN, hold, puncture, as_of=january(7)).visit(D8).target == january(13)


def test_all_doses_after_one_without_a_date_are_tentative_until_one_is_given() -> None:
    answer = decided("induction.c1.response", january(30), "no-benefit")
    plan = planned(BEGUN, held(None), answer, as_of=january(30))
    next_day_1 = plan.visit("induction.c2.d1")
    assert next_day_1.tentative
    drugs = f"{VSLI} and {INO}"
    assert f"its spacing counts, dose by dose, from {drugs} at C1D8, which has no date yet" in next_day_1.why
    later = planned(BEGUN, held(None), answer, dose("induction.c2.d1", february(2)), as_of=february(2))
    assert not later.visit("induction.c2.d8").tentative


def test_a_drug_whose_hold_is_over_before_the_visit_is_due_goes_with_it() -> None:
    hold = held(resume=january(18), visit=D15)
    visit = planned(BEGUN, dose(D8, january(14)), hold, as_of=january(15)).visit(D15)
    assert (visit.target, visit.conflicts) == (january(21), ())  # both: VSLI not before 21 January


def test_a_drug_whose_hold_is_over_before_its_cycle_begins_stands_in_it() -> None:
    done = (cycle_done("induction.c1"), decided("induction.c1.response", january(30), "no-benefit"))
    hold = Held(date=february(2), visit="induction.c2.d1", activity="vsli", reason="toxicity", resume=february(12))
    delay = CycleDelayed(date=february(3), cycle="induction.c2", to=february(16), reason="travel")
    visit = planned(consented(), enrolled(), done, hold, delay).visit("induction.c2.d1")
    assert (visit.target, visit.conflicts) == (february(16), ())


@pytest.mark.parametrize("drug", [None, "vsli"])
def test_no_visit_stands_before_the_end_of_its_hold_though_its_window_is_open(drug: str | None) -> None:
    hold = held(drug, january(12))
    visit = planned(BEGUN, hold, closed=[closed(january(12), january(14))], as_of=january(10)).visit(D8)
    assert (visit.target, visit.status) == (None, Status.NEEDS_DECISION)


def test_a_dose_held_until_a_day_stands_on_it_by_itself_and_spaces_the_next_one() -> None:
    for given in ((), dose(D8, january(12), "ino")):
        made = planned(BEGUN, held(resume=january(15)), given)
        assert made.visit(D8).target == january(12)
        assert [conflict.earliest_safe for conflict in made.visit(D8).conflicts] == [january(15)]
        assert (made.visit(D15).target, made.visit(D15).opens) == (january(22), january(22))
        assert not made.visit(D15).tentative


def test_a_held_dose_stands_on_an_open_day() -> None:
    made = planned(BEGUN, held(resume=january(15)), closed=[january(15)])
    assert [conflict.earliest_safe for conflict in made.visit(D8).conflicts] == [january(16)]
    made = planned(BEGUN, held(resume=january(15)), closed=[closed(january(15), january(17))])
    assert "no day is left for it until 17 January 2026" in made.visit(D8).conflicts[0].text
    assert made.visit(D15).tentative


@pytest.mark.parametrize(
    ("day", "outside"), [(13, []), (15, []), (17, []), (18, [(D8, "vsli", 1)]), (10, [(D8, "vsli", -1)])]
)
def test_a_held_dose_is_judged_by_the_window_that_its_own_hold_gives_it(
    day: int, outside: list[tuple[str, str, int]]
) -> None:
    other = dose(D8, january(11), "ino") if day > 11 else dose(D8, january(9), "ino")
    made = planned(
        BEGUN, held(resume=january(15)), other, dose(D8, january(day), "vsli"), as_of=january(20), weekend=()
    )
    assert [found for found in windows(made) if found[1] == "vsli"] == outside
    if day >= 15:
        assert made.visit(D15).due == january(day + 7)


def test_a_drug_that_was_late_without_a_hold_moves_nothing_after_it_though_another_one_was_held() -> None:
    late = (dose(D8, january(15), "vsli"), dose(D8, january(12), "ino"))
    made = planned(BEGUN, held("ino", january(12)), late)
    assert windows(made) == [(D8, "vsli", 1)]
    assert made.visit(D15).status is Status.NEEDS_DECISION


def test_a_visit_whose_drugs_are_all_held_stands_where_the_first_goes_on() -> None:
    made = planned(BEGUN, held("vsli", january(16)), held("ino", january(14)))
    assert (made.visit(D8).target, made.visit(D8).conflicts[0].earliest_safe) == (january(14), january(16))
    made = planned(BEGUN, held("vsli"), held("ino", january(14)))
    assert (made.visit(D8).target, len(made.visit(D8).conflicts)) == (january(14), 1)
    made = planned(BEGUN, held("vsli"), held("ino"))
    assert made.visit(D8).status is Status.HELD


def test_a_visit_whose_other_drug_was_left_out_is_held_as_a_whole() -> None:
    omitted = Omitted(date=january(12), visit=D8, activity="ino", reason="toxicity")
    assert planned(BEGUN, held(), omitted).visit(D8).status is Status.HELD


# -- drugs at home ------------------------------------------------------------------------------

VEN_C1 = (
    enrolled(),
    cycle_done("treatment.c1", DAY_1, "ino"),
    decided("treatment.c1.response", january(30), "continue"),
)


def test_a_held_infusion_on_day_1_leaves_the_cycle_to_the_drug_that_is_taken_at_home() -> None:
    hold = Held(date=february(2), visit="treatment.c2.d1", activity="ino", reason="liver")
    made = planned(VEN_C1, hold, protocol=ven())
    assert targets(made, "treatment.c2")["d1"] == february(2)
    assert any(doses.stay.cycle == 2 and doses.days for doses in made.home_doses)
    whole = Held(date=february(2), visit="treatment.c2.d1", reason="liver")
    assert planned(VEN_C1, whole, protocol=ven()).visit("treatment.c2.d1").status is Status.HELD


# -- what hangs on a dose without a date ---------------------------------------------------------


def test_in_a_calendar_without_a_history_too_a_dose_after_one_without_a_day_is_tentative() -> None:
    made = planned(closed=[closed(january(12), january(14))])
    assert made.visit(D8).status is Status.NEEDS_DECISION
    visit = made.visit(D15)
    assert (visit.target, visit.certainty) == (january(19), "tentative")
    assert f"its spacing counts from {VSLI} and {INO} at C1D8, which has no date yet" in visit.why


PERIODS = """
  a:
    label: A
    length: 14 days
    visits:
      d1: {label: A1, day: 1, activities: [drug]}
      d8: {label: A8, day: 8, activities: [drug]}
  b:
    label: B
    length: 7 days
    starts: {STARTS, by: 14 days}
    visits: {d1: {label: B1, day: 1, activities: [other]}}
"""


@pytest.mark.parametrize("starts", ["event: last-dose", "visit: a.d8"])
def test_a_period_that_counts_from_a_held_dose_has_no_date(starts: str) -> None:
    hold = Held(date=january(12), visit="a.d8", reason="toxicity")
    begun = (enrolled(), dose("a.d1", DAY_1, "drug"))
    made = planned(begun, hold, protocol=protocol(PERIODS.replace("STARTS", starts)))
    assert (made.visit("b.d1").status, made.visit("b.d1").target) == (Status.HELD, None)


def test_follow_up_has_no_date_while_a_drug_of_the_last_visit_waits_for_one() -> None:
    text = PERIODS.partition("  b:")[0].replace("day: 8, activities: [drug]", "day: 8, activities: [drug, other]")
    after = (
        "  later: {label: L, stage: follow-up, visits: {call: {label: C, after: {event: last-dose, by: 30 days}}}}\n"
    )
    hold = Held(date=january(12), visit="a.d8", activity="other", reason="toxicity")
    done = (enrolled(), dose("a.d1", DAY_1, "drug"), dose("a.d8", january(12), "drug"))
    assert planned(done, hold, protocol=protocol(text + after)).visit("later.call").target is None


@pytest.mark.parametrize("resume", [None, january(26)])
def test_a_held_dose_is_given_no_more_once_the_treatment_has_ended(resume: date | None) -> None:
    ended = TreatmentEnded(date=january(20), reason="toxicity")
    plan = planned(BEGUN, held("vsli", resume), dose(D8, january(12), "ino"), ended, as_of=february(27))
    visit = plan.visit(D8)
    assert not visit.conflicts
    words = (
        f"{VSLI} was held on 12 January 2026 (toxicity); cancelled: the treatment ended on 20 January 2026 (toxicity)"
    )
    assert words in visit.why
    assert not [each for each in (*plan.deviations, *plan.queries) if each.visit == D8]


def test_a_hold_without_an_end_that_the_next_dose_has_overtaken_is_asked_about() -> None:
    hold = Held(date=january(12), visit=D8, reason="toxicity")
    made = planned(BEGUN, hold, dose(D15, january(19)))
    assert made.visit(D8).status is Status.UNRECORDED
    words = (
        "C1D8: its doses were held on 12 January 2026 (toxicity), without an end, and the next dose was given on"
        " 19 January 2026: record that the held dose was left out, on which day it was given, or when its hold ended"
    )
    assert words.removeprefix("C1D8: ") in made.visit(D8).why
    assert [(query.visit, query.text) for query in made.queries] == [(D8, words)]
    assert not made.visit("maintenance.c1.d1").notes


# -- holds that last ----------------------------------------------------------------------------


def test_a_hold_with_an_end_that_is_longer_than_the_protocol_allows_asks() -> None:
    begun = (BEGUN, decided("induction.c1.response", january(30), "no-benefit"))
    for resume, asks in ((date(2026, 3, 2), False), (date(2026, 3, 3), True)):
        hold = CycleHeld(date=february(2), cycle="induction.c2", reason="counts", resume=resume)
        visit = planned(begun, cycle_done("induction.c1")[2:], hold).visit("induction.c2.d1")
        assert (visit.target, visit.tentative) == (resume, asks)
        assert [conflict.overdue_from for conflict in visit.conflicts] == ([date(2026, 3, 3)] if asks else [])


def test_a_renewed_hold_puts_off_no_decision() -> None:
    begun = (BEGUN, cycle_done("induction.c1")[2:], decided("induction.c1.response", january(30), "no-benefit"))
    holds = [
        CycleHeld(date=february(day), cycle="induction.c2", reason="counts", recheck=february(day + 7))
        for day in (2, 9)
    ]
    assert planned(begun, *holds).visit("induction.c2.d1").conflicts[0].overdue_from == date(2026, 3, 3)
