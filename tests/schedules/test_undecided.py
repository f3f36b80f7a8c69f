"""What nobody has decided or can know any more: progression during treatment, endings without records, losses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from schedules.errors import HistoryError
from schedules.history import (
    Away,
    Died,
    Fact,
    LostToFollowUp,
    NewTherapy,
    Progressed,
    Transplanted,
    TreatmentEnded,
    UnscheduledVisit,
    Withdrew,
)
from schedules.scalars import PartialDate
from schedules.statuses import Status
from tests.builders import DAY_1, attended, cycle_done, decided, dose, enrolled, planned, protocol, ven

RESPONSE = "induction.c1.response"
C1 = cycle_done("induction.c1")
VEN_C1 = cycle_done("treatment.c1", DAY_1, "ino")


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


def known(day: date) -> PartialDate:
    """A day of which everything is known."""
    return PartialDate(day.year, day.month, day.day)


# -- a progression while treatment goes on --------------------------------------------------------


@pytest.mark.parametrize("fact", [Progressed(date=known(february(3))), NewTherapy(date=known(february(3)))])
def test_after_a_progression_or_a_new_therapy_no_dose_is_firm_until_somebody_decides(fact: Fact) -> None:
    begun = (enrolled(), C1, decided(RESPONSE, january(30), "no-benefit"), dose("induction.c2.d1", february(2)))
    plan = planned(begun, fact)
    for visit in plan:
        if visit.is_open and visit.key.startswith("induction"):
            assert visit.certainty == "tentative"
    assert plan.visit("induction.c2.d8").conflicts[0].kind == "progression"
    assert any("3 February 2026 and the treatment is not ended: decide" in notice.text for notice in plan.notices)
    assert plan.treatment_end is not None
    assert plan.treatment_end.tentative
    again = planned(begun, fact, as_of=february(20))
    assert [visit.certainty for visit in again] == [visit.certainty for visit in plan]


@pytest.mark.parametrize(
    "answer", [decided(RESPONSE, january(30), "benefit"), TreatmentEnded(date=january(30), reason="progression")]
)
def test_a_decision_after_the_progression_is_the_answer(answer: Fact) -> None:
    plan = planned(enrolled(), C1, Progressed(date=known(january(29))), answer)
    assert not [notice for notice in plan.notices if notice.kind == "progression"]


def test_a_relapse_after_the_treatment_asks_nothing() -> None:
    end = TreatmentEnded(date=february(2), reason="completed")
    plan = planned(enrolled(), C1, end, Progressed(date=PartialDate(2026, 5), kind="relapse"))
    assert not [notice for notice in plan.notices if notice.kind == "progression"]


def test_a_visit_that_was_made_at_the_clinic_before_a_progression_is_no_status_contact() -> None:
    came = attended("follow-up.month-3", date(2026, 4, 8))
    end = TreatmentEnded(date=february(2), reason="no-benefit")
    plan = planned(enrolled(), C1, end, came, Progressed(date=known(date(2026, 4, 10))))
    assert plan.visit("follow-up.month-3").setting == "clinic"
    assert plan.visit("follow-up.month-6").setting == "remote"


def test_somebody_who_is_away_can_be_called() -> None:
    gone = (Away(date=date(2026, 4, 1), until=date(2026, 6, 1)), TreatmentEnded(date=february(2), reason="progression"))
    assert planned(enrolled(), C1, gone, as_of=february(2)).visit("follow-up.month-3").target == date(2026, 4, 20)


# -- the last dose at home --------------------------------------------------------------------------


def test_doses_at_home_of_a_cycle_that_nobody_recorded_are_not_the_last_ones() -> None:
    on = decided("treatment.c1.response", january(30), "continue")
    end = TreatmentEnded(date=february(20), reason="progression")
    plan = planned(enrolled(), VEN_C1, on, end, protocol=ven())
    assert {doses.stay.cycle for doses in plan.home_doses} == {1}
    visit = plan.visit("follow-up.day-30")
    assert visit.nominal == february(1) + timedelta(days=30)
    assert visit.why[0].startswith("the last dose is expected on 1 February 2026")
    assert visit.certainty == "tentative"
    began = planned(enrolled(), VEN_C1, on, dose("treatment.c2.d1", february(2), "ino"), end, protocol=ven())
    assert began.visit("follow-up.day-30").nominal == february(20) + timedelta(days=30)


def test_a_stay_without_a_visit_on_its_day_1_needs_no_record_to_have_begun() -> None:
    epochs = (
        "  a: {label: A, length: 7 days, visits: {d1: {label: D1, day: 1, activities: [look]}}}\n"
        "  t: {label: T, length: 28 days, home: {pill: {days: from 1}}, visits: {d8: {label: D8, day: 8}}}\n"
        "  f: {label: F, stage: follow-up, visits: {late: {label: L, after: {event: last-dose, by: 1 day}}}}\n"
    )
    facts = (attended("a.d1", DAY_1), TreatmentEnded(date=january(16), reason="toxicity"))
    plan = planned(enrolled(), facts, protocol=protocol(epochs))
    assert plan.visit("f.late").nominal == january(17)


# -- somebody who is lost ---------------------------------------------------------------------------


def test_of_somebody_who_is_lost_no_doses_at_home_are_expected_and_follow_up_is_suspended() -> None:
    lost = LostToFollowUp(date=february(10), attempts=3)
    began = dose("treatment.c2.d1", february(2), "ino")
    on = decided("treatment.c1.response", january(30), "continue")
    plan = planned(enrolled(), VEN_C1, on, began, lost, protocol=ven())
    assert max(doses.days[-1] for doses in plan.home_doses) == february(9)
    assert {doses.stay.cycle for doses in plan.home_doses} == {1, 2}
    after = [visit for visit in plan if visit.key.startswith("follow-up")]
    assert after
    assert {visit.status for visit in after} == {Status.SUSPENDED}
    assert {visit.target for visit in after} == {None}


# -- what was only planned ---------------------------------------------------------------------------

RECORDED = datetime(2026, 2, 1, 10, tzinfo=UTC)
PLANNED_BLOODS = UnscheduledVisit(date=february(20), activities=("bloods",), recorded=RECORDED)


@pytest.mark.parametrize(
    "to_come", [PLANNED_BLOODS, Transplanted(date=february(20), conditioning=february(15), recorded=RECORDED)]
)
def test_a_death_is_recorded_whatever_was_planned_beyond_it(to_come: Fact) -> None:
    death = Died(date=known(february(10)))
    for as_of in (february(10), date(2026, 3, 1)):
        plan = planned(enrolled(), C1, to_come, death, as_of=as_of)
        assert not [visit for visit in plan if visit.target and visit.target > february(10)]


def test_a_visit_recorded_as_made_after_a_death_is_refused() -> None:
    made = UnscheduledVisit(date=february(20), recorded=datetime(2026, 2, 21, tzinfo=UTC))
    with pytest.raises(HistoryError, match="after the death"):
        planned(enrolled(), C1, made, Died(date=known(february(10))))


@pytest.mark.parametrize("scope", ["visits", "contact"])
def test_an_unscheduled_visit_to_come_goes_with_a_withdrawal_from_visits(scope: str) -> None:
    withdrew = Withdrew(date=february(10), scope=scope)  # type: ignore[arg-type]
    plan = planned(enrolled(), C1, PLANNED_BLOODS, withdrew, as_of=february(12))
    visit = next(visit for visit in plan if visit.key.startswith("unscheduled"))
    assert (visit.status, visit.target) == (Status.CANCELLED, None)
    came = UnscheduledVisit(date=february(11), recorded=datetime(2026, 2, 11, tzinfo=UTC))
    made = planned(enrolled(), C1, came, withdrew, as_of=february(12))
    assert next(visit for visit in made if visit.key.startswith("unscheduled")).status is Status.DONE


# -- before something that is already there ------------------------------------------------------------


def test_a_visit_whose_window_begins_when_it_must_be_over_needs_a_decision() -> None:
    moved = Transplanted(date=february(11), conditioning=february(5))
    visit = planned(enrolled(), C1, moved, as_of=february(4)).visit("follow-up.end-of-treatment")
    assert (visit.status, visit.target) == (Status.NEEDS_DECISION, None)
    assert "it must be over before conditioning on 5 February 2026" in visit.conflicts[0].text
    assert visit.conflicts[0].earliest_safe == february(4)
    made = planned(enrolled(), C1, attended("follow-up.end-of-treatment", february(4)), moved)
    assert not [found for found in made.deviations if found.visit == "follow-up.end-of-treatment"]


def test_a_marrow_that_was_not_taken_before_the_next_day_1_is_not_asked_for_any_more() -> None:
    early = dose("induction.c2.d1", january(25), outside_plan=True)
    plan = planned(enrolled(), C1, decided(RESPONSE, january(23), "no-benefit"), early)
    visit = plan.visit("induction.c1.marrow")
    assert (visit.status, visit.target) == (Status.NEEDS_DECISION, None)


# -- the calendar limit ---------------------------------------------------------------------------------

LIMITED = (
    "  t: {label: T, cycles: {length: 28 days, within: 2 months},"
    " visits: {d1: {label: D1, day: 1, window: WINDOW, activities: [drug]}}}\n"
)


def test_a_cycle_that_closed_days_would_push_to_the_limit_does_not_start() -> None:
    start = february(7) - timedelta(days=28)  # a Saturday: two cycles later is Saturday 7 March, the limit a Tuesday
    limited = protocol(LIMITED.replace("WINDOW", "0/+3"))
    free = planned(protocol=limited, start=start, weekend=())
    assert "t.c3.d1" in {visit.key for visit in free}
    shut = (date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9))
    plan = planned(protocol=limited, start=start, weekend=(), closed=shut)
    assert "t.c3.d1" not in {visit.key for visit in plan}
    assert "no day is left before the limit" in " ".join(notice.text for notice in plan.notices)


def test_a_cycle_near_the_limit_is_placed_before_it() -> None:
    start = february(7) - timedelta(days=28)
    limited = protocol(LIMITED.replace("WINDOW", "-3/+3"))
    shut = (date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9))
    plan = planned(protocol=limited, start=start, weekend=(), closed=shut)
    assert plan.visit("t.c3.d1").target == date(2026, 3, 6)
