"""Recording facts: one transaction, the newest plan in the tables, revisions that only grow, an audit entry."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from planner.persistence.audit import AuditEntry
from planner.persistence.bookings import Booking, ChairSlot
from planner.persistence.facts import FactRow
from planner.persistence.sites import SiteRow, site_by_code
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.visits import VisitRow, visits_of
from planner.presenting.plan_diff import changes_data
from planner.problems import ChairTaken, Conflict, InvalidInput, NotFound, PlannerError, Refused
from planner.services.access import EVERYTHING, Scope
from planner.services.enrolment import fail_screening
from planner.services.fact_records import read_facts
from planner.services.facts import Recorded, RecordFacts, preview_facts, record_facts
from tests.studies import NORTH, STUDY, Trial, trial

D8 = "induction.c1.d8"
GIVEN = [
    {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": "vsli"},
    {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": "ino"},
]
HOURS = {"monday": ["08:00", "17:00"]}
BOOKED = {"fact": "booked", "date": "2026-01-12", "visit": D8, "time": "09:30", "minutes": 180}


@pytest.fixture
def study(store: Store) -> Trial:
    return trial(store)


def preview(study: Trial, number: str, *facts: dict[str, object], **details: Any) -> Recorded:
    """What recording these facts would move."""
    command = RecordFacts(study=STUDY, participant=number, facts=read_facts(facts), **details)
    return study.store.read(lambda session: preview_facts(session, study.designs, EVERYTHING, command, study.now))


def refusal(work: Callable[..., Recorded], *asked: Any, **details: str) -> tuple[type, str]:
    """How it is refused, and in which words."""
    with pytest.raises(PlannerError) as refused:
        work(*asked, **details)
    return type(refused.value), str(refused.value)


def visits(study: Trial, number: str = "01-001") -> dict[str, VisitRow]:
    from planner.persistence.participants import Participant

    with study.store.database.reading() as session:
        found = session.scalar(select(Participant).where(Participant.number == number))
        assert found is not None
        return visits_of(session, found.id)


def count(study: Trial, table: type) -> int:
    with study.store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_enrolment_brings_the_whole_calendar(study: Trial) -> None:
    study.enrol()
    rows = visits(study)
    assert [rows[f"induction.c1.d{day}"].target for day in (1, 8, 15)] == [
        date(2026, 1, 5),
        date(2026, 1, 12),
        date(2026, 1, 20),
    ]  # fmt: skip - 19 January is a holiday in the United States
    assert rows["maintenance.c1.d1"].tentative


def test_a_dose_that_slips_moves_the_later_ones_and_says_so(study: Trial) -> None:
    study.enrol()
    study.record("01-001", *GIVEN)
    late = [{**fact, "date": "2026-01-14", "visit": D8} for fact in GIVEN]
    found = study.record("01-001", *late)
    assert found.changes is not None
    assert "induction.c1.d15" in {change.key for change in found.changes.visits}
    assert visits(study)["induction.c1.d15"].target == date(2026, 1, 21)


def test_a_revision_grows_with_what_people_see_and_never_goes_back(study: Trial) -> None:
    study.enrol()
    first = visits(study)["induction.c2.d1"].revision if "induction.c2.d1" in visits(study) else 0
    assert first == 0
    before = visits(study)["maintenance.c1.d1"].revision
    moved = study.record("01-001", {"fact": "cycle_held", "date": "2026-01-05", "cycle": "induction.c1",
                                    "reason": "counts", "resume": "2026-01-07"})  # fmt: skip
    after = visits(study)["maintenance.c1.d1"]
    assert after.revision == before + 1
    study.record("01-001", {"fact": "void", "date": "2026-01-05", "of": moved.facts[0].id})
    back = visits(study)["maintenance.c1.d1"]
    assert (back.revision, back.target) == (before + 2, date(2026, 2, 2))


def test_facts_that_contradict_each_other_change_nothing(study: Trial) -> None:
    study.enrol()
    known = count(study, FactRow), count(study, AuditEntry)
    with pytest.raises(Refused):
        study.record("01-001", *GIVEN, {"fact": "attended", "date": "2026-01-05", "visit": "induction.c9.d1"})
    assert (count(study, FactRow), count(study, AuditEntry)) == known


def test_a_fact_that_is_none_is_told_with_its_place(study: Trial) -> None:
    study.enrol()
    with pytest.raises(InvalidInput) as refused:
        study.record("01-001", {"fact": "given", "date": "2026-02-30", "activity": "vsli"})
    assert [problem.place for problem in refused.value.problems] == ["/facts/0/date"]


def test_who_decided_by_an_older_state_is_told_what_came_after_it(study: Trial) -> None:
    seen = study.enrol().revision
    study.record("01-001", *GIVEN, expected=seen)
    with pytest.raises(Conflict) as refused:
        study.record("01-001", {"fact": "died", "date": "2026-01-05"}, expected=seen)
    assert refused.value.changed["revision"] == seen + 1
    assert refused.value.changed["newest_facts"][-1]["activity"] == "ino"


def test_a_booking_takes_a_chair_and_gives_it_back_when_it_moves(study: Trial) -> None:
    study.enrol()
    study.record("01-001", BOOKED)
    assert count(study, ChairSlot) == 12
    moved = {"fact": "rebooked", "date": "2026-01-13", "visit": D8, "instead_of": "2026-01-12", "time": "10:00"}
    study.record("01-001", moved)
    with study.store.database.reading() as session:
        held = session.scalars(select(Booking).where(Booking.ended_at.is_(None))).all()
        assert [(row.day, row.chair) for row in held] == [(date(2026, 1, 13), 1)]
        assert {row.day for row in session.scalars(select(ChairSlot))} == {date(2026, 1, 13)}


def test_no_chair_is_given_out_twice(study: Trial) -> None:
    for number in ("01-001", "01-002", "01-003"):
        study.enrol(number)
    study.record("01-001", BOOKED)
    study.record("01-002", {**BOOKED, "time": "11:00"})
    with pytest.raises(ChairTaken):
        study.record("01-003", {**BOOKED, "time": "12:00"})
    study.record("01-003", {**BOOKED, "time": "12:30"})
    assert visits(study, "01-003")[D8].booked == "2026-01-12T12:30/180"


def test_a_chair_that_is_asked_for_is_given_out_once_for_whatever_visit(study: Trial) -> None:
    marrow = {"fact": "booked", "date": "2026-01-28", "visit": "induction.c1.marrow", "time": "09:00", "chair": "2"}
    for number in ("01-001", "01-002"):
        study.enrol(number)
    study.record("01-001", marrow)
    with pytest.raises(ChairTaken):
        study.record("01-002", {**marrow, "time": "09:15"})
    study.record("01-002", {name: said for name, said in marrow.items() if name != "chair"})


@pytest.mark.parametrize("chair", ["0", "3", "\N{ARABIC-INDIC DIGIT ONE}", "first"])
def test_a_chair_that_the_site_has_not_is_refused(study: Trial, chair: str) -> None:
    study.enrol()
    with pytest.raises(Refused, match="no such chair"):
        study.record("01-001", {**BOOKED, "chair": chair})


def test_no_appointment_goes_on_after_midnight(study: Trial) -> None:
    study.enrol()
    with pytest.raises(Refused, match="would go on after midnight"):
        study.record("01-001", {**BOOKED, "time": "22:00"}, booking_reason="at night")
    study.record("01-001", {**BOOKED, "time": "21:00"}, booking_reason="at night")
    assert count(study, ChairSlot) == 12


@pytest.mark.parametrize(("time", "there_is"), [("02:30", False), ("01:30", True), ("03:00", True)])
def test_nobody_is_expected_at_an_hour_that_the_clocks_leave_out(study: Trial, time: str, there_is: bool) -> None:
    study.enrol(day_1=date(2026, 3, 2))
    booked = {"fact": "booked", "date": "2026-03-08", "visit": D8, "time": time, "minutes": 60}
    if there_is:
        study.record("01-001", booked, booking_reason="on a Sunday for once")
        return
    for work in (preview, lambda _, *asked, **details: study.record(*asked, **details)):
        with pytest.raises(Refused, match="at North the clocks leave out 02:30 on 2026-03-08"):
            work(study, "01-001", booked, booking_reason="on a Sunday for once")


def test_an_hour_that_comes_twice_is_meant_as_the_first(study: Trial) -> None:
    study.enrol(day_1=date(2026, 10, 26))
    twice = {"fact": "booked", "date": "2026-11-01", "visit": D8, "time": "01:30", "minutes": 60}
    study.record("01-001", twice, booking_reason="on a Sunday for once")
    assert visits(study)[D8].booked == "2026-11-01T01:30/60"


def held_at(study: Trial) -> list[tuple[str, int | None]]:
    """At which sites chairs are held, and which."""
    query = select(SiteRow.code, Booking.chair).join(Booking, Booking.site_id == SiteRow.id)
    with study.store.database.reading() as session:
        return [(code, chair) for code, chair in session.execute(query.where(Booking.ended_at.is_(None)))]


def test_an_appointment_takes_its_chair_at_the_site_that_it_names(study: Trial) -> None:
    study.enrol()
    there = {**BOOKED, "site": "south"}
    for work in (preview, lambda _, *asked: study.record(*asked)):
        with pytest.raises(Refused, match="it is at South, and the participant is seen at North"):
            work(study, "01-001", there)
    study.record("01-001", there, booking_reason="they move on that day")
    assert held_at(study) == [("south", 1)]
    study.record("01-001", {"fact": "transferred", "date": "2026-01-12", "site": "south"})
    assert visits(study)[D8].status == "booked"


def test_an_appointment_stays_at_its_site_until_somebody_makes_another_one(study: Trial) -> None:
    study.enrol()
    study.record("01-001", BOOKED)
    study.now += timedelta(minutes=1)
    study.record("01-001", {"fact": "transferred", "date": "2026-01-06", "site": "south"})
    death = study.record("01-001", {"fact": "died", "date": "2026-01-07"}).facts[0].id
    assert held_at(study) == []
    study.record("01-001", {"fact": "void", "date": "2026-01-07", "of": death}, booking_reason="somebody else had died")
    assert held_at(study) == [("north", 1)]


def test_death_frees_the_chair_at_once(study: Trial) -> None:
    study.enrol()
    study.record("01-001", *GIVEN, BOOKED)
    study.record("01-001", {"fact": "died", "date": "2026-01-06"})
    assert count(study, ChairSlot) == 0
    assert visits(study)[D8].status == "cancelled"


def test_a_booking_outside_the_window_needs_a_reason(study: Trial) -> None:
    study.enrol()
    study.record("01-001", *GIVEN)
    far = {**BOOKED, "date": "2026-01-16"}
    with pytest.raises(Refused, match="does not fit"):
        study.record("01-001", far)
    study.record("01-001", far, booking_reason="no chair before")
    assert visits(study)[D8].status == "to-rebook"


@pytest.mark.parametrize(
    ("time", "minutes", "fits"), [("08:00", 540, True), ("07:45", 60, False), ("15:00", 121, False)]
)
def test_a_booking_outside_the_opening_hours_needs_a_reason(study: Trial, time: str, minutes: int, fits: bool) -> None:
    study.store.write(SYSTEM, study.now, lambda uow: setattr(site_by_code(uow.session, NORTH), "opening", HOURS))
    study.enrol()
    booked = {**BOOKED, "time": time, "minutes": minutes}
    if fits:
        study.record("01-001", booked)
    else:
        with pytest.raises(Refused, match="North is open from 08:00 to 17:00"):
            study.record("01-001", booked)
        study.record("01-001", booked, booking_reason="they stay longer for once")
    with study.store.database.reading() as session:
        assert [row.reason != "" for row in session.scalars(select(Booking))] == [not fits]


MARROW = {"fact": "booked", "date": "2026-01-28", "visit": "induction.c1.marrow", "time": "09:00", "chair": "2"}


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param([{**BOOKED, "chair": "3"}], id="a chair that the site has not"),
        pytest.param([{**BOOKED, "time": None, "minutes": None, "chair": "1"}], id="a chair without an hour"),
        pytest.param([{**BOOKED, "time": "22:00"}], id="after midnight"),
        pytest.param([{**BOOKED, "time": "07:00"}], id="before the site opens"),
        pytest.param([{**BOOKED, "date": "2026-01-16"}], id="outside the window"),
        pytest.param([{**BOOKED, "time": "11:00"}], id="no chair free"),
        pytest.param([MARROW], id="the chair that was asked for is taken"),
        pytest.param([BOOKED, {**MARROW, "date": "2026-01-12"}], id="both chairs taken within the same facts"),
    ],
)
def test_what_a_preview_refuses_recording_refuses_in_the_same_words(study: Trial, facts: list[dict[str, Any]]) -> None:
    study.store.write(SYSTEM, study.now, lambda uow: setattr(site_by_code(uow.session, NORTH), "opening", HOURS))
    for number in ("01-001", "01-002", "01-003"):
        study.enrol(number)
    study.record("01-001", {**BOOKED, "time": "10:00"})
    study.record("01-002", {**BOOKED, "time": "12:00"}, MARROW, booking_reason="no other day")
    asked = [{name: said for name, said in fact.items() if said is not None} for fact in facts]
    reason = {"booking_reason": "for once"} if any(fact["visit"] == MARROW["visit"] for fact in asked) else {}
    known = count(study, FactRow), count(study, Booking), count(study, ChairSlot)
    said = refusal(preview, study, "01-003", *asked, **reason)
    assert said == refusal(study.record, "01-003", *asked, **reason)
    assert (count(study, FactRow), count(study, Booking), count(study, ChairSlot)) == known


def test_what_a_preview_lets_pass_recording_lets_pass(study: Trial) -> None:
    for number in ("01-001", "01-002"):
        study.enrol(number)
    study.record("01-001", {**BOOKED, "chair": "1"})
    # her own chair does not stand in her way: it would be given back
    moved = {"fact": "rebooked", "date": "2026-01-12", "visit": D8, "instead_of": "2026-01-12", "time": "10:00"}
    far = {**BOOKED, "date": "2026-01-16"}
    for number, facts, reason in (("01-001", [{**moved, "chair": "1"}], ""), ("01-002", [far], "no chair before")):
        held = count(study, ChairSlot)
        seen = preview(study, number, *facts, booking_reason=reason)
        assert count(study, ChairSlot) == held
        done = study.record(number, *facts, booking_reason=reason)
        assert seen.changes is not None
        assert done.changes is not None
        assert (seen.revision, changes_data(seen.changes)) == (done.revision, changes_data(done.changes))


def test_a_preview_enrols_nobody_who_failed_screening(study: Trial) -> None:
    study.screen("01-009")
    study.store.write(
        SYSTEM, study.now,
        lambda uow: fail_screening(uow, study.designs, EVERYTHING, STUDY, "01-009", study.now.date(), "too ill"),
    )  # fmt: skip
    enrolled = {"fact": "enrolled", "date": "2026-01-05", "day_1": "2026-01-05"}
    assert refusal(preview, study, "01-009", enrolled) == refusal(study.record, "01-009", enrolled)


@pytest.mark.parametrize("fact", [{"fact": "transferred", "date": "2026-01-05", "site": "mars"}])
def test_nobody_moves_to_a_site_that_takes_no_part(study: Trial, fact: dict[str, str]) -> None:
    study.enrol()
    with pytest.raises(Refused, match='no site "mars" takes part'):
        study.record("01-001", fact)
    study.record("01-001", {**fact, "site": "south"})
    study.screen("01-002")
    with pytest.raises(Refused, match='no site "mars" takes part'):
        study.record("01-002", {"fact": "enrolled", "date": "2025-12-30", "day_1": "2026-01-05", "site": "mars"})


def test_what_is_wrong_with_a_new_fact_is_told_with_its_place_in_the_request(study: Trial) -> None:
    study.enrol()
    away = {"fact": "away", "date": "2026-02-01", "until": "2026-02-02"}
    with pytest.raises(Refused) as refused:
        study.record("01-001", away, {"fact": "attended", "date": "2026-01-05", "visit": "induction.c9.d1"})
    (problem,) = refused.value.problems
    assert (problem.place, problem.wrong) == ("/facts/1", "induction.c9 is beyond the most cycles, 2")


def test_nobody_is_transferred_to_where_they_are_seen_anyway(study: Trial) -> None:
    study.enrol()
    with pytest.raises(Refused, match="/facts/0/site: on 2026-01-05 they are seen at north anyway"):
        study.record("01-001", {"fact": "transferred", "date": "2026-01-05", "site": "north"})
    there_and_back = [
        {"fact": "transferred", "date": day, "site": site}
        for day, site in (("2026-01-06", "south"), ("2026-01-07", "north"))
    ]
    study.record("01-001", *there_and_back)
    with pytest.raises(Refused, match="seen at north anyway"):
        study.record("01-001", {"fact": "transferred", "date": "2026-01-08", "site": "north"})


def test_a_site_hands_somebody_over_to_a_site_that_it_sees_nothing_of(study: Trial) -> None:
    study.enrol()
    ids = study.store.read(lambda session: {site.code: site.id for site in session.scalars(select(SiteRow))})
    theirs = {code: Scope(((None, site_id),)) for code, site_id in ids.items()}

    def record(scope: Scope, fact: dict[str, Any]) -> Recorded:
        command = RecordFacts(study=STUDY, participant="01-001", facts=read_facts([fact]))
        return study.store.write(SYSTEM, study.now, lambda uow: record_facts(uow, study.designs, scope, command))

    booked = {"fact": "booked", "date": "2026-01-12", "visit": "induction.c1.d8", "site": "south"}
    with pytest.raises(Refused, match='no site "south" takes part; choose from north'):
        record(theirs["north"], booked)
    record(theirs["north"], {"fact": "transferred", "date": "2026-01-05", "site": "south"})
    with pytest.raises(NotFound):
        record(theirs["north"], booked)
    assert record(theirs["south"], booked).revision == 3
