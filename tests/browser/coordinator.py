"""A coordinator in a browser: signed in at a planner with two participants, on a phone or a desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from planner.app import create_app
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests import reminded
from tests.browser.desk import SIZES, context_of, served, watched
from tests.planner.api.callers import Clock, settings_for
from tests.reminded import DAY_8, DOSED, KEYS
from tests.studies import STUDY, Trial, begun_study

PERSON = f"/studies/{STUDY}/participants/01-001"
LATE = tuple({**dose, "date": "2026-01-20", "visit": "induction.c1.d8"} for dose in DOSED)


def late(store: Store) -> Trial:
    """A study with somebody whose second dose came late, and somebody else."""
    study = reminded.reminding(store)
    study.record("01-001", *LATE)
    study.record("01-001", {**DAY_8, "date": "2026-01-26", "visit": "induction.c1.d15"}, booking_reason="late")
    study.enrol("01-002")
    return study


@contextmanager
def at_a_desk(study: Trial, folder: Path, at: Clock) -> Iterator[str]:
    """A planner that is served, with that study in it, at the time that it is there."""
    at.now = study.now
    app = create_app({"TESTING": True}, settings_for(study.store, folder))
    app.extensions["installation"]._keys = KEYS
    with served(app) as found:
        yield found
    app.extensions["installation"].close()


@pytest.fixture
def address(store: Store, tmp_path: Path, at: Clock) -> Iterator[str]:
    """A planner that is served, with somebody in it whose second dose came late: a deviation, and a booked visit."""
    with at_a_desk(begun_study(store, "a late dose", late), tmp_path, at) as found:
        yield found


def open_context(browser: Browser, address: str, store: Store, **said: object) -> BrowserContext:
    """A browser in which a coordinator is signed in."""
    return context_of(browser, address, store, Role.COORDINATOR, **said)


@pytest.fixture(
    params=[("desktop", True), ("phone", True), ("desktop", False)], ids=["desktop", "phone", "without-javascript"]
)
def page(browser: Browser, address: str, store: Store, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser of that size, with JavaScript or without, signed in."""
    size, script = request.param
    context = open_context(browser, address, store, viewport=SIZES[size], java_script_enabled=script)
    yield from watched(context)
