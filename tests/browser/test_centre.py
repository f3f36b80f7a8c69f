"""An infusion centre's journeys in a browser: on a phone and a desk, with JavaScript and without, in light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from planner.app import create_app
from planner.persistence.unit_of_work import Store
from planner.services.access import EVERYTHING
from planner.services.dose_oks import GiveOk, give_ok
from planner.services.users import Role
from tests.browser.desk import (
    AXE,
    SIZES,
    barriers,
    context_of,
    lowest_target,
    press_at,
    served,
    tab_onto,
    violations,
    watched,
    width_in_both,
    width_needed,
)
from tests.planner.api.callers import PASSWORD, Clock, at, settings_for
from tests.reminded import KEYS
from tests.seated import DAY, DAY_1, book, seated
from tests.studies import STUDY, Trial, a_user, begun_study

__all__ = ["at"]

pytestmark = pytest.mark.browser
PAGES = {
    "the day": DAY,
    "another day": f"{DAY}?day=2026-01-12",
    "an empty day": f"{DAY}?day=2026-03-07",
    "the sites": "/infusions",
    "a chair": DAY_1,
    "to prepare": f"{DAY}/pharmacy",
    "nothing to prepare": f"{DAY}/pharmacy?day=2026-03-07",
    "load": f"{DAY}/load",
    "closed days": f"{DAY}/closures",
    "the calendar": f"{DAY}/calendar",
}


@pytest.fixture
def address(store: Store, tmp_path: Path, at: Clock) -> Iterator[str]:
    """A planner that is served."""
    begun_study(store, "two in chairs", two_in_chairs)
    app = create_app({"TESTING": True}, settings_for(store, tmp_path))
    app.extensions["installation"]._keys = KEYS
    with served(app) as found:
        yield found
    app.extensions["installation"].close()


def two_in_chairs(store: Store) -> Trial:
    """A study with two people who have their first dose today, one drug of it released."""
    study = seated(store)
    study.enrol("01-002")
    book(study, "01-002", "2026-01-05", "induction.c1.d1", "10:00")
    ok = GiveOk(study=STUDY, participant="01-001", visit="induction.c1.d1", drug="vsli", note="counts are good")
    who = a_user(store, "investigator@example.org")
    store.write(who, study.now, lambda uow: give_ok(uow, study.designs, EVERYTHING, ok))
    return study


@pytest.fixture
def noon(at: Clock) -> None:
    """The morning is over at the site."""
    at.now += timedelta(hours=3)


def open_context(
    browser: Browser, address: str, store: Store, role: Role = Role.INFUSION_CENTRE, **said: object
) -> BrowserContext:
    """A browser in which somebody is signed in."""
    return context_of(browser, address, store, role, **said)


@pytest.fixture(
    params=[("desktop", True), ("phone", True), ("phone", False)], ids=["desktop", "phone", "without-javascript"]
)
def page(browser: Browser, address: str, store: Store, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser of that size, with JavaScript or without, signed in for the infusion centre."""
    size, script = request.param
    context = open_context(browser, address, store, viewport=SIZES[size], java_script_enabled=script)
    yield from watched(context)


def drug(page: Page, name: str) -> Locator:
    """The part of a chair's page about one drug."""
    return page.get_by_role("region", name=re.compile(name))


def test_the_day_leads_from_the_navigation_to_a_chair(page: Page) -> None:
    page.goto("/participants")
    page.get_by_role("link", name="Infusions").click()
    page.get_by_role("button", name="North").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("North")
    chairs = page.get_by_role("region", name="By chair and hour")
    expect(chairs.get_by_role("link", name="Ada Madeup")).to_be_visible()
    hours = page.get_by_role("region", name="In the order of the hour")
    first = hours.get_by_role("listitem").filter(has_text="01-001").first
    expect(first).to_contain_text("prepare by 08:30")
    expect(first).to_contain_text("OK to treat: A Coordinator")
    expect(first).to_contain_text("no OK to treat yet")
    page.get_by_role("navigation", name="Days").get_by_role("link", name=re.compile("Later")).click()
    expect(page.get_by_text("Nobody has an appointment on this day.")).to_be_visible()
    page.go_back()
    hours.get_by_role("link", name="Ada Madeup").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Madeup")
    expect(page.get_by_role("main")).to_contain_text("born 12 May 1961, record 4711")


@pytest.mark.usefixtures("noon")
def test_somebody_arrives_and_is_dosed_drug_by_drug(page: Page) -> None:
    page.goto(DAY_1)
    page.get_by_role("button", name="They are here").click()
    expect(page.get_by_role("status")).to_have_text("Recorded.")
    drug(page, "1. Vincristine").get_by_label("Began").fill("09:10")
    drug(page, "1. Vincristine").get_by_role("button", name=re.compile("^Record")).click()
    expect(drug(page, "1. Vincristine")).to_contain_text("from 09:10, still running")
    drug(page, "1. Vincristine").get_by_label("Was over").fill("10:12")
    drug(page, "1. Vincristine").get_by_role("button", name=re.compile("^Record that it is over")).click()
    expect(drug(page, "1. Vincristine")).to_contain_text("09:10–10:12")
    drug(page, "2. Inotuzumab").get_by_label("Began").fill("10:30")
    drug(page, "2. Inotuzumab").get_by_label("Was over").fill("11:00")
    drug(page, "2. Inotuzumab").get_by_label("Only a part: it was stopped").check()
    drug(page, "2. Inotuzumab").get_by_role("button", name=re.compile("^Record")).click()
    expect(drug(page, "2. Inotuzumab")).to_contain_text("10:30–11:00, only a part")
    page.goto(DAY)
    row = page.get_by_role("region", name="In the order of the hour").get_by_role("listitem").filter(has_text="01-001")
    expect(row.first).to_contain_text("done")


@pytest.mark.usefixtures("noon")
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(page: Page) -> None:
    page.goto(DAY_1)
    form = drug(page, "1. Vincristine")
    form.get_by_label("Began").fill("10:10")
    form.get_by_label("Was over").fill("09:10")
    form.get_by_label("How much").fill("4.1 mg")
    form.get_by_role("button", name=re.compile("^Record")).click()
    expect(page.get_by_role("alert")).to_contain_text("It would be over before it began")
    expect(form.get_by_label("Was over")).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("How much")).to_have_value("4.1 mg")


def test_an_hour_that_has_not_come_is_refused_at_its_field(page: Page) -> None:
    page.goto(DAY_1)
    form = drug(page, "1. Vincristine")
    form.get_by_label("Began").fill("11:15")
    form.get_by_role("button", name=re.compile("^Record")).click()
    expect(page.get_by_role("alert")).to_contain_text("This hour is still to come: it is 09:00 at the site")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(form.get_by_label("Began")).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("Began")).to_have_value("11:15")


def test_the_pharmacy_reads_what_is_ready_by_when_and_for_whom(page: Page) -> None:
    page.goto(DAY)
    page.get_by_role("navigation", name="About North").get_by_role("link", name="To prepare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("To prepare")
    rows = page.get_by_role("region", name="What is to be prepared").get_by_role("row")
    expect(rows).to_have_count(5)
    expect(rows.nth(1)).to_contain_text("08:30")
    expect(rows.nth(1)).to_contain_text("Ada Madeup")
    expect(rows.nth(3)).to_contain_text("09:30")
    rows.nth(1).get_by_role("link", name="Ada Madeup").click()
    expect(page.get_by_role("region", name="Premedication for Inotuzumab ozogamicin IV")).to_contain_text("Before each")


def test_who_came_and_was_not_dosed_is_saved_after_a_look_at_what_moves(page: Page) -> None:
    page.goto(DAY_1)
    page.get_by_text("Record it, and look at what would move").click()
    part = page.get_by_role("region", name="They came, and were not dosed")
    part.get_by_label("Reason").fill("fever")
    part.get_by_role("button", name="Show what would move").click()
    expect(page.get_by_role("region", name="What would move")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Recorded.")
    expect(drug(page, "1. Vincristine")).to_contain_text("fever")


def test_a_day_is_closed_after_a_look_at_whom_it_hits_and_opened_again(page: Page) -> None:
    page.goto(f"{DAY}/closures")
    page.get_by_label("First closed day").fill("2026-01-12")
    page.get_by_label("Reason").fill("Water damage")
    page.get_by_role("button", name="Show whom it hits").click()
    hits = page.get_by_role("region", name="Whom it hits")
    expect(hits.get_by_role("listitem").filter(has_text="01-001")).to_contain_text("Could go to: Tue 13 Jan")
    hits.get_by_role("button", name="Close").click()
    expect(page.get_by_role("status")).to_contain_text("Closed, and everybody is planned again.")
    waiting = page.get_by_role("region", name=re.compile("Appointments that need another day"))
    expect(waiting.get_by_role("link", name=f"{STUDY} 01-001")).to_be_visible()
    page.get_by_role("button", name=re.compile("Open again.*Water damage")).click()
    expect(page.get_by_role("status")).to_contain_text("Open again")


def test_a_day_is_closed_every_week_until_a_last_one(page: Page) -> None:
    page.goto(f"{DAY}/closures")
    page.get_by_label("First closed day").fill("2026-01-13")
    page.get_by_label("Last closed day").fill("2026-03-31")
    page.get_by_label("Does it come again?").select_option("Every week, on the same weekday")
    page.get_by_label("Reason").fill("Team meeting")
    page.get_by_role("button", name="Show whom it hits").click()
    hits = page.get_by_role("region", name="Whom it hits")
    expect(hits).to_contain_text("Moves to Wed 21 Jan 2026 by itself.")
    hits.get_by_role("button", name="Close").click()
    closed = page.get_by_role("region", name="Closed days to come")
    expect(closed).to_contain_text("Every Tuesday, from 13 January 2026 until 31 March 2026")
    expect(page.get_by_role("region", name="Public holidays")).to_contain_text("Martin Luther King Jr. Day")


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_an_investigator_says_ok_refuses_and_takes_it_back(
    browser: Browser, address: str, store: Store, size: str
) -> None:
    context = open_context(browser, address, store, Role.INVESTIGATOR, viewport=SIZES[size])
    page = context.new_page()
    page.goto(DAY_1)
    second = drug(page, "2. Inotuzumab")
    second.get_by_text("Say whether it may be given").click()
    second.get_by_label("Why it may not be given").fill("platelets of 20")
    second.get_by_role("button", name=re.compile("^Not to be given")).click()
    expect(second).to_contain_text("not to be given: platelets of 20")
    second.get_by_text("Say whether it may be given").click()
    second.get_by_role("button", name=re.compile("^OK to treat")).click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing says what the OK rests on")
    expect(second.get_by_label("What was measured").first).to_have_attribute("aria-invalid", "true")
    first = second.get_by_role("group", name="Result 1")
    first.get_by_label("What was measured").fill("platelets")
    first.get_by_label("Result", exact=True).fill("60")
    first.get_by_label("Unit").fill("10^9/L")
    second.get_by_role("button", name=re.compile("^OK to treat")).click()
    expect(second).to_contain_text("Test investigator, Mon 5 Jan, 09:00")
    expect(second).to_contain_text("platelets 60 10^9/L")
    second.get_by_text("Take the OK back").click()
    second.get_by_label("Why it may not be given after all").fill("fever")
    second.get_by_role("button", name=re.compile("^Take it back")).click()
    expect(second).to_contain_text("OK taken back: fever")
    context.close()


def test_the_load_of_a_day_leads_to_its_chairs(page: Page) -> None:
    page.goto(DAY)
    page.get_by_role("link", name="Load", exact=True).click()
    row = page.get_by_role("row", name=re.compile("Mon 12 Jan"))
    expect(row).to_contain_text("215")
    row.get_by_role("link").click()
    expect(page.get_by_role("region", name="In the order of the hour")).to_contain_text("C1D8")


def test_a_calendar_is_subscribed_to(page: Page) -> None:
    page.goto(DAY)
    page.get_by_role("link", name="Subscribe").click()
    page.get_by_role("button", name="Make a link for me").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Subscribe to")
    expect(page.get_by_label("Link")).to_have_value(re.compile(r"\.ics$"))


def test_a_coordinator_sees_a_name_until_the_screen_is_shared(browser: Browser, address: str, store: Store) -> None:
    context = open_context(browser, address, store, Role.COORDINATOR, viewport=SIZES["desktop"])
    page = context.new_page()
    page.goto(DAY)
    hours = page.get_by_role("region", name="In the order of the hour")
    expect(hours).to_contain_text("Ada Madeup born 12 May 1961, record 4711")
    page.get_by_role("button", name="Shared screen: codes only").click()
    expect(page.get_by_role("button", name="Leave the shared screen")).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("Ada Madeup")
    page.get_by_role("navigation", name="Days").get_by_role("link", name=re.compile("6 Jan")).click()
    expect(page.get_by_role("main")).to_contain_text("Tuesday 6 January 2026")
    expect(page.get_by_role("main")).not_to_contain_text("Ada Madeup")
    for path in (DAY_1, "/today", "/account"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text("Leave the shared screen")
    page.get_by_label("Password of").fill("not mine at all")
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not your password")
    page.get_by_label("Password of").fill(PASSWORD)
    page.get_by_role("button", name="Leave it").click()
    expect(hours).to_contain_text("Ada Madeup born 12 May 1961, record 4711")
    context.close()


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    for name, path in PAGES.items():
        page.goto(path)
        assert width_needed(page) <= width, name
        assert lowest_target(page) >= 24, name


@pytest.mark.usefixtures("noon")
def test_an_arrival_and_a_dose_are_recorded_with_the_keyboard_alone(
    browser: Browser, address: str, store: Store
) -> None:
    with open_context(browser, address, store, viewport=SIZES["desktop"]) as context:
        page = context.new_page()
        page.goto(DAY)
        press_at(page, page.get_by_role("link", name="Ada Madeup").last)
        press_at(page, page.get_by_role("button", name="They are here"))
        expect(page.get_by_role("status")).to_have_text("Recorded.")
        tab_onto(page, drug(page, "1. Vincristine").get_by_label("Began"))
        page.keyboard.type("0910AM")
        press_at(page, drug(page, "1. Vincristine").get_by_role("button", name=re.compile("^Record")))
        expect(drug(page, "1. Vincristine")).to_contain_text("from 09:10, still running")


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_no_page_keeps_anybody_out(browser: Browser, address: str, store: Store, size: str) -> None:
    assert barriers(open_context(browser, address, store, viewport=SIZES[size]), PAGES) == {}
    context = open_context(browser, address, store, viewport=SIZES[size])
    page = context.new_page()
    page.goto(DAY)
    with page.expect_navigation():
        page.get_by_role("button", name="Shared screen: codes only").click()
    assert width_in_both(page) <= SIZES[size]["width"]
    assert barriers(context, {"a shared screen": DAY, "leaving it": f"{DAY}/screen"}) == {}
    context = open_context(browser, address, store, Role.INVESTIGATOR, viewport=SIZES[size])
    page = context.new_page()
    page.goto(DAY_1)
    page.get_by_text("Say whether it may be given").click()
    assert violations(page) == []
    assert width_in_both(page) <= SIZES[size]["width"]
    context.close()
