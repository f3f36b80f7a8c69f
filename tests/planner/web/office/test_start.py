"""An empty installation says what to do, and leads an administrator step by step to the first participant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from planner.app import create_app
from planner.persistence import schema
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import Clock, settings_for
from tests.planner.web.office.test_sites import NEW as NEW_SITE
from tests.reminded import KEYS
from tests.studies import Trial

COMMAND = "planner user create you@example.org --name &#34;Your Name&#34; --administrator"


def steps(page: str) -> dict[str, str]:
    """The steps of a page with how each stands."""
    found = re.findall(r'<li class="(\w*)"[^>]*>\s*<h2>([^<]+?)\s*(?:<span|</h2>)', page)
    return {title.strip(): state for state, title in found}


@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_without_an_administrator_every_way_in_says_how_the_first_one_is_made(app: Flask, path: str) -> None:
    page = app.test_client().get(path)
    assert page.status_code == 200
    assert COMMAND in page.text


@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_once_there_is_one_nobody_is_told_how(app: Flask, office: Desk, path: str) -> None:
    assert "planner user create" not in app.test_client().get(path).text


@pytest.fixture
def bare(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application over a database without any tables."""
    empty = Database(database_url)
    schema.migrate(empty, "base")
    made = create_app({"TESTING": True}, settings_for(Store(empty), tmp_path))
    made.extensions["installation"]._keys = KEYS
    yield made
    made.extensions["installation"].close()
    empty.dispose()


@pytest.mark.parametrize("path", ["/sign-in", "/today"])
def test_a_database_without_tables_says_how_it_gets_them(bare: Flask, path: str) -> None:
    page = bare.test_client().get(path)
    assert page.status_code == 503
    assert "planner database upgrade" in page.text
    assert bare.test_client().get("/").status_code == 200


def test_an_administrator_of_nothing_yet_begins_at_the_first_steps(app: Flask, store: Store, at: Clock) -> None:
    who = desk_of(app, store, Role.ADMINISTRATOR)
    answer = who.client.get("/today")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/office/start"
    coordinator = desk_of(app, store, Role.COORDINATOR)
    assert coordinator.client.get("/today").status_code == 200


def test_each_step_is_ticked_as_it_is_done_and_the_next_one_is_shown(app: Flask, store: Store, at: Clock) -> None:
    who = desk_of(app, store, Role.ADMINISTRATOR)
    first = steps(who.html("/office/start"))
    assert (first["Make the first administrator"], first["Set up a site"]) == ("done", "current")
    assert who.send("/office/sites/new", **NEW_SITE).status_code == 303
    assert steps(who.html("/office/start"))["Set up a study"] == "current"
    page = who.send("/office/studies/new", do="look", protocol="vsli-ino").text
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None
    said = {"protocol": "vsli-ino", "code": "one", "title": "One", "seen": seen[1], "confirmed": "yes"}
    assert who.send("/office/studies/new", do="save", **said, sites=["east"]).status_code == 303
    page = who.html("/office/start")
    assert steps(page)["Make one ready"] == "current"
    assert "values that the protocol leaves open are missing" in text_of(page)
    values = {"values-inotuzumab-levels": "level 1 (made up)"}
    assert who.send("/office/studies/one/values", **values).status_code == 303
    assert steps(who.html("/office/start"))["Let a coordinator in"] == "current"
    desk_of(app, store, Role.COORDINATOR)
    assert steps(who.html("/office/start"))["Take the first participant in"] == "current"


def test_a_running_installation_has_nothing_left_to_do(office: Desk, app: Flask, study: Trial) -> None:
    study.enrol()
    desk_of(app, study.store, Role.COORDINATOR)
    assert "Everything that is needed is there." in office.text("/office/start")
    assert "first steps are left" not in office.text("/office")


EMPTY = (
    "/watch",
    "/participants",
    "/reports",
    "/studies",
    "/calendar",
    "/infusions",
    "/office/texts",
    "/office/sending",
)


@pytest.mark.parametrize("path", EMPTY)
def test_where_nothing_is_yet_an_administrator_is_led_to_the_first_steps_and_others_are_told_who_helps(
    app: Flask, store: Store, at: Clock, path: str
) -> None:
    whoever_begins = desk_of(app, store, Role.ADMINISTRATOR)
    assert re.search(
        r"There is no (study|site) yet\. Getting started leads to the first one\.", whoever_begins.text(path)
    )
    other = desk_of(app, store, Role.COORDINATOR)
    assert re.search(r"You have no (study|site) yet\. An administrator gives roles", other.text(path))
