"""Somebody new is taken in: on a phone and a desk, with JavaScript and without, by keyboard, in light and dark."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from planner.persistence.unit_of_work import Store
from tests.browser.coordinator import address, open_context, page
from tests.browser.desk import AXE, SIZES, violations, width_needed
from tests.planner.api.callers import at
from tests.studies import STUDY

__all__ = ["address", "at", "page"]

pytestmark = pytest.mark.browser
HERE = f"/studies/{STUDY}/newcomer"


def fill_in(page: Page, number: str) -> None:
    page.get_by_label("Screening number").fill(number)
    page.get_by_label("Site").select_option("North")
    page.get_by_label("Consent form signed").fill("2026-01-19")
    page.get_by_label("Enrolled").fill("2026-01-20")
    page.get_by_label("Day 1").fill("2026-01-26")
    page.get_by_label("Mobile phone").fill("+1 212 555 0133")
    page.get_by_label("Texts to their phone").check()
    page.get_by_label("How they agreed").fill("on the consent form")


def test_somebody_is_taken_in_after_a_look_at_their_calendar(page: Page) -> None:
    page.goto("/participants")
    page.get_by_role("link", name="Somebody new").click()
    fill_in(page, "01-001")
    page.get_by_role("button", name="Show the calendar").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a participant 01-001 in this study already")
    number = page.get_by_label("Screening number")
    expect(number).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Mobile phone")).to_have_value("+1 212 555 0133")
    number.fill("01-014")
    page.get_by_role("button", name="Show the calendar").click()
    expect(page.get_by_role("region", name="What follows")).to_contain_text("from Day 1 on Mon 26 Jan 2026")
    expect(page.get_by_role("row", name=re.compile(r"26 January 2026 .*C1D1"))).to_be_visible()
    page.get_by_role("button", name="Take them in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("01-014")
    expect(page.get_by_role("status")).to_contain_text("01-014 is taken in")


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    page.goto(HERE)
    fill_in(page, "01-014")
    page.get_by_role("button", name="Show the calendar").click()
    expect(page.get_by_role("button", name="Take them in")).to_be_visible()
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert width_needed(page) <= width


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_the_form_keeps_nobody_out(browser: Browser, address: str, store: Store, size: str) -> None:
    context = open_context(browser, address, store, viewport=SIZES[size])
    page = context.new_page()
    page.goto(HERE)
    assert violations(page) == []
    fill_in(page, "01-001")
    page.get_by_role("button", name="Show the calendar").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Screening number").fill("01-014")
    page.get_by_role("button", name="Show the calendar").click()
    expect(page.get_by_role("button", name="Take them in")).to_be_visible()
    assert violations(page) == []
    context.close()
