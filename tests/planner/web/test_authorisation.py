"""Every page of the desk, for every role, inside and outside its scope: one that is not in the table here fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from planner.auth.permissions import MAY, Permission
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.studies import CreateStudy, create_study
from planner.services.users import Role
from tests.desk import Desk, desk_of, routes_of, status_of
from tests.planner.api.callers import Clock
from tests.studies import NORTH, SOUTH, STUDY, trial

EVERYBODY = "everybody"
PERSON = "/studies/<study>/participants/<number>"
#: what each page asks for; kept by hand, so that a change of it is a decision
ROUTES = {
    "GET /sign-in": EVERYBODY,
    "POST /sign-in": EVERYBODY,
    "POST /sign-in/code": EVERYBODY,
    "POST /sign-out": "self",
    "GET /today": "participants:read",
    "GET /participants": "participants:read",
    "GET /newcomer": "participants:write",
    "GET /studies/<study>/newcomer": "participants:write",
    "POST /studies/<study>/newcomer": "participants:write",
    f"GET {PERSON}": "participants:read",
    f"GET {PERSON}/facts": "facts:read",
    f"GET {PERSON}/messages": "messages:read",
    f"GET {PERSON}/audit": "participant-audit:read",
    f"GET {PERSON}/record": "facts:write",
    f"POST {PERSON}/record": "facts:write",
    f"GET {PERSON}/visits/<visit>": "participants:read",
    f"POST {PERSON}/visits/<visit>/booking": "bookings:write",
    f"GET {PERSON}/visits/<visit>/telling": "facts:write",
    f"POST {PERSON}/visits/<visit>/telling": "facts:write",
    f"GET {PERSON}/contact": "contacts:read",
    f"POST {PERSON}/contact": "contacts:write",
    f"POST {PERSON}/contact/consents": "contacts:write",
    f"POST {PERSON}/contact/erasure": "contacts:erase",
    f"GET {PERSON}/wishes": "contacts:read",
    f"POST {PERSON}/wishes": "contacts:write",
    f"POST {PERSON}/wishes/numbers": "messages:write",
    f"GET {PERSON}/page": "contacts:read",
    f"POST {PERSON}/page/change": "contacts:write",
    f"POST {PERSON}/page/end": "contacts:write",
    f"POST {PERSON}/page/link": "contacts:write",
    f"POST {PERSON}/page/renewal": "contacts:write",
    f"POST {PERSON}/page/code": "contacts:write",
    f"POST {PERSON}/page/devices/<int:device>/end": "contacts:write",
    "GET /deviations": "deviations:read",
    "POST /deviations/table": "deviations:read",
    f"GET {PERSON}/deviations/<int:deviation>": "deviations:read",
    f"POST {PERSON}/deviations/<int:deviation>": "deviations:write",
    f"POST {PERSON}/deviations/<int:deviation>/signature": "deviations:sign",
    "GET /calendar": "participants:read",
    "GET /calendar/<site>": "participants:read",
    "GET /watch": "participants:read",
    "GET /watch/feeds/<int:feed>": "feeds:read",
    "POST /watch/feeds/<int:feed>": "feeds:write",
    "GET /tasks/<int:task>": "messages:read",
    "POST /tasks/<int:task>": "messages:write",
    "GET /studies/<study>/tasks/<int:task>": "messages:read",
    "POST /studies/<study>/tasks/<int:task>": "messages:write",
}
OTHER = "another-study"
NAMES = {"study": STUDY, "site": NORTH, "number": "01-001", "visit": "induction.c1.d8"}
GUARDED = {route: name for route, name in ROUTES.items() if name not in (EVERYBODY, "self")}


def routes(app: Flask) -> Iterator[tuple[str, str | None]]:
    for route, wanted in routes_of(app, "desk.", "sign_in."):
        yield route, None if wanted is None else EVERYBODY if wanted.permission is None else wanted.permission.value


def status(who: Desk, route: str, token: str | None = None, **names: str) -> int:
    return status_of(who, route, {**NAMES, **names}, token)


@pytest.fixture
def two_studies(store: Store, at: Clock) -> Store:
    trial(store).enrol("01-001", site=NORTH)
    store.write(SYSTEM, at(), lambda uow: create_study(uow, CreateStudy(code=OTHER, title="Another one")))
    return store


def test_every_page_says_what_it_needs_as_the_table_has_it(app: Flask) -> None:
    assert dict(routes(app)) == ROUTES


def test_nobody_gets_past_the_door_without_a_session(app: Flask, two_studies: Store) -> None:
    nobody = Desk(app.test_client())
    for route, name in ROUTES.items():
        found = status(nobody, route, token="none")
        assert found in ((200, 403) if name == EVERYBODY else (303,)), route


def test_a_token_of_the_api_opens_no_page(app: Flask, two_studies: Store) -> None:
    nobody = Desk(app.test_client())
    nobody.client.set_cookie("visit-planner", "vp_invented")
    assert status(nobody, "GET /today") == 303


@pytest.mark.parametrize("role", [*Role, None])
def test_a_role_opens_what_it_includes_and_nothing_else(app: Flask, two_studies: Store, role: Role | None) -> None:
    everywhere = desk_of(app, two_studies, role)
    for route, name in GUARDED.items():
        found = status(everywhere, route)
        if role is not None and Permission(name) in MAY[role]:
            assert found not in (303, 401, 403), (role, route, found)
        else:
            assert found == (404 if role is None and re.search("<(study|site)>", route) else 403), (role, route, found)


@pytest.mark.parametrize("role", Role)
def test_what_is_out_of_scope_looks_as_if_it_did_not_exist(app: Flask, two_studies: Store, role: Role) -> None:
    elsewhere = desk_of(app, two_studies, role, OTHER)
    at_the_south = desk_of(app, two_studies, role, STUDY, SOUTH)
    for route, name in GUARDED.items():
        if "<study>" in route:
            assert status(elsewhere, route) == 404, (role, route)
            assert status(elsewhere, route, study="no-such-study") == 404, (role, route)
        if "<number>" in route:
            found = status(at_the_south, route)
            assert found == (404 if Permission(name) in MAY[role] else 403), (role, route)
            assert found == status(at_the_south, route, number="99-999"), (role, route)


def test_a_form_that_no_page_of_ours_has_shown_is_refused(app: Flask, two_studies: Store) -> None:
    who, other = desk_of(app, two_studies, Role.INVESTIGATOR), desk_of(app, two_studies, Role.INVESTIGATOR)
    assert who.token != other.token
    for route in (route for route in ROUTES if route.startswith("POST")):
        for token in ("", "0" * 64, "é", other.token):
            assert status(who, route, token=token) == 403, route


def test_no_page_of_the_desk_is_kept_and_each_may_run_our_script_alone(app: Flask, two_studies: Store) -> None:
    who = desk_of(app, two_studies)
    for path in ("/today", "/participants", f"/studies/{STUDY}/participants/01-001", "/deviations"):
        answer = who.client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src=\"/static/)", answer.text), path
