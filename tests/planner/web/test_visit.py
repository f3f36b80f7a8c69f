"""A visit's page: why it is on its day, and appointments on days that are possible, best first."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from planner.persistence.bookings import Booking
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.reminded import DOSED
from tests.studies import NORTH, STUDY, Trial

PERSON = f"/studies/{STUDY}/participants/01-001"
VISIT = f"{PERSON}/visits/induction.c1.d8"


@pytest.fixture
def begun(study: Trial) -> Trial:
    study.enrol()
    study.record("01-001", *DOSED)
    return study


def bookings(study: Trial) -> list[Booking]:
    return study.store.read(lambda session: list(session.scalars(select(Booking).where(Booking.ended_at.is_(None)))))


def test_a_visit_says_why_it_is_on_its_day_and_which_days_are_not_possible(desk: Desk, begun: Trial) -> None:
    page = desk.text(VISIT)
    assert "Why this date?" in page
    assert "+ 7 days = 12 January 2026" in page
    assert "Days that are not possible" in page


def test_days_stand_best_first_with_the_reason_and_the_load_of_the_centre(desk: Desk, begun: Trial) -> None:
    begun.enrol("01-002")
    begun.record("01-002", {"fact": "booked", "date": "2026-01-12", "visit": "induction.c1.d8", "time": "09:00"})
    page = desk.html(VISIT)
    days = re.findall(r'name="day" value="([\d-]+)"( checked)?', page)
    assert days[0] == ("2026-01-12", " checked")
    words = text_of(page)
    assert "Mon 12 Jan 2026 the day on which it is due 1 booked" in words


def test_booking_takes_the_day_the_hour_and_a_chair(desk: Desk, begun: Trial) -> None:
    answer = desk.send(f"{VISIT}/booking", day="2026-01-12", time="09:30", do="save")
    assert answer.status_code == 303
    assert "Recorded. Appointment: C1D8; 09:30" in desk.text(answer.location)
    [row] = bookings(begun)
    assert (row.day.isoformat(), row.starts, row.chair) == ("2026-01-12", 570, 1)
    assert "Mon 12 Jan 2026, 09:30, chair 1" in desk.text(VISIT)


def test_an_appointment_is_moved_and_its_chair_given_back(desk: Desk, begun: Trial) -> None:
    desk.send(f"{VISIT}/booking", day="2026-01-12", time="09:30", do="save")
    page = desk.html(VISIT)
    assert "Move the appointment" in page
    assert re.search(r'name="day" value="2026-01-12" checked', page)
    assert desk.send(f"{VISIT}/booking", day="2026-01-13", time="10:00", chair="2", do="save").status_code == 303
    [row] = bookings(begun)
    assert (row.day.isoformat(), row.chair) == ("2026-01-13", 2)


def test_what_would_move_is_shown_first_if_asked_for(desk: Desk, begun: Trial) -> None:
    page = text_of(desk.send(f"{VISIT}/booking", day="2026-01-13", do="preview").text)
    assert "C1D8" in page
    assert "1 day later" in page
    assert bookings(begun) == []


def test_a_day_that_does_not_fit_asks_for_the_reason_next_to_its_field(desk: Desk, begun: Trial) -> None:
    other = {"day": "other", "other_day": "2026-01-20", "time": "09:30"}
    answer = desk.send(f"{VISIT}/booking", **other, do="save")
    assert answer.status_code == 422
    error = re.search(r'id="reason-error">(.*?)</p>', answer.text)
    assert error is not None, text_of(answer.text)
    assert 'value="2026-01-20"' in answer.text
    assert 'value="09:30"' in answer.text
    assert desk.send(f"{VISIT}/booking", **other, reason="Travelling", do="save").status_code == 303
    assert bookings(begun)[0].reason == "Travelling"


def test_a_chair_that_is_taken_is_said_and_nothing_is_booked(desk: Desk, begun: Trial) -> None:
    begun.enrol("01-002")
    begun.record(
        "01-002", {"fact": "booked", "date": "2026-01-12", "visit": "induction.c1.d8", "time": "09:30", "chair": "1"}
    )
    answer = desk.send(f"{VISIT}/booking", day="2026-01-12", time="10:00", chair="1", do="save")
    assert answer.status_code == 409
    assert "chair 1 is not free" in answer.text.lower()
    assert len(bookings(begun)) == 1


@pytest.mark.parametrize(
    "fields", [{}, {"day": "other"}, {"day": "soon"}, {"day": "2026-01-12", "time": "25:00"},
               {"day": "2026-01-12", "time": "09:00", "minutes": "long"},
               {"day": "2026-01-12", "time": "09:00", "chair": "99"}],
)  # fmt: skip
def test_a_form_that_cannot_be_is_shown_again_with_what_is_wrong(
    desk: Desk, begun: Trial, fields: dict[str, str]
) -> None:
    answer = desk.send(f"{VISIT}/booking", **fields, do="save")
    assert answer.status_code in (400, 422)
    assert "field-error" in answer.text or 'role="alert"' in answer.text
    assert all(value in answer.text for value in fields.values())
    assert bookings(begun) == []


def test_a_visit_that_there_is_not_is_not_found(desk: Desk, begun: Trial) -> None:
    desk.html(f"{PERSON}/visits/induction.c9.d1", 404)
    assert desk.send(f"{PERSON}/visits/induction.c9.d1/booking", day="2026-01-12").status_code == 404


def test_who_may_not_book_sees_why_and_no_form(app: Flask, store: Store, begun: Trial) -> None:
    page = desk_of(app, store, Role.MONITOR).html(VISIT)
    assert "Why this date?" in page
    assert "/booking" not in page
    assert "/record" not in page
    centre = desk_of(app, store, Role.INFUSION_CENTRE, None, NORTH).html(VISIT)
    assert "/booking" in centre
    assert "/record" not in centre
