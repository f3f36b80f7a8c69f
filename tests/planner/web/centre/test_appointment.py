"""At a chair: arrived, dosed from when to when, interrupted, arrived and not dosed, and taking it back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from planner.persistence.bookings import Booking, ChairSlot
from planner.persistence.facts import FactRow
from planner.persistence.unit_of_work import Store
from planner.persistence.visits import VisitRow
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock
from tests.seated import DAY, DAY_1
from tests.studies import STUDY, Trial

#: at noon at the site, when the doses of the morning are over
NOON = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
DAY_8 = f"/studies/{STUDY}/participants/01-001/visits/induction.c1.d8/infusion"


@pytest.fixture
def noon(at: Clock) -> None:
    """The morning is over."""
    at.now = NOON


def facts(store: Store, *kinds: str) -> list[dict[str, Any]]:
    query = select(FactRow).where(FactRow.kind.in_(kinds)).order_by(FactRow.id)
    return store.read(
        lambda session: [{"kind": row.kind, "id": row.fact_id, **row.content} for row in session.scalars(query)]
    )


def visit(store: Store, key: str) -> VisitRow:
    return store.read(lambda session: session.scalars(select(VisitRow).where(VisitRow.key == key)).one())


def seen_of(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found is not None
    return found[1]


def test_whoever_is_there_has_arrived_and_no_date_moves_by_it(centre: Desk, store: Store) -> None:
    before = visit(store, "induction.c1.d1").revision
    assert centre.send(f"{DAY_1}/arrival", do="arrived").status_code == 303
    words = centre.text(DAY_1)
    assert "Arrived Mon 5 Jan, 09:00 Test infusion-centre" in words
    assert "arrived" in centre.text(DAY)
    assert visit(store, "induction.c1.d1").revision == before


def test_an_arrival_by_mistake_is_taken_back_with_a_reason(centre: Desk) -> None:
    centre.send(f"{DAY_1}/arrival", do="arrived")
    assert "say why it is not done after all" in centre.send(f"{DAY_1}/arrival", do="undo").text
    assert centre.send(f"{DAY_1}/arrival", do="undo", why="somebody else").status_code == 303
    assert "Arrived not yet" in centre.text(DAY_1)


@pytest.mark.parametrize("day", [-1, 1], ids=["the-day-before", "the-day-after"])
def test_nobody_arrives_on_another_day_than_that_of_the_appointment(
    app: Flask, store: Store, study: Trial, at: Clock, day: int
) -> None:
    at.now += timedelta(days=day)
    centre = desk_of(app, store, Role.INFUSION_CENTRE)
    assert "They are here" not in centre.text(DAY_1)
    assert ("Arrival and doses are recorded here from Monday 5 January 2026 on." in centre.text(DAY_1)) == (day < 0)
    refused = centre.send(f"{DAY_1}/arrival", do="arrived")
    assert refused.status_code == 400
    assert "The appointment is not today" in refused.text
    assert "Arrived not yet" in centre.text(DAY_1)


@pytest.mark.usefixtures("noon")
def test_a_dose_has_its_hours_on_the_clock_of_the_site(centre: Desk, store: Store) -> None:
    sent = centre.send(
        f"{DAY_1}/dose", drug="vsli", start="09:10", stop="10:12", amount="4.1 mg", went="whole", do="save"
    )
    assert sent.status_code == 303
    assert facts(store, "given") == [
        {"kind": "given", "id": "f5", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": "vsli",
         "start": "09:10", "stop": "10:12", "amount": "4.1 mg"}
    ]  # fmt: skip
    words = centre.text(DAY_1)
    assert "Given 09:10–10:12, 4.1 mg" in words
    assert "in the chair" in words


@pytest.mark.usefixtures("noon")
def test_a_dose_that_has_begun_is_recorded_whole_once_it_is_over(centre: Desk, store: Store) -> None:
    centre.send(f"{DAY_1}/dose", drug="vsli", start="09:10", do="save")
    assert "from 09:10, still running" in centre.text(DAY)
    assert 'value="09:10"' in centre.html(DAY_1)
    centre.send(f"{DAY_1}/dose", drug="vsli", start="09:10", stop="10:12", do="save")
    assert "09:10–10:12" in centre.text(DAY)
    assert [each["kind"] for each in facts(store, "given", "void")] == ["given", "void", "given"]


@pytest.mark.usefixtures("noon")
def test_an_interruption_is_explained_and_a_part_is_a_part(centre: Desk, store: Store) -> None:
    wrong = centre.send(f"{DAY_1}/dose", drug="vsli", start="09:10", stop="10:30", went="interrupted", do="save")
    assert wrong.status_code == 400
    assert "An interruption is not explained; say from when to when." in wrong.text
    note = "09:30 to 09:48, rash"
    centre.send(f"{DAY_1}/dose", drug="vsli", start="09:10", stop="10:30", went="interrupted", note=note, do="save")
    centre.send(f"{DAY_1}/dose", drug="ino", start="10:40", stop="11:00", went="part", do="save")
    first, second = facts(store, "given")
    assert first["note"] == f"Interrupted: {note}"
    assert second["partial"] is True
    assert "10:40–11:00, only a part" in centre.text(DAY)


@pytest.mark.parametrize("field", ["start", "stop"])
def test_an_hour_that_has_not_come_at_the_site_is_refused_next_to_its_field(
    centre: Desk, store: Store, at: Clock, field: str
) -> None:
    hours = {"start": "08:50", field: "09:30"}
    answer = centre.send(f"{DAY_1}/dose", drug="vsli", do="save", **hours)
    assert answer.status_code == 400
    said = re.search(rf'id="vsli-{field}-error"><span>([^<]+)', answer.text)
    assert said is not None
    assert said[1].startswith("This hour is still to come: it is 09:00 at the site; ")
    assert 'value="09:30"' in answer.text
    assert facts(store, "given") == []
    hours[field] = "09:04"  # a clock at the chair that is ahead by a little
    assert centre.send(f"{DAY_1}/dose", drug="vsli", do="save", **hours).status_code == 303
    assert len(facts(store, "given")) == 1


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"start": "", "stop": ""}, "No hour is said; write when it began."),
        ({"start": "10:10", "stop": "09:10"}, "It would be over before it began; exchange the two."),
        ({"start": "25:99", "stop": ""}, "25:99"),
    ],
)
def test_what_cannot_be_stands_next_to_its_field_and_what_was_typed_stays(
    centre: Desk, store: Store, said: dict[str, str], wrong: str
) -> None:
    answer = centre.send(f"{DAY_1}/dose", drug="vsli", amount="4.1 mg", note="a note", do="save", **said)
    assert answer.status_code == 400
    assert wrong in answer.text
    assert re.search(r'id="vsli-(start|stop)-error"', answer.text)
    assert 'value="4.1 mg"' in answer.text
    assert 'value="a note"' in answer.text
    assert facts(store, "given") == []


def test_a_drug_that_the_appointment_has_not_is_not_there(centre: Desk) -> None:
    assert centre.send(f"{DAY_1}/dose", drug="aspirin", start="09:00", do="save").status_code == 404


def test_before_its_day_no_dose_is_recorded(centre: Desk) -> None:
    assert "Began" not in centre.text(DAY_8)
    sent = centre.send(f"{DAY_8}/dose", drug="vsli", start="09:00", do="save")
    assert sent.status_code >= 400
    assert "has not come yet" in sent.text


def test_the_chair_stays_taken_while_doses_are_recorded(centre: Desk, store: Store) -> None:
    slots = store.read(lambda session: len(session.scalars(select(ChairSlot)).all()))
    centre.send(f"{DAY_1}/dose", drug="vsli", start="09:10", do="save")
    assert store.read(lambda session: len(session.scalars(select(ChairSlot)).all())) == slots
    assert store.read(lambda session: [row.ended_at for row in session.scalars(select(Booking))]) == [None, None]


def test_who_came_and_was_not_dosed_is_recorded_after_a_look_at_what_moves(centre: Desk, store: Store) -> None:
    said: dict[str, Any] = {"drugs": ["vsli", "ino"], "reason": "fever"}
    unseen = centre.send(f"{DAY_1}/not-dosed", do="save", **said)
    assert "Look at what would move first, then save." in unseen.text
    looked = centre.send(f"{DAY_1}/not-dosed", do="preview", **said)
    assert "What would move" in looked.text
    assert facts(store, "attended") == []
    expected = re.search(r'name="expected" value="(\d+)"', looked.text)
    assert expected is not None
    more = {"seen": seen_of(looked.text), "expected": expected[1]}
    assert centre.send(f"{DAY_1}/not-dosed", do="save", **said, **more).status_code == 303
    [attended] = facts(store, "attended")
    assert (attended["not_done"], attended["note"]) == (["vsli", "ino"], "fever")
    words = centre.text(DAY)
    assert "not dosed" in words
    assert "not given: fever" in words


def test_a_dose_that_waits_moves_the_visit_and_the_page_says_where(coordinator: Desk, store: Store) -> None:
    said: dict[str, Any] = {"drugs": ["vsli", "ino"], "reason": "counts", "becomes": "held", "resume": "2026-01-07"}
    looked = coordinator.send(f"{DAY_1}/not-dosed", do="preview", **said)
    assert looked.status_code == 200
    assert "Wed 7 Jan 2026" in looked.text
    expected = re.search(r'name="expected" value="(\d+)"', looked.text)
    assert expected is not None
    more = {"seen": seen_of(looked.text), "expected": expected[1]}
    assert coordinator.send(f"{DAY_1}/not-dosed", do="save", **said, **more).status_code == 303
    assert [each["activity"] for each in facts(store, "held")] == ["vsli", "ino"]
    assert str(visit(store, "induction.c1.d1").target) == "2026-01-07"


def test_a_centre_does_not_say_what_becomes_of_a_dose(centre: Desk, store: Store) -> None:
    assert "What becomes of the dose" not in centre.text(DAY_1)
    sent = centre.send(f"{DAY_1}/not-dosed", do="preview", drugs=["vsli"], reason="counts", becomes="omitted")
    assert sent.status_code == 403
    assert facts(store, "omitted", "attended") == []


@pytest.mark.usefixtures("noon")
def test_what_a_centre_recorded_by_mistake_it_takes_back(centre: Desk, store: Store) -> None:
    centre.send(f"{DAY_1}/dose", drug="vsli", start="09:10", stop="10:12", do="save")
    [dose] = facts(store, "given")
    assert "say what was wrong" in centre.send(f"{DAY_1}/taken-back", fact=dose["id"], do="save").text
    assert centre.send(f"{DAY_1}/taken-back", fact=dose["id"], why="wrong person", do="save").status_code == 303
    assert "09:10–10:12" not in centre.text(DAY)
    assert visit(store, "induction.c1.d1").status == "booked"


def test_a_centre_takes_back_nothing_that_it_may_not_record(centre: Desk, store: Store) -> None:
    [enrolled] = facts(store, "enrolled")
    sent = centre.send(f"{DAY_1}/taken-back", fact=enrolled["id"], why="a try", do="save")
    assert sent.status_code == 400
    assert "enrolled is no fact about a dose that was given" in sent.text.lower()
    assert facts(store, "void") == []


@pytest.mark.usefixtures("noon")
def test_whoever_decided_by_an_older_state_is_told(centre: Desk, study: Trial, store: Store) -> None:
    expected = re.search(r'name="expected" value="(\d+)"', centre.html(DAY_1))
    assert expected is not None
    study.record("01-001", {"fact": "told", "date": "2026-01-05", "about": "f3"})
    sent = centre.send(f"{DAY_1}/dose", drug="vsli", start="09:10", expected=expected[1], do="save")
    assert sent.status_code == 409
    assert "you had seen revision" in sent.text.lower()


@pytest.mark.parametrize("role", [Role.MONITOR, Role.ADMINISTRATOR])
def test_whoever_only_reads_records_nothing(app: Flask, store: Store, study: Trial, role: Role) -> None:
    who = desk_of(app, store, role)
    words = who.text(DAY_1)
    assert "They are here" not in words
    assert "Began" not in words
    for path in ("arrival", "dose", "not-dosed", "taken-back"):
        assert who.send(f"{DAY_1}/{path}", do="save", drug="vsli", start="09:00").status_code == 403, path


def test_a_visit_without_an_appointment_has_no_chair(centre: Desk) -> None:
    centre.text(f"/studies/{STUDY}/participants/01-001/visits/induction.c1.d15/infusion", 404)


@pytest.mark.usefixtures("noon")
def test_a_coordinator_records_the_rest_of_a_visit_whose_doses_the_centre_recorded(
    centre: Desk, coordinator: Desk
) -> None:
    centre.send(f"{DAY_1}/dose", drug="vsli", start="09:10", stop="10:12", do="save")
    page = coordinator.html(
        f"/studies/{STUDY}/participants/01-001/record?kind=came&visit=induction.c1.d1&date=2026-01-05"
    )
    assert 'name="given" value="ino"' in page
    assert 'name="given" value="vsli"' not in page
