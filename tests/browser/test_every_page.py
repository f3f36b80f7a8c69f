"""No page keeps anybody out: those that no other file looks at, and a test that says which page nobody looks at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.exceptions import NotFound

from notifications.tasks import NewTask, ask
from planner.app import create_app
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.users import Role
from tests import reminded
from tests.browser import (
    test_centre,
    test_desk,
    test_desk_calendar,
    test_desk_telling,
    test_desk_watch,
    test_home,
    test_office,
    test_report_mails,
    test_reports,
    test_studies,
)
from tests.browser.desk import AXE, SIZES, barriers, context_of, lowest_target, served, width_needed
from tests.planner.api.callers import Clock, app, at, settings_for
from tests.reminded import KEYS
from tests.studies import STUDY
from tests.subscribed import Subscribed

__all__ = ["app", "at"]

pytestmark = pytest.mark.browser
PERSON = f"/studies/{STUDY}/participants/01-001"
FEED = "/calendars/{token}"
PAGES = {
    "protocols": "/",
    "a protocol": "/protocols/vsli-ino",
    "its calendar": "/protocols/vsli-ino/calendar?start=2026-01-05&made_up=yes",
    "a calendar that cannot be": "/protocols/vsli-ino/calendar?start=2026-02-31",
    "what a problem is": "/problems/not-found",
    "a check of a calendar": "/calendars/check",
    "subscribing": FEED,
    "a study for somebody new": "/newcomer",
    "somebody new": f"/studies/{STUDY}/newcomer",
    "a reply": f"/studies/{STUDY}/tasks/1",
    "a reply of nobody known": "/tasks/2",
    "their own page at the desk": f"{PERSON}/page",
    "reports": "/reports",
    "telephones": "/phones",
    "a telephone": f"/phones/{STUDY}/01-001",
}
TABLES = (
    test_centre.PAGES, test_desk.PAGES, test_desk_calendar.PAGES, test_desk_telling.PAGES, test_desk_watch.PAGES,
    test_office.PAGES, test_reports.PAGES, test_studies.PAGES, PAGES,
)  # fmt: skip
OWN = ["/" + "x" * 43, "/diary", *test_home.PAGES]
#: what is no page of its own
NO_PAGES = {
    "pages.calendar_csv", "pages.calendar_ics", "reports.charts.as_csv", "reports.charts.picture",
    "reports.charts.table",
    "reports.files.as_pdf", "reports.files.as_sdtm", "reports.files.as_xlsx", "reports.page.as_csv",
    "reports.page.as_json", "studies.versions.text", "studies.work.file",
}  # fmt: skip
FOR_PROGRAMS = ("/api", "/callbacks", "/healthz", "/metrics", "/readyz")
#: one that is shown only where screens are shared, and those behind a form of the same looks
ELSEWHERE = {
    "centre.screen.ask",
    "home.caregiver.come_back",
    "home.door.come_back",
    "reports.page.figures",
    "sign_in.show",
}


@pytest.fixture
def running(store: Store, tmp_path: Path, at: Clock) -> Iterator[tuple[str, dict[str, str]]]:
    """A planner with telephones, somebody in it, two replies and a calendar: its address, and the pages there."""
    study = reminded.reminding(store)
    at.now = study.now
    made = create_app({"TESTING": True}, settings_for(store, tmp_path, show_phones=True))
    made.extensions["installation"]._keys = KEYS
    for place, of_study in enumerate((1, None)):
        new = NewTask(study_id=of_study, site_id=of_study, kind="reply", occasion=f"reply.{place}", words="They wrote.")
        store.write(SYSTEM, at.now, lambda uow, new=new: ask(uow.session, new, uow.now))  # type: ignore[misc]
    token = Subscribed(study, made, at).make("participant").token
    with served(made) as found:
        yield found, {name: path.format(token=token) for name, path in PAGES.items()}
    made.extensions["installation"].close()


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("size", SIZES)
def test_no_other_page_keeps_anybody_out(
    browser: Browser, running: tuple[str, dict[str, str]], store: Store, size: str
) -> None:
    address, pages = running
    assert barriers(context_of(browser, address, store, Role.COORDINATOR, viewport=SIZES[size]), pages) == {}


@pytest.mark.parametrize("size", SIZES)
def test_no_other_page_is_wider_than_the_window_or_has_a_small_target(
    browser: Browser, running: tuple[str, dict[str, str]], store: Store, size: str
) -> None:
    address, pages = running
    page = context_of(browser, address, store, Role.COORDINATOR, viewport=SIZES[size]).new_page()
    for name, path in pages.items():
        answer = page.goto(path)
        assert answer is not None
        assert answer.status < 400 or name == "a calendar that cannot be", name
        assert width_needed(page) <= SIZES[size]["width"], name
        assert lowest_target(page) >= 24, name
    page.context.close()


def test_every_page_is_looked_at_somewhere(app: Flask) -> None:
    to, found = app.url_map.bind("localhost"), set()
    own = [f"/home{path}" for path in OWN]
    for path in (*(path for table in TABLES for path in table.values()), test_report_mails.HERE, *own):
        with suppress(NotFound):
            found.add(to.match(urlsplit(path).path)[0])
    wanted = {
        rule.endpoint for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and "." in rule.endpoint and not rule.rule.startswith(FOR_PROGRAMS)
    }  # fmt: skip
    assert wanted - found - NO_PAGES - ELSEWHERE == set()
    assert (NO_PAGES | ELSEWHERE) & found == set()
