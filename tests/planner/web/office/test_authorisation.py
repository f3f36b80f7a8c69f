"""Every page of the office, for every role, inside and outside its scope: one that is not in the table here fails."""

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

PERSON, SITE, ONE = "/office/people/<int:user>", "/office/sites/<site>", "/office/studies/<study>"
#: what each page asks for, and how far: kept by hand, so that a change of it is a decision
ROUTES = {
    "GET /office/audit": ("audit:read", "everything"),
    "GET /office/studies/<study>/audit": ("audit:read", "whole"),
    "GET /office": ("messages:read", ""),
    "GET /office/start": ("studies:write", "everything"),
    "GET /office/people": ("users:read", "everything"),
    "GET /office/people/new": ("users:write", "everything"),
    "POST /office/people/new": ("users:write", "everything"),
    f"GET {PERSON}": ("users:read", "everything"),
    f"POST {PERSON}/roles": ("users:write", "everything"),
    f"POST {PERSON}/roles/<int:role>/end": ("users:write", "everything"),
    f"POST {PERSON}/lock": ("users:write", "everything"),
    f"POST {PERSON}/unlock": ("users:write", "everything"),
    f"POST {PERSON}/password": ("users:write", "everything"),
    f"POST {PERSON}/codes/end": ("users:write", "everything"),
    f"POST {PERSON}/tokens/<int:token>/end": ("users:write", "everything"),
    "GET /office/sites": ("sites:read", ""),
    "GET /office/sites/new": ("sites:write", "everything"),
    "POST /office/sites/new": ("sites:write", "everything"),
    f"GET {SITE}": ("sites:read", ""),
    f"GET {SITE}/change": ("sites:write", ""),
    f"POST {SITE}/change": ("sites:write", ""),
    "GET /office/studies": ("studies:read", ""),
    "GET /office/studies/new": ("studies:write", "everything"),
    "POST /office/studies/new": ("studies:write", "everything"),
    f"GET {ONE}": ("studies:read", ""),
    f"POST {ONE}/sites": ("studies:write", "whole"),
    f"POST {ONE}/values": ("studies:write", "whole"),
    f"POST {ONE}/confirmation": ("studies:confirm", "whole"),
    f"POST {ONE}/state": ("studies:write", "whole"),
    "GET /office/calendars": ("feeds:read", ""),
    "GET /office/calendars/new": ("feeds:write", ""),
    "POST /office/calendars/new": ("feeds:write", ""),
    "POST /office/calendars/<int:feed>/revocation": ("feeds:write", ""),
    "POST /office/calendars/<int:feed>/rotation": ("feeds:write", ""),
    "GET /office/texts": ("messages:read", ""),
    f"GET {ONE}/texts": ("messages:read", ""),
    f"POST {ONE}/texts/shipped": ("messages:approve", "whole"),
    f"GET {ONE}/texts/<template>": ("messages:read", ""),
    f"POST {ONE}/texts/<template>": ("messages:write", "whole"),
    f"POST {ONE}/texts/<template>/<int:wording>/approval": ("messages:approve", "whole"),
    f"POST {ONE}/texts/<template>/<int:wording>/withdrawal": ("messages:approve", "whole"),
    "GET /office/sending": ("messages:read", ""),
    "GET /office/sending/switch": ("messages:write", "everything"),
    "POST /office/sending/switch": ("messages:write", "everything"),
    f"GET {ONE}/sending": ("messages:read", ""),
    f"GET {ONE}/sending/switch": ("messages:write", "whole"),
    f"POST {ONE}/sending/switch": ("messages:write", "whole"),
    f"GET {ONE}/sending/rules": ("messages:write", "whole"),
    f"POST {ONE}/sending/rules": ("messages:write", "whole"),
    f"POST {ONE}/sending/test": ("messages:write", ""),
    f"POST {ONE}/sending/replay": ("messages:write", ""),
    "GET /office/health": ("users:read", "everything"),
}
OTHER = "another-study"


def routes(app: Flask) -> Iterator[tuple[str, tuple[str, str]]]:
    for route, wanted in routes_of(app, "office."):
        assert wanted is not None, route
        assert wanted.permission is not None, route
        far = "everything" if wanted.everything else "whole" if wanted.whole else ""
        yield route, (wanted.permission.value, far)


def status(who: Desk, route: str, token: str | None = None, **names: str) -> int:
    return status_of(who, route, {"study": STUDY, "site": NORTH, "user": "1", "template": "reminder", **names}, token)


@pytest.fixture
def two_studies(store: Store, at: Clock) -> Store:
    trial(store).enrol("01-001", site=NORTH)
    store.write(SYSTEM, at(), lambda uow: create_study(uow, CreateStudy(code=OTHER, title="Another one")))
    return store


def test_every_page_says_what_it_needs_as_the_table_has_it(app: Flask) -> None:
    assert dict(routes(app)) == ROUTES


def test_nobody_gets_past_the_door_without_a_session(app: Flask, two_studies: Store) -> None:
    nobody = Desk(app.test_client())
    assert {route: status(nobody, route, token="none") for route in ROUTES} == dict.fromkeys(ROUTES, 303)


@pytest.mark.parametrize("role", [*Role, None])
def test_a_role_opens_what_it_includes_and_nothing_else(app: Flask, two_studies: Store, role: Role | None) -> None:
    everywhere = desk_of(app, two_studies, role)
    for route, (name, _) in ROUTES.items():
        found = status(everywhere, route)
        if role is not None and Permission(name) in MAY[role]:
            to_sign_in = found == 303 and not route.startswith("POST")
            assert found not in (401, 403), (role, route, found)
            assert not to_sign_in, (role, route)
        else:
            hidden = role is None and ("<study>" in route or "<site>" in route)
            assert found == (404 if hidden else 403), (role, route, found)


@pytest.mark.parametrize("role", Role)
def test_a_role_in_one_study_opens_nothing_that_is_about_everything(app: Flask, two_studies: Store, role: Role) -> None:
    theirs = desk_of(app, two_studies, role, STUDY)
    for route, (name, far) in ROUTES.items():
        allowed = Permission(name) in MAY[role] and far != "everything"
        assert (status(theirs, route) != 403) is allowed, (role, route)


@pytest.mark.parametrize("role", Role)
def test_what_is_out_of_scope_looks_as_if_it_did_not_exist(app: Flask, two_studies: Store, role: Role) -> None:
    elsewhere = desk_of(app, two_studies, role, OTHER)
    at_the_south = desk_of(app, two_studies, role, STUDY, SOUTH)
    for route, (name, far) in ROUTES.items():
        if "<study>" in route:
            assert status(elsewhere, route) == status(elsewhere, route, study="no-such-study") == 404, (role, route)
            allowed = Permission(name) in MAY[role] and not far
            assert (status(at_the_south, route) != 403) is allowed, (role, route)
        if "<site>" in route:
            assert status(at_the_south, route) == status(at_the_south, route, site="no-such-site") == 404, (role, route)


def test_a_form_that_no_page_of_ours_has_shown_is_refused(app: Flask, two_studies: Store) -> None:
    who, other = desk_of(app, two_studies, Role.ADMINISTRATOR), desk_of(app, two_studies, Role.ADMINISTRATOR)
    for route in (route for route in ROUTES if route.startswith("POST")):
        for token in ("", "0" * 64, "é", other.token):
            assert status(who, route, token=token) == 403, route


def test_no_page_of_the_office_is_kept_and_each_may_run_our_script_alone(app: Flask, two_studies: Store) -> None:
    who = desk_of(app, two_studies, Role.ADMINISTRATOR)
    for route in (route for route in ROUTES if route.startswith("GET")):
        path = re.sub("<int:user>", "1", route.partition(" ")[2]).replace("<site>", NORTH).replace("<study>", STUDY)
        answer = who.client.get(path.replace("<template>", "reminder"))
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src=\"/static/)", answer.text), path
