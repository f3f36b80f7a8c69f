"""A shared screen shows codes, opens nothing else, and is left with the password of whoever shared it."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from planner.web.door import SESSION
from planner.web.shared_screen import SCREEN
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import PASSWORD
from tests.seated import DAY, DAY_1
from tests.studies import SOUTH, STUDY, Trial

NAMES = ("Madeup", "1961", "4711")


@pytest.fixture
def screen(coordinator: Desk) -> Desk:
    """A browser that a coordinator has made the screen of a day room."""
    assert coordinator.send(f"{DAY}/screen").status_code == 303
    return Desk(coordinator.client)


def cookie(who: Desk, name: str) -> str:
    found = who.client.get_cookie(name)
    return found.value if found is not None else ""


def token_of(screen: Desk) -> str:
    """What the forms of a screen repeat."""
    found = re.search(r'name="form_token" value="(\w+)"', screen.html(f"{DAY}/screen"))
    assert found is not None
    return found[1]


def leave(screen: Desk, password: str) -> int:
    data = {"form_token": token_of(screen), "password": password}
    return screen.client.post(f"{DAY}/screen/end", data=data).status_code


def test_a_shared_screen_shows_codes_only_to_everybody(screen: Desk) -> None:
    page = screen.html(DAY)
    assert "01-001" in text_of(page)
    for path in (DAY, f"{DAY}?day=2026-01-12", f"{DAY}?shared=0", f"{DAY}/pharmacy"):
        shown = text_of(screen.html(path))
        assert not any(word in shown for word in NAMES), path
    assert '/infusion"' not in page
    assert "/participants/01-001" not in page
    assert "as of Mon 5 Jan, 09:00" in text_of(page)
    assert "With the password of Test coordinator." in text_of(page)


def test_the_browser_of_a_screen_holds_no_session(coordinator: Desk) -> None:
    secret = cookie(coordinator, SESSION)
    coordinator.send(f"{DAY}/screen")
    assert cookie(coordinator, SESSION) == ""
    assert secret not in cookie(coordinator, SCREEN)


@pytest.mark.parametrize("path", [DAY_1, "/today", "/account", f"{DAY}/load", f"/infusions/{SOUTH}", "/office"])
def test_every_other_page_asks_for_the_password_first(screen: Desk, path: str) -> None:
    answer = screen.client.get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{DAY}/screen"
    assert "Password of Test coordinator" in screen.text(f"{DAY}/screen")


def test_no_form_is_taken_from_a_screen_but_to_leave_it(screen: Desk) -> None:
    token = token_of(screen)
    for path in (f"{DAY_1}/arrival", f"{DAY}/screen", f"/studies/{STUDY}/participants/01-001/record"):
        answer = screen.client.post(path, data={"form_token": token, "kind": "came"})
        assert answer.headers.get("Location") == f"{DAY}/screen", path


def test_it_is_left_with_the_password_and_is_ones_own_browser_again(screen: Desk) -> None:
    assert leave(screen, "not mine at all") == 400
    assert screen.client.get("/today").headers["Location"] == f"{DAY}/screen"
    assert leave(screen, PASSWORD) == 303
    assert "Ada Madeup" in screen.text(DAY)
    assert cookie(screen, SCREEN) == ""


def test_whoever_is_at_their_own_browser_is_not_asked(coordinator: Desk) -> None:
    answer = coordinator.client.get(f"{DAY}/screen")
    assert answer.headers["Location"] == DAY
    assert coordinator.send(f"{DAY}/screen/end", password="").headers["Location"] == DAY


def test_signing_out_at_a_screen_ends_the_session_that_it_went_by(screen: Desk) -> None:
    held = cookie(screen, SCREEN)
    assert screen.client.post("/sign-out", data={"form_token": token_of(screen)}).status_code == 303
    screen.client.set_cookie(SCREEN, held)
    assert "/sign-in" in screen.client.get(DAY).headers["Location"]


@pytest.mark.parametrize("held", ["made up", "é", "gAAAAA"])
def test_a_paper_that_is_not_ours_is_nobodys_session(app: Flask, store: Store, study: Trial, held: str) -> None:
    somebody = desk_of(app, store, Role.COORDINATOR)
    somebody.client.set_cookie(SCREEN, held)
    assert "/sign-in" in somebody.client.get("/today").headers["Location"]
