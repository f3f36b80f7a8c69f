"""A site's calendar: a month or a week, every visit on its day with a link to whose it is, closed days, the chairs."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask

from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.sites import CloseSite, close_site
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import Clock
from tests.reminded import DAY_8, DOSED
from tests.studies import NORTH, SOUTH, STUDY, Trial

JANUARY = f"/calendar/{NORTH}?day=2026-01-05"
WEEK = f"/calendar/{NORTH}?view=week&day=2026-01-14"
PERSON = f"/studies/{STUDY}/participants/01-001"


def day(page: str, when: str) -> str:
    """The cell of a day."""
    found = re.search(rf'<td(?:(?!<td).)*?datetime="{when}".*?</td>', page, re.DOTALL)
    assert found is not None, when
    return found[0]


@pytest.fixture
def begun(study: Trial) -> Trial:
    study.enrol()
    study.record("01-001", *DOSED)
    study.record("01-001", DAY_8)
    return study


def test_a_month_has_every_visit_on_its_day_with_a_link_to_whose_it_is(desk: Desk, begun: Trial) -> None:
    page = desk.html(JANUARY)
    assert "January 2026" in text_of(page)
    cell = day(page, "2026-01-12")
    assert "09:30 01-001 C1D8" in text_of(cell)
    assert f'href="{PERSON}#induction.c1.d8"' in cell
    assert 'class="done' in day(page, "2026-01-05")
    assert 'class="planned no-hour"' in day(page, "2026-01-28")


def test_a_week_says_the_drugs_too_and_leads_to_the_chairs(desk: Desk, begun: Trial) -> None:
    page = desk.html(WEEK)
    assert "Week of Mon 12 Jan 2026" in text_of(page)
    cell = day(page, "2026-01-12")
    assert "Vincristine sulfate liposome IV" in text_of(cell)
    assert f'href="/infusions/{NORTH}?day=2026-01-12"' in cell
    assert 'datetime="2026-01-19"' not in page


@pytest.mark.parametrize(
    ("asked", "week"),
    [("", "2026-01-05"), ("?day=2026-01-01", "2026-01-05"), ("?day=2026-01-14", "2026-01-14"),
     ("?day=2026-02-01", "2026-02-01")],
)  # fmt: skip
def test_a_month_leads_to_the_week_of_the_day_that_was_looked_at_or_of_today(
    desk: Desk, begun: Trial, at: Clock, asked: str, week: str
) -> None:
    at.now = begun.now
    page = desk.html(f"/calendar/{NORTH}{asked}")
    assert f'href="/calendar/{NORTH}?view=week&amp;day={week}">Week</a>' in page
    assert f'name="day" value="{week}"' in page


def test_the_days_before_and_after_keep_what_is_asked_for(desk: Desk, begun: Trial) -> None:
    page = desk.html(f"{WEEK}&kind=infusions")
    for when in ("2026-01-05", "2026-01-19"):
        assert f"/calendar/{NORTH}?view=week&amp;day={when}&amp;kind=infusions" in page
    month = desk.html(f"/calendar/{NORTH}?day=2026-12-31")
    assert "December 2026" in text_of(month)
    assert "day=2027-01-01" in month
    assert "day=2026-11-01" in month


@pytest.mark.parametrize(
    ("kind", "there", "missing"),
    [
        ("infusions", ["C1D8", "C1D15"], ["C1D24"]),
        ("others", ["C1D24"], ["C1D8"]),
        ("unbooked", ["C1D15"], ["C1D8 ", "C1D1 "]),
    ],
)
def test_what_is_not_asked_for_is_left_out(
    desk: Desk, begun: Trial, kind: str, there: list[str], missing: list[str]
) -> None:
    words = desk.text(f"{JANUARY}&kind={kind}") + " "
    assert all(label in words for label in there)
    assert not any(label in words for label in missing)


def test_a_closed_day_says_why(desk: Desk, begun: Trial) -> None:
    def close(uow: UnitOfWork) -> None:
        site = uow.session.get_one(SiteRow, 1)
        close_site(uow, site, CloseSite(first=date(2026, 1, 20), reason="Floor is painted"))

    begun.store.write(SYSTEM, begun.now, close)
    cell = day(desk.html(JANUARY), "2026-01-20")
    assert "closed" in cell
    assert "Floor is painted" in text_of(cell)


def test_a_day_says_how_full_its_chairs_are(desk: Desk, begun: Trial) -> None:
    assert "1 booked" in text_of(day(desk.html(JANUARY), "2026-01-12"))

    def open_up(uow: UnitOfWork) -> None:
        site = uow.session.get_one(SiteRow, 1)
        site.opening = {"monday": ["08:00", "18:00"]}

    begun.store.write(SYSTEM, begun.now, open_up)
    assert re.search(r"\d+ % of the chairs", text_of(day(desk.html(JANUARY), "2026-01-12")))


def test_more_than_fit_into_a_day_are_a_click_away(desk: Desk, study: Trial) -> None:
    for number in range(1, 10):
        study.enrol(f"01-{number:03}")
    cell = day(desk.html(JANUARY), "2026-01-05")
    assert "and 3 more" in text_of(cell)
    assert f'href="/calendar/{NORTH}?view=week&amp;day=2026-01-05"' in cell
    assert "01-009" in text_of(day(desk.html(f"/calendar/{NORTH}?view=week&day=2026-01-05"), "2026-01-05"))


def test_an_empty_time_says_so(desk: Desk, study: Trial) -> None:
    assert "Nobody comes in this time." in desk.text(JANUARY)
    assert "Show everything" in desk.text(f"{JANUARY}&kind=unbooked")


def test_the_only_site_is_chosen_by_itself_and_of_several_one_is_chosen(app: Flask, store: Store, study: Trial) -> None:
    one = desk_of(app, store, Role.COORDINATOR, STUDY, SOUTH)
    assert one.client.get("/calendar").headers["Location"] == f"/calendar/{SOUTH}"
    both = desk_of(app, store).text("/calendar")
    assert "North" in both
    assert "South" in both


def test_nobody_sees_a_site_or_a_participant_outside_of_their_scope(app: Flask, store: Store, begun: Trial) -> None:
    south = desk_of(app, store, Role.COORDINATOR, STUDY, SOUTH)
    south.html(JANUARY, 404)
    assert "01-001" not in south.text(f"/calendar/{SOUTH}?day=2026-01-05")


@pytest.mark.parametrize("more", ["&view=year", "&kind=nothing", "&study=nothing", "&study=%00"])
def test_what_there_is_not_is_not_found(desk: Desk, study: Trial, more: str) -> None:
    desk.html(JANUARY + more, 404)


def test_a_day_that_is_none_is_refused(desk: Desk, study: Trial) -> None:
    desk.html(f"/calendar/{NORTH}?day=soon", 400)


def test_an_appointment_that_does_not_fit_any_more_stands_where_it_holds_its_chair(desk: Desk, begun: Trial) -> None:
    held = {"fact": "held", "date": "2026-01-05", "visit": "induction.c1.d8", "reason": "toxicity"}
    begun.record("01-001", held)
    cell = day(desk.html(JANUARY), "2026-01-12")
    assert "09:30 01-001 C1D8" in text_of(cell)
    assert re.search(r'class="(held|needs-decision|to-rebook)', cell)
    assert "1 booked" in text_of(cell)
