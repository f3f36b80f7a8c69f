"""A participant's own page in a browser: on a telephone and on a desk, without a script, in Arabic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from planner.persistence.unit_of_work import Store
from tests.browser.desk import AXE, SIZES, served, violations
from tests.housed import CODE, Housed, housed
from tests.planner.api.callers import Clock, at

__all__ = ["at"]

pytestmark = pytest.mark.browser
PAGES = ("", "/visits", "/calendar", "/away", "/settings")


@dataclass(slots=True)
class Running:
    """Pages that are served, and the study behind them."""

    address: str
    home: Housed

    @property
    def link(self) -> str:
        """The link that the participant was given."""
        return f"{self.address}/home/{self.home.token}"

    def code(self) -> str:
        """The code that was texted last, read from the telephone."""
        self.home.send()
        found = CODE.search(self.home.texts()[-1])
        assert found is not None
        return found[1]


@pytest.fixture
def running(store: Store, tmp_path: Path, at: Clock) -> Iterator[Running]:
    with housed(store, tmp_path, at) as made, served(made.app) as address:
        yield Running(address, made)


@pytest.fixture
def arabic(store: Store, tmp_path: Path, at: Clock) -> Iterator[Running]:
    with housed(store, tmp_path, at, language="ar") as made, served(made.app) as address:
        yield Running(address, made)


def come_in(page: Page, running: Running) -> None:
    """Open the link, and be let in by the code that comes by text."""
    page.goto(running.link)
    page.get_by_role("button", name="Text me a code").click()
    expect(page.get_by_role("status")).to_contain_text("a code is on its way")
    page.get_by_label("Code", exact=True).fill(running.code())
    page.get_by_role("button", name="Open my page").click()
    expect(page.get_by_role("heading", name="Your next visit")).to_be_visible()


def journey(page: Page, running: Running) -> None:
    """Come in, read the next visit, confirm it, ask for another time, see all visits and the calendar."""
    come_in(page, running)
    visit = page.get_by_role("region", name="Your next visit")
    expect(visit).to_contain_text("Monday, January 12, 2026")
    expect(visit).to_contain_text("Please come at 9:30 AM.")
    page.get_by_role("button", name="Yes, I will come").click()
    expect(page.get_by_role("status")).to_contain_text("You told us that you will come.")
    page.get_by_text("Changed your mind?").click()
    page.get_by_role("button", name="I need another time").click()
    expect(page.get_by_role("status")).to_contain_text("Your clinic will contact you.")
    page.get_by_role("link", name="All visits").click()
    expect(page.get_by_role("listitem").filter(has_text="January 12")).to_contain_text("You asked for another time")
    page.get_by_role("link", name="Calendar", exact=True).click()
    expect(page.get_by_role("textbox", name="Link to your calendar")).to_have_value(
        re.compile(r"^http.*/calendars/.*\.ics$")
    )
    expect(page.get_by_role("button", name="iPhone, iPad or Mac")).to_have_attribute("href", re.compile("^webcal://"))


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_from_the_link_to_an_answer_on_a_telephone_and_on_a_desk(page: Page, running: Running, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    journey(page, running)
    if size == "desktop":
        expect(page.get_by_role("img", name="A picture with the link to your calendar")).to_be_visible()
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("button", name="Close my page on it").click()
    page.goto(running.link)
    expect(page.get_by_role("button", name="Text me a code")).to_be_visible()


def test_it_all_works_without_javascript(browser: Browser, running: Running) -> None:
    with browser.new_context(java_script_enabled=False, viewport=SIZES["phone"]) as context:
        journey(context.new_page(), running)


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_days_away_messages_and_the_language_are_set_on_the_page(browser: Browser, running: Running, size: str) -> None:
    with browser.new_context(viewport=SIZES[size]) as context:
        page = let_in(context, running)
        page.get_by_role("link", name="Days away").click()
        page.get_by_label("First day").fill("2026-02-02")
        page.get_by_label("Last day").fill("2026-02-06")
        page.get_by_role("button", name="Save these days").click()
        days = page.get_by_role("region", name="You cannot come")
        expect(days).to_contain_text("From Monday, February 2, 2026 to Friday, February 6, 2026")
        days.get_by_role("button", name="I can come after all").click()
        expect(days).to_contain_text("No days yet.")
        page.get_by_role("link", name="Settings").click()
        page.get_by_role("button", name="Turn off").click()
        expect(page.get_by_role("region", name="Messages")).to_contain_text("Texts to your phone: off")
        page.get_by_role("button", name="Turn on").click()
        page.get_by_role("radio", name="Español").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Ajustes")


def test_a_wrong_code_is_said_beside_the_field_and_a_code_from_the_clinic_lets_in(page: Page, running: Running) -> None:
    page.goto(running.link)
    page.get_by_role("link", name="I already have a code").click()
    code = running.home.shown_code()
    field = page.get_by_label("Code", exact=True)
    field.fill(f"{(int(code) + 1) % 1_000_000:06}")
    page.get_by_role("button", name="Open my page").click()
    expect(field).to_have_accessible_description(re.compile("This is not the code"))
    field.fill(code)
    page.get_by_role("button", name="Open my page").click()
    expect(page.get_by_role("heading", name="Your next visit")).to_be_visible()


def test_the_whole_way_goes_with_the_keyboard_alone(page: Page, running: Running) -> None:
    page.goto(f"{running.link}?asked=have")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    page.keyboard.type(running.home.shown_code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your next visit")).to_be_visible()
    yes = page.get_by_role("button", name="Yes, I will come")
    for _ in range(15):
        page.keyboard.press("Tab")
        if yes.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You told us that you will come.")


def test_in_arabic_it_is_read_from_right_to_left(page: Page, arabic: Running) -> None:
    page.set_viewport_size(SIZES["phone"])
    page.goto(arabic.link)
    page.get_by_role("button", name="أرسلوا لي رمزًا").click()
    page.get_by_label("الرمز", exact=True).fill(arabic.code())
    page.get_by_role("button", name="افتحوا صفحتي").click()
    heading = page.get_by_role("heading", name="زيارتكم القادمة")
    expect(heading).to_be_visible()
    assert heading.evaluate("e => getComputedStyle(e).direction") == "rtl"
    box, card = heading.bounding_box(), page.get_by_role("region", name="زيارتكم القادمة").bounding_box()
    assert box is not None
    assert card is not None
    assert page.title() == "زياراتي"
    number = page.get_by_role("link", name="+1 212 555 0111")
    assert number.evaluate("e => getComputedStyle(e).direction") == "ltr"
    page.get_by_role("button", name="نعم، سأحضر").click()
    expect(page.get_by_role("status")).to_contain_text("أخبرتمونا أنكم ستحضرون")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def let_in(context: BrowserContext, running: Running) -> Page:
    page = context.new_page()
    page.goto(f"{running.link}?asked=have")
    page.get_by_role("textbox").fill(running.home.shown_code())
    page.get_by_role("textbox").press("Enter")
    page.wait_for_url("**/home")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_screen_or_has_a_small_target(
    browser: Browser, running: Running, scheme: Any
) -> None:
    with browser.new_context(color_scheme=scheme, viewport=SIZES["phone"]) as context:
        page = let_in(context, running)
        for path in (*PAGES, "/" + "x" * 43):
            page.goto(f"{running.address}/home{path}")
            for width in (320, 390, 1280):
                page.set_viewport_size({"width": width, "height": 844})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            assert page.evaluate(SMALLEST) >= 24, path


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier(browser: Browser, running: Running, scheme: Any) -> None:
    found: dict[str, list[str]] = {}
    with browser.new_context(color_scheme=scheme, viewport=SIZES["phone"]) as context:
        page = context.new_page()
        for path in ("", "?asked=sent", "?asked=have"):
            page.goto(running.link + path)
            found[f"the link{path}"] = violations(page)
        page = let_in(context, running)
        for path in (*PAGES, "/" + "x" * 43):
            page.goto(f"{running.address}/home{path}")
            found[path] = violations(page)
    assert {path: said for path, said in found.items() if said} == {}


# The lowest link or button that can be seen, in pixels.
SMALLEST = """() => Math.min(...[...document.querySelectorAll('a, button, summary, input:not([type=hidden])')]
    .filter(e => e.offsetParent && !e.classList.contains('skip') && !e.closest('p, dd, label'))
    .map(e => e.getBoundingClientRect().height))"""
