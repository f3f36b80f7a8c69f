"""Journeys through the pages of studies in a browser: on a phone and a desk, with JavaScript and without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from planner.app import create_app
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.access import EVERYTHING
from planner.services.cohorts import SetUpCohort, set_up_cohort
from planner.services.users import Role
from tests.browser.desk import AXE, SIZES, barriers, context_of, served, stumbles, tab_to, watched, width_needed
from tests.long_work import asked, worker
from tests.planner.api.callers import Clock, at, settings_for
from tests.planner.services.test_amendments import FIRST, SECOND, THIRD
from tests.planner.services.test_long_work import AMENDMENT, site_id, table
from tests.reminded import KEYS
from tests.studies import NORTH, STUDY, Trial, trial

__all__ = ["at"]

pytestmark = pytest.mark.browser
ONE = f"/studies/{STUDY}"
WITH_COHORTS = FIRST.replace("activities:", "cohorts:\n  first: {label: First}\nactivities:", 1)
NEXT = SECOND.replace("activities:", "cohorts:\n  first: {label: First}\nactivities:", 1)
PAGES = {
    "the list": "/studies",
    "the protocol": ONE,
    "as a table": f"{ONE}?view=table",
    "visit by visit": f"{ONE}?view=list",
    "versions": f"{ONE}/versions",
    "an amendment": f"{ONE}/amendment",
    "cohorts": f"{ONE}/cohorts",
    "settings": f"{ONE}/settings",
    "an import": f"{ONE}/imports",
    "work": f"{ONE}/progress",
    "an effect": f"{ONE}/progress/1",
    "bad lines": f"{ONE}/progress/2",
    "cut off": f"{ONE}/progress/3",
}


@contextmanager
def working(store: Store, at: Clock) -> Iterator[None]:
    """A worker that looks for work as long as this lasts."""
    ending = Event()

    def look() -> None:
        while not ending.wait(0.1):
            worker(store, at, stopped=ending.is_set).run()

    thread = Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def filled(store: Store, at: Clock) -> Trial:
    """A study with two versions, a cohort, participants, and work that ended in several ways."""
    study = trial(store, texts=[WITH_COHORTS, NEXT])
    for number in ("01-001", "01-002"):
        study.enrol(number, cohort="first")
    said = SetUpCohort(study=STUDY, code="level-1", label="Level 1", size=2, part="first")
    store.write(SYSTEM, study.now, lambda uow: set_up_cohort(uow, study.designs, EVERYTHING, said).id)
    at.now = study.now
    asked(study, "amendment-look", asked=AMENDMENT, site_id=site_id(store, NORTH))
    asked(study, "import-check", asked={"file": "a-table-with-a-rather-long-name-of-its-own.csv"}, payload=WRONG)
    worker(store, at).run()
    study.now = at()
    asked(study, "replan")
    worker(store, at)._claim()
    at.now = at.now.replace(minute=10)
    return study


WRONG = table("01-005") + b"\n01-003,nowhere,consented,2025-12-20,,1.0\n01-004,north,danced,2025-12-20,,"


@pytest.fixture
def address(store: Store, tmp_path: Path, at: Clock) -> Iterator[str]:
    """A planner that is served, with a worker beside it."""
    filled(store, at)
    app = create_app({"TESTING": True}, settings_for(store, tmp_path))
    app.extensions["installation"]._keys = KEYS
    with served(app) as found, working(store, at):
        yield found
    app.extensions["installation"].close()


@pytest.fixture(
    params=[("desktop", True), ("phone", True), ("desktop", False)], ids=["desktop", "phone", "without-javascript"]
)
def page(browser: Browser, address: str, store: Store, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An administrator's browser of that size, with JavaScript or without."""
    size, script = request.param
    context = context_of(browser, address, store, Role.ADMINISTRATOR, viewport=SIZES[size], java_script_enabled=script)
    yield from watched(context)


def test_a_study_leads_to_its_schedule_as_a_table_or_visit_by_visit(page: Page) -> None:
    page.goto("/studies")
    page.get_by_role("link", name=STUDY).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(STUDY)
    page.get_by_role("link", name="Table", exact=True).click()
    row = page.get_by_role("row", name=re.compile("^Drug"))
    expect(row.get_by_role("cell").first).to_contain_text("X")
    page.get_by_role("link", name="Visit by visit").click()
    expect(page.get_by_role("listitem").filter(has_text="Day 8")).to_contain_text("Look")


def test_what_a_version_changes_is_read_in_words(page: Page) -> None:
    page.goto(ONE)
    page.get_by_role("link", name="Versions", exact=True).click()
    changed = page.get_by_role("region", name=re.compile("What version 2.0 changes"))
    expect(changed).to_contain_text("Treatment, Day 8: Biopsy is done as well.")


def test_a_version_is_added_and_its_assumptions_confirmed(page: Page) -> None:
    page.goto(f"{ONE}/versions")
    page.get_by_label("Text", exact=True).fill("protocol: small")
    page.get_by_role("button", name="Add the version").click()
    expect(page.get_by_label("Text", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Text", exact=True)).to_have_value("protocol: small")
    page.get_by_label("Text", exact=True).fill(THIRD)
    page.get_by_role("button", name="Add the version").click()
    expect(page.get_by_role("status")).to_contain_text("Version 3.0 is added.")
    card = page.get_by_role("article", name=re.compile("Version 3.0"))
    card.get_by_text("Its 0 assumptions").click()
    card.get_by_label("I have read them").check()
    card.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status")).to_contain_text("The assumptions of version 3.0 are confirmed.")


def test_an_amendment_is_looked_at_put_in_force_and_followed_to_its_end(page: Page) -> None:
    page.goto(f"{ONE}/versions")
    page.get_by_role("link", name="Effect on everybody of version 2.0").click()
    page.get_by_label("Approved on").fill("2026-01-02")
    page.get_by_label("In force from").fill("2026-01-05")
    page.get_by_role("button", name="Show the effect on everybody").click()
    expect(page.get_by_role("heading", name="Participants 2")).to_be_visible(timeout=15_000)
    line = page.get_by_role("listitem").filter(has_text="01-001")
    expect(line).to_contain_text("1 visit is new; 1 visit changes on its day.")
    line.get_by_text("Visit by visit").click()
    visit = line.get_by_role("listitem").filter(has_text="changes on its day")
    expect(visit).to_be_hidden()
    page.emulate_media(media="print")  # on paper nobody can open what is closed
    expect(visit).to_be_visible()
    page.emulate_media(media="screen")
    page.get_by_label("Reason").fill("Approved by the committee")
    page.get_by_role("button", name="Put version 2.0 in force").click()
    expect(page.get_by_text("Version 2.0 is in force at the site.")).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="Versions", exact=True).click()
    expect(page.get_by_role("article", name=re.compile("Version 2.0"))).to_contain_text("in force from Mon 5 Jan 2026")


def test_a_table_is_checked_corrected_and_taken_in(page: Page) -> None:
    page.goto(f"{ONE}/progress")
    page.get_by_role("link", name="Choose a table").click()
    file = page.get_by_label("Table (CSV, UTF-8)")
    file.set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": WRONG})
    page.get_by_role("button", name="Check the table").click()
    expect(page.get_by_role("listitem").filter(has_text="line 5")).to_contain_text("There is no fact", timeout=15_000)
    page.get_by_role("link", name="choose it again").click()
    file.set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": table("01-005", "01-006")})
    page.get_by_role("button", name="Check the table").click()
    expect(page.get_by_text("Every line can be taken in:")).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_text("2 new participants are taken in")).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="Look at the participants").click()
    expect(page.get_by_role("link", name="01-006")).to_be_visible()


def test_work_that_was_cut_off_is_gone_on_with(page: Page) -> None:
    page.goto(f"{ONE}/progress")
    page.get_by_role("link", name="Planning everybody again").click()
    expect(page.get_by_role("status")).to_have_text("cut off")
    page.get_by_role("button", name="Go on where it was").click()
    expect(page.get_by_role("status")).to_have_text("done", timeout=15_000)
    expect(page.get_by_role("progressbar", name="Done so far")).to_have_attribute("value", "2")


def test_a_cohort_is_opened_and_closed(page: Page) -> None:
    page.goto(f"{ONE}/cohorts")
    card = page.get_by_role("article", name=re.compile("Level 1"))
    card.get_by_text("Change", exact=False).first.click()
    card.get_by_role("button", name=re.compile("^Open")).click()
    expect(page.get_by_role("status")).to_contain_text("Cohort level-1 is as it stands here now.")
    expect(page.get_by_role("heading", name=re.compile("Level 1"))).to_contain_text("open")


def test_settings_are_set(page: Page) -> None:
    page.goto(f"{ONE}/settings")
    page.get_by_label(re.compile("Attempts to reach somebody")).fill("many")
    page.get_by_role("button", name="Set the number").click()
    field = page.get_by_label(re.compile("Attempts to reach somebody"))
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("many")
    field.fill("3")
    page.get_by_role("button", name="Set the number").click()
    expect(page.get_by_role("status")).to_contain_text("The number of attempts is set.")


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    found = {}
    for name, path in PAGES.items():
        page.goto(path)
        found[name] = width_needed(page)
    assert {name: wide for name, wide in found.items() if wide > width} == {}


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_no_page_keeps_anybody_out(browser: Browser, address: str, store: Store, size: str) -> None:
    assert barriers(context_of(browser, address, store, Role.ADMINISTRATOR, viewport=SIZES[size]), PAGES) == {}


def test_every_page_is_gone_through_by_keyboard(browser: Browser, address: str, store: Store) -> None:
    context = context_of(browser, address, store, Role.ADMINISTRATOR, viewport=SIZES["desktop"])
    assert stumbles(context, PAGES) == {}


def test_an_effect_is_asked_for_by_keyboard_alone(browser: Browser, address: str, store: Store) -> None:
    context = context_of(browser, address, store, Role.COORDINATOR)
    page = context.new_page()
    page.goto(f"{ONE}/amendment?version=2.0")
    tab_to(page, "approved_on")
    page.keyboard.type("01022026")
    tab_to(page, "effective_on")
    page.keyboard.type("01052026")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Participants 2")).to_be_visible(timeout=15_000)
    page.get_by_text("Visit by visit").first.focus()
    page.keyboard.press("Enter")
    context.close()
