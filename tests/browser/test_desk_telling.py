"""Telling somebody, what is watched, contact, a what-if: a coordinator's journeys by role and label."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from planner.app import create_app
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_study
from planner.services.wordings import adopt_wordings
from tests import reminded
from tests.browser.coordinator import PERSON, open_context, page
from tests.browser.desk import AXE, SIZES, barriers, served, tab_to, width_needed
from tests.planner.api.callers import Clock, at, settings_for
from tests.reminded import DAY_8, KEYS
from tests.studies import STUDY, Trial, begun_study

__all__ = ["at", "page"]

pytestmark = pytest.mark.browser
TELLING = f"{PERSON}/visits/induction.c1.d8/telling"
PAGES = {
    "telling": TELLING, "contact": f"{PERSON}/contact", "wishes": f"{PERSON}/wishes", "to watch": "/watch",
    "one list": "/watch?list=hospital", "audit": f"{PERSON}/audit", "deviations": "/deviations?queue=all",
    "somebody": PERSON,
}  # fmt: skip


def in_hospital(store: Store) -> Trial:
    """A study with somebody in hospital who is booked, not told, and agreed to texts that are signed off."""
    study = reminded.reminding(store)

    def sign_off(uow: UnitOfWork) -> None:
        adopt_wordings(uow, study.designs, find_study(uow.session, EVERYTHING, STUDY))

    store.write(SYSTEM, study.now, sign_off)
    study.record("01-001", DAY_8)
    study.record("01-001", {"fact": "admitted", "date": "2026-01-05", "note": "made-up fever"})
    return study


def made(store: Store, folder: Path, at: Clock) -> Flask:
    """A planner over it."""
    study = begun_study(store, "in hospital", in_hospital)
    at.now = study.now
    app = create_app({"TESTING": True}, settings_for(store, folder))
    app.extensions["installation"]._keys = KEYS
    return app


@pytest.fixture
def address(store: Store, tmp_path: Path, at: Clock) -> Iterator[str]:
    app = made(store, tmp_path, at)
    with served(app) as found:
        yield found
    app.extensions["installation"].close()


def test_somebody_is_told_by_the_text_that_was_looked_at(page: Page) -> None:
    page.goto(f"{PERSON}/visits/induction.c1.d8")
    page.get_by_role("link", name="Tell the participant of it").click()
    texts = page.get_by_role("region", name="What goes out")
    expect(texts).to_contain_text("Your appointment is on Monday, January 12, 2026 at 9:30")
    expect(texts).to_contain_text(re.compile(r"\d segments?"))
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("status")).to_contain_text("It is on its way")
    expect(page.get_by_role("row", name=re.compile("told, C1D8"))).to_contain_text("planned")
    page.goto(TELLING)
    expect(page.get_by_role("region", name="Nothing can be sent")).to_contain_text("was made already")


def test_who_left_hospital_is_recorded_from_what_is_watched(page: Page) -> None:
    page.goto("/today")
    page.get_by_role("link", name="To watch").click()
    hospital = page.get_by_role("region", name=re.compile("In hospital"))
    expect(hospital.get_by_role("listitem")).to_contain_text("Made-up fever")
    hospital.get_by_role("link", name=re.compile("They left")).click()
    page.get_by_role("button", name="Save").click()  # today is filled in, so what would move is shown already
    expect(page.get_by_role("status", name="Recorded")).to_contain_text("They left hospital")


def test_a_consent_is_ended_and_given_on_the_page_of_contact(page: Page) -> None:
    page.goto(PERSON)
    page.get_by_role("link", name="Contact", exact=True).click()
    consents = page.get_by_role("region", name="What they agreed to be sent")
    expect(consents.get_by_role("listitem").filter(has_text="Texts")).to_contain_text("yes")
    consents.get_by_label("What", exact=True).select_option("Texts")
    consents.get_by_label("How they said it").fill("by word of mouth")
    consents.get_by_role("button", name="They do not want it any more").click()
    expect(consents.get_by_role("listitem").filter(has_text="Texts").first).to_contain_text("no")
    page.get_by_label("Mobile phone").fill("12")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("alert")).to_contain_text("no number in E.164")
    expect(page.get_by_label("Mobile phone")).to_have_value("12")


def test_what_somebody_wants_to_be_sent_is_kept_and_a_number_says_stop(page: Page) -> None:
    page.goto(PERSON)
    page.get_by_role("link", name="Wishes", exact=True).click()
    page.get_by_role("checkbox", name="The day before").check()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("alert")).to_contain_text("choose which of the two they want")
    expect(page.get_by_role("checkbox", name="The day before")).to_be_checked()
    page.get_by_role("radio", name="Those ticked below").check()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("status")).to_contain_text("It is kept")
    expect(page.get_by_role("radio", name="Those ticked below")).to_be_checked()
    texts = page.get_by_role("region", name="Texts", exact=True)
    texts.get_by_text("Change").click()
    texts.get_by_label("How they said it").fill("by word of mouth")
    texts.get_by_role("button", name="They want nothing more there").click()
    expect(texts).to_contain_text("said stop")


def test_a_what_if_is_looked_at_and_not_saved(page: Page) -> None:
    page.goto(PERSON)
    page.get_by_role("link", name="What if the next dose slips by a week?").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What if")
    expect(page.get_by_role("region", name="What would move").get_by_role("row").first).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)


def test_a_table_of_deviations_is_downloaded(page: Page) -> None:
    page.goto("/deviations?queue=all")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download as CSV").click()
    assert coming.value.suggested_filename.endswith(".csv")


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    for name, path in PAGES.items():
        page.goto(path)
        assert width_needed(page) <= width, name


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_no_page_keeps_anybody_out(browser: Browser, address: str, store: Store, size: str) -> None:
    assert barriers(open_context(browser, address, store, viewport=SIZES[size]), PAGES) == {}


def test_somebody_is_told_by_keyboard_alone(browser: Browser, address: str, store: Store) -> None:
    context = open_context(browser, address, store)
    page = context.new_page()
    page.goto(TELLING)
    page.get_by_role("button", name="Send it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("It is on its way")
    page.goto(f"{PERSON}/contact")
    tab_to(page, "phone")
    page.keyboard.press("Control+A")
    page.keyboard.type("+12125550144")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("It is kept")
    context.close()
