"""What is watched, in a browser: calendars that nobody fetches, consents that end, results that expire; by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.access import EVERYTHING
from planner.services.feeds import MakeFeed, make_feed
from planner.services.replanning import replan_all
from tests import reminded
from tests.browser.coordinator import at_a_desk, open_context, page
from tests.browser.desk import AXE, SIZES, barriers, press_at, tab_to, width_in_both
from tests.planner.api.callers import Clock, at
from tests.reminded import agree
from tests.studies import NORTH, STUDY, Trial, begun_study

__all__ = ["at", "page"]

pytestmark = pytest.mark.browser
PERSON = f"/studies/{STUDY}/participants/01-001"
#: of these nobody took care for three weeks
SINCE = timedelta(days=20)
PAGES = {
    path: path
    for path in ("/today", "/watch", "/watch/feeds/1", f"{PERSON}/audit", f"{PERSON}/messages", "/deviations")
}


@pytest.fixture
def address(store: Store, tmp_path: Path, at: Clock) -> Iterator[str]:
    """A planner that is served, twenty days later."""
    with at_a_desk(begun_study(store, "to be watched", to_be_watched), tmp_path, at) as found:
        yield found


def to_be_watched(store: Store) -> Trial:
    """A study of which nobody has fetched a calendar, where a consent ends soon, and a result of screening expires."""
    study = reminded.reminding(store)
    agree(study, "email", until=date(2026, 2, 5))
    study.screen("01-002", planned_day_1=date(2026, 2, 2))
    marrow = {"fact": "attended", "date": "2026-01-05", "visit": "screening.marrow"}
    study.record("01-002", {"fact": "consented", "date": "2026-01-02"}, marrow)
    store.write(SYSTEM, study.now, lambda uow: made_calendar(study, uow))
    study.now += SINCE
    replan_all(store, study.designs, SYSTEM, study.now)
    return study


def made_calendar(study: Trial, uow: object) -> None:
    """An infusion centre's calendar that no app has fetched."""
    make_feed(uow, study.designs, EVERYTHING, MakeFeed(audience="centre", site=NORTH, label="Day room"))  # type: ignore[arg-type]


def test_a_calendar_that_nobody_has_fetched_is_withdrawn_from_the_day(page: Page) -> None:
    page.goto("/today")
    unseen = page.get_by_role("region", name=re.compile("Calendars that nobody has fetched"))
    expect(unseen.get_by_role("listitem")).to_contain_text("Day room")
    expect(unseen.get_by_role("listitem")).to_contain_text("never seen")
    unseen.get_by_role("link", name=re.compile("^Look")).click()
    expect(page.get_by_role("main")).to_contain_text("No app has fetched it yet")
    page.get_by_role("button", name="Withdraw the link").click()
    expect(page.get_by_role("main")).to_contain_text("Every calendar has been fetched")
    page.goto("/today")
    expect(unseen).to_have_count(0)


def test_a_consent_that_ends_is_renewed_from_what_is_watched(page: Page) -> None:
    page.goto("/today")
    page.get_by_role("link", name="To watch").click()
    ending = page.get_by_role("region", name=re.compile("Consents to messages that end"))
    expect(ending.get_by_role("listitem")).to_contain_text("E-mail")
    expect(ending.get_by_role("listitem")).to_contain_text("Their consent holds up to Thu 5 Feb 2026.")
    ending.get_by_role("link", name=re.compile("^Renew")).click()
    consents = page.get_by_role("region", name="What they agreed to be sent")
    consents.get_by_label("What", exact=True).select_option("E-mail")
    consents.get_by_label("How they said it").fill("on the consent form")
    consents.get_by_role("button", name="They agree").click()
    page.goto("/watch")
    expect(page.get_by_role("main")).to_contain_text("no consent to messages ends")


def test_a_result_that_expires_leads_to_its_visit(page: Page) -> None:
    page.goto("/watch")
    results = page.get_by_role("region", name=re.compile("Results that expire"))
    line = results.get_by_role("listitem").filter(has_text="01-002").first
    expect(line).to_contain_text("good up to Mon 2 Feb")
    line.get_by_role("link", name=re.compile("^Open")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("marrow")


def test_what_is_watched_is_dealt_with_by_keyboard_alone(browser: Browser, address: str, store: Store) -> None:
    with open_context(browser, address, store, viewport=SIZES["desktop"]) as context:
        page = context.new_page()
        page.goto("/today")
        press_at(page, page.get_by_role("link", name="To watch"))
        expect(page.get_by_role("heading", level=1)).to_have_text("To watch")
        press_at(page, page.get_by_role("link", name=re.compile("^Look.*Day room")))
        press_at(page, page.get_by_role("button", name="Withdraw the link"))
        expect(page.get_by_role("main")).to_contain_text("Every calendar has been fetched")


def test_a_week_of_a_site_is_found_and_a_visit_opened_by_keyboard_alone(
    browser: Browser, address: str, store: Store
) -> None:
    with open_context(browser, address, store, viewport=SIZES["desktop"]) as context:
        page = context.new_page()
        page.goto(f"/calendar/{NORTH}?view=week&day=2026-01-19")
        press_at(page, page.get_by_role("link", name="Before"))
        expect(page.get_by_role("heading", level=1)).to_contain_text("Week of")
        tab_to(page, "kind")
        page.keyboard.type("Infusions")
        press_at(page, page.get_by_role("button", name="Show"))
        press_at(page, page.get_by_role("link", name=re.compile("01-001")).first)
        expect(page.get_by_role("heading", level=1)).to_have_text("01-001")


def test_somebody_new_is_taken_in_by_keyboard_alone(browser: Browser, address: str, store: Store) -> None:
    with open_context(browser, address, store, viewport=SIZES["desktop"]) as context:
        page = context.new_page()
        page.goto(f"/studies/{STUDY}/newcomer")
        page.get_by_label("Screening number").focus()
        page.keyboard.type("01-001")
        tab_to(page, "site")
        page.keyboard.type("North")
        press_at(page, page.get_by_role("button", name="Show the calendar"))
        expect(page.get_by_role("alert")).to_be_focused()
        expect(page.get_by_role("alert")).to_contain_text("There is a participant 01-001 in this study already")
        press_at(page, page.get_by_role("alert").get_by_role("link", name=re.compile("There is a participant")))
        expect(page.get_by_label("Screening number")).to_be_focused()
        page.keyboard.press("Control+A")
        page.keyboard.type("01-014")
        press_at(page, page.get_by_role("button", name="Show the calendar"))
        press_at(page, page.get_by_role("button", name="Take them in"))
        expect(page.get_by_role("heading", level=1)).to_have_text("01-014")


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_what_is_watched_keeps_nobody_out(browser: Browser, address: str, store: Store, size: str) -> None:
    context = open_context(browser, address, store, viewport=SIZES[size])
    page = context.new_page()
    for path in PAGES:
        page.goto(path)
        assert width_in_both(page) <= SIZES[size]["width"], path
    assert barriers(context, PAGES) == {}
