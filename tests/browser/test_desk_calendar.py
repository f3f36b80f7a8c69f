"""A site's calendar in a browser: month and week, on a phone a list by day, drawn by the hour where there is room."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from planner.persistence.unit_of_work import Store
from tests.browser.coordinator import address, open_context, page
from tests.browser.desk import AXE, SIZES, barriers, width_needed
from tests.planner.api.callers import at
from tests.studies import NORTH

__all__ = ["address", "at", "page"]

pytestmark = pytest.mark.browser
MONTH, WEEK = f"/calendar/{NORTH}?day=2026-01-26", f"/calendar/{NORTH}?view=week&day=2026-01-26"
PAGES = {
    path: path for path in ("/calendar", MONTH, WEEK, f"{MONTH}&kind=unbooked", f"/calendar/{NORTH}?day=2031-01-01")
}


def test_a_visit_is_found_by_month_week_and_kind_and_leads_to_whose_it_is(page: Page) -> None:
    page.goto("/today")
    page.get_by_role("link", name="Calendar", exact=True).click()
    page.get_by_role("link", name="North").click()
    page.goto(MONTH)
    expect(page.get_by_role("heading", level=1)).to_have_text("January 2026")
    page.get_by_label("What", exact=True).select_option("Infusions")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Week", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Week of")
    page.goto(WEEK)
    page.get_by_role("cell").get_by_role("link", name=re.compile("09:30 01-001 C1D15")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("01-001")


def test_the_next_and_the_last_month_are_a_click_away(page: Page) -> None:
    page.goto(MONTH)
    page.get_by_role("link", name="After").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("February 2026")
    page.get_by_role("link", name="Before").click()
    page.get_by_role("link", name="Before").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("December 2025")


@pytest.mark.parametrize(("size", "script", "drawn"), [("desktop", True, 1), ("phone", True, 0), ("desktop", False, 0)])
def test_a_week_is_drawn_by_the_hour_only_where_there_is_a_script_and_room(
    browser: Browser, address: str, store: Store, size: str, script: bool, drawn: int
) -> None:
    context = open_context(browser, address, store, viewport=SIZES[size], java_script_enabled=script)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text))
    page.goto(WEEK)
    expect(page.get_by_role("link", name=re.compile("^01-001 C1D15"), include_hidden=True)).to_have_count(drawn)
    assert wrong == []
    context.close()


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    for path in (MONTH, WEEK):
        page.goto(path)
        assert width_needed(page) <= width, path


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_no_calendar_keeps_anybody_out(browser: Browser, address: str, store: Store, size: str) -> None:
    assert barriers(open_context(browser, address, store, viewport=SIZES[size]), PAGES) == {}
