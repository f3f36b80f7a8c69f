"""How anchors, holds, delays, and bookings move a participant's visits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schedules.errors import DesignError, VisitNotFound
from schedules.history import (
    Away,
    BookingCancelled,
    CycleDelayed,
    CycleHeld,
    Held,
    History,
    Omitted,
    Rebooked,
    Transferred,
    TreatmentEnded,
    VisitMissed,
)
from schedules.plan import plan
from schedules.statuses import Status
from tests.builders import (
    DAY_1,
    assessed,
    attended,
    booked,
    consented,
    cycle_done,
    decided,
    design,
    dose,
    enrolled,
    planned,
    protocol,
    site,
    targets,
    vsli,
)

RESPONSE = "induction.c1.response"
C1 = cycle_done("induction.c1")
NO_BENEFIT = decided(RESPONSE, date(2026, 1, 30), "no-benefit")


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


# -- anchors ------------------------------------------------------------------------------------


def test_day_1_counts_from_the_first_dose_and_until_then_from_the_booking() -> None:
    assert targets(planned(booked("induction.c1.d1", january(7))), "induction.c1")["d8"] == january(14)
    plan = planned(booked("induction.c1.d1", january(7)), dose("induction.c1.d1", january(8)))
    assert targets(plan, "induction.c1")["d8"] == january(15)


def test_the_next_cycle_starts_one_length_after_the_actual_day_1_not_after_a_late_day_15() -> None:
    late = (*dose("induction.c1.d1", january(5)), *dose("induction.c1.d15", january(21)))
    assert targets(planned(late, NO_BENEFIT), "induction.c2")["d1"] == february(2)


def test_a_day_1_moved_by_a_closed_day_takes_the_later_cycles_along() -> None:
    plan = planned(dose("induction.c1.d1", january(5)), NO_BENEFIT, closed=[february(2)])
    assert targets(plan, "induction.c2") == {
        "d1": february(3),
        "d8": february(10),
        "d15": february(17),
        "marrow": february(26),
    }


def test_an_anchor_whose_window_passed_without_a_record_slides_nothing_and_makes_the_rest_tentative() -> None:
    plan = planned(enrolled(), C1, NO_BENEFIT, as_of=february(6))
    assert plan.visit("induction.c2.d1").status is Status.UNRECORDED
    assert plan.visit("induction.c2.d1").target == february(2)
    assert plan.visit("induction.c2.d8").target == february(9)
    assert plan.visit("induction.c2.d8").tentative


def test_a_visit_attended_without_a_dose_is_not_day_1_and_says_what_is_missing() -> None:
    plan = planned(enrolled(), C1, NO_BENEFIT, attended("induction.c2.d1", february(3)))
    assert plan.visit("induction.c2.d1").actual == february(3)
    missing = "no dose of Vincristine sulfate liposome IV and Inotuzumab ozogamicin IV is recorded"
    assert missing in plan.visit("induction.c2.d1").why
    assert plan.visit("induction.c2.d8").nominal == february(9)
    assert plan.visit("induction.c2.d8").tentative


# -- holds and delays ---------------------------------------------------------------------------


def test_a_cycle_held_until_a_day_is_due_then_with_its_window() -> None:
    hold = CycleHeld(date=february(2), cycle="induction.c2", reason="counts", resume=february(16))
    visit = planned(enrolled(), C1, NO_BENEFIT, hold).visit("induction.c2.d1")
    assert (visit.nominal, visit.target, visit.opens, visit.closes) == (
        february(2),
        february(16),
        february(16),
        february(19),
    )
    assert "held on 2 February 2026 (counts)" in " ".join(visit.why)


def test_a_hold_for_longer_than_the_protocol_allows_is_a_deviation_by_its_days() -> None:
    hold = CycleHeld(date=february(2), cycle="induction.c2", reason="counts", recheck=february(9))
    still = planned(enrolled(), C1, NO_BENEFIT, hold, as_of=date(2026, 3, 4))
    assert [(d.kind.value, d.days) for d in still.deviations if d.visit == "induction.c2.d1"] == [("held-too-long", 2)]
    given = planned(enrolled(), C1, NO_BENEFIT, hold, dose("induction.c2.d1", date(2026, 3, 6)))
    assert [(d.kind.value, d.days) for d in given.deviations if d.visit == "induction.c2.d1"] == [("held-too-long", 4)]


def test_a_delayed_cycle_keeps_its_window_and_says_by_how_much_it_misses_it() -> None:
    delay = CycleDelayed(date=january(28), cycle="induction.c2", to=february(11), reason="travel")
    plan = planned(enrolled(), C1, NO_BENEFIT, delay)
    visit = plan.visit("induction.c2.d1")
    assert (visit.target, visit.opens, visit.closes) == (february(11), february(2), february(5))
    assert "6 days after its window closes" in " ".join(visit.why)
    assert targets(plan, "induction.c2")["d8"] == february(18)
    given = planned(enrolled(), C1, NO_BENEFIT, delay, dose("induction.c2.d1", february(11)))
    assert [(d.id, d.days) for d in given.deviations if d.visit == "induction.c2.d1"] == [
        ("outside-window:induction.c2.d1", 6)
    ]


def test_a_delay_within_the_window_is_no_deviation() -> None:
    delay = CycleDelayed(date=january(28), cycle="induction.c2", to=february(4), reason="travel")
    plan = planned(enrolled(), C1, NO_BENEFIT, delay, dose("induction.c2.d1", february(4)))
    assert not [d for d in plan.deviations if d.visit == "induction.c2.d1"]


def test_a_visit_held_without_an_end_has_no_date_and_the_next_one_keeps_its_own() -> None:
    held = Held(date=january(12), visit="induction.c1.d8", reason="toxicity", recheck=january(14))
    plan = planned(enrolled(), dose("induction.c1.d1", january(5)), held)
    assert plan.visit("induction.c1.d8").status is Status.HELD
    assert plan.visit("induction.c1.d8").target is None
    assert plan.visit("induction.c1.d15").target == january(19)


def test_a_visit_held_until_a_day_moves_and_spaces_the_one_after() -> None:
    held = Held(date=january(12), visit="induction.c1.d8", reason="toxicity", resume=january(15))
    plan = planned(enrolled(), dose("induction.c1.d1", january(5)), held)
    assert (plan.visit("induction.c1.d8").target, plan.visit("induction.c1.d15").target) == (january(15), january(22))


def test_a_held_visit_that_was_attended_undosed_leaves_its_key_to_the_dose() -> None:
    held = Held(date=january(12), visit="induction.c1.d8", reason="toxicity")
    came = attended("induction.c1.d8", january(12), id="came")
    plan = planned(enrolled(), dose("induction.c1.d1", january(5)), held, came, dose("induction.c1.d8", january(15)))
    assert plan.visit("induction.c1.d8").actual == january(15)
    assert plan.visit("unscheduled.came").actual == january(12)
    assert not [d for d in plan.deviations if d.visit == "induction.c1.d8"]


# -- left out, missed, away ---------------------------------------------------------------------


def test_a_visit_left_out_has_no_date_and_spaces_nothing() -> None:
    omitted = Omitted(date=january(12), visit="induction.c1.d8", reason="toxicity")
    plan = planned(enrolled(), dose("induction.c1.d1", january(5)), omitted)
    assert plan.visit("induction.c1.d8").status is Status.OMITTED
    assert plan.visit("induction.c1.d15").target == january(19)


def test_a_missed_visit_has_no_date_and_is_a_deviation() -> None:
    missed = VisitMissed(date=january(12), visit="induction.c1.d8", reason="travel")
    plan = planned(enrolled(), dose("induction.c1.d1", january(5)), missed)
    assert plan.visit("induction.c1.d8").status is Status.MISSED
    assert "missed:induction.c1.d8" in [d.id for d in plan.deviations]


def test_days_away_are_no_days_for_a_visit() -> None:
    away = Away(date=january(11), until=january(12))
    visit = planned(enrolled(), dose("induction.c1.d1", january(5)), away).visit("induction.c1.d8")
    assert visit.target == january(13)
    assert "the participant is away on 12 January 2026" in " ".join(visit.why)


# -- bookings -----------------------------------------------------------------------------------


def test_a_booking_that_fits_is_where_the_visit_stands() -> None:
    visit = planned(enrolled(), dose("induction.c1.d1", january(5)), booked("induction.c1.d8", january(13))).visit(
        "induction.c1.d8"
    )
    assert (visit.status, visit.target) == (Status.BOOKED, january(13))


def test_a_booking_that_no_longer_fits_is_not_moved_but_marked_with_why() -> None:
    late = dose("induction.c1.d1", january(8))
    visit = planned(enrolled(), late, booked("induction.c1.d8", january(12))).visit("induction.c1.d8")
    assert visit.status is Status.TO_REBOOK
    assert visit.booking is not None
    assert visit.booking.date == january(12)
    assert visit.target == january(15)
    assert "the booking for 12 January 2026 does not fit" in visit.conflicts[0].text


def test_a_booking_on_a_day_that_was_closed_later_is_marked() -> None:
    facts = (enrolled(), dose("induction.c1.d1", january(5)), booked("induction.c1.d8", january(13)))
    visit = planned(*facts, closed=[january(13)]).visit("induction.c1.d8")
    assert visit.status is Status.TO_REBOOK
    assert "closed on 13 January 2026" in visit.conflicts[0].text


def test_later_doses_keep_their_spacing_from_a_booked_dose() -> None:
    plan = planned(enrolled(), dose("induction.c1.d1", january(5)), booked("induction.c1.d8", january(14)))
    assert plan.visit("induction.c1.d15").target == january(21)


def test_an_appointment_moved_there_and_back_is_where_it_was() -> None:
    visit = "induction.c1.d8"
    there = Rebooked(date=january(13), visit=visit, instead_of=january(12))
    back = Rebooked(date=january(12), visit=visit, instead_of=january(13))
    plan = planned(enrolled(), dose("induction.c1.d1", january(5)), booked(visit, january(12)), there, back)
    assert (plan.visit(visit).status, plan.visit(visit).target) == (Status.BOOKED, january(12))


def test_an_appointment_given_back_leaves_the_visit_unbooked() -> None:
    visit = "induction.c1.d8"
    back = BookingCancelled(date=january(13), visit=visit)
    plan = planned(enrolled(), dose("induction.c1.d1", january(5)), booked(visit, january(13)), back)
    assert (plan.visit(visit).status, plan.visit(visit).target) == (Status.DUE, january(12))


# -- what happened wins -------------------------------------------------------------------------


def test_a_cycle_given_against_its_gate_is_on_the_path_and_a_deviation() -> None:
    benefit = decided(RESPONSE, january(30), "benefit")
    given = dose("induction.c2.d1", february(2), outside_plan=True)
    plan = planned(enrolled(), consented(), C1, benefit, given)
    assert plan.off_path
    assert plan.visit("induction.c2.d8").target == february(9)
    assert "against-gate:induction.c2" in [d.id for d in plan.deviations]


def test_a_cycle_beyond_the_most_is_accepted_when_marked_and_a_deviation() -> None:
    second = cycle_done("induction.c2", february(2))
    third = dose("induction.c3.d1", date(2026, 3, 2), outside_plan=True)
    plan = planned(enrolled(), consented(), C1, NO_BENEFIT, second, third)
    assert plan.visit("induction.c3.d1").actual == date(2026, 3, 2)
    assert "beyond-most-cycles:induction.c3" in [d.id for d in plan.deviations]


def test_a_cycle_begun_before_its_gate_was_decided_is_judged_by_the_decisions_date() -> None:
    given = dose("maintenance.c1.d1", february(2))
    late = decided(RESPONSE, february(4), "benefit")
    plan = planned(enrolled(), consented(), C1, given, late)
    assert f"without-gate:{RESPONSE}" in [d.id for d in plan.deviations]
    in_time = decided(RESPONSE, february(2), "benefit")
    assert f"without-gate:{RESPONSE}" not in [
        d.id for d in planned(enrolled(), consented(), C1, given, in_time).deviations
    ]


def test_a_dose_after_the_end_of_treatment_is_on_record_and_a_deviation() -> None:
    ended = TreatmentEnded(date=january(14), reason="toxicity")
    plan = planned(
        enrolled(), consented(), dose("induction.c1.d1", january(5)), ended, dose("induction.c1.d15", january(19))
    )
    assert plan.visit("induction.c1.d15").actual == january(19)
    assert plan.visit("induction.c1.d8").status is Status.CANCELLED
    assert "after-end:induction.c1.d15:vsli" in [d.id for d in plan.deviations]


# -- counted from other visits ------------------------------------------------------------------

COUNTED = """
  treatment:
    label: Treatment
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
      booster: {label: Booster, at: 6 months, window: -2/+2 weeks, anchor: true, activities: [drug]}
      check: {label: Check, after: {visit: booster, by: 2 weeks}, window: -3/+3, activities: [look]}
      quiet: {label: Quiet, after: {visit: check, by: 7 days}, window: -3/+3, activities: [look]}
      scan: {label: Scan, after: {activity: look, by: 1 month}, window: -3/+3, activities: [other]}
"""


def test_a_visit_counted_from_an_anchor_follows_it_when_booked_and_when_it_happened() -> None:
    study = protocol(COUNTED)
    first = dose("treatment.d1", january(5), "drug")
    assert planned(enrolled(), first, protocol=study).visit("treatment.check").target == date(2026, 7, 20)
    moved = planned(enrolled(), first, booked("treatment.booster", date(2026, 7, 10)), protocol=study)
    assert moved.visit("treatment.check").nominal == date(2026, 7, 24)
    given = dose("treatment.booster", date(2026, 7, 13), "drug")
    assert planned(enrolled(), first, given, protocol=study).visit("treatment.check").nominal == date(2026, 7, 27)


def test_a_visit_counted_from_one_that_is_no_anchor_follows_it_only_when_it_happened() -> None:
    study = protocol(COUNTED)
    first = dose("treatment.d1", january(5), "drug")
    waiting = planned(enrolled(), first, booked("treatment.check", date(2026, 7, 22)), protocol=study)
    assert waiting.visit("treatment.quiet").nominal == date(2026, 7, 27)
    done = planned(enrolled(), first, attended("treatment.check", date(2026, 7, 22)), protocol=study)
    assert done.visit("treatment.quiet").nominal == date(2026, 7, 29)


def test_a_visit_counted_from_an_activity_follows_its_latest_day() -> None:
    study = protocol(COUNTED)
    first = dose("treatment.d1", january(5), "drug")
    looked = assessed("treatment.quiet", date(2026, 7, 28), "look")
    plan = planned(enrolled(), first, looked, protocol=study)
    assert plan.visit("treatment.scan").nominal == date(2026, 8, 28)


# -- the design ---------------------------------------------------------------------------------


def test_without_any_day_1_there_is_nothing_to_plan_from() -> None:
    with pytest.raises(DesignError, match=r"^there is no Day 1 to plan from; give a start date"):
        planned(start=None)


def test_a_protocol_with_arms_asks_for_one() -> None:
    study = protocol(COUNTED, "arms: {a: {label: A}, b: {label: B}}")
    with pytest.raises(DesignError, match="say which one: a, b"):
        planned(protocol=study)
    with pytest.raises(DesignError, match="no arm 'c'"):
        planned(protocol=study, arm="c")
    assert planned(protocol=study, arm="a").arm == "a"


def test_versions_of_different_protocols_do_not_make_a_design() -> None:
    with pytest.raises(DesignError, match="versions of one protocol"):
        design(vsli(), protocol(COUNTED))
    with pytest.raises(DesignError, match="each version once"):
        design(vsli(), vsli())
    with pytest.raises(DesignError, match="each site once"):
        design(sites=[site(), site()])
    with pytest.raises(DesignError, match="no site 'south'"):
        design().calendar("south")
    with pytest.raises(DesignError, match="no protocol version '9'"):
        design().version_index("9")


def test_a_visit_that_the_plan_does_not_have_is_named_with_its_likeliest_neighbour() -> None:
    with pytest.raises(VisitNotFound, match=r"did you mean induction\.c1\.d8"):
        planned().visit("induction.c1.d9")
    with pytest.raises(VisitNotFound, match="the plan's visits are"):
        planned().visit("zzz")


def test_a_transfer_back_and_forth_asks_the_site_of_each_day() -> None:
    study = design(sites=[site(name="north"), site(january(12), january(20), name="south")])
    facts = (
        enrolled(site="north"),
        Transferred(date=january(10), site="south"),
        Transferred(date=january(14), site="north"),
    )
    visits = plan(study, History((*facts, *dose("induction.c1.d1", january(5)))), january(6))
    assert visits.visit("induction.c1.d8").target == january(13)
    assert visits.visit("induction.c1.d15").target == january(20)


def test_as_of_changes_no_date() -> None:
    early, late = (planned(enrolled(), C1, as_of=DAY_1 + timedelta(days=days)) for days in (0, 400))
    assert targets(early) == targets(late)
    assert [visit.status for visit in early] != [visit.status for visit in late]
