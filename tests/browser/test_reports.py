"""Journeys through a report in a browser: on a phone and a desk, with JavaScript and without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from planner.app import create_app
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.browser.desk import AXE, SIZES, barriers, context_of, lowest_target, served, tab_to, watched, width_needed
from tests.planner.api.callers import Clock, at, settings_for
from tests.reminded import KEYS
from tests.reported import LATER, small_study
from tests.studies import NORTH, STUDY

__all__ = ["at"]

pytestmark = pytest.mark.browser
ONE = f"/studies/{STUDY}/report"
PAGES = {
    "the report": f"{ONE}?all=yes",
    "by site": f"{ONE}?all=yes&by=site",
    "masked": f"{ONE}?mask_below=5",
    "a wrong form": f"{ONE}?since=yesterday",
    "a past moment": f"{ONE}?as_of=2026-03-10&all=yes",
    "participants over time": f"{ONE}/charts/swimmer",
    "their visits": f"{ONE}/charts/heat-map",
}


@pytest.fixture
def address(store: Store, tmp_path: Path, at: Clock) -> Iterator[str]:
    """A planner that is served, with the study of which every figure can be worked out by hand."""
    small_study(store)
    at.now = LATER
    app = create_app({"TESTING": True}, settings_for(store, tmp_path))
    app.extensions["installation"]._keys = KEYS
    with served(app) as found:
        yield found
    app.extensions["installation"].close()


@pytest.fixture(
    params=[("desktop", True), ("phone", True), ("desktop", False)], ids=["desktop", "phone", "without-javascript"]
)
def window(request: pytest.FixtureRequest) -> tuple[str, bool]:
    """Of which size a browser is, and whether it runs JavaScript."""
    size, script = request.param
    return size, script


@pytest.fixture
def page(browser: Browser, address: str, store: Store, window: tuple[str, bool]) -> Iterator[Page]:
    """A monitor's browser."""
    size, script = window
    context = context_of(
        browser, address, store, Role.MONITOR, viewport=SIZES[size], java_script_enabled=script
    )  # fmt: skip
    yield from watched(context)


def drawn(found: Locator) -> bool:
    """Whether a picture has come, and has a size of its own."""
    found.scroll_into_view_if_needed()
    expect(found).to_be_visible()
    return bool(found.evaluate("image => image.decode().then(() => image.naturalWidth > 200)"))


def test_a_monitor_reads_a_report_down_to_the_doses(page: Page, window: tuple[str, bool]) -> None:
    page.goto("/studies")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Reports").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Report on {STUDY}")
    attendance = page.get_by_role("article", name="Visit attendance")
    expect(attendance.get_by_role("row", name=re.compile("^all"))).to_contain_text("7 of 9")
    expect(attendance).to_contain_text("visits that took place, were recorded as missed")
    if not window[1]:  # without JavaScript they do not come by themselves
        page.get_by_role("link", name="Show them on this page").click()
    dose = page.get_by_role("article", name="Relative dose", exact=True)
    expect(dose.get_by_role("row", name=re.compile("^Drug, doses"))).to_contain_text("7 of 8")


def test_the_report_of_one_site_is_chosen_and_what_is_wrong_is_kept(page: Page) -> None:
    page.goto(ONE)
    page.get_by_text("Choose what is in it").click()
    page.get_by_label("Site", exact=True).select_option(NORTH)
    page.get_by_label("Broken down by").select_option("month")
    mask = page.get_by_label("Mask figures of fewer than")
    mask.fill("few")
    page.get_by_role("button", name="Make the report").click()
    expect(mask).to_have_attribute("aria-invalid", "true")
    expect(mask).to_have_value("few")
    expect(page.get_by_label("Site", exact=True)).to_have_value(NORTH)
    mask.fill("")
    page.get_by_role("button", name="Make the report").click()
    attendance = page.get_by_role("article", name="Visit attendance")
    expect(attendance.get_by_role("row", name=re.compile("^all"))).to_contain_text("6 of 7")
    expect(attendance.get_by_role("row", name=re.compile("^2026-03"))).to_contain_text("6 of 7")
    page.get_by_text("Change what is in it").click()
    page.get_by_role("link", name="Everything, as of now").click()
    expect(attendance.get_by_role("row", name=re.compile("^all"))).to_contain_text("7 of 9")


def test_a_past_day_is_shown_as_it_was_known_then(page: Page, window: tuple[str, bool]) -> None:
    page.goto(f"{ONE}?as_of=2026-03-10")
    if not window[1]:
        page.get_by_role("link", name="Show the report").click()
    expect(page.get_by_text("10 March 2026, 23:59:59 UTC")).to_be_visible()
    expect(page.get_by_role("article", name="Visit attendance")).to_be_visible()


def test_every_chart_is_drawn_and_says_the_same_as_a_table(page: Page, window: tuple[str, bool]) -> None:
    page.goto(ONE)
    charts = page.get_by_role("figure")
    expect(charts).to_have_count(6)
    for place in range(charts.count()):
        assert drawn(charts.nth(place).get_by_role("img"))
    lanes = charts.filter(has_text="Participants over time")
    lanes.get_by_text("The same as a table").click()
    table = page.get_by_role("region", name="Participants over time, as a table")
    if not window[1]:
        lanes.get_by_role("link", name="Open the table").click()
    expect(table.get_by_role("row", name=re.compile("02-001.*died"))).to_contain_text("72")


def test_a_charts_page_leads_to_the_others_and_back_to_the_report(page: Page) -> None:
    page.goto(f"{ONE}/charts/swimmer?site={NORTH}")
    page.get_by_role("navigation", name="Charts").get_by_role("link", name="Visits of each participant").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Visits of each participant")
    assert drawn(page.get_by_role("img", name=re.compile("Visits of each participant")))
    expect(page.get_by_role("row", name=re.compile("C2D1 01-001"))).to_contain_text("late")
    expect(page.get_by_text("02-001")).to_have_count(0)  # what was chosen is kept
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name=STUDY).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Report on {STUDY}")


def test_nothing_is_wider_than_the_window_and_no_target_too_low(page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    for path in PAGES.values():
        page.goto(path)
        assert width_needed(page) <= width, path
        if path == PAGES["the report"]:
            assert lowest_target(page) >= 24


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_no_page_keeps_anybody_out(browser: Browser, address: str, store: Store, size: str) -> None:
    assert barriers(context_of(browser, address, store, Role.MONITOR, viewport=SIZES[size]), PAGES) == {}


def test_a_report_is_made_by_keyboard_alone(browser: Browser, address: str, store: Store) -> None:
    context = context_of(browser, address, store, Role.MONITOR)
    page = context.new_page()
    page.goto(ONE)
    page.get_by_text("Choose what is in it").focus()
    page.keyboard.press("Enter")
    tab_to(page, "by")
    page.keyboard.type("site")
    page.keyboard.press("Enter")
    tab_to(page, "mask_below")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    south = page.get_by_role("article", name="Visit attendance").get_by_role("row", name=re.compile("^south"))
    expect(south).to_contain_text("1 of 2")
    context.close()


def test_in_the_dark_the_pictures_are_dark(browser: Browser, address: str, store: Store) -> None:
    for scheme, size, wanted in (
        ("dark", "desktop", "theme=dark"),
        ("dark", "phone", "size=narrow"),
        ("light", "phone", "size=narrow"),
    ):
        context = context_of(browser, address, store, Role.MONITOR, viewport=SIZES[size], color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{ONE}/charts/lateness")
        image = page.get_by_role("img")
        assert drawn(image)
        chosen = str(image.evaluate("image => image.currentSrc"))
        assert wanted in chosen
        assert ("theme=dark" in chosen) == (scheme == "dark")
        context.close()
