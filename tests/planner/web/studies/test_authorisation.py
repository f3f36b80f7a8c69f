"""Every page of studies, for every role, inside and outside its scope: one that is not in the table here fails."""

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
from tests.studies import SOUTH, STUDY, Trial

ONE = "/studies/<study>"
#: what each page asks for, and whether in all of the study; kept by hand, so that a change of it is a decision
ROUTES = {
    "GET /studies": ("studies:read", False),
    f"GET {ONE}": ("studies:read", False),
    f"GET {ONE}/versions": ("studies:read", False),
    f"GET {ONE}/versions/<version>": ("studies:read", False),
    f"POST {ONE}/versions": ("studies:write", True),
    f"POST {ONE}/versions/<version>/confirmation": ("studies:confirm", True),
    f"GET {ONE}/amendment": ("facts:read", False),
    f"POST {ONE}/amendment": ("facts:read", False),
    f"POST {ONE}/amendment/<int:work>": ("studies:write", False),
    f"GET {ONE}/cohorts": ("participants:read", False),
    f"POST {ONE}/cohorts": ("studies:write", True),
    f"POST {ONE}/cohorts/<cohort>": ("studies:write", True),
    f"GET {ONE}/settings": ("studies:read", False),
    f"POST {ONE}/settings/state": ("studies:write", True),
    f"POST {ONE}/settings/attempts": ("studies:write", True),
    f"POST {ONE}/settings/values": ("studies:write", True),
    f"POST {ONE}/settings/sites": ("studies:write", True),
    f"GET {ONE}/imports": ("imports:write", True),
    f"POST {ONE}/imports": ("imports:write", True),
    f"POST {ONE}/imports/<int:work>": ("imports:write", True),
    f"GET {ONE}/progress": ("facts:read", False),
    f"POST {ONE}/progress/planning": ("studies:write", True),
    f"POST {ONE}/progress/export": ("participants:read", True),
    f"GET {ONE}/progress/<int:work>": ("facts:read", False),
    f"GET {ONE}/progress/<int:work>/file": ("participants:read", False),
    f"POST {ONE}/progress/<int:work>/stop": ("facts:read", False),
    f"POST {ONE}/progress/<int:work>/again": ("facts:read", False),
}
OTHER = "another-study"
NAMES = {"study": STUDY, "version": "1.0", "cohort": "level-1"}


def routes(app: Flask) -> Iterator[tuple[str, tuple[str | None, bool]]]:
    for route, wanted in routes_of(app, "studies."):
        name = wanted.permission.value if wanted is not None and wanted.permission is not None else None
        yield route, (name, wanted is not None and wanted.whole)


def status(who: Desk, route: str, token: str | None = None, **names: str) -> int:
    return status_of(who, route, {**NAMES, **names}, token)


@pytest.fixture
def two_studies(store: Store, at: Clock, study: Trial) -> Store:
    study.screen("01-001")
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
    for route, (name, _) in ROUTES.items():
        found = status(everywhere, route)
        if role is not None and Permission(name) in MAY[role]:
            assert found not in (401, 403, 500), (role, route, found)
        else:
            assert found == (404 if role is None and "<" in route else 403), (role, route, found)


@pytest.mark.parametrize("role", Role)
def test_what_is_out_of_scope_looks_as_if_it_did_not_exist(app: Flask, two_studies: Store, role: Role) -> None:
    elsewhere = desk_of(app, two_studies, role, OTHER)
    for route in ROUTES:
        if "<" in route:
            assert status(elsewhere, route) == 404, (role, route)
            assert status(elsewhere, route, study="no-such-study") == 404, (role, route)


@pytest.mark.parametrize("role", Role)
def test_a_role_at_one_site_does_not_reach_what_is_about_the_whole_study(
    app: Flask, two_studies: Store, role: Role
) -> None:
    at_the_south = desk_of(app, two_studies, role, STUDY, SOUTH)
    for route, (name, whole) in ROUTES.items():
        found = status(at_the_south, route)
        if whole or Permission(name) not in MAY[role]:
            assert found == 403, (role, route)
        else:
            assert found != 403, (role, route)


def test_a_form_that_no_page_of_ours_has_shown_is_refused(app: Flask, two_studies: Store) -> None:
    who, other = desk_of(app, two_studies, Role.ADMINISTRATOR), desk_of(app, two_studies, Role.ADMINISTRATOR)
    for route in (route for route in ROUTES if route.startswith("POST")):
        for token in ("", "0" * 64, other.token):
            assert status(who, route, token=token) == 403, route


def test_no_page_is_kept_and_none_has_a_script_or_a_style_of_its_own(app: Flask, two_studies: Store) -> None:
    who = desk_of(app, two_studies, Role.ADMINISTRATOR)
    for path in ("", f"/{STUDY}", *(f"/{STUDY}/{part}" for part in PARTS)):
        answer = who.client.get(f"/studies{path}")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src=\"/static/)", answer.text), path


PARTS = ("versions", "amendment", "cohorts", "settings", "imports", "progress")
