"""How recorded holds and delays of a cycle, and an appointment, settle together where its Day 1 stands."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.history import CycleDelayed, CycleHeld, FoundAgain, Held, LostToFollowUp
from schedules.statuses import Status
from tests.builders import (
    DAY_1,
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

C2 = "induction.c2"
C1_DONE = (enrolled(), cycle_done("induction.c1"), decided("induction.c1.response", date(2026, 1, 30), "no-benefit"))


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


def delay(to: date, day: date = date(2026, 1, 28), cycle: str = C2) -> CycleDelayed:
    return CycleDelayed(date=day, cycle=cycle, to=to, reason="travel")


def hold(resume: date | None, day: date = date(2026, 2, 2), cycle: str = C2) -> CycleHeld:
    return CycleHeld(date=day, cycle=cycle, reason="counts", resume=resume)


# -- delays -------------------------------------------------------------------------------------


def test_a_delay_never_makes_a_cycle_earlier() -> None:
    made = planned(C1_DONE, delay(january(27)))
    assert targets(made, C2)["d1"] == february(2)
    assert "which is before it is due and moves nothing" in " ".join(made.visit(f"{C2}.d1").why)


def test_a_delay_that_a_late_day_1_has_overtaken_moves_nothing() -> None:
    made = planned(enrolled(), delay(february(4), january(6)), dose("induction.c1.d1", january(8)))
    assert targets(made, "maintenance.c1")["d1"] == february(5)
    moved = planned(enrolled(), delay(february(4), january(6), "maintenance.c1"), dose("induction.c1.d1", january(8)))
    assert targets(moved, "maintenance.c1")["d1"] == february(5)


WASHOUT = """
  a:
    label: A
    length: 7 days
    visits: {d1: {label: A1, day: 1, activities: [drug]}}
  b:
    label: B
    starts: {event: last-dose, by: 14 days}
    visits: {d1: {label: B1, day: 1, activities: [drug]}}
"""


def test_a_delay_never_cuts_a_washout() -> None:
    early = delay(january(16), january(6), "b")
    made = planned(enrolled(), dose("a.d1", january(5), "drug"), early, protocol=protocol(WASHOUT))
    assert made.visit("b.d1").target == january(19)


@pytest.mark.parametrize(("to", "stands"), [(february(16), 16), (february(6), 9)])
@pytest.mark.parametrize("when", [january(28), february(8)], ids=["delayed first", "held first"])
def test_of_a_hold_with_an_end_and_a_delay_the_later_day_counts_whichever_came_first(
    to: date, stands: int, when: date
) -> None:
    visit = planned(C1_DONE, hold(february(9)), delay(to, when)).visit(f"{C2}.d1")
    assert (visit.due, visit.target) == (february(stands), february(stands))
    assert (visit.opens, visit.closes) == (february(9), february(12))  # the hold moved the window, the delay does not


def test_a_hold_without_an_end_stays_open_under_a_delay() -> None:
    made = planned(C1_DONE, hold(None), delay(february(16), february(4)))
    assert made.visit(f"{C2}.d1").status is Status.HELD


def test_a_held_dose_of_day_1_waits_for_its_own_hold_and_for_that_of_the_cycle() -> None:
    dose_held = Held(date=february(2), visit=f"{C2}.d1", reason="toxicity", resume=february(16))
    assert targets(planned(C1_DONE, hold(february(9)), dose_held), C2)["d1"] == february(16)
    later = hold(february(18))
    assert targets(planned(C1_DONE, later, dose_held), C2)["d1"] == february(18)


# -- the first Day 1 ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moved",
    [
        CycleHeld(date=date(2025, 12, 31), cycle="induction.c1", reason="counts", resume=january(2)),
        CycleDelayed(date=date(2025, 12, 31), cycle="induction.c1", to=january(2), reason="travel"),
    ],
    ids=["held", "delayed"],
)
def test_nothing_that_waits_makes_the_first_day_1_earlier(moved: CycleHeld | CycleDelayed) -> None:
    assert planned(enrolled(), moved).day_1 == DAY_1


MARROW = (
    consented(date(2025, 12, 8)),
    attended("screening.marrow", date(2025, 12, 10)),
    enrolled(),
    booked("induction.c1.d1", DAY_1),
)


@pytest.mark.parametrize(
    "moved",
    [
        CycleHeld(date=january(2), cycle="induction.c1", reason="counts", resume=january(12)),
        CycleDelayed(date=january(2), cycle="induction.c1", to=january(12), reason="travel"),
        Held(date=january(2), visit="induction.c1.d1", reason="toxicity", resume=january(12)),
    ],
    ids=["cycle held", "cycle delayed", "dose held"],
)
def test_an_appointment_before_a_first_day_1_that_was_moved_does_not_fit_and_screening_stands_by_the_moved_day(
    moved: CycleHeld | CycleDelayed | Held,
) -> None:
    made = planned(MARROW, moved)
    day_1 = made.visit("induction.c1.d1")
    assert (made.day_1, day_1.status, day_1.target) == (january(12), Status.NEEDS_DECISION, None)
    assert {conflict.kind for conflict in day_1.conflicts} == {"to-rebook", "expired"}
    assert made.visit("screening.marrow").status is Status.EXPIRED
    again = planned(MARROW, moved, attended("screening.marrow#2", january(3)))
    day_1 = again.visit("induction.c1.d1")
    assert (day_1.status, day_1.target) == (Status.TO_REBOOK, january(12))
    assert targets(again, "induction.c1")["d8"] == january(19)


def test_an_appointment_behind_the_day_a_first_day_1_was_moved_to_is_where_it_stands() -> None:
    moved = CycleDelayed(date=january(2), cycle="induction.c1", to=january(6), reason="travel")
    made = planned(enrolled(), moved, booked("induction.c1.d1", january(7)))
    assert (made.day_1, made.visit("induction.c1.d1").status) == (january(7), Status.BOOKED)
    on_it = planned(enrolled(), moved, booked("induction.c1.d1", january(6)))
    assert on_it.visit("screening.baseline").why[0].startswith("C1D1 is booked for 6 January 2026; - 7 days")


# -- a dose before the end of a hold -------------------------------------------------------------


def test_a_dose_given_before_the_end_of_a_hold_is_judged_from_the_first_window_on() -> None:
    held = Held(date=january(9), visit="induction.c1.d8", reason="toxicity", resume=january(16))
    for day, within in ((9, False), (12, True), (15, True), (18, True)):
        made = planned(enrolled(), dose("induction.c1.d1", DAY_1), held, dose("induction.c1.d8", january(day)))
        outside = [found for found in made.deviations if found.kind == "outside-window"]
        assert bool(outside) is not within, day
        assert [found.days for found in outside] == ([] if within else [-2])


# -- nobody reaches the participant --------------------------------------------------------------

LOST = LostToFollowUp(date=february(20), attempts=3)


def test_what_is_held_without_an_end_is_suspended_once_the_participant_is_lost() -> None:
    made = planned(C1_DONE, hold(None), booked(f"{C2}.d1", february(2)), LOST, as_of=date(2026, 6, 1))
    first = made.visit(f"{C2}.d1")
    assert (first.status, first.due, first.conflicts) == (Status.SUSPENDED, None, ())
    assert "the participant is lost to follow-up" in first.why
    assert any("give" in note for note in first.notes)  # its appointment is free for somebody else
    stay = [visit for visit in made if visit.key.startswith(f"{C2}.")]
    assert {visit.status for visit in stay} == {Status.SUSPENDED}
    assert not [each for each in (*made.deviations, *made.queries) if (each.visit or "").startswith(C2)]
    again = planned(C1_DONE, hold(None), LOST, FoundAgain(date=february(23)))
    assert again.visit(f"{C2}.d1").status is Status.HELD


def test_a_cycle_that_was_held_for_too_long_before_the_participant_was_lost_stays_a_deviation() -> None:
    for lost, days in ((date(2026, 3, 2), []), (date(2026, 3, 5), [3])):
        made = planned(C1_DONE, hold(None), LostToFollowUp(date=lost, attempts=3), as_of=date(2026, 6, 1))
        assert [each.days for each in made.deviations if each.kind == "held-too-long"] == days


def test_a_dose_that_is_held_alone_is_not_waited_for_while_the_participant_is_lost() -> None:
    held = Held(date=january(12), visit="induction.c1.d8", activity="vsli", reason="toxicity")
    came = dose("induction.c1.d8", january(12), "ino")
    lost = LostToFollowUp(date=january(14), attempts=3)
    visit = planned(enrolled(), dose("induction.c1.d1", DAY_1), held, came, lost).visit("induction.c1.d8")
    assert visit.conflicts == ()
    assert visit.why[-1].endswith("(toxicity); the participant is lost to follow-up")
