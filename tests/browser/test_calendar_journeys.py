"""What somebody does in a browser to see a calendar, by role and label."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.desk import width_needed

pytestmark = pytest.mark.browser

CALENDAR = "/protocols/vsli-ino/calendar?start=2026-01-05"
PAGES = [
    "/",
    "/protocols/vsli-ino",
    "/protocols/ven-ino",
    f"{CALENDAR}&closed=2026-01-16+to+2026-01-21",
    f"{CALENDAR}&holidays=US-NY&view=months",
    "/protocols/ven-ino/calendar?start=2026-01-05&made_up=yes",
    f"/protocols/vsli-ino/calendar?start={'x' * 200}&holidays=US-ZZ&closed={'y' * 300}",
    "/protocols/ven-ino/calendar?start=2026-01-05",
    f"/{'nothing' * 30}",
]


def show_calendar(page: Page, start: str) -> None:
    card = page.get_by_role("article", name="vsli-ino")
    card.get_by_label("Start date").fill(start)
    card.get_by_role("button", name="Show the calendar").click()


def test_choosing_a_protocol_and_a_start_date_shows_c1d8_a_week_later(page: Page) -> None:
    page.goto("/")
    show_calendar(page, "2026-01-05")
    expect(page.get_by_role("heading", level=1)).to_have_text("vsli-ino calendar")
    row = page.get_by_role("row", name="C1D8")
    expect(row).to_contain_text("Monday 12 January 2026")
    expect(row).to_contain_text("Inotuzumab ozogamicin IV")
    expect(page.get_by_role("rowheader", name="C1D8")).to_be_visible()


def test_the_address_alone_brings_the_calendar_back(page: Page) -> None:
    page.goto("/")
    show_calendar(page, "2026-03-02")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_label("Start date")).to_have_value("2026-03-02")
    expect(page.get_by_role("row", name="C1D8")).to_contain_text("Monday 9 March 2026")


def test_a_holiday_moves_a_visit_and_the_page_says_why(page: Page) -> None:
    page.goto(CALENDAR)
    page.get_by_text("Holidays and closed days").click()
    page.get_by_label("Public holidays").fill("US-NY")
    page.get_by_role("button", name="Show the calendar").click()
    row = page.get_by_role("row", name="C1D15")
    expect(row).to_contain_text("Tuesday 20 January 2026")
    row.get_by_text("Moved from Mon 19 Jan").click()
    expect(row.get_by_text("Martin Luther King Jr. Day")).to_be_visible()


def test_a_decision_lists_its_options_and_the_one_that_the_plan_follows(page: Page) -> None:
    page.goto(CALENDAR)
    decision = page.get_by_role("group", name="Decision: Response to the cycle")
    expect(decision).to_contain_text("Friday 30 January 2026")
    decision.get_by_text("The plan follows").click()
    expect(decision.get_by_role("listitem").first).to_contain_text("followed until it is decided")


def test_a_wrong_date_keeps_what_was_typed_and_says_what_is_wrong(page: Page) -> None:
    page.goto("/protocols/vsli-ino/calendar?start=2026-02-30&closed=2026-01-19")
    expect(page.get_by_role("alert")).to_contain_text("February 2026 has 28 days")
    field = page.get_by_label("Start date")
    expect(field).to_have_value("2026-02-30")
    expect(field).to_have_accessible_description("The day of the first dose: Day 1. 2026-02-30 is not a day of the "
                                                 "calendar; February 2026 has 28 days.")  # fmt: skip
    field.fill("2026-01-05")
    page.get_by_role("button", name="Show the calendar").click()
    expect(page.get_by_role("row", name="C1D15")).to_contain_text("Tuesday 20 January 2026")


def test_a_date_that_there_is_not_does_not_leave_the_field(page: Page) -> None:
    page.goto("/")
    field = page.get_by_role("article", name="vsli-ino").get_by_label("Start date")
    field.focus()
    page.keyboard.type("02302026")
    page.keyboard.press("Enter")
    assert field.evaluate("field => field.validity.badInput")
    assert not page.url.endswith("calendar")


def test_made_up_values_are_asked_for_and_then_said(page: Page) -> None:
    page.goto("/protocols/ven-ino/calendar?start=2026-01-05")
    expect(page.get_by_role("alert")).to_contain_text("The protocol cannot be planned yet")
    page.get_by_label("Use made-up example values").check()
    page.get_by_role("button", name="Show the calendar").click()
    expect(page.get_by_role("region", name="Made-up values")).to_contain_text("Never use this calendar")
    expect(page.get_by_role("group", name="At home: Venetoclax by mouth").first).to_contain_text("28 days")


def test_the_months_lead_back_to_the_list(page: Page) -> None:
    page.goto(CALENDAR)
    page.get_by_role("link", name="Month by month").click()
    month = page.get_by_role("table", name="January 2026")
    month.get_by_role("link", name="C1D8").click()
    expect(page.get_by_role("row", name="C1D8")).to_be_in_viewport()


def test_the_whole_way_goes_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    field = page.get_by_role("article", name="vsli-ino").get_by_label("Start date")
    for _ in range(20):
        page.keyboard.press("Tab")
        if field.evaluate("field => field === document.activeElement"):
            break
    page.keyboard.type("01052026")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="C1D8")).to_contain_text("Monday 12 January 2026")


def test_it_works_without_javascript(browser: Browser, browser_context_args: dict[str, Any]) -> None:
    with browser.new_context(**browser_context_args, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/")
        show_calendar(page, "2026-01-05")
        expect(page.get_by_role("row", name="C1D8")).to_contain_text("Monday 12 January 2026")


@pytest.mark.parametrize("address", PAGES)
def test_no_page_is_wider_than_the_screen(page: Page, address: str) -> None:
    page.goto(address)
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert width_needed(page) <= width


def brightness(page: Page, element: str, colour: str) -> float:
    """From 0 for black to 1 for white."""
    found = page.evaluate(f"getComputedStyle({element}).{colour}")
    parts = re.findall(r"[0-9.]+", found)[:3]
    return sum(map(float, parts)) / (3 * 255)


@pytest.mark.parametrize("address", ["/", "/protocols/ven-ino", CALENDAR])
def test_the_page_follows_light_and_dark(page: Page, address: str) -> None:
    page.goto(address)
    for dark in (False, True):
        page.emulate_media(color_scheme="dark" if dark else "light")
        paper = brightness(page, "document.documentElement", "backgroundColor")
        ink = brightness(page, "document.querySelector('h1')", "color")
        assert (paper < 0.15 and ink > 0.8) if dark else (paper > 0.9 and ink < 0.2)


@pytest.mark.parametrize("address", PAGES)
def test_no_page_breaks_its_own_content_security_policy(page: Page, address: str) -> None:
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "the server responded with a status of 4" not in message.text:
            said.append(message.text)

    page.on("console", listen)
    page.on("requestfailed", lambda request: said.append(request.url))
    page.goto(address)
    assert not said
