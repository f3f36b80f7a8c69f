"""Appointments are never moved by planning: what no longer fits is marked, and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from schedules.errors import HistoryError
from schedules.history import (
    AmendmentApplied,
    Booked,
    BookingCancelled,
    CycleDelayed,
    CycleHeld,
    Held,
    History,
    Rebooked,
    Transferred,
)
from schedules.history_checks import check_history
from schedules.plan import plan
from schedules.scheduled import ScheduledVisit
from schedules.statuses import Status
from tests.builders import (
    DAY_1,
    booked,
    closed,
    cycle_done,
    decided,
    design,
    dose,
    enrolled,
    facts,
    planned,
    site,
    ven,
    vsli,
    vsli_amended,
)

RESPONSE = "induction.c1.response"
C1 = cycle_done("induction.c1")
D8 = "induction.c2.d8"


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


def entered(day: int) -> datetime:
    """An instant of that day in February at which something was recorded."""
    return datetime(2026, 2, day, 10, tzinfo=UTC)


# -- at which site ------------------------------------------------------------------------------

NORTH_AND_SOUTH = design(sites=[site(name="north"), site(name="south")])
BEGUN = facts(enrolled(), C1, decided(RESPONSE, january(30), "no-benefit"), dose("induction.c2.d1", february(2)))


def moved(recorded: datetime | None = None) -> Transferred:
    """From 5 February on the participant is seen at the site south."""
    return Transferred(date=february(5), site="south", recorded=recorded)


def appointment(recorded: datetime | None = None, at: str | None = None) -> Booked:
    """An appointment of Day 8 on its very day, 9 February."""
    return Booked(date=february(9), visit=D8, time=time(9, 30), recorded=recorded, site=at)


def with_transfer(*more: Booked | Transferred) -> ScheduledVisit:
    """Day 8 of the second cycle as it stands after the transfer."""
    return plan(NORTH_AND_SOUTH, History((*BEGUN, *more)), february(6)).visit(D8)


def test_an_appointment_made_before_a_transfer_is_at_the_site_that_was_left() -> None:
    visit = with_transfer(appointment(entered(2)), moved())
    assert (visit.status, visit.target) == (Status.TO_REBOOK, february(9))
    told = "it is at Site north, and the participant is seen at Site south on 9 February 2026"
    assert told in visit.conflicts[0].text


def test_an_appointment_made_when_the_transfer_was_known_is_at_the_new_site() -> None:
    assert with_transfer(appointment(entered(6)), moved()).status is Status.BOOKED
    assert with_transfer(appointment(entered(3)), moved(recorded=entered(1))).status is Status.BOOKED
    assert with_transfer(appointment(entered(6)), moved(recorded=entered(8))).status is Status.TO_REBOOK


def test_an_appointment_that_does_not_say_when_it_was_made_may_be_older_than_a_transfer() -> None:
    visit = with_transfer(appointment(), moved())
    assert visit.status is Status.TO_REBOOK
    assert "write site: south if it was made there" in visit.conflicts[0].text


def test_an_appointment_that_names_its_site_is_there() -> None:
    assert with_transfer(appointment(at="south"), moved()).status is Status.BOOKED
    assert with_transfer(appointment(entered(6), at="north"), moved()).status is Status.TO_REBOOK
    assert with_transfer(appointment(at="south")).status is Status.TO_REBOOK


def test_an_appointment_before_the_transfer_stays_where_it_is() -> None:
    early = Booked(date=february(9), visit=D8, recorded=entered(2))
    visit = with_transfer(early, Transferred(date=february(10), site="south"))
    assert visit.status is Status.BOOKED


def test_an_appointment_at_a_site_that_the_study_has_not_is_refused() -> None:
    with pytest.raises(HistoryError, match="there is no site 'west'"):
        check_history(NORTH_AND_SOUTH, History((*BEGUN, appointment(at="west"))))


# -- of a visit that has no day now ---------------------------------------------------------------


@pytest.mark.parametrize(
    "hold",
    [
        CycleHeld(date=february(2), cycle="induction.c2", reason="counts"),
        Held(date=february(2), visit="induction.c2.d1", reason="toxicity"),
    ],
)
def test_the_appointments_of_a_held_cycle_stay_in_the_plan_and_are_to_be_rebooked(hold: CycleHeld | Held) -> None:
    appointments = (booked("induction.c2.d1", february(2)), booked(D8, february(9)))
    made = planned(enrolled(), C1, decided(RESPONSE, january(30), "no-benefit"), hold, *appointments, as_of=february(3))
    for key in ("induction.c2.d1", D8):
        visit = made.visit(key)
        assert visit.booking is not None
        assert (visit.target, visit.conflicts[0].kind) == (None, "to-rebook")


def test_an_appointment_beyond_what_the_path_leads_to_is_to_be_given_back() -> None:
    for outcome in ("benefit", "progression"):
        made = planned(enrolled(), C1, booked(D8, february(9)), decided(RESPONSE, january(30), outcome))
        visit = made.visit(D8)
        assert (visit.status, visit.booking) == (Status.CANCELLED, booked(D8, february(9)))
        assert "its appointment on 9 February 2026 is to be given back" in visit.why


def test_an_appointment_beyond_an_open_gate_without_a_default_waits_for_the_decision() -> None:
    open_gate = decided(RESPONSE, january(30), "benefit-with-toxicity")
    made = planned(enrolled(), C1, booked("maintenance.c1.d1", february(2)), open_gate, as_of=january(31))
    visit = made.visit("maintenance.c1.d1")
    assert visit.booking is not None
    assert (visit.status, visit.target) == (Status.NEEDS_DECISION, None)
    assert "until it is decided (induction.c1.toxicity)" in " ".join(visit.why)
    assert "given back" not in " ".join(visit.why)


def test_an_appointment_beyond_the_calendar_limit_is_to_be_given_back() -> None:
    late = booked("treatment.c11.d1", date(2026, 10, 12))
    visit = planned(enrolled(), late, protocol=ven()).visit("treatment.c11.d1")
    assert (visit.booking, visit.target) == (late, None)
    assert "its appointment on 12 October 2026 is to be given back" in visit.why


def test_an_appointment_of_a_visit_that_an_amendment_dropped_is_to_be_given_back() -> None:
    study = design(vsli_amended(), replace(vsli(), version="3.0"))
    came = (enrolled(version="2.0"), dose("induction.c1.d1", DAY_1), booked("induction.c1.d22", january(26)))
    moved_on = AmendmentApplied(date=january(6), version="3.0")
    visit = plan(study, History(facts(came, moved_on)), january(7)).visit("induction.c1.d22")
    assert (visit.booking, visit.target) == (came[-1], None)
    assert "its appointment on 26 January 2026 is to be given back" in visit.why


def test_nothing_counts_from_an_appointment_of_day_1_that_does_not_fit() -> None:
    first = (dose("induction.c1.d1", DAY_1), dose("induction.c1.d8", january(12)))
    late = Held(date=january(19), visit="induction.c1.d15", reason="toxicity", resume=february(4))
    answer = decided(RESPONSE, january(30), "no-benefit")
    made = planned(enrolled(), first, late, answer, booked("induction.c2.d1", february(2)))
    assert made.visit("induction.c2.d1").status is Status.NEEDS_DECISION  # not before 11 February
    assert made.visit(D8).target == february(18)


def test_an_appointment_that_cannot_be_kept_binds_no_other_dose() -> None:
    first = (dose("induction.c1.d1", DAY_1), booked("induction.c1.d8", january(20)))
    shut = closed(january(11), january(14))
    made = planned(enrolled(), first, closed=[shut], as_of=january(6))
    assert made.visit("induction.c1.d8").status is Status.NEEDS_DECISION
    assert made.visit("induction.c1.d15").target == january(19)


JUNE = date(2026, 6, 15)
SIX = ("induction.c1", "induction.c2", *(f"maintenance.c{cycle}" for cycle in range(1, 5)))
STARTS = [DAY_1 + timedelta(weeks=4 * number) for number in range(6)]
SIX_DONE = (
    enrolled(),
    [cycle_done(name, day) for name, day in zip(SIX, STARTS, strict=True)],
    [decided(f"induction.c{n}.response", STARTS[n], way) for n, way in ((1, "no-benefit"), (2, "benefit"))],
)


def test_a_cycle_that_is_asked_about_is_due_where_it_was_delayed_to_and_its_appointment_is_no_last_dose() -> None:
    delay = CycleDelayed(date=date(2026, 6, 15), cycle="maintenance.c5", to=date(2026, 6, 29), reason="travel")
    made = planned(SIX_DONE, delay, booked("maintenance.c5.d1", date(2026, 6, 29)))
    asked = made.visit("maintenance.c5.d1")
    assert (asked.status, asked.due) == (Status.NEEDS_DECISION, date(2026, 6, 29))
    assert made.visit("follow-up.day-30").nominal == date(2026, 7, 8)  # from 8 June


@pytest.mark.parametrize(
    ("hold", "status", "said"),
    [
        (
            CycleHeld(date=date(2026, 6, 15), cycle="maintenance.c5", reason="counts"),
            Status.NEEDS_DECISION,
            "the cycle was",
        ),
        (Held(date=date(2026, 6, 15), visit="maintenance.c5.d1", reason="toxicity"), Status.HELD, "its doses were"),
    ],
    ids=["the cycle", "its doses"],
)
def test_a_cycle_that_is_asked_about_under_an_open_hold_says_the_gate_and_the_hold(
    hold: CycleHeld | Held, status: Status, said: str
) -> None:
    visit = planned(SIX_DONE, hold).visit("maintenance.c5.d1")
    assert (visit.status, [conflict.kind for conflict in visit.conflicts]) == (status, ["gate", "held"])
    assert f"{said} held on 15 June 2026" in visit.conflicts[1].text


# -- at which hour ------------------------------------------------------------------------------


def hour(name: str, at: int, recorded: int) -> Rebooked:
    """The appointment of 9 February is at another hour."""
    day = february(9)
    return Rebooked(id=name, date=day, visit=D8, instead_of=day, time=time(at), recorded=entered(recorded))


@pytest.mark.parametrize(("first", "second"), [("f9", "f10"), ("f99", "f100"), ("b", "a")])
def test_of_two_hours_of_one_day_the_one_that_was_recorded_later_holds(first: str, second: str) -> None:
    made = Booked(id="f8", date=february(9), visit=D8, time=time(9), recorded=entered(3))
    found = planned(*BEGUN, made, hour(first, 10, 4), hour(second, 8, 5)).visit(D8)
    assert found.booking is not None
    assert found.booking.time == time(8)


def test_an_appointment_that_was_given_back_and_made_again_is_at_its_new_hour() -> None:
    made = Booked(date=february(9), visit=D8, time=time(9), recorded=entered(3))
    off = BookingCancelled(date=february(9), visit=D8, recorded=entered(5))
    again = Booked(date=february(9), visit=D8, time=time(14), recorded=entered(6))
    found = planned(*BEGUN, made, hour("f9", 10, 4), off, again).visit(D8)
    assert found.booking is not None
    assert found.booking.time == time(14)
