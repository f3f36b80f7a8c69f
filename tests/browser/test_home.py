"""A participant's own page in a browser: on a telephone and on a desk, without a script, in Arabic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from planner.persistence.unit_of_work import Store
from tests import reminded
from tests.browser.desk import AXE, SIZES, lowest_target, served, violations, width_in_both, width_needed
from tests.browser.own_page import Running, let_in
from tests.housed import housed, with_pills
from tests.planner.api.callers import Clock, at

__all__ = ["at"]

pytestmark = pytest.mark.browser
PAGES = ("", "/visits", "/calendar", "/away", "/settings")


@pytest.fixture
def running(store: Store, tmp_path: Path, at: Clock) -> Iterator[Running]:
    with housed(store, tmp_path, at) as made, served(made.app) as address:
        yield Running(address, made)


@pytest.fixture
def arabic(store: Store, tmp_path: Path, at: Clock) -> Iterator[Running]:
    with housed(store, tmp_path, at, language="ar") as made, served(made.app) as address:
        yield Running(address, made)


@pytest.fixture
def pills(store: Store, tmp_path: Path, at: Clock) -> Iterator[Running]:
    """Somebody who takes pills at home; it is their ninth day, and staff have noted the first one down."""
    with housed(store, tmp_path, at, study=with_pills(store)) as made, served(made.app) as address:
        made.study.record("01-001", {"fact": "given", "date": "2026-01-05", "activity": "pillazole"})
        at.now = made.study.now = datetime(2026, 1, 13, 15, 0, tzinfo=UTC)
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


def test_what_is_printed_says_of_which_day_it_is_and_the_screen_does_not(browser: Browser, running: Running) -> None:
    with browser.new_context() as context:
        page = let_in(context, running)
        for path in ("/home", "/home/visits"):
            page.goto(f"{running.address}{path}")
            printed = page.get_by_text("Printed on Monday, January 5, 2026. Dates can change.")
            expect(printed).to_be_hidden()
            page.emulate_media(media="print")
            expect(printed).to_be_visible()
            page.emulate_media(media="screen")


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
    assert page.title() == "زياراتي"
    number = page.get_by_role("link", name="+1 212 555 0111")
    assert number.evaluate("e => getComputedStyle(e).direction") == "ltr"
    page.get_by_role("button", name="نعم، سأحضر").click()
    expect(page.get_by_role("status")).to_contain_text("أخبرتمونا أنكم ستحضرون")
    assert width_needed(page) <= 390


def noting(page: Page, running: Running) -> None:
    """Note today down, mend it, say of yesterday that it was not taken, and see both in the calendar."""
    page.get_by_role("link", name="Diary").click()
    first = page.get_by_role("region", name="To take at home: 1")
    first.get_by_role("radio", name="I took it", exact=True).check()
    first.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Your clinic can see it.")
    expect(first).to_contain_text("You noted: I took it")
    first.get_by_text("Change it").click()
    first.get_by_role("radio", name="I took it late").check()
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("alert")).to_contain_text("Please choose why.")
    expect(first.get_by_role("radio", name="I took it late")).to_be_checked()
    first.get_by_label("Why?").select_option("I forgot")
    first.get_by_role("button", name="Save").click()
    expect(first).to_contain_text("You noted: I took it late I forgot")
    page.get_by_role("link", name="Day before").click()
    first.get_by_role("radio", name="I did not take it").check()
    first.get_by_label("Why?").select_option("I did not feel well")
    first.get_by_role("button", name="Save").click()
    weeks = page.get_by_role("region", name="The last weeks").get_by_role("table").first
    expect(weeks.get_by_role("link", name="Tuesday, January 13, 2026: taken late")).to_be_visible()
    expect(weeks.get_by_role("link", name="Monday, January 12, 2026: not taken")).to_be_visible()
    expect(weeks.get_by_role("cell", name="5 taken", exact=True)).to_be_visible()
    weeks.get_by_role("link", name="Wednesday, January 7, 2026: not noted yet").click()
    expect(page.get_by_role("navigation", name="Days")).to_contain_text("Wednesday, January 7, 2026")


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_what_is_taken_at_home_is_noted_down(browser: Browser, pills: Running, size: str) -> None:
    with browser.new_context(viewport=SIZES[size]) as context:
        noting(let_in(context, pills), pills)


def test_the_diary_works_without_javascript(browser: Browser, pills: Running) -> None:
    with browser.new_context(java_script_enabled=False, viewport=SIZES["phone"]) as context:
        noting(let_in(context, pills), pills)


def test_the_diary_goes_with_the_keyboard_alone(browser: Browser, pills: Running) -> None:
    with browser.new_context(viewport=SIZES["phone"]) as context:
        page = let_in(context, pills)
        page.goto(f"{pills.address}/home/diary")
        page.get_by_role("radio", name="I took it", exact=True).first.focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Saved.")


def test_the_diary_is_read_from_right_to_left_in_arabic(browser: Browser, pills: Running) -> None:
    reminded.keep(pills.home.study, language="ar")
    with browser.new_context(viewport=SIZES["phone"]) as context:
        page = let_in(context, pills)
        page.get_by_role("link", name="الدفتر").click()
        expect(page.get_by_role("heading", name="دفتركم")).to_be_visible()
        table = page.get_by_role("table").first
        assert table.evaluate("e => getComputedStyle(e).direction") == "rtl"
        page.get_by_role("radio", name="تناولته", exact=True).first.check()
        page.get_by_role("button", name=re.compile("حفظ")).first.click()
        expect(page.get_by_role("status")).to_contain_text("تم الحفظ")
        assert width_needed(page) <= 390


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_who_else_gets_texts_is_agreed_to_ended_and_named(browser: Browser, running: Running, size: str) -> None:
    reminded.keep(running.home.study, caregiver_name="Bea Madeup")
    with browser.new_context(viewport=SIZES[size]) as context:
        page = let_in(context, running)
        page.get_by_role("link", name="Settings").click()
        part = page.get_by_role("region", name="Somebody who also gets texts")
        expect(part).to_contain_text("Bea Madeup gets no texts now.")
        part.get_by_role("button", name="I agree: they may get texts too").click()
        expect(part).to_contain_text("Bea Madeup also gets texts, at the number that ends in 50.")
        part.get_by_role("button", name="End this").click()
        part.get_by_text("Name somebody").click()
        part.get_by_label("Name").fill("Cem Madeup")
        part.get_by_label("Phone number").fill("0212 555 0160")
        part.get_by_role("button", name="Send to my clinic").click()
        expect(part).to_contain_text("You named somebody. Your clinic will contact you.")


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_the_diary_has_no_barrier_and_fits_every_screen(browser: Browser, pills: Running, size: str) -> None:
    with browser.new_context(viewport=SIZES[size]) as context:
        page = let_in(context, pills)
        for day, answer in (("2026-01-12", "taken"), ("2026-01-11", "late"), ("2026-01-10", "missed")):
            page.goto(f"{pills.address}/home/settings")
            said: dict[str, str | float | bool] = {"medicine": "1", "day": day, "answer": answer, "why": "forgot"}
            said["form_token"] = page.locator("[name=form_token]").first.input_value()
            assert page.request.post(f"{pills.address}/home/diary", form=said).ok
        for path in ("/diary", "/diary?day=2026-01-10", "/diary?day=2026-01-05"):
            page.set_viewport_size(SIZES[size])
            page.goto(f"{pills.address}/home{path}")
            assert violations(page) == [], path
            for width in (320, 390, 1280):
                page.set_viewport_size({"width": width, "height": 844})
                assert width_in_both(page) <= width, (path, width)
            assert lowest_target(page) >= 24, path


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_the_screen_or_has_a_small_target(browser: Browser, running: Running, size: str) -> None:
    with browser.new_context(viewport=SIZES[size]) as context:
        page = let_in(context, running)
        for path in (*PAGES, "/" + "x" * 43):
            page.goto(f"{running.address}/home{path}")
            for width in (320, 390, 1280):
                page.set_viewport_size({"width": width, "height": 844})
                assert width_in_both(page) <= width, (path, width)
            assert lowest_target(page) >= 24, path


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_no_page_has_a_barrier(browser: Browser, running: Running, size: str) -> None:
    found: dict[str, list[str]] = {}
    with browser.new_context(viewport=SIZES[size]) as context:
        page = context.new_page()
        for path in ("", "?asked=sent", "?asked=have"):
            page.goto(running.link + path)
            found[f"the link{path}"] = violations(page)
        page = let_in(context, running)
        for path in (*PAGES, "/" + "x" * 43):
            page.goto(f"{running.address}/home{path}")
            found[path] = violations(page)
    assert {path: said for path, said in found.items() if said} == {}
