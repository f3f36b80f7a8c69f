"""A coordinator's journeys in a browser: on a phone and a desk, with JavaScript and without, in light and dark."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from planner import clock
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.browser.coordinator import PERSON, address, open_context, page
from tests.browser.desk import AXE, SIZES, Hand, barriers, scripted, stumbles, tab_to, width_needed
from tests.planner.api.callers import PASSWORD, at, user

__all__ = ["address", "at", "page"]

pytestmark = pytest.mark.browser
PAGES = {
    "the day": "/today",
    "participants": "/participants",
    "nobody": "/participants?q=nobody",
    "a participant": PERSON,
    "everything": f"{PERSON}?span=all",
    "what happened": f"{PERSON}/facts",
    "messages": f"{PERSON}/messages",
    "what to record": f"{PERSON}/record",
    "a visit that took place": f"{PERSON}/record?kind=came&visit=induction.c1.d15",
    "a decision": f"{PERSON}/record?kind=gate_decided&gate=induction.c1.response",
    "a visit": f"{PERSON}/visits/induction.c1.d15",
    "deviations": "/deviations",
    "a deviation": f"{PERSON}/deviations/1",
    "not found": "/nothing/here",
}


def test_signing_in_leads_to_the_day_and_signing_out_away_from_it(browser: Browser, address: str, store: Store) -> None:
    who = user(store, clock.now(), Role.COORDINATOR)
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/participants")
    page.get_by_label("E-mail address").fill(who.email)
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The address or the password is wrong")
    expect(page.get_by_label("E-mail address")).to_have_value(who.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Participants")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto("/today")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    context.close()


def test_a_deviation_is_confirmed_from_the_day_in_three_interactions_at_most(page: Page) -> None:
    page.goto("/today")
    hand = Hand(page)
    row = page.get_by_role("region", name=re.compile("Deviations to confirm")).get_by_role("listitem").first
    hand.click(row.get_by_role("link", name=re.compile("^Review")))
    hand.click(page.get_by_role("button", name="Confirm"))
    expect(page.get_by_role("status")).to_contain_text("it is confirmed")
    assert len(hand.interactions) <= 3


def test_a_cycle_is_delayed_with_its_preview_in_five_interactions_at_most(page: Page) -> None:
    page.goto(PERSON)
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Delay Maintenance, Cycle 1"))
    hand.fill(page.get_by_label("Day 1 is now on"), "2026-03-02")
    hand.fill(page.get_by_label("Reason"), "No chair")
    preview = page.get_by_role("region", name="What would move")
    if not scripted(page):
        hand.click(preview.get_by_role("button", name="Show what would move"))
    expect(preview.get_by_role("row", name=re.compile(r"^M1D1\b"))).to_contain_text("Mon 2 Mar 2026")
    hand.click(preview.get_by_role("button", name="Save"))
    expect(page.get_by_role("status", name="Recorded")).to_contain_text("A cycle begins later")
    expect(page.get_by_role("row", name=re.compile(r"\bM1D1\b"))).to_contain_text("Mon 2 Mar 2026")
    assert len(hand.interactions) <= 5


def test_another_visit_shows_its_own_boxes(page: Page) -> None:
    page.goto(f"{PERSON}/record?kind=came&visit=induction.c1.marrow")
    drug = page.get_by_role("checkbox", name="Vincristine sulfate liposome IV")
    expect(drug).to_have_count(0)
    page.get_by_label("Visit", exact=True).select_option("maintenance.c1.d1")
    if not scripted(page):
        page.get_by_role("button", name=re.compile("Show what would move|Look again")).click()
    expect(drug).to_be_checked()


def save(page: Page) -> None:
    """Save after a look at what moves, which comes by itself only where there is JavaScript."""
    if not scripted(page):
        page.get_by_role("button", name="Show what would move").click()
    page.get_by_role("button", name="Save").click()


def test_what_was_recorded_is_taken_back_from_the_page_that_says_so(page: Page) -> None:
    page.goto(f"{PERSON}/record?kind=away")
    page.get_by_label("Last day").fill("2026-01-30")
    save(page)
    page.get_by_role("link", name=re.compile("Take it back")).click()
    page.get_by_label("Note").fill("They can come after all")
    page.get_by_label("Note").blur()
    save(page)
    page.get_by_role("link", name="What happened", exact=True).click()
    expect(page.get_by_role("row", name=re.compile("taken back")).first).to_contain_text("The participant cannot come")


def test_a_visit_is_booked_on_the_best_day(page: Page) -> None:
    page.goto(f"{PERSON}/visits/maintenance.c1.d1")
    page.get_by_label("Hour").fill("10:00")
    best = page.get_by_role("group", name=re.compile("^Day")).get_by_role("radio").first
    expect(best).to_be_checked()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("status", name="Recorded")).to_contain_text("Appointment: M1D1; 10:00")


def test_a_participant_is_found_by_a_part_of_the_number(page: Page) -> None:
    page.goto("/participants")
    found = page.get_by_role("region", name="List of participants")
    expect(found.get_by_role("row")).to_have_count(3)
    page.get_by_label("Number").fill("002")
    page.get_by_role("button", name="Show").click()
    expect(found.get_by_role("row")).to_have_count(2)
    found.get_by_role("link", name="01-002").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("01-002")


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(page: Page) -> None:
    page.goto(f"{PERSON}/record?kind=visit_missed&visit=maintenance.c1.d1")
    page.get_by_label("Day on which it was known").fill("2030-01-01")
    page.get_by_label("Reason").fill("Travel")
    page.get_by_role("button", name=re.compile("Show what would move|Look again")).first.click()
    expect(page.get_by_label("Day on which it was known")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Day on which it was known")).to_have_value("2030-01-01")
    expect(page.get_by_label("Reason")).to_have_value("Travel")
    expect(page.get_by_role("alert")).to_contain_text("has not come yet")


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    for name, path in PAGES.items():
        page.goto(path)
        box = page.locator("main").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width, name
        assert width_needed(page) <= width, name


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_no_page_keeps_anybody_out(browser: Browser, address: str, store: Store, size: str) -> None:
    assert barriers(open_context(browser, address, store, viewport=SIZES[size]), PAGES) == {}
    stranger = browser.new_context(base_url=address, viewport=SIZES[size])
    assert barriers(stranger, {"signing in": "/sign-in"}) == {}


def test_every_page_is_gone_through_by_keyboard(browser: Browser, address: str, store: Store) -> None:
    assert stumbles(open_context(browser, address, store, viewport=SIZES["desktop"]), PAGES) == {}


def test_a_cycle_is_delayed_by_keyboard_alone(browser: Browser, address: str, store: Store) -> None:
    context = open_context(browser, address, store)
    page = context.new_page()
    page.goto(f"{PERSON}/record?kind=cycle_delayed&cycle=maintenance.c1")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "to")
    page.keyboard.type("03022026")
    tab_to(page, "reason")
    page.keyboard.type("No chair")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Save":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status", name="Recorded")).to_contain_text("A cycle begins later")
    context.close()
