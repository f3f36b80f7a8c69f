"""What ends a treatment, and what follows: follow-up, contacts, hospital, events."""

from __future__ import annotations

from datetime import UTC, date, datetime

from schedules.history import (
    Admitted,
    CycleHeld,
    Discharged,
    EventOccurred,
    FoundAgain,
    LostToFollowUp,
    NewTherapy,
    Transplanted,
    TreatmentEnded,
    UnscheduledVisit,
)
from schedules.scalars import PartialDate
from schedules.statuses import Status
from tests.builders import (
    attended,
    booked,
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
NO_BENEFIT = decided(RESPONSE, date(2026, 1, 30), "no-benefit")


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


# -- ends and what follows ----------------------------------------------------------------------


def test_a_treatment_that_conditioning_ends_is_known_to_have_ended_when_that_begins() -> None:
    moved = Transplanted(date=date(2026, 3, 11), conditioning=date(2026, 3, 5))
    visit = planned(enrolled(), consented(), C1, moved, as_of=february(6)).visit("follow-up.day-30")
    assert visit.due == date(2026, 3, 5)


def test_a_cycle_that_was_held_when_the_treatment_ended_falls_away_as_a_whole() -> None:
    hold = CycleHeld(date=february(2), cycle="induction.c2", reason="counts")
    ended = TreatmentEnded(date=february(16), reason="toxicity")
    day_8 = booked("induction.c2.d8", february(9))
    plan = planned(enrolled(), consented(), C1, NO_BENEFIT, hold, day_8, ended, as_of=february(16))
    assert {visit.status for visit in plan if visit.key.startswith("induction.c2.")} == {Status.CANCELLED}
    assert not plan.visit("follow-up.day-30").tentative
    assert not [each for each in (*plan.queries, *plan.deviations) if (each.visit or "").startswith("induction.c2.d")]


def test_a_visit_whose_window_had_closed_before_its_cause_was_recorded_is_due_at_once() -> None:
    recorded = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    ended = TreatmentEnded(date=february(2), reason="progression", recorded=recorded)
    plan = planned(enrolled(), consented(), C1, ended, as_of=date(2026, 3, 10))
    visit = plan.visit("follow-up.day-30")
    assert (visit.nominal, visit.target, visit.opens, visit.closes) == (
        february(18),
        date(2026, 3, 10),
        date(2026, 3, 10),
        date(2026, 3, 13),
    )
    on_the_day = planned(enrolled(), consented(), C1, ended, attended("follow-up.day-30", date(2026, 3, 11)))
    assert not [d for d in on_the_day.deviations if d.visit == "follow-up.day-30"]


def test_a_visit_that_was_made_in_time_although_its_cause_was_recorded_late_is_no_deviation() -> None:
    recorded = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    ended = TreatmentEnded(date=february(2), reason="progression", recorded=recorded)
    plan = planned(
        enrolled(), consented(), C1, ended, attended("follow-up.day-30", february(18)), as_of=date(2026, 3, 10)
    )
    assert plan.visit("follow-up.day-30").opens == february(15)
    assert not [d for d in plan.deviations if d.visit == "follow-up.day-30"]


def test_somebody_who_was_never_dosed_is_followed_from_the_end_of_treatment() -> None:
    plan = planned(enrolled(), TreatmentEnded(date=january(4), reason="withdrawal"))
    assert plan.visit("follow-up.day-30").nominal == february(3)
    assert plan.visit("induction.c1.d1").status is Status.CANCELLED


def test_a_new_therapy_of_which_only_the_month_is_known_turns_later_visits_into_contacts() -> None:
    ended = TreatmentEnded(date=february(2), reason="no-benefit")
    plan = planned(enrolled(), C1, ended, NewTherapy(date=PartialDate(2026, 6)), as_of=february(3))
    remote = {visit.spec.by.amount: visit.spec.remote for visit in plan if visit.key.startswith("follow-up.month")}
    assert remote == {3: False, 6: True, 9: True, 12: True}


def test_beyond_an_open_gate_all_is_tentative_also_what_is_suspended_with_a_held_cycle() -> None:
    held = CycleHeld(date=date(2026, 2, 2), cycle="maintenance.c1", reason="counts")
    lost = LostToFollowUp(date=date(2026, 2, 10), attempts=3)
    plan = planned(enrolled(), *cycle_done("induction.c1"), held, lost)
    beyond = [visit for visit in plan.visits if visit.key.startswith("maintenance.c1.")]
    assert [(visit.status, visit.target, visit.tentative) for visit in beyond] == [
        (Status.SUSPENDED, None, True), (Status.SUSPENDED, None, True), (Status.SUSPENDED, None, True),
    ]  # fmt: skip


def test_a_participant_who_is_lost_has_no_dates_until_they_are_found_again() -> None:
    lost = LostToFollowUp(date=january(14), attempts=3)
    plan = planned(enrolled(), dose("induction.c1.d1", january(5)), lost)
    assert (plan.visit("induction.c1.d15").status, plan.visit("induction.c1.d15").target) == (Status.SUSPENDED, None)
    again = planned(enrolled(), dose("induction.c1.d1", january(5)), lost, FoundAgain(date=january(16)))
    assert again.visit("induction.c1.d15").target == january(19)


def test_closed_days_do_not_matter_in_hospital_until_the_discharge() -> None:
    stay = (Admitted(date=january(10)), Discharged(date=january(13)))
    plan = planned(enrolled(), dose("induction.c1.d1", january(5)), stay, closed=[january(12), january(19)])
    assert (plan.visit("induction.c1.d8").target, plan.visit("induction.c1.d8").setting) == (january(12), "inpatient")
    assert (plan.visit("induction.c1.d15").target, plan.visit("induction.c1.d15").setting) == (january(20), "clinic")


def test_a_transplant_alone_ends_the_treatment_on_the_first_day_of_conditioning() -> None:
    plan = planned(enrolled(), C1, Transplanted(date=february(11), conditioning=february(5)))
    assert plan.treatment_end is not None
    assert (plan.treatment_end.day, plan.treatment_end.reason) == (february(5), "transplant")


def test_an_event_that_the_protocol_declares_starts_its_visits() -> None:
    study = protocol(
        """
  treatment:
    label: Treatment
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
  follow-up:
    label: Follow-up
    stage: follow-up
    visits:
      skin: {label: Skin check, after: {event: rash, by: 1 week}, activities: [look]}
""",
        "events: {rash: A rash}",
    )
    given = dose("treatment.d1", january(5), "drug")
    assert "follow-up.skin" not in targets(planned(enrolled(), given, protocol=study))
    plan = planned(enrolled(), given, EventOccurred(date=january(7), event="rash"), protocol=study)
    assert plan.visit("follow-up.skin").target == january(14)
    assert "the rash was on 7 January 2026; + 1 week = 14 January 2026" in plan.visit("follow-up.skin").why


def test_an_unscheduled_visit_in_the_future_keeps_other_drugs_off_its_day() -> None:
    visit = UnscheduledVisit(id="it", date=january(12), activities=("intrathecal",))
    plan = planned(enrolled(), dose("induction.c1.d1", january(5)), visit, as_of=january(6))
    assert plan.visit("unscheduled.it").status is Status.PLANNED
    assert plan.visit("induction.c1.d8").target == january(13)


def test_a_treatment_that_a_default_keeps_from_beginning_has_no_end_nor_a_follow_up_until_that_is_decided() -> None:
    answers = "{go: {label: Go, to: proceed}, stop: {label: Stop, to: end}}"
    gate = f"gates: {{fit: {{label: Fit, when: before-each-cycle, default: stop, outcomes: {answers}}}}}"
    visit = "visits: {d1: {label: D1, day: 1, activities: [drug]}}"
    after = "visits: {eot: {label: End, after: {event: end-of-treatment}, activities: [look]}}"
    study = protocol(
        f"  t: {{label: T, cycles: {{length: 28 days, at_most: 2}}, {visit}, {gate}}}\n"
        f"  f: {{label: F, stage: follow-up, {after}}}\n"
    )
    made = planned(consented(), enrolled(), protocol=study, as_of=date(2026, 3, 2))
    assert (made.treatment_end, len(made.visits), made.deviations) == (None, 0, ())
    stopped = planned(consented(), enrolled(), decided("t.c1.fit", date(2026, 1, 5), "stop"), protocol=study)
    assert stopped.visit("f.eot").target == date(2026, 1, 5)


def test_what_counts_from_the_last_dose_is_tentative_while_a_dose_is_to_come_before_an_end_in_the_future() -> None:
    later = Transplanted(date=date(2026, 3, 20), conditioning=date(2026, 3, 14))
    no_benefit = decided("induction.c1.response", january(30), "no-benefit")
    visit = planned(enrolled(), C1, no_benefit, later, as_of=january(31)).visit("follow-up.day-30")
    assert (visit.nominal, visit.tentative) == (february(18), True)
    assert visit.why[-1] == "tentative: C2D1 is still to come"
    soon = Transplanted(date=february(11), conditioning=february(5))
    assert not planned(enrolled(), C1, no_benefit, soon, as_of=january(31)).visit("follow-up.day-30").tentative
