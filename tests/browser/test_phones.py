"""The simulated phone in a browser: choose a participant, read what was texted and when, answer, see what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from planner.app import create_app
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_study
from planner.services.dispatching import Sending, sending_of
from planner.services.wordings import adopt_wordings
from tests import reminded
from tests.planner.api.callers import Clock, at, settings_for
from tests.reminded import DAY_8, KEYS, TOLD
from tests.serving import served
from tests.studies import STUDY

__all__ = ["at"]

pytestmark = pytest.mark.browser
#: three days before the visit, nine in the morning in New York
DUE = datetime(2026, 1, 9, 14, 1, tzinfo=UTC)
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 320, "height": 640},
    "desktop": {"width": 1280, "height": 900},
}


@dataclass(slots=True)
class Demo:
    """A planner with simulated phones, and a worker that ticks when a test says so, or all the time."""

    address: str
    sending: Sending
    clock: Clock

    def send(self) -> None:
        """What is due goes out."""
        self.sending.send()


@pytest.fixture
def demo(store: Store, tmp_path: Path, at: Clock) -> Iterator[Demo]:
    """Somebody who was told of an appointment and reads English, in a planner that is served, with a worker."""
    study = reminded.reminding(store)

    def adopt(uow: UnitOfWork) -> None:
        adopt_wordings(uow, study.designs, find_study(uow.session, EVERYTHING, STUDY), ("en", "zh"))

    store.write(SYSTEM, study.now, adopt)
    study.record("01-001", DAY_8)
    study.record("01-001", TOLD)
    app = create_app({"TESTING": True}, settings_for(store, tmp_path, show_phones=True))
    planner = app.extensions["installation"]
    planner._keys = KEYS
    done = Event()
    sending = sending_of(planner.settings, store.database, KEYS, planner.designs, at, done.is_set)
    at.now = DUE
    sending.send()
    worker = Thread(target=_work, args=(sending, done))
    with served(app) as address:
        worker.start()
        yield Demo(address, sending, at)
        done.set()
        worker.join()
    planner.close()


def _work(sending: Sending, done: Event) -> None:
    while not done.wait(0.1):
        sending.send()


@pytest.fixture(
    params=[(size, script) for size in SIZES for script in (True, False)], ids=lambda one: f"{one[0]}-{one[1]}"
)
def page(browser: Browser, demo: Demo, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser of that size, with JavaScript and without."""
    size, script = request.param
    context = browser.new_context(base_url=demo.address, viewport=SIZES[size], java_script_enabled=script)
    made = context.new_page()
    yield made
    context.close()


def choose(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name=re.compile("simulated phones", re.IGNORECASE)).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Simulated phones")
    page.get_by_role("row", name="01-001").get_by_role("link", name="01-001").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Phone of 01-001")


def test_texts_stand_there_with_their_time_and_answers_do_what_they_say(page: Page, demo: Demo) -> None:
    choose(page)
    texts = page.get_by_role("region", name="Texts")
    expect(texts.get_by_role("listitem")).to_have_count(1)
    expect(texts).to_contain_text("Fri 9 Jan, 09:01")
    expect(texts).to_contain_text("The clinic")
    expect(page.get_by_role("region", name="Still to come")).to_contain_text("Sun 11 Jan, 09:00")

    page.get_by_role("button", name="1", exact=True).click()
    expect(texts.get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_role("region", name="Appointments, as they know them")).to_contain_text("confirmed")
    expect(page.get_by_role("region", name="What the coordinator sees")).to_contain_text("No task is open.")

    page.get_by_role("button", name="2", exact=True).click()
    expect(texts.get_by_role("listitem")).to_have_count(5)
    expect(page.get_by_role("region", name="What the coordinator sees")).to_contain_text("nothing has been moved")

    page.get_by_role("button", name="STOP", exact=True).click()
    expect(page.get_by_role("region", name="Stopped")).to_contain_text("This phone has said STOP.")
    expect(page.get_by_role("region", name="Still to come")).to_contain_text("Nothing is planned.")
    expect(texts.get_by_role("listitem").last).to_contain_text("Fri 9 Jan")

    page.get_by_role("button", name="START", exact=True).click()
    expect(page.get_by_role("region", name="Stopped")).to_have_count(0)
    expect(page.get_by_role("region", name="Still to come")).to_contain_text("Sun 11 Jan, 09:00")


def test_nothing_is_wider_than_the_window_and_everything_can_be_reached(page: Page) -> None:
    for path in ("/phones", f"/phones/{STUDY}/01-001"):
        page.goto(path)
        width = page.viewport_size["width"] if page.viewport_size else 0
        box = page.locator("main").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width
        for button in page.get_by_role("button").all():
            found = button.bounding_box()
            assert found is not None
            assert found["x"] >= 0
            assert found["x"] + found["width"] <= width


def test_it_is_written_back_by_keyboard_alone(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(base_url=demo.address)
    page = context.new_page()
    page.goto("/phones")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "01-001":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Phone of 01-001")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "text":
            break
    page.keyboard.type("May I bring my dog?")
    page.keyboard.press("Enter")
    texts = page.get_by_role("region", name="Texts")
    expect(texts).to_contain_text("May I bring my dog?")
    expect(texts.get_by_role("listitem").last).to_contain_text("911")
    expect(page.get_by_role("region", name="What the coordinator sees")).to_contain_text(
        "Somebody wrote back: read it."
    )
    context.close()


def test_what_is_written_on_the_phone_is_text_and_no_page(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(base_url=demo.address)
    page = context.new_page()
    page.goto(f"/phones/{STUDY}/01-001")
    page.get_by_label("Write back").fill("<img src=x onerror=alert(1)> 🙂 ٢")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("region", name="Texts")).to_contain_text("<img src=x onerror=alert(1)> 🙂 ٢")
    assert page.locator("main img").count() == 0
    context.close()


def test_a_day_later_the_next_text_has_come(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(base_url=demo.address)
    page = context.new_page()
    demo.clock.now = DUE + timedelta(days=2)
    demo.send()
    page.goto(f"/phones/{STUDY}/01-001")
    expect(page.get_by_role("region", name="Texts").get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("region", name="Texts")).to_contain_text("Sun 11 Jan, 09:01")
    expect(page.get_by_role("region", name="Still to come")).to_contain_text("Nothing is planned.")
    context.close()
