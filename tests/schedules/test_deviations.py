"""Every kind of deviation: found where it is, by how much, once; and not where the protocol allows it."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.design import Design
from schedules.deviation import KIND_MEANINGS, Deviation, Kind
from schedules.history import (
    AmendmentApplied,
    CycleHeld,
    Given,
    Held,
    History,
    Omitted,
    Reduced,
    TreatmentEnded,
    UnscheduledVisit,
    VisitMissed,
)
from schedules.plan import plan
from schedules.scheduled import Plan
from tests.builders import (
    assessed,
    attended,
    consented,
    cycle_done,
    decided,
    dose,
    enrolled,
    planned,
    protocol,
    vsli,
    vsli_amended,
)

BEGUN = (consented(), enrolled(cohort="phase-2"), *dose("induction.c1.d1", date(2026, 1, 5)))
SCREENED = (
    attended("screening.baseline", date(2025, 12, 29)),
    attended("screening.marrow", date(2025, 12, 29)),
)


def january(day: int) -> date:
    return date(2026, 1, day)


def of_kind(plan: Plan, kind: Kind) -> list[Deviation]:
    return [deviation for deviation in plan.deviations if deviation.kind is kind]


def only(plan: Plan, kind: Kind) -> Deviation:
    found = of_kind(plan, kind)
    assert len(found) == 1, [deviation.id for deviation in plan.deviations]
    all_is_said(plan)
    return found[0]


def all_is_said(plan: Plan) -> None:
    """Whatever was found says when it was, in words, and about what."""
    for deviation in (*plan.deviations, *plan.queries):
        assert deviation.date is not None, deviation
        assert deviation.text, deviation
        assert deviation.id.startswith(deviation.kind.value)
        assert "None" not in deviation.id + deviation.text


def test_a_history_without_anything_wrong_has_no_deviation_and_no_query() -> None:
    plan = planned(BEGUN, SCREENED, dose("induction.c1.d8", january(12)))
    assert plan.deviations == ()
    assert plan.queries == ()


def test_a_calendar_for_a_start_date_alone_has_no_queries_however_late_it_is() -> None:
    plan = planned(as_of=date(2027, 1, 1))
    assert (plan.deviations, plan.queries) == ((), ())


@pytest.mark.parametrize(
    ("day", "off", "side"), [(10, -1, "1 day before"), (15, 1, "1 day after"), (16, 2, "2 days after")]
)
def test_a_visit_outside_its_window_says_by_how_many_days(day: int, off: int, side: str) -> None:
    found = only(planned(BEGUN, SCREENED, dose("induction.c1.d8", january(day), "ino")), Kind.OUTSIDE_WINDOW)
    assert (found.id, found.days, found.date) == ("outside-window:induction.c1.d8", off, january(day))
    assert f"{side} its window" in found.text


@pytest.mark.parametrize("day", [11, 12, 13, 14])
def test_a_visit_on_any_day_of_its_window_is_on_time(day: int) -> None:
    plan = planned(BEGUN, SCREENED, dose("induction.c1.d8", january(day), "ino"))
    assert not of_kind(plan, Kind.OUTSIDE_WINDOW)


def test_one_drug_of_a_visit_given_too_late_is_named() -> None:
    late = (*dose("induction.c1.d8", january(12), "ino"), *dose("induction.c1.d8", january(16), "vsli"))
    found = only(planned(BEGUN, SCREENED, late), Kind.OUTSIDE_WINDOW)
    assert (found.id, found.activity, found.days) == ("outside-window:induction.c1.d8:vsli", "vsli", 2)


def test_blood_taken_too_early_for_its_dose_is_outside_its_own_window() -> None:
    early = assessed("induction.c1.d8", january(8), "bloods")
    found = only(planned(BEGUN, SCREENED, dose("induction.c1.d8", january(12)), early), Kind.ACTIVITY_OUTSIDE_WINDOW)
    assert (found.activity, found.days) == ("bloods", -1)
    in_time = assessed("induction.c1.d8", january(9), "bloods")
    plan = planned(BEGUN, SCREENED, dose("induction.c1.d8", january(12)), in_time)
    assert not of_kind(plan, Kind.ACTIVITY_OUTSIDE_WINDOW)


def test_a_first_dose_on_an_expired_screening_visit_is_important() -> None:
    old = (attended("screening.marrow", date(2025, 12, 7)), attended("screening.baseline", date(2025, 12, 29)))
    found = only(
        planned(consented(date(2025, 12, 1)), enrolled(), old, dose("induction.c1.d1", january(5))),
        Kind.EXPIRED_AT_DAY_1,
    )
    assert (found.visit, found.days, found.important) == ("screening.marrow", 29, True)
    again = attended("screening.marrow#2", january(2))
    plan = planned(consented(date(2025, 12, 1)), enrolled(), old, again, dose("induction.c1.d1", january(5)))
    assert not of_kind(plan, Kind.EXPIRED_AT_DAY_1)


def test_a_missed_visit_is_a_deviation_on_its_day() -> None:
    missed = VisitMissed(date=january(12), visit="induction.c1.d8", reason="travel")
    found = only(planned(BEGUN, SCREENED, missed), Kind.MISSED)
    assert (found.id, found.date) == ("missed:induction.c1.d8", january(12))


def test_an_unrecorded_visit_is_a_query_for_five_working_days_and_then_a_candidate() -> None:
    query = planned(BEGUN, SCREENED, as_of=january(21))
    assert [found.id for found in query.queries] == ["unrecorded:induction.c1.d8"]
    assert not of_kind(query, Kind.UNRECORDED)
    candidate = planned(BEGUN, SCREENED, as_of=january(22))
    assert only(candidate, Kind.UNRECORDED).date == january(14)


def test_working_days_leave_out_the_sites_closed_days() -> None:
    def queries(day: int) -> list[str]:
        return [found.id for found in planned(BEGUN, SCREENED, as_of=january(day), closed=[january(19)]).queries]

    assert "unrecorded:induction.c1.d8" in queries(22)
    assert "unrecorded:induction.c1.d8" not in queries(23)


def test_a_dose_left_out_by_the_protocols_rules_is_none_and_for_another_reason_is_one() -> None:
    given = dose("induction.c1.d8", january(12), "ino")

    def plan(reason: str) -> Plan:
        omitted = Omitted(date=january(12), visit="induction.c1.d8", activity="vsli", reason=reason)
        return planned(BEGUN, SCREENED, given, omitted)

    assert not of_kind(plan("neuropathy"), Kind.NOT_DONE)
    assert only(plan("forgotten"), Kind.NOT_DONE).id == "not-done:induction.c1.d8:vsli"


def test_a_whole_visit_left_out_is_judged_drug_by_drug() -> None:
    omitted = Omitted(date=january(12), visit="induction.c1.d8", reason="counts")
    plan = planned(BEGUN, SCREENED, omitted)
    assert [found.activity for found in of_kind(plan, Kind.NOT_DONE)] == ["ino"]


def test_an_activity_that_was_not_done_at_a_visit_is_named() -> None:
    came = attended("induction.c1.d8", january(12), not_done=("neuropathy",))
    found = only(planned(BEGUN, SCREENED, came, dose("induction.c1.d8", january(12))), Kind.NOT_DONE)
    assert (found.visit, found.activity) == ("induction.c1.d8", "neuropathy")


def test_a_hold_for_a_reason_that_the_protocol_does_not_give_is_one() -> None:
    def plan(reason: str) -> Plan:
        held = Held(date=january(12), visit="induction.c1.d8", reason=reason, resume=january(13))
        return planned(BEGUN, SCREENED, held, dose("induction.c1.d8", january(13)))

    assert not of_kind(plan("toxicity"), Kind.HOLD_NOT_ALLOWED)
    assert [found.activity for found in of_kind(plan("counts"), Kind.HOLD_NOT_ALLOWED)] == ["ino"]


def test_doses_nearer_than_their_spacing_say_how_many_days_are_missing() -> None:
    plan = planned(BEGUN, SCREENED, dose("induction.c1.d8", january(11)))
    found = only(plan, Kind.TOO_CLOSE)
    assert (found.id, found.days, found.important) == ("too-close:induction.c1.d8:vsli", 1, True)
    assert not of_kind(planned(BEGUN, SCREENED, dose("induction.c1.d8", january(12))), Kind.TOO_CLOSE)


def test_two_administrations_on_one_day_are_not_too_close() -> None:
    again = Given(date=january(5), visit="induction.c1.d1", activity="vsli", again=True)
    assert not of_kind(planned(BEGUN, SCREENED, again), Kind.TOO_CLOSE)


def test_two_things_that_must_never_share_a_day_and_did_are_important() -> None:
    visit = UnscheduledVisit(date=january(5), activities=("intrathecal",))
    found = only(planned(BEGUN, SCREENED, visit), Kind.SAME_DAY)
    assert (found.date, found.important) == (january(5), True)
    next_day = UnscheduledVisit(date=january(6), activities=("intrathecal",))
    assert not of_kind(planned(BEGUN, SCREENED, next_day), Kind.SAME_DAY)


def test_a_cycle_held_for_exactly_the_longest_time_is_none() -> None:
    benefit = decided("induction.c1.response", january(30), "no-benefit")
    held = CycleHeld(date=date(2026, 2, 2), cycle="induction.c2", reason="counts")

    def plan(day: date) -> Plan:
        return planned(BEGUN, SCREENED, benefit, held, dose("induction.c2.d1", day))

    assert not of_kind(plan(date(2026, 3, 2)), Kind.HELD_TOO_LONG)
    assert only(plan(date(2026, 3, 3)), Kind.HELD_TOO_LONG).days == 1


def test_a_gate_decided_on_the_day_of_the_dose_is_in_time() -> None:
    cycle = cycle_done("induction.c1")

    def plan(day: date) -> Plan:
        gate = decided("induction.c1.response", day, "benefit")
        return planned(consented(), enrolled(), cycle, gate, dose("maintenance.c1.d1", date(2026, 2, 2)))

    assert not of_kind(plan(date(2026, 2, 2)), Kind.WITHOUT_GATE)
    assert {found.id for found in of_kind(plan(date(2026, 2, 3)), Kind.WITHOUT_GATE)} == {
        "without-gate:induction.c1.response",
    }


def test_a_cycle_that_no_decision_leads_to_is_without_its_gate() -> None:
    given = dose("induction.c2.d1", date(2026, 2, 2), outside_plan=True)
    plan = planned(consented(), enrolled(), cycle_done("induction.c1"), given)
    assert [found.id for found in of_kind(plan, Kind.WITHOUT_GATE)] == ["without-gate:induction.c1.response"]


def test_a_dose_on_the_day_on_which_treatment_ended_is_none() -> None:
    ended = TreatmentEnded(date=january(12), reason="toxicity")
    plan = planned(BEGUN, SCREENED, dose("induction.c1.d8", january(12)), ended)
    assert not of_kind(plan, Kind.AFTER_END)
    late = planned(BEGUN, SCREENED, dose("induction.c1.d8", january(13)), ended)
    assert {found.activity for found in of_kind(late, Kind.AFTER_END)} == {"vsli", "ino"}


def test_a_procedure_before_consent_is_important_and_on_its_day_is_none() -> None:
    early = attended("screening.baseline", date(2025, 12, 29))
    plan = planned(consented(date(2025, 12, 30)), early, enrolled())
    assert only(plan, Kind.BEFORE_CONSENT).important
    assert not of_kind(planned(consented(date(2025, 12, 29)), early, enrolled()), Kind.BEFORE_CONSENT)


def test_procedures_without_any_consent_are_a_query() -> None:
    plan = planned(enrolled(), SCREENED)
    assert [found.kind for found in plan.queries] == [Kind.NO_CONSENT]


def test_a_visit_done_under_another_version_than_the_one_in_force_is_one() -> None:
    study = Design((vsli(), vsli_amended()))
    amended = AmendmentApplied(date=january(10), version="2.0")
    done = dose("induction.c1.d8", january(12), "ino", version="1.0")
    found = plan(study, History((*BEGUN, amended, *done)), january(12))
    assert only(found, Kind.WRONG_VERSION).visit == "induction.c1.d8"
    right = dose("induction.c1.d8", january(12), "ino", version="2.0")
    assert not of_kind(plan(study, History((*BEGUN, amended, *right)), january(12)), Kind.WRONG_VERSION)


def test_a_drug_that_the_visit_does_not_plan_is_important() -> None:
    maintenance = dose("maintenance.c1.d8", date(2026, 2, 9), "vsli", "ino")
    gate = decided("induction.c1.response", january(30), "benefit")
    plan = planned(
        consented(),
        enrolled(),
        cycle_done("induction.c1"),
        gate,
        dose("maintenance.c1.d1", date(2026, 2, 2)),
        maintenance,
    )
    found = only(plan, Kind.WRONG_DRUG)
    assert (found.visit, found.activity, found.important) == ("maintenance.c1.d8", "vsli", True)


def test_a_dose_of_another_arm_is_the_wrong_drug() -> None:
    study = protocol(
        """
  treatment:
    label: Treatment
    visits:
      d1: {label: Day 1, day: 1, activities: [{activity: drug, arms: [a]}, {activity: other, arms: [b]}]}
""",
        "arms: {a: {label: A}, b: {label: B}}",
    )
    plan = planned(consented(), enrolled(arm="a"), dose("treatment.d1", january(5), "other"), protocol=study)
    assert only(plan, Kind.WRONG_DRUG).activity == "other"


def test_a_dose_of_another_level_is_important_unless_it_was_reduced() -> None:
    level = enrolled(cohort="phase-1b", dose_levels={"ino": "level 1"})

    def plan(*more: Reduced) -> Plan:
        given = dose("induction.c1.d1", january(5), "ino", level="level 2")
        return planned(consented(), level, SCREENED, given, *more)

    assert only(plan(), Kind.WRONG_LEVEL).important
    reduced = Reduced(date=january(5), visit="induction.c1.d1", activity="ino", to="level 2", reason="toxicity")
    assert not of_kind(plan(reduced), Kind.WRONG_LEVEL)
    later = Reduced(date=january(12), visit="induction.c1.d8", activity="ino", to="level 2", reason="toxicity")
    assert of_kind(plan(later), Kind.WRONG_LEVEL)


def test_deviations_stand_in_the_order_of_their_days_and_each_once() -> None:
    missed = VisitMissed(date=january(19), visit="induction.c1.d15")
    plan = planned(BEGUN, SCREENED, dose("induction.c1.d8", january(15)), missed)
    days = [found.date for found in plan.deviations if found.date]
    assert days == sorted(days)
    assert len({found.id for found in plan.deviations}) == len(plan.deviations)


def test_treatment_off_its_path_or_after_its_end_is_important() -> None:
    benefit = decided("induction.c1.response", january(30), "benefit")
    again = dose("induction.c2.d1", date(2026, 2, 2), outside_plan=True)
    against = planned(consented(), enrolled(), cycle_done("induction.c1"), benefit, again)
    assert only(against, Kind.AGAINST_GATE).important
    assert only(against, Kind.AGAINST_GATE).date == date(2026, 2, 2)
    third = dose("induction.c3.d1", date(2026, 3, 2), outside_plan=True)
    none = decided("induction.c1.response", january(30), "no-benefit")
    second = cycle_done("induction.c2", date(2026, 2, 2))
    beyond = planned(consented(), enrolled(), cycle_done("induction.c1"), none, second, third)
    assert only(beyond, Kind.BEYOND_MOST_CYCLES).important
    ended = TreatmentEnded(date=january(9), reason="toxicity")
    late = planned(BEGUN, SCREENED, ended, dose("induction.c1.d8", january(12), "ino"))
    assert (only(late, Kind.AFTER_END).important, only(late, Kind.AFTER_END).date) == (True, january(12))


def test_a_dose_outside_any_visit_is_named_by_its_fact() -> None:
    alone = Given(id="home", date=january(8), activity="vsli")
    assert only(planned(BEGUN, SCREENED, alone), Kind.TOO_CLOSE).visit == "home"


def test_beginning_before_a_washout_is_over_is_important() -> None:
    study = protocol(
        """
  first:
    label: First
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
  second:
    label: Second
    starts: {event: last-dose, by: 14 days}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+2, activities: [other]}
"""
    )
    facts = (consented(), enrolled(), dose("first.d1", january(5), "drug"))
    early = planned(*facts, dose("second.d1", january(18), "other"), protocol=study)
    assert (only(early, Kind.OUTSIDE_WINDOW).days, only(early, Kind.OUTSIDE_WINDOW).important) == (-1, True)
    late = planned(*facts, dose("second.d1", january(22), "other"), protocol=study)
    assert (only(late, Kind.OUTSIDE_WINDOW).days, only(late, Kind.OUTSIDE_WINDOW).important) == (1, False)


def test_every_kind_has_a_meaning() -> None:
    assert set(KIND_MEANINGS) == set(Kind)
