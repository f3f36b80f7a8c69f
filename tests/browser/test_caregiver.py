"""Whoever cares for a participant, across both pages: named, looked at by a coordinator, texted, and no longer so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests import reminded
from tests.browser.desk import SIZES, context_of, served
from tests.browser.own_page import Running, let_in
from tests.housed import housed
from tests.planner.api.callers import Clock, at

__all__ = ["at"]

pytestmark = pytest.mark.browser
NAMED = "They name somebody on their page who is to get texts too"
AGREED = "They agreed on their page that whoever cares for them gets texts."
ENDED = "They ended on their page that whoever cares for them gets texts."
THEIR_NUMBER, DAY_BEFORE = "+1 212 555 0160", datetime(2026, 1, 11, 15, 30, tzinfo=UTC)


@pytest.fixture
def running(store: Store, tmp_path: Path, at: Clock) -> Iterator[Running]:
    """Somebody with a page, for whom nobody cares that the clinic knows of."""
    with housed(store, tmp_path, at) as made, served(made.app) as address:
        reminded.keep(made.study, caregiver_phone="")
        yield Running(address, made)


def name_somebody(page: Page) -> None:
    page.get_by_role("link", name="Settings").click()
    part = page.get_by_role("region", name="Somebody who also gets texts")
    expect(part).to_contain_text("Nobody else gets texts about your visits.")
    part.get_by_text("Name somebody").click()
    part.get_by_label("Name").fill("Cem Madeup")
    part.get_by_label("Phone number").fill(THEIR_NUMBER)
    part.get_by_role("button", name="Send to my clinic").click()
    expect(part).to_contain_text("You named somebody. Your clinic will contact you.")


def take_them_in(desk: Page) -> None:
    """A coordinator reads whom they name, keeps name and number, and says that it is done."""
    desk.goto("/today")
    waiting = desk.get_by_role("region", name="Replies and messages").get_by_role("listitem").filter(has_text=NAMED)
    waiting.get_by_role("link", name="Read").click()
    written = desk.get_by_role("region", name="What they wrote")
    expect(written).to_contain_text(f"Cem Madeup, {THEIR_NUMBER}")
    address = desk.url
    desk.get_by_role("link", name="How they are reached").click()
    desk.get_by_label("Caregiver", exact=False).first.fill("Cem Madeup")
    desk.get_by_label("Caregiver’s phone").fill(THEIR_NUMBER)
    desk.get_by_role("button", name="Keep it").click()
    expect(desk.get_by_role("status")).to_contain_text("It is kept.")
    desk.goto(address)
    desk.get_by_label("What was done").fill("talked with both of them")
    desk.get_by_role("button", name="Done").click()
    desk.goto("/today")
    expect(desk.get_by_text(NAMED)).to_have_count(0)


def agree(page: Page) -> None:
    page.reload()
    part = page.get_by_role("region", name="Somebody who also gets texts")
    expect(part).to_contain_text("Cem Madeup gets no texts now. Your clinic has a number that ends in 60.")
    part.get_by_role("button", name="I agree: they may get texts too").click()
    expect(part).to_contain_text("Cem Madeup also gets texts, at the number that ends in 60.")


def end(page: Page) -> None:
    part = page.get_by_role("region", name="Somebody who also gets texts")
    part.get_by_role("button", name="End this").click()
    expect(part).to_contain_text("Cem Madeup gets no texts now.")


def reads_on_today(desk: Page, words: str, stands: str) -> None:
    """What the participant did stands on Today, and the consent with it among how they are reached."""
    desk.goto("/today")
    waiting = desk.get_by_role("region", name="Replies and messages").get_by_role("listitem").filter(has_text=words)
    waiting.get_by_role("link", name="Read").click()
    desk.get_by_role("link", name="How they are reached").click()
    agreed = desk.get_by_role("region", name="What they agreed to be sent").get_by_role("listitem")
    expect(agreed.filter(has_text="Messages to a caregiver")).to_contain_text(stands)


def texts_of_caregiver(running: Running, *states: str) -> list[tuple[str, str]]:
    found = reminded.messages(running.home.study, *states, whom="caregiver")
    return [(template, timing) for template, timing, _ in found]


@pytest.mark.parametrize(("size", "script"), [("phone", True), ("desktop", True), ("phone", False)])
def test_a_caregiver_is_named_taken_in_agreed_to_texted_and_ended(
    browser: Browser, running: Running, size: str, script: bool
) -> None:
    home = running.home
    said: dict[str, Any] = {"viewport": SIZES[size], "java_script_enabled": script}
    with browser.new_context(**said) as own:
        page = let_in(own, running)
        name_somebody(page)
        with context_of(browser, running.address, home.store, Role.COORDINATOR, **said) as clinic:
            desk = clinic.new_page()
            take_them_in(desk)
            agree(page)
            reads_on_today(desk, AGREED, "yes, since Mon 5 Jan 2026 on their own page")
        home.at.now = home.study.now = DAY_BEFORE
        home.send()
        assert texts_of_caregiver(running, "accepted", "delivered") == [("reminder", "1d")]
        end(page)
        home.send()
        assert texts_of_caregiver(running, "planned") == []
        with context_of(browser, running.address, home.store, Role.COORDINATOR, **said) as clinic:
            reads_on_today(clinic.new_page(), ENDED, "no")
