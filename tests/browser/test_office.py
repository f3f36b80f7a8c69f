"""An administrator's journeys in a browser: on a phone and a desk, with JavaScript and without, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from planner.app import create_app
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.browser.desk import AXE, SIZES, barriers, context_of, served, stumbles, watched, width_needed
from tests.planner.api.callers import PASSWORD, Clock, at, settings_for
from tests.reminded import DAY_8, KEYS, TOLD, reminding
from tests.studies import NORTH, STUDY, Trial, begun_study

__all__ = ["at"]

pytestmark = pytest.mark.browser
PAGES = {
    "the way in": "/office",
    "the first steps": "/office/start",
    "people": "/office/people",
    "nobody": "/office/people?q=nobody",
    "somebody": "/office/people/1",
    "letting somebody in": "/office/people/new",
    "sites": "/office/sites",
    "a site": f"/office/sites/{NORTH}",
    "a new site": "/office/sites/new",
    "changing a site": f"/office/sites/{NORTH}/change",
    "studies": "/office/studies",
    "a new study": "/office/studies/new",
    "a study": f"/office/studies/{STUDY}",
    "calendars": "/office/calendars",
    "a new calendar": "/office/calendars/new",
    "texts": f"/office/studies/{STUDY}/texts",
    "a text": f"/office/studies/{STUDY}/texts/reminder",
    "sending": "/office/sending",
    "sending of a study": f"/office/studies/{STUDY}/sending",
    "rules": f"/office/studies/{STUDY}/sending/rules",
    "the switch": "/office/sending/switch",
    "health": "/office/health?audit=follow",
    "one's own account": "/account",
    "a token for a program": "/account/tokens/new",
    "the audit": "/office/audit",
    "nothing of it": "/office/audit?subject=nothing",
    "the audit of a study": f"/office/studies/{STUDY}/audit",
    "the choice of texts": "/office/texts",
    "the switch of a study": f"/office/studies/{STUDY}/sending/switch",
}


@pytest.fixture
def bare(store: Store, tmp_path: Path, at: Clock) -> Iterator[str]:
    """A planner that is served, with nothing in it at all."""
    yield from _served(store, tmp_path)


def reminds(store: Store) -> Trial:
    """A study that reminds somebody."""
    study = reminding(store)
    study.record("01-001", DAY_8, TOLD)
    return study


@pytest.fixture
def address(store: Store, tmp_path: Path, at: Clock) -> Iterator[str]:
    """A planner that is served, with a study that reminds somebody."""
    at.now = begun_study(store, "reminds", reminds).now
    yield from _served(store, tmp_path)


def _served(store: Store, folder: Path) -> Iterator[str]:
    app = create_app({"TESTING": True}, settings_for(store, folder))
    app.extensions["installation"]._keys = KEYS
    with served(app) as found:
        yield found
    app.extensions["installation"].close()


def open_context(browser: Browser, address: str, store: Store, **said: object) -> BrowserContext:
    """A browser in which an administrator is signed in."""
    return context_of(browser, address, store, Role.ADMINISTRATOR, **said)


WAYS = pytest.mark.parametrize(
    ("size", "script"), [("desktop", True), ("phone", True), ("phone", False)],
    ids=["desktop", "phone", "without-javascript"],
)  # fmt: skip


@pytest.fixture
def page(browser: Browser, address: str, store: Store, size: str, script: bool) -> Iterator[Page]:
    yield from _page(open_context(browser, address, store, viewport=SIZES[size], java_script_enabled=script))


def _page(context: BrowserContext) -> Iterator[Page]:
    context.set_default_timeout(10_000)
    yield from watched(context)


def send(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


@pytest.mark.parametrize(
    ("size", "script"), [("desktop", True), ("phone", False)], ids=["desktop", "phone-without-javascript"]
)
def test_an_empty_installation_leads_to_its_site_its_study_and_its_coordinator(
    browser: Browser, bare: str, store: Store, size: str, script: bool
) -> None:
    stranger = browser.new_page(base_url=bare)
    stranger.goto("/")
    expect(stranger.get_by_role("region", name="This installation is new")).to_contain_text("--administrator")
    stranger.close()
    context = open_context(browser, bare, store, viewport=SIZES[size], java_script_enabled=script)
    page = context.new_page()
    page.goto("/today")
    expect(page.get_by_role("heading", level=1)).to_have_text("Getting started")
    page.get_by_role("link", name="Set up a site").click()
    page.get_by_label("Code").fill("east")
    page.get_by_label("Time zone").fill("Europe/Paris")
    page.get_by_label("Name").fill("East Clinic")
    page.get_by_label("Chairs").fill("2")
    send(page, "Set up the site")
    expect(page.get_by_role("status")).to_have_text("The site is set up.")
    page.goto("/office/start")
    page.get_by_role("link", name="Set up a study").click()
    page.get_by_label("vsli-ino").check()
    send(page, "Look at it")
    page.get_by_label("Code").fill("first-one")
    page.get_by_label("East Clinic").check()
    page.get_by_label("The dose levels of inotuzumab").fill("level 1 (made up)")
    page.get_by_label("I have read them and stand by them").check()
    send(page, "Set up the study")
    expect(page.get_by_text("It is ready: participants can be enrolled.")).to_be_visible()
    page.goto("/office/start")
    page.get_by_role("link", name="Let somebody in").click()
    expect(page.get_by_label(re.compile("^Role"))).to_have_value("coordinator")
    page.get_by_label("Name").fill("Bo Made-up")
    page.get_by_label("E-mail address").fill("bo@example.org")
    page.get_by_label("First password").fill("four words made up")
    send(page, "Let them in")
    expect(page.get_by_role("status")).to_contain_text("They may sign in now.")
    page.goto("/office/start")
    expect(page.get_by_role("listitem").filter(has=page.get_by_text("done"))).to_have_count(5)
    context.close()


@WAYS
def test_somebody_is_found_given_a_role_and_locked(page: Page) -> None:
    page.goto("/today")
    page.get_by_role("link", name="Administration", exact=True).click()
    page.get_by_role("navigation", name="Administration").get_by_role("link", name="People").click()
    page.get_by_role("link", name="Let somebody in").click()
    page.get_by_label("Name").fill("Bo Made-up")
    page.get_by_label("E-mail address").fill("bo@example.org")
    page.get_by_label("First password").fill("short")
    send(page, "Let them in")
    expect(page.get_by_role("alert")).to_contain_text("The password has 5 characters")
    expect(page.get_by_label("Name")).to_have_value("Bo Made-up")
    page.get_by_label("First password").fill("four words made up")
    send(page, "Let them in")
    page.get_by_label("Role", exact=True).select_option("monitor")
    page.get_by_label("In the study").select_option(STUDY)
    send(page, "Give the role")
    expect(page.get_by_role("status")).to_have_text("The role is given.")
    send(page, "Lock: they may sign in no more")
    page.goto("/office/people")
    page.get_by_label("State").select_option("locked")
    send(page, "Show")
    expect(page.get_by_role("row").filter(has_text="Bo Made-up")).to_contain_text("Monitor")


@WAYS
def test_a_site_is_changed_and_its_closed_days_are_one_step_away(page: Page) -> None:
    page.goto("/office/sites")
    page.get_by_role("link", name="North").click()
    page.get_by_role("link", name="Change").click()
    page.get_by_label("Monday opens").fill("08:00")
    send(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("On monday one of the two hours is missing")
    page.get_by_label("Monday closes").fill("16:00")
    page.get_by_label("Telephone").fill("+1 212 555 0199")
    send(page, "Save")
    expect(page.get_by_role("status")).to_have_text("Saved.")
    expect(page.get_by_role("row", name="Monday")).to_contain_text("08:00 to 16:00")
    page.get_by_role("link", name="Close days, and see whom it hits").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Closed days")


@WAYS
def test_a_protocol_with_a_mistake_is_told_where_and_stays_to_be_mended(page: Page) -> None:
    page.goto("/office/studies/new")
    page.get_by_role("radio", name="A text of your own").check()
    page.get_by_label("Or its text").fill("protocol: x\nversion: '1'\n")
    send(page, "Look at it")
    expect(page.get_by_role("alert")).to_contain_text("Line 1, column 1:")
    expect(page.get_by_label("Or its text")).to_have_value(re.compile("^protocol: x"))


@WAYS
def test_a_calendar_is_made_and_withdrawn(page: Page) -> None:
    page.goto("/office/calendars")
    page.get_by_role("link", name="Make a calendar").click()
    page.get_by_label("Whom it is for").select_option("study")
    page.get_by_label("Study", exact=False).first.select_option(STUDY)
    send(page, "Make the calendar")
    expect(page.get_by_label("Link")).to_have_value(re.compile(r"\.ics$"))
    page.goto("/office/calendars")
    expect(page.get_by_role("row").filter(has_text=f"Study: {STUDY}")).to_contain_text("nobody yet")
    page.get_by_role("button", name=re.compile(f"Withdraw.*Study: {STUDY}")).click()
    expect(page.get_by_role("status")).to_contain_text("The link is withdrawn.")


@WAYS
def test_texts_are_read_in_every_language_and_signed_off(page: Page) -> None:
    page.goto("/office/texts")
    page.get_by_role("link", name="Reminder", exact=True).click()
    arabic = page.get_by_role("region", name=re.compile("^Arabic"))
    expect(arabic).to_contain_text("3 segments as an SMS in UCS-2")
    expect(page.get_by_role("region", name=re.compile("^English"))).to_contain_text("not signed off")
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name=STUDY).click()
    send(page, "Sign off all texts that ship")
    expect(page.get_by_role("status")).to_contain_text("The texts that ship are signed off")
    expect(page.get_by_role("row", name=re.compile("^Reminder before"))).not_to_contain_text("not yet")


@WAYS
def test_all_sending_is_stopped_with_a_reason_and_goes_on(page: Page) -> None:
    page.goto("/office/sending")
    page.get_by_role("link", name="Switch all sending off").click()
    page.get_by_label("Why").fill("A drill")
    page.get_by_label("Yes, switch all sending off").check()
    send(page, "Switch off")
    expect(page.get_by_role("region", name="All sending")).to_contain_text("A drill")
    page.goto("/office/health")
    expect(page.get_by_role("region", name=re.compile("To be seen to now"))).to_contain_text("A drill")
    page.goto("/office/sending")
    page.get_by_role("link", name="Switch it on again").click()
    page.get_by_label("Why").fill("The drill is over")
    page.get_by_label("Yes, switch all sending on").check()
    send(page, "Switch on")
    expect(page.get_by_role("status")).to_contain_text("Sending goes on.")


@WAYS
def test_the_audit_is_narrowed_opened_and_left_for_that_of_a_study(page: Page) -> None:
    page.goto("/office")
    page.get_by_role("navigation", name="Administration").get_by_role("link", name="Audit").click()
    audit = page.get_by_role("region", name="Audit")
    expect(audit.get_by_role("row").filter(has_text="Set up a site").first).to_be_visible()
    page.get_by_label("What it is about").select_option("People")
    send(page, "Show")
    expect(page.get_by_label("What it is about")).to_have_value("user:")
    expect(audit.get_by_role("row").filter(has_text="Set up a site")).to_have_count(0)
    page.get_by_role("navigation", name="Whose audit").get_by_role("link", name=STUDY).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Audit of {STUDY}")
    entry = audit.get_by_role("row").filter(has_text="Participant 01-001").first
    entry.get_by_text(re.compile("^Entry")).click()
    expect(entry.get_by_text("participant:01-001")).to_be_visible()


@WAYS
def test_a_token_for_a_program_is_made_shown_once_and_revoked(page: Page) -> None:
    page.goto("/today")
    page.get_by_role("link", name=re.compile("my account")).click()
    page.get_by_role("link", name="Make a token for a program").click()
    page.get_by_label("Which program it is for").fill("Our warehouse")
    page.get_by_label("Your password").fill("not mine at all")
    send(page, "Make the token")
    expect(page.get_by_role("alert")).to_contain_text("This is not your password")
    expect(page.get_by_label("Which program it is for")).to_have_value("Our warehouse")
    page.get_by_label("Your password").fill(PASSWORD)
    send(page, "Make the token")
    expect(page.get_by_role("status")).to_contain_text("shown now and never again")
    expect(page.get_by_label("Token", exact=True)).to_have_value(re.compile("^vp_"))
    page.get_by_role("link", name="My tokens").click()
    page.get_by_role("button", name=re.compile("Revoke.*Our warehouse")).click()
    expect(page.get_by_role("status")).to_contain_text("The token is good for nothing any more.")
    expect(page.get_by_role("region", name="Tokens of my programs")).not_to_contain_text("Our warehouse")


def test_every_page_is_gone_through_by_keyboard(browser: Browser, address: str, store: Store) -> None:
    assert stumbles(open_context(browser, address, store, viewport=SIZES["desktop"]), PAGES) == {}


@pytest.mark.parametrize(("size", "script"), [("desktop", True)])
def test_a_study_is_stopped_by_keyboard_alone(page: Page) -> None:
    page.goto(f"/office/studies/{STUDY}/sending/switch")
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        reached.append(focused)
        if focused == "switch-why":
            page.keyboard.type("A drill")
        if focused == "switch-sure":
            page.keyboard.press("Space")
        if focused == "Switch off":
            page.keyboard.press("Enter")
            break
    expect(page.get_by_role("status"), str(reached)).to_contain_text("The sending of this study is switched off.")


@pytest.mark.parametrize(("size", "script"), [("phone", True)])
def test_nothing_is_wider_than_a_phone_and_every_target_is_large_enough(page: Page) -> None:
    for name, path in PAGES.items():
        page.goto(path)
        assert width_needed(page) <= 390, name
        assert page.evaluate(_SMALL) == [], name


#: buttons, fields and links that stand by themselves and are smaller than a finger needs
_SMALL = """
[...document.querySelectorAll('main button, main input:not([type=hidden]), main select, main a.button, main .views a')]
  .map(one => [one.outerHTML.slice(0, 120), (one.closest('label.option') || one).getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24)).map(([said]) => said)
"""


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_no_page_keeps_anybody_out(browser: Browser, address: str, store: Store, size: str) -> None:
    assert barriers(open_context(browser, address, store, viewport=SIZES[size]), PAGES) == {}
