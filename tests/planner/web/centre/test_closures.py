"""Closed days: whom one hits, where each could go, closing and reopening; load, and the calendar's link."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from planner.persistence.feeds import Feed
from planner.persistence.sites import Closure
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.visits import VisitRow
from planner.services.access import EVERYTHING, find_site
from planner.services.sites import ChangeSite, CloseSite, change_site, close_site
from planner.services.users import Role
from planner.web.centre.repeats import rule_of, rule_words
from tests.desk import Desk, desk_of, text_of
from tests.seated import DAY
from tests.studies import NORTH, SOUTH, STUDY, Trial

CLOSURES = f"{DAY}/closures"


def look(centre: Desk, **said: Any) -> tuple[str, str]:
    """What the page says before the days are closed, and what it has to be sent with."""
    page = centre.send(CLOSURES, do="preview", **said).text
    found = re.search(r'name="seen" value="(\w+)"', page)
    return text_of(page), found[1] if found else ""


def statuses(store: Store) -> dict[str, str]:
    return store.read(lambda session: {row.key: row.status for row in session.scalars(select(VisitRow))})


def test_before_a_day_is_closed_the_page_says_whom_it_hits_and_where_each_could_go(centre: Desk, store: Store) -> None:
    words, seen = look(centre, first="2026-01-12")
    assert seen
    assert "Appointments 1 vsli-ino 01-001 C1D8 Mon 12 Jan, 09:00" in words
    assert "Could go to: Tue 13 Jan 1 day after the day on which it is due, 0 booked" in words
    assert store.read(lambda session: session.scalars(select(Closure)).all()) == []
    assert statuses(store)["induction.c1.d8"] == "booked"


def test_days_are_closed_once_somebody_has_looked_and_the_appointment_waits_for_another_day(
    centre: Desk, store: Store
) -> None:
    said = {"first": "2026-01-12", "reason": "stock-taking"}
    assert "Look at whom it hits first, then close." in centre.send(CLOSURES, do="save", **said).text
    _, seen = look(centre, **said)
    assert centre.send(CLOSURES, do="save", seen=seen, **said).status_code == 303
    assert statuses(store)["induction.c1.d8"] == "to-rebook"
    words = centre.text(CLOSURES)
    assert (
        "Appointments that need another day 1 vsli-ino 01-001 C1D8 Mon 12 Jan, 09:00 Could go to: Tue 13 Jan" in words
    )
    assert "Mon 12 Jan 2026 stock-taking all of the site" in words
    assert (
        "Closed: stock-taking. 1 appointment stands on this day all the same: look where each could go"
        in centre.text(f"{DAY}?day=2026-01-12")
    )


def test_a_day_that_is_opened_again_brings_the_appointment_back(centre: Desk, store: Store) -> None:
    _, seen = look(centre, first="2026-01-12")
    centre.send(CLOSURES, do="save", first="2026-01-12", seen=seen)
    closure = store.read(lambda session: session.scalars(select(Closure.id)).one())
    assert centre.send(f"{CLOSURES}/{closure}").status_code == 303
    assert statuses(store)["induction.c1.d8"] == "booked"


def test_visits_without_an_appointment_move_by_themselves(centre: Desk) -> None:
    words, _ = look(centre, first="2026-01-20")
    assert "Planned, without an appointment 1 vsli-ino 01-001 C1D15 Tue 20 Jan Moves to Wed 21 Jan 2026" in words


@pytest.mark.parametrize(
    ("repeats", "said"),
    [
        ("weekly", "Every Monday, from 12 January 2026"),
        ("fortnightly", "Every other Monday, from 12 January 2026"),
        ("monthly", "Every second Monday of a month, from 12 January 2026"),
        ("yearly", "Every year on 12 January, from 12 January 2026"),
    ],
)
def test_days_that_come_again_are_told_in_words(centre: Desk, repeats: str, said: str) -> None:
    form = {"first": "2026-01-12", "repeats": repeats, "reason": "stock-taking"}
    words, seen = look(centre, **form)
    assert "01-001 C1D8 Mon 12 Jan, 09:00" in words
    centre.send(CLOSURES, do="save", seen=seen, **form)
    assert f"{said} stock-taking all of the site" in centre.text(CLOSURES)


def test_a_day_that_comes_again_hits_later_visits_too_until_its_last_day(centre: Desk) -> None:
    words, _ = look(centre, first="2026-01-06", repeats="weekly")
    assert "C1D15 Tue 20 Jan Moves to Wed 21 Jan 2026" in words
    words, seen = look(centre, first="2026-01-06", last="2026-01-13", repeats="weekly")
    assert "Nobody: no visit stands on these days." in words
    centre.send(CLOSURES, do="save", seen=seen, first="2026-01-06", last="2026-01-13", repeats="weekly")
    assert "Every Tuesday, from 6 January 2026 until 13 January 2026 closed" in centre.text(CLOSURES)


def test_a_fifth_monday_is_the_last_one_of_each_month() -> None:
    assert rule_of("monthly", date(2026, 3, 30), None) == "FREQ=MONTHLY;BYDAY=-1MO"
    said = rule_words("FREQ=MONTHLY;BYDAY=5MO", date(2026, 3, 30))
    assert said == "Every fifth Monday of a month, from 30 March 2026"


def test_a_rule_that_no_form_has_made_is_told_as_it_is(centre: Desk, store: Store, study: Trial) -> None:
    rule = "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"
    command = CloseSite(first=date(2026, 1, 5), rule=rule, reason="Christmas Eve")
    store.write(SYSTEM, study.now, lambda uow: close_site(uow, find_site(uow.session, EVERYTHING, NORTH), command))
    assert f"Again and again from 5 January 2026 ({rule}) Christmas Eve" in centre.text(CLOSURES)


def test_an_answer_that_the_form_does_not_offer_is_refused(centre: Desk) -> None:
    assert "There is no such answer; choose one." in look(centre, first="2026-01-12", repeats="hourly")[0]


def test_public_holidays_of_the_coming_year_are_listed(centre: Desk) -> None:
    words = centre.text(CLOSURES)
    assert "Public holidays Of US, as they were stored" in words
    assert "Mon 19 Jan 2026 Martin Luther King Jr. Day" in words
    assert "2027-01-18" not in words


def test_a_day_on_which_nobody_comes_hits_nobody(centre: Desk, study: Trial) -> None:
    study.enrol("01-002", site=SOUTH)
    words, _ = look(centre, first="2026-01-14")
    assert "Nobody: no visit stands on these days." in words


def test_a_closed_laboratory_hits_no_infusion(centre: Desk) -> None:
    words, _ = look(centre, first="2026-01-12", resources=["laboratory"])
    assert "Appointments 1" not in words


def test_whose_window_has_no_day_left_needs_a_decision(centre: Desk) -> None:
    words, _ = look(centre, first="2026-01-11", last="2026-01-16")
    assert "01-001 C1D8" in words
    assert "No day is left in its window: somebody has to decide." in words


def test_what_is_no_day_stands_next_to_its_field_and_what_was_typed_stays(centre: Desk) -> None:
    page = centre.send(CLOSURES, do="preview", first="12 January", reason="stock").text
    assert 'id="first-error"' in page
    assert 'value="12 January"' in page
    assert 'value="stock"' in page
    page = centre.send(CLOSURES, do="preview", first="2026-01-13", last="2026-01-12").text
    assert "The last day lies before the first; exchange the two." in page


def test_somebody_who_may_not_close_sees_the_days_and_no_form(app: Flask, store: Store, study: Trial) -> None:
    words = desk_of(app, store, Role.MONITOR).text(CLOSURES)
    assert "Closed days to come" in words
    assert "Close some days" not in words


def test_load_is_booked_chair_minutes_of_those_that_are_open(centre: Desk, store: Store, study: Trial) -> None:
    def open_at(uow: Any) -> None:
        hours = dict.fromkeys(("monday", "tuesday"), ("08:00", "17:00"))
        change_site(uow, find_site(uow.session, EVERYTHING, NORTH), ChangeSite(opening=hours))

    store.write(SYSTEM, study.now, open_at)
    words = centre.text(f"{DAY}/load")
    assert "Mon 5 Jan 1 265 of 1080 25 %" in words
    assert "Mon 12 Jan 1 215 of 1080 20 %" in words
    assert "Mon 19 Jan 0 0 closed: Martin Luther King Jr. Day" in words


def test_a_link_to_the_calendar_is_made_shown_once_and_withdrawn(centre: Desk, store: Store) -> None:
    made = centre.send(f"{DAY}/calendar")
    assert made.status_code == 303
    assert made.headers["Location"].startswith("/calendars/")
    words = centre.text(made.headers["Location"])
    assert "Subscribe to" in words
    assert "It is for the staff of an infusion centre" in words
    page = centre.html(f"{DAY}/calendar")
    assert made.headers["Location"].rpartition("/")[2] not in page
    assert "no app has fetched it yet" in page
    feed = store.read(lambda session: session.scalars(select(Feed.id)).one())
    assert centre.send(f"{DAY}/calendar/{feed}").status_code == 303
    assert "There is no link yet." in centre.text(f"{DAY}/calendar")


def test_closed_days_of_other_studies_hit_nobody_that_one_may_not_know_of(
    app: Flask, store: Store, study: Trial
) -> None:
    elsewhere = desk_of(app, store, Role.INFUSION_CENTRE, STUDY, SOUTH)
    assert elsewhere.send(CLOSURES, do="preview", first="2026-01-12").status_code == 404


def test_an_appointment_for_which_no_other_day_is_left_waits_among_the_others(centre: Desk, study: Trial) -> None:
    study.record("01-001", {"fact": "held", "date": "2026-01-05", "visit": "induction.c1.d8", "reason": "counts"})
    words = centre.text(CLOSURES)
    assert "Appointments that need another day 1" in words
    assert "C1D8 Mon 12 Jan, 09:00" in words
    assert "needs a decision" in centre.text(f"{DAY}?day=2026-01-12")
