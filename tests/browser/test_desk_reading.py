"""What is read and judged at the desk: why a date, messages, the audit, a deviation up to its signature; a monitor."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from notifications.tasks import NewTask, ask
from planner import clock
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.users import Role
from planner.web.door import SESSION
from tests.browser.coordinator import PERSON, address, page
from tests.browser.desk import SIZES
from tests.desk import session_of
from tests.planner.api.callers import PASSWORD, Clock, at

__all__ = ["address", "at", "page"]

pytestmark = pytest.mark.browser
ABOUT = re.compile("^About 01-001$")


def go(page: Page, part: str) -> None:
    page.get_by_role("navigation", name=ABOUT).get_by_role("link", name=part, exact=True).click()


def signed_in(browser: Browser, address: str, store: Store, role: Role, script: bool = True) -> Page:
    context = browser.new_context(base_url=address, viewport=SIZES["desktop"], java_script_enabled=script)
    context.add_cookies([{"name": SESSION, "value": session_of(store, role), "url": address}])
    return context.new_page()


def test_a_participant_is_filtered_and_read_part_by_part(page: Page) -> None:
    page.goto("/participants")
    page.get_by_label("State").select_option(label="treatment")
    page.get_by_label("Sorted by").select_option(label="Day 1")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="01-001", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("01-001")
    expect(page.get_by_role("heading", name="All visits and decisions")).to_be_visible()
    page.get_by_text("Why this date?").first.click()
    expect(page.get_by_text(re.compile("Day 1")).first).to_be_visible()
    page.get_by_role("link", name="Everything", exact=True).click()
    expect(page.get_by_role("link", name="Everything", exact=True)).to_have_attribute("aria-current", "true")
    go(page, "Messages")
    expect(page.get_by_role("link", name="Messages", exact=True)).to_have_attribute("aria-current", "page")
    go(page, "Audit")
    expect(page.get_by_role("region", name="Audit").get_by_role("row")).not_to_have_count(1)


def test_no_word_of_what_leads_on_is_broken_in_two(page: Page) -> None:
    page.goto(PERSON)
    for link in page.get_by_role("navigation", name=ABOUT).get_by_role("link").all():
        box = link.bounding_box()
        assert box is not None
        assert box["height"] < 50, link.inner_text()


@pytest.mark.parametrize("script", [True, False], ids=["with-javascript", "without-javascript"])
def test_an_investigator_classifies_and_signs_a_deviation(
    browser: Browser, address: str, store: Store, script: bool
) -> None:
    page = signed_in(browser, address, store, Role.INVESTIGATOR, script)
    page.goto("/deviations")
    page.get_by_role("main").get_by_role("link", name=re.compile("took place")).first.click()
    page.get_by_role("button", name="Confirm").click()
    form = page.get_by_role("form", name="Classify")
    form.get_by_label("No", exact=True).check()
    form.get_by_label("Category").fill("visit window")
    form.get_by_role("button", name="Classify").click()
    expect(page.get_by_role("status")).to_contain_text("it is classified")
    sign = page.get_by_role("form", name="Sign")
    sign.get_by_label("Your password, once more").fill("not this one")
    sign.get_by_role("button", name="Sign").click()
    expect(page.get_by_label("Your password, once more")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Your password, once more").fill(PASSWORD)
    page.get_by_role("form", name="Sign").get_by_role("button", name="Sign").click()
    expect(page.get_by_role("status")).to_contain_text("and signed")
    page.context.close()


def test_a_monitor_reads_and_finds_neither_names_nor_forms(browser: Browser, address: str, store: Store) -> None:
    page = signed_in(browser, address, store, Role.MONITOR)
    page.goto(PERSON)
    expect(page.get_by_role("link", name="Record what happened")).to_have_count(0)
    expect(page.get_by_role("navigation", name=ABOUT).get_by_role("link", name="Contact")).to_have_count(0)
    for part in ("What happened", "Messages", "Audit"):
        go(page, part)
        expect(page.get_by_role("main")).not_to_contain_text("+12125550100")
        expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    page.goto("/deviations")
    page.get_by_role("main").get_by_role("link", name=re.compile("took place")).first.click()
    expect(page.get_by_role("heading", name="Nothing is left to do here")).to_be_visible()
    page.context.close()


def test_a_reply_is_read_and_done_from_the_day(page: Page, store: Store) -> None:
    new = NewTask(study_id=1, site_id=1, kind="reply", occasion="reply.1", words="Somebody wrote back: read it.")
    store.write(SYSTEM, clock.now(), lambda uow: ask(uow.session, new, uow.now))
    page.goto("/today")
    row = page.get_by_role("region", name=re.compile("Replies and messages")).get_by_role("listitem").first
    expect(row).to_contain_text("Somebody wrote back: read it.")
    row.get_by_role("link", name="Read").click()
    page.get_by_label("What was done").fill("Called them: they come.")
    page.get_by_role("button", name="Done").click()
    page.goto("/today")
    expect(page.get_by_role("region", name=re.compile("Replies and messages"))).to_have_count(0)


@pytest.mark.parametrize("script", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_decision_is_recorded_from_the_day(
    browser: Browser, address: str, store: Store, at: Clock, script: bool
) -> None:
    at.now = datetime(2026, 2, 1, 15, 0, tzinfo=UTC)
    page = signed_in(browser, address, store, Role.COORDINATOR, script)
    page.goto("/today")
    row = page.get_by_role("region", name=re.compile("Decisions")).get_by_role("listitem").filter(has_text="01-001")
    row.get_by_role("link", name="Decide").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A decision was made")
    page.get_by_role("group", name="Outcome").get_by_role("radio").first.check()
    if not script:  # by itself it comes only where there is JavaScript
        page.get_by_role("button", name="Show what would move").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status", name="Recorded")).to_be_visible()
    page.context.close()
