"""Every page of the infusion centre, for every role, inside and outside its scope: one not in the table fails."""

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
from tests.studies import NORTH, SOUTH, STUDY, Trial

CHAIR = "/studies/<study>/participants/<number>/visits/<visit>/infusion"
#: what each page asks for; kept by hand, so that a change of it is a decision
ROUTES = {
    "GET /infusions": "participants:read",
    "GET /infusions/<site>": "participants:read",
    "GET /infusions/<site>/load": "participants:read",
    "GET /infusions/<site>/pharmacy": "participants:read",
    "GET /infusions/<site>/closures": "sites:read",
    "POST /infusions/<site>/closures": "sites:close",
    "POST /infusions/<site>/closures/<int:closure>": "sites:close",
    "GET /infusions/<site>/calendar": "feeds:read",
    "POST /infusions/<site>/calendar": "feeds:write",
    "POST /infusions/<site>/calendar/<int:feed>": "feeds:write",
    "GET /infusions/<site>/screen": "participants:read",
    "POST /infusions/<site>/screen/end": "participants:read",
    f"GET {CHAIR}": "participants:read",
    f"POST {CHAIR}/arrival": "care:write",
    f"POST {CHAIR}/ok": "doses:release",
    f"POST {CHAIR}/dose": "doses:write",
    f"POST {CHAIR}/not-dosed": "doses:write",
    f"POST {CHAIR}/taken-back": "doses:write",
    # the last one: who has asked for it has a browser that shows nothing else
    "POST /infusions/<site>/screen": "participants:read",
}
OTHER = "another-study"
NAMES = {"study": STUDY, "number": "01-001", "visit": "induction.c1.d8", "site": NORTH}


def routes(app: Flask) -> Iterator[tuple[str, str | None]]:
    for route, wanted in routes_of(app, "centre."):
        yield route, wanted.permission.value if wanted is not None and wanted.permission is not None else None


def status(who: Desk, route: str, token: str | None = None, **names: str) -> int:
    return status_of(who, route, {**NAMES, **names}, token)


@pytest.fixture
def two_studies(store: Store, at: Clock, study: Trial) -> Store:
    store.write(SYSTEM, at(), lambda uow: create_study(uow, CreateStudy(code=OTHER, title="Another one")))
    return store


def test_every_page_says_what_it_needs_as_the_table_has_it(app: Flask) -> None:
    assert dict(routes(app)) == ROUTES


def test_nobody_gets_past_the_door_without_a_session(app: Flask, two_studies: Store) -> None:
    nobody = Desk(app.test_client())
    for route in ROUTES:
        assert status(nobody, route, token="none") == 303, route


@pytest.mark.parametrize("role", [*Role, None])
def test_a_role_opens_what_it_includes_and_nothing_else(app: Flask, two_studies: Store, role: Role | None) -> None:
    everywhere = desk_of(app, two_studies, role)
    for route, name in ROUTES.items():
        found = status(everywhere, route)
        if role is not None and Permission(name) in MAY[role]:
            assert found not in (401, 403), (role, route, found)
        else:
            assert found == (404 if role is None and "<" in route else 403), (role, route, found)


@pytest.mark.parametrize("role", Role)
def test_what_is_out_of_scope_looks_as_if_it_did_not_exist(app: Flask, two_studies: Store, role: Role) -> None:
    at_the_south = desk_of(app, two_studies, role, STUDY, SOUTH)
    for route, name in ROUTES.items():
        if "<" in route:
            included = Permission(name) in MAY[role]
            found = status(at_the_south, route)
            assert found == (404 if included or "<site>" in route else 403), (role, route, found)
            assert found == status(at_the_south, route, site="nowhere", number="99-999"), (role, route)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("POST")])
def test_a_form_that_no_page_of_ours_has_shown_is_refused(app: Flask, two_studies: Store, route: str) -> None:
    for role in Role:
        who = desk_of(app, two_studies, role)
        assert status(who, route, token="0" * 64) in (403, 404), (role, route)


def test_no_page_is_kept_and_each_may_run_our_script_alone(app: Flask, two_studies: Store) -> None:
    who = desk_of(app, two_studies)
    here = f"/studies/{STUDY}/participants/01-001/visits/induction.c1.d8/infusion"
    for path in (*(f"/infusions/{NORTH}{part}" for part in ("", "/load", "/closures", "/calendar")), here):
        answer = who.client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-store"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src=\"/static/)", answer.text), path
