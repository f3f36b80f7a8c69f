"""What a participant may see follows from what they were told, not from what was decided."""

from __future__ import annotations

from datetime import date

from schedules.design import Design
from schedules.history import (
    Booked,
    CycleHeld,
    Died,
    Enrolled,
    Fact,
    GateDecided,
    Given,
    History,
    NewTherapy,
    Progressed,
    Rebooked,
    Told,
    TreatmentEnded,
    Withdrew,
)
from schedules.participant_view import participant_view
from schedules.protocol_file import library_protocol
from schedules.scalars import PartialDate

DESIGN = Design((library_protocol("vsli-ino").protocol,))
START = date(2026, 1, 5)
ENROLLED = Enrolled(date=date(2026, 1, 2), day_1=START)
DAY_8 = Booked(id="day-8", date=date(2026, 1, 12), visit="induction.c1.d8")
CYCLE_2 = Booked(id="cycle-2", date=date(2026, 2, 2), visit="induction.c2.d1")
DECIDED = GateDecided(id="decided", date=date(2026, 1, 30), gate="induction.c1.response", outcome="no-benefit")


def seen(*facts: Fact, releases_bookings: bool = False) -> list[tuple[str, date | None]]:
    dosed = [Given(date=START, visit="induction.c1.d1", activity=drug) for drug in ("vsli", "ino")]
    history = History((ENROLLED, *dosed, *facts))
    visits = participant_view(DESIGN, history, date(2026, 1, 6), releases_bookings=releases_bookings)
    return [(visit.key, visit.target) for visit in visits]


def told(about: str) -> Told:
    return Told(date=date(2026, 1, 6), about=about)


def test_a_booking_is_seen_only_once_the_participant_was_told() -> None:
    assert seen(DAY_8) == []
    assert seen(DAY_8, told("day-8")) == [("induction.c1.d8", date(2026, 1, 12))]


def test_a_study_may_release_bookings_as_they_are_made() -> None:
    assert seen(DAY_8, releases_bookings=True) == [("induction.c1.d8", date(2026, 1, 12))]


def test_an_unbooked_visit_is_never_seen() -> None:
    assert seen(releases_bookings=True) == []


def test_nothing_beyond_an_open_gate_is_seen_even_when_booked_and_told() -> None:
    maintenance = Booked(id="m1", date=date(2026, 2, 2), visit="maintenance.c1.d1")
    assert seen(maintenance, told("m1")) == []


def test_a_decision_that_was_not_told_changes_nothing() -> None:
    assert seen(DECIDED, CYCLE_2, told("cycle-2")) == []
    assert seen(DECIDED, told("decided"), CYCLE_2, told("cycle-2")) == [("induction.c2.d1", date(2026, 2, 2))]


def test_a_hold_that_was_not_told_leaves_the_visit_where_the_participant_knows_it() -> None:
    known = (DECIDED, told("decided"), CYCLE_2, told("cycle-2"))
    held = CycleHeld(id="held", date=date(2026, 1, 31), cycle="induction.c2", reason="counts")
    assert seen(*known, held) == [("induction.c2.d1", date(2026, 2, 2))]
    assert seen(*known, held, told("held")) == []


def test_an_end_of_treatment_is_seen_once_told() -> None:
    ended = TreatmentEnded(id="end", date=date(2026, 1, 9), reason="progression")
    assert seen(DAY_8, told("day-8"), ended) == [("induction.c1.d8", date(2026, 1, 12))]
    assert seen(DAY_8, told("day-8"), ended, told("end")) == []


def test_a_progression_or_a_new_therapy_changes_no_visit_until_it_was_told() -> None:
    ended = TreatmentEnded(id="end", date=date(2026, 1, 9), reason="toxicity")
    month_3 = Booked(id="month-3", date=date(2026, 4, 6), visit="follow-up.month-3")
    known = (ended, told("end"), month_3, told("month-3"))
    for finding in (
        Progressed(id="found", date=PartialDate(2026, 2, 2)),
        NewTherapy(id="found", date=PartialDate(2026, 2)),
    ):
        assert label_of_only(*known, finding) == "Month 3 visit"
        assert label_of_only(*known, finding, told("found")) == "Month 3 status contact"


def label_of_only(*facts: Fact) -> str:
    dosed = [Given(date=START, visit="induction.c1.d1", activity=drug) for drug in ("vsli", "ino")]
    (visit,) = participant_view(DESIGN, History((ENROLLED, *dosed, *facts)), date(2026, 2, 6))
    return visit.spec.label


def test_a_moved_appointment_is_seen_where_it_was_until_the_move_is_told() -> None:
    moved = Rebooked(id="moved", date=date(2026, 1, 13), visit="induction.c1.d8", instead_of=date(2026, 1, 12))
    assert seen(DAY_8, told("day-8"), moved) == [("induction.c1.d8", date(2026, 1, 12))]
    assert seen(DAY_8, told("day-8"), moved, told("moved")) == [("induction.c1.d8", date(2026, 1, 13))]


def test_after_a_death_or_a_withdrawal_from_contact_nothing_is_seen() -> None:
    known = (DAY_8, told("day-8"))
    assert seen(*known) != []
    assert seen(*known, Died(date=PartialDate(2026, 1, 7))) == []
    assert seen(*known, Withdrew(date=date(2026, 1, 7), scope="contact")) == []
