"""Today: who comes, what waits for somebody, and the link to the very form that deals with it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from notifications.appointments import AppointmentRow
from notifications.tasks import NewTask, TaskRow, ask
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_site
from planner.services.replanning import replan_all
from planner.services.sites import CloseSite, close_site
from planner.services.users import Role
from tests import reminded
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import Clock
from tests.reminded import DAY_8, TOLD
from tests.studies import NORTH, SOUTH, STUDY, Trial

PERSON = f"/studies/{STUDY}/participants/01-001"
C1D1 = "induction.c1.d1"
DOSES = [{"fact": "given", "date": "2026-01-05", "visit": C1D1, "activity": drug} for drug in ("vsli", "ino")]


def section(page: str, heading: str) -> str:
    """The words of one list of the page."""
    found = re.search(rf"<section[^>]*>\s*<h2[^>]*>{heading} .*?</section>", page, re.DOTALL)
    assert found is not None, (heading, text_of(page)[:500])
    return text_of(found[0])


def later(study: Trial, at: Clock, now: datetime) -> None:
    """It is another day, and every plan is of that day."""
    at.now = study.now = now
    replan_all(study.store, study.designs, SYSTEM, now)


def test_who_comes_today_stands_first_with_the_form_that_records_it(desk: Desk, study: Trial) -> None:
    study.enrol()
    page = desk.html("/today")
    comes = section(page, "Comes today")
    assert "01-001" in comes
    assert "C1D1" in comes
    assert "Vincristine sulfate liposome IV + Inotuzumab ozogamicin IV" in comes
    assert f'href="{PERSON}/record?kind=came&amp;visit={C1D1}"' in page


def test_an_appointment_stands_at_its_hour_and_what_took_place_is_ticked_off(desk: Desk, study: Trial) -> None:
    study.enrol()
    study.record("01-001", {"fact": "booked", "date": "2026-01-05", "visit": C1D1, "time": "09:30"})
    assert "09:30 01-001" in section(desk.html("/today"), "Comes today")
    assert "Monday 5 January 2026 · hours by each site’s own clock" in desk.text("/today")
    study.record("01-001", *DOSES)
    comes = section(desk.html("/today"), "Comes today")
    assert "came" in comes
    assert "Record" not in comes


def test_the_coming_week_is_said_day_by_day_with_a_link_to_book_what_is_not_booked(desk: Desk, study: Trial) -> None:
    study.enrol()
    study.record("01-001", *DOSES)
    page = desk.html("/today")
    coming = section(page, "The coming week")
    assert "Monday 12 January 2026" in coming
    assert "C1D8 not booked" in coming
    assert f'href="{PERSON}/visits/induction.c1.d8"' in page
    study.record("01-001", {"fact": "booked", "date": "2026-01-12", "visit": "induction.c1.d8", "time": "10:00"})
    assert "10:00 01-001" in section(desk.html("/today"), "The coming week")


def test_today_is_the_sites_own_day(app: Flask, store: Store, study: Trial, at: Clock) -> None:
    study.enrol("01-001", site=NORTH)
    study.enrol("02-001", site=SOUTH)
    at.now = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)  # in New York it is still the 4th
    comes = section(desk_of(app, store).html("/today"), "Comes today")
    assert "02-001" in comes
    assert "01-001" not in comes


def test_a_visit_whose_window_closed_without_a_record_is_overdue(
    app: Flask, store: Store, study: Trial, at: Clock
) -> None:
    study.enrol()
    study.record("01-001", *DOSES)
    later(study, at, datetime(2026, 1, 20, 14, 0, tzinfo=UTC))
    overdue = section(desk_of(app, store).html("/today"), "Overdue without a record")
    assert "C1D8" in overdue
    assert "Record" in overdue


def test_a_decision_that_is_due_leads_to_the_form_that_answers_it(
    app: Flask, store: Store, study: Trial, at: Clock
) -> None:
    study.enrol()
    study.record("01-001", *DOSES)
    later(study, at, datetime(2026, 1, 29, 14, 0, tzinfo=UTC))
    page = desk_of(app, store).html("/today")
    assert "Response to the cycle" in section(page, "Decisions")
    assert f"{PERSON}/record?kind=gate_decided&amp;gate=induction.c1.response" in page


def test_a_deviation_that_nobody_has_judged_is_one_click_away(
    app: Flask, store: Store, study: Trial, at: Clock
) -> None:
    study.enrol()
    study.record("01-001", *DOSES)
    study.record("01-001", *({**dose, "date": "2026-01-20", "visit": "induction.c1.d8"} for dose in DOSES))
    at.now = study.now
    page = desk_of(app, store).html("/today")
    assert "Review" in section(page, "Deviations to confirm")
    assert re.search(rf'href="{PERSON}/deviations/\d+"', page)


def test_a_window_that_opens_today_is_said_once_it_has_no_appointment(
    app: Flask, store: Store, study: Trial, at: Clock
) -> None:
    study.enrol()
    study.record("01-001", *DOSES)
    later(study, at, datetime(2026, 1, 25, 14, 0, tzinfo=UTC))
    windows = section(desk_of(app, store).html("/today"), "Windows")
    assert "C1D24 Marrow" in windows
    assert "Book" in windows


def test_an_appointment_that_nobody_has_answered_to_is_not_confirmed(app: Flask, store: Store, at: Clock) -> None:
    study = reminded.reminding(store)
    study.record("01-001", DAY_8)
    study.record("01-001", TOLD)
    at.now = datetime(2026, 1, 10, 14, 0, tzinfo=UTC)
    desk = desk_of(app, store)
    unconfirmed = section(desk.html("/today"), "Not confirmed")
    assert "Mon 12 Jan, 09:30 01-001" in unconfirmed
    assert "C1D8" in unconfirmed

    def confirm(uow: UnitOfWork) -> None:
        uow.session.scalars(select(AppointmentRow)).one().answer = "confirmed"

    store.write(SYSTEM, at(), confirm)
    assert "every appointment is confirmed" in desk.text("/today").lower()


def test_a_reply_is_read_and_done_from_the_day(desk: Desk, study: Trial, at: Clock) -> None:
    study.enrol()

    def wrote(uow: UnitOfWork) -> None:
        new = NewTask(study_id=1, site_id=1, kind="reply", occasion="reply.1", words="Somebody wrote back: read it.")
        ask(uow.session, new, at())

    study.store.write(SYSTEM, at(), wrote)
    page = desk.html("/today")
    assert "Somebody wrote back: read it." in section(page, "Replies and messages")
    assert f'href="/studies/{STUDY}/tasks/1"' in page
    assert "Somebody wrote back" in desk.text(f"/studies/{STUDY}/tasks/1")
    answer = desk.send(f"/studies/{STUDY}/tasks/1", note="x" * 501)
    assert answer.status_code == 400
    assert "x" * 501 in answer.text
    assert desk.send(f"/studies/{STUDY}/tasks/1", note="Called them").status_code == 303
    assert "no reply is unread" in desk.text("/today")
    assert "Called them" in desk.text(f"/studies/{STUDY}/tasks/1")
    again = desk.send(f"/studies/{STUDY}/tasks/1", note="They come on Monday")
    assert again.status_code == 409
    assert "You had typed: They come on Monday" in text_of(again.text)
    assert study.store.read(lambda session: session.scalars(select(TaskRow)).one().note) == "Called them"


def test_who_may_only_look_gets_no_link_to_a_form(app: Flask, store: Store, study: Trial) -> None:
    study.enrol()
    page = desk_of(app, store, Role.MONITOR).html("/today")
    assert "01-001" in section(page, "Comes today")
    assert "/record" not in page
    assert "Replies and messages" in page or "no reply is unread" in page
    centre = desk_of(app, store, Role.INFUSION_CENTRE, None, NORTH).html("/today")
    assert "Deviations" not in text_of(centre)


def test_the_day_shows_only_what_is_within_somebodys_scope(app: Flask, store: Store, study: Trial) -> None:
    study.enrol("01-001", site=NORTH)
    study.enrol("02-001", site=SOUTH)
    page = desk_of(app, store, Role.COORDINATOR, STUDY, SOUTH).text("/today")
    assert "02-001" in page
    assert "01-001" not in page


def test_nothing_to_do_is_said_in_one_sentence(desk: Desk, study: Trial) -> None:
    page = desk.text("/today")
    assert "Nobody comes today." in page
    assert "No visit is overdue; every visit has a day; no decision waits;" in page


def test_whoever_has_no_study_yet_is_told_so(app: Flask, store: Store, study: Trial) -> None:
    client = desk_of(app, store, Role.COORDINATOR, STUDY)
    assert "Study" not in re.findall(r"<label[^>]*>([^<]*)", client.html("/today"))


@pytest.mark.parametrize(
    "address", ["/today?list=nothing", "/today?study=nothing", "/today?study=%00", "/deviations?study=%00"]
)
def test_a_list_or_a_study_that_there_is_not_is_not_found(desk: Desk, address: str) -> None:
    desk.html(address, 404)


def test_one_list_at_length_leads_back_to_the_day(desk: Desk, study: Trial, at: Clock) -> None:
    for number in range(1, 12):
        study.enrol(f"01-{number:03}")
    at.now += timedelta(minutes=1)
    assert "All 11" not in desk.text("/today")
    page = desk.text("/today?list=comes")
    assert "01-011" in page
    assert "Back to the day" in page


def test_where_nothing_is_due_the_day_leads_to_somebody_new_for_whoever_may_take_them_in(
    app: Flask, store: Store, study: Trial, desk: Desk
) -> None:
    assert 'href="/newcomer"' in desk.html("/today")
    assert "/newcomer" not in desk_of(app, store, Role.MONITOR).html("/today")
    study.enrol()
    assert "/newcomer" not in desk.html("/today")


def test_an_appointment_that_does_not_fit_any_more_is_expected_on_its_own_day_and_says_so(
    app: Flask, store: Store, study: Trial, at: Clock
) -> None:
    study.enrol()
    study.record("01-001", *DOSES)
    c1d8 = "induction.c1.d8"
    study.record("01-001", {"fact": "booked", "date": "2026-01-14", "visit": c1d8, "time": "10:00"})
    shut = CloseSite(first=date(2026, 1, 14))
    study.store.write(SYSTEM, study.now, lambda uow: close_site(uow, find_site(uow.session, EVERYTHING, NORTH), shut))
    later(study, at, datetime(2026, 1, 12, 14, tzinfo=UTC))
    page = desk_of(app, store).html("/today")
    assert "01-001" not in section(page, "Comes today")
    coming = section(page, "The coming week")
    assert "Wednesday 14 January 2026 10:00 01-001" in coming
    assert "C1D8 to rebook" in coming
    later(study, at, datetime(2026, 1, 14, 14, tzinfo=UTC))
    assert "10:00 01-001" in section(desk_of(app, store).html("/today"), "Comes today")
