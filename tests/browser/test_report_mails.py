"""A journey through reports by e-mail in a browser: on a phone and a desk, with JavaScript and without."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from planner.app import create_app
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.browser.desk import AXE, SIZES, barriers, context_of, lowest_target, served, watched, width_needed
from tests.planner.api.callers import Clock, at, settings_for, user
from tests.planner.reports.test_mailing import DUE, Post
from tests.reminded import KEYS
from tests.reported import LATER, small_study
from tests.studies import STUDY

__all__ = ["at"]

pytestmark = pytest.mark.browser
HERE = f"/studies/{STUDY}/report/mails"


@pytest.fixture
def address(store: Store, tmp_path: Path, at: Clock) -> Iterator[str]:
    """A planner that is served, with a mail whose fate nobody knows, one that was dropped, and whom they went to."""
    post = Post(small_study(store))
    at.now = LATER
    gone, there = post.reader(), post.reader(Role.INVESTIGATOR)
    post.set_up(gone, there)
    post.end_roles(gone)
    post.mail.plan = ["lost-after"]
    post.run(DUE)
    app = create_app({"TESTING": True}, settings_for(store, tmp_path))
    app.extensions["installation"]._keys = KEYS
    with served(app) as found:
        yield found
    app.extensions["installation"].close()


@pytest.fixture(
    params=[("desktop", True), ("phone", True), ("desktop", False)], ids=["desktop", "phone", "without-javascript"]
)
def page(request: pytest.FixtureRequest, browser: Browser, address: str, store: Store) -> Iterator[Page]:
    """A coordinator's browser."""
    size, script = request.param
    context = context_of(
        browser, address, store, Role.COORDINATOR, viewport=SIZES[size], java_script_enabled=script
    )  # fmt: skip
    yield from watched(context)


def test_a_coordinator_has_a_report_go_out_sends_one_again_and_ends_it(page: Page, store: Store) -> None:
    reader = user(store, LATER, Role.INVESTIGATOR)
    page.goto(f"/studies/{STUDY}/report")
    page.get_by_role("link", name="E-mail").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reports by e-mail")
    page.get_by_label(reader.email).check()
    page.get_by_label("How often").select_option("monthly")
    page.get_by_label("Day of the month").fill("31")
    page.get_by_label("Workbook (XLSX)").check()
    page.get_by_role("button", name="Have it go out").click()
    expect(page.get_by_role("alert")).to_contain_text("31 is not within 1 to 28")
    expect(page.get_by_label(reader.email)).to_be_checked()
    page.get_by_label("Day of the month").fill("3")
    page.get_by_role("button", name="Have it go out").click()
    expect(page.get_by_role("status")).to_have_text("It goes out from now on.")
    made = page.get_by_role("article", name=re.compile("On day 3 of every month"))
    expect(made).to_contain_text("PDF, XLSX")
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_role("status")).to_have_text("It goes out again.")
    made.get_by_role("button", name=re.compile("^End it")).click()
    expect(page.get_by_role("status")).to_have_text("It goes out no more.")
    expect(made).to_have_count(0)


def test_nothing_is_wider_than_the_window_and_no_target_too_low(page: Page, store: Store) -> None:
    page.goto(HERE)
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert width_needed(page) <= width
    assert lowest_target(page) >= 24
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/mails-{width}.png", full_page=True)


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_the_page_keeps_nobody_out(browser: Browser, address: str, store: Store, size: str) -> None:
    context = context_of(browser, address, store, Role.COORDINATOR, viewport=SIZES[size])
    assert barriers(context, {"reports by e-mail": HERE}) == {}
