"""Every route, for every role, inside and outside its scope: a route that is not in the table here fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from planner.api.requests import Needs, needs_of
from planner.auth.permissions import MAY, Permission, roles_with
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import NORTH, SOUTH, STUDY, trial

__all__ = ["app", "at"]

EVERYBODY = "everybody"
#: what each route asks for; kept by hand, so that a change of it is a decision
ROUTES = {
    "GET /protocols": EVERYBODY,
    "GET /protocols/<name>": EVERYBODY,
    "GET /protocols/<name>/calendar": EVERYBODY,
    "POST /sessions": EVERYBODY,
    "DELETE /sessions/current": "self",
    "GET /me": "self",
    "PUT /me/password": "self",
    "POST /me/codes": "self",
    "PUT /me/codes": "self",
    "GET /me/tokens": "self",
    "POST /me/tokens": "self",
    "DELETE /me/tokens/<int:token>": "self",
    "GET /users": "users:read",
    "POST /users": "users:write",
    "GET /users/<int:user>": "users:read",
    "PUT /users/<int:user>/enabled": "users:write",
    "PUT /users/<int:user>/password": "users:write",
    "DELETE /users/<int:user>/codes": "users:write",
    "POST /users/<int:user>/roles": "users:write",
    "DELETE /users/<int:user>/roles/<int:role>": "users:write",
    "GET /studies": "studies:read",
    "POST /studies": "studies:write",
    "GET /studies/<study>": "studies:read",
    "PUT /studies/<study>/state": "studies:write",
    "POST /studies/<study>/versions": "studies:write",
    "GET /studies/<study>/versions/<version>": "studies:read",
    "POST /studies/<study>/versions/<version>/confirmation": "studies:confirm",
    "POST /studies/<study>/parameters": "studies:write",
    "POST /studies/<study>/sites": "studies:write",
    "GET /sites": "sites:read",
    "POST /sites": "sites:write",
    "GET /sites/<site>": "sites:read",
    "POST /sites/<site>/closures": "sites:close",
    "DELETE /sites/<site>/closures/<int:closure>": "sites:close",
    "GET /studies/<study>/participants": "participants:read",
    "POST /studies/<study>/participants": "participants:write",
    "GET /studies/<study>/participants/<number>": "participants:read",
    "POST /studies/<study>/participants/<number>/screen-failure": "participants:write",
    "POST /studies/<study>/participants/<number>/screen-failure/revocation": "participants:write",
    "GET /studies/<study>/participants/<number>/calendar": "participants:read",
    "GET /studies/<study>/participants/<number>/visits/<visit>": "participants:read",
    "GET /studies/<study>/participants/<number>/facts": "facts:read",
    "POST /studies/<study>/participants/<number>/facts": "facts:write",
    "POST /studies/<study>/participants/<number>/facts/preview": "facts:read",
    "POST /studies/<study>/participants/<number>/bookings": "bookings:write",
    "GET /visits": "participants:read",
    "GET /gates": "participants:read",
    "GET /bookings": "participants:read",
    "GET /deviations": "deviations:read",
    "GET /studies/<study>/report": "deviations:read",
    "GET /studies/<study>/sdtm": "deviations:read",
    "GET /studies/<study>/sdtm/<domain>": "deviations:read",
    "GET /studies/<study>/report-mails": "deviations:read",
    "POST /studies/<study>/report-mails": "messages:write",
    "POST /studies/<study>/report-mails/<int:schedule>/end": "messages:write",
    "POST /studies/<study>/report-mails/sent/<int:mail>/again": "messages:write",
    "POST /studies/<study>/participants/<number>/deviations": "deviations:write",
    "POST /studies/<study>/participants/<number>/deviations/signature": "deviations:sign",
    "GET /studies/<study>/participants/<number>/home-link": "contacts:read",
    "PATCH /studies/<study>/participants/<number>/home-link": "contacts:write",
    "POST /studies/<study>/participants/<number>/home-link": "contacts:write",
    "POST /studies/<study>/participants/<number>/home-link/renewal": "contacts:write",
    "POST /studies/<study>/participants/<number>/home-link/code": "contacts:write",
    "POST /studies/<study>/participants/<number>/home-link/end": "contacts:write",
    "POST /studies/<study>/participants/<number>/home-link/devices/<int:device>/end": "contacts:write",
    "GET /studies/<study>/participants/<number>/contact": "contacts:read",
    "PUT /studies/<study>/participants/<number>/contact": "contacts:write",
    "POST /studies/<study>/participants/<number>/contact/erasure": "contacts:erase",
    "PUT /studies/<study>/attempts-wanted": "studies:write",
    "GET /studies/<study>/cohorts": "participants:read",
    "POST /studies/<study>/cohorts": "studies:write",
    "PATCH /studies/<study>/cohorts/<cohort>": "studies:write",
    "GET /studies/<study>/site-versions": "studies:read",
    "POST /studies/<study>/site-versions": "studies:write",
    "POST /studies/<study>/site-versions/preview": "facts:read",
    "GET /studies/<study>/screening-log": "participants:read",
    "GET /studies/<study>/reconsents": "participants:read",
    "GET /studies/<study>/in-hospital": "care:read",
    "GET /studies/<study>/days-away": "care:read",
    "GET /studies/<study>/participants/<number>/days-away": "care:read",
    "GET /studies/<study>/participants/<number>/drugs": "care:read",
    "GET /studies/<study>/participants/<number>/oks": "care:read",
    "GET /studies/<study>/doses-without-ok": "care:read",
    "POST /studies/<study>/participants/<number>/visits/<visit>/ok": "doses:release",
    "POST /studies/<study>/participants/<number>/visits/<visit>/ok/refusal": "doses:release",
    "POST /studies/<study>/participants/<number>/visits/<visit>/ok/revocation": "doses:release",
    "GET /studies/<study>/participants/<number>/visits/<visit>/checklist": "care:read",
    "POST /studies/<study>/participants/<number>/visits/<visit>/checklist": "care:write",
    "PUT /studies/<study>/participants/<number>/visits/<visit>/checklist/<item>": "care:write",
    "GET /studies/<study>/participants/<number>/contact-attempts": "contacts:read",
    "POST /studies/<study>/participants/<number>/contact-attempts": "contacts:write",
    "POST /studies/<study>/participants/<number>/contact-attempts/<int:attempt>/strike": "contacts:write",
    "GET /studies/<study>/participants/<number>/contact-consents": "contacts:read",
    "POST /studies/<study>/participants/<number>/contact-consents": "contacts:write",
    "POST /studies/<study>/participants/<number>/contact-consents/end": "contacts:write",
    "GET /studies/<study>/sending-rules": "messages:read",
    "PUT /studies/<study>/sending-rules": "messages:write",
    "POST /studies/<study>/sending-rules/preview": "messages:read",
    "GET /studies/<study>/sending-switch": "messages:read",
    "PUT /studies/<study>/sending-switch": "messages:write",
    "GET /sending-switch": "messages:read",
    "PUT /sending-switch": "messages:write",
    "GET /studies/<study>/wordings": "messages:read",
    "POST /studies/<study>/wordings": "messages:write",
    "POST /studies/<study>/wordings/shipped": "messages:approve",
    "POST /studies/<study>/wordings/preview": "messages:read",
    "POST /studies/<study>/wordings/<int:wording>/approval": "messages:approve",
    "POST /studies/<study>/wordings/<int:wording>/withdrawal": "messages:approve",
    "GET /studies/<study>/messages": "messages:read",
    "GET /studies/<study>/participants/<number>/messages": "messages:read",
    "GET /studies/<study>/messages/<int:message>": "messages:read",
    "POST /studies/<study>/messages/replay": "messages:write",
    "POST /studies/<study>/messages/<int:message>/replay": "messages:write",
    "POST /studies/<study>/participants/<number>/test-message": "messages:write",
    "GET /studies/<study>/delivery-figures": "messages:read",
    "GET /studies/<study>/participants/<number>/opt-outs": "messages:read",
    "POST /studies/<study>/participants/<number>/opt-outs": "messages:write",
    "GET /studies/<study>/tasks": "messages:read",
    "POST /studies/<study>/tasks/<int:task>/done": "messages:write",
    "GET /studies/<study>/inbox": "contacts:read",
    "GET /studies/<study>/visits-to-book": "participants:read",
    "POST /studies/<study>/imports": "imports:write",
    "GET /studies/<study>/audit": "audit:read",
    "GET /audit": "audit:read",
    "PATCH /sites/<site>": "sites:write",
    "POST /studies/<study>/participants/<number>/doses": "doses:write",
    "POST /studies/<study>/contacts/search": "contacts:read",
    "GET /feeds": "feeds:read",
    "POST /feeds": "feeds:write",
    "GET /feeds/<int:feed>": "feeds:read",
    "POST /feeds/<int:feed>/revocation": "feeds:write",
    "POST /feeds/<int:feed>/rotation": "feeds:write",
}
#: routes about the whole of a study, which a role at one of its sites does not include
WHOLE = {
    "PUT /studies/<study>/state", "POST /studies/<study>/versions", "POST /studies/<study>/parameters",
    "POST /studies/<study>/versions/<version>/confirmation", "POST /studies/<study>/sites",
    "POST /studies/<study>/imports", "GET /studies/<study>/audit", "PUT /studies/<study>/attempts-wanted",
    "POST /studies/<study>/cohorts", "PATCH /studies/<study>/cohorts/<cohort>",
    "PUT /studies/<study>/sending-rules", "PUT /studies/<study>/sending-switch", "POST /studies/<study>/wordings",
    "POST /studies/<study>/wordings/shipped", "POST /studies/<study>/wordings/<int:wording>/approval",
    "POST /studies/<study>/wordings/<int:wording>/withdrawal", "GET /studies/<study>/report-mails",
    "POST /studies/<study>/report-mails", "POST /studies/<study>/report-mails/<int:schedule>/end",
    "POST /studies/<study>/report-mails/sent/<int:mail>/again",
}  # fmt: skip
#: routes that a role in all studies only includes
INSTALLATION = {
    "GET /users", "POST /users", "GET /users/<int:user>", "PUT /users/<int:user>/enabled",
    "PUT /users/<int:user>/password", "DELETE /users/<int:user>/codes",
    "POST /users/<int:user>/roles", "DELETE /users/<int:user>/roles/<int:role>", "POST /studies", "POST /sites",
    "GET /sending-switch", "PUT /sending-switch",
    "GET /audit",
}  # fmt: skip
OTHER = "another-study"
NAMES = {
    "study": STUDY,
    "site": NORTH,
    "number": "01-001",
    "visit": "induction.c1.d8",
    "version": "1.0",
    "name": "vsli-ino",
    "cohort": "level-1",
    "item": "edc",
}


def routes(app: Flask) -> Iterator[tuple[str, Needs | None]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("v1."):
            with app.app_context():
                wanted = needs_of(rule.endpoint)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield f"{method} {rule.rule.removeprefix('/api/v1')}", wanted


def address(rule: str, **names: str) -> str:
    known = {**NAMES, **names}
    return re.sub(r"<(?:int:)?(\w+)>", lambda found: known.get(found[1], "999999"), rule)


def status(who: Caller, route: str, **names: str) -> int:
    method, _, rule = route.partition(" ")
    data: Any = {} if method in ("POST", "PUT", "PATCH") and "imports" not in rule else None
    return who.call(method, address(rule, **names), data).status_code


@pytest.fixture
def store_with_two_studies(store: Store, at: Clock) -> Store:
    made = trial(store)
    made.enrol("01-001", site=NORTH)
    from planner.persistence.unit_of_work import SYSTEM
    from planner.services.studies import CreateStudy, create_study

    store.write(SYSTEM, at(), lambda uow: create_study(uow, CreateStudy(code=OTHER, title="Another one")))
    return store


def test_every_route_says_what_it_needs_as_the_table_has_it(app: Flask) -> None:
    found = {
        route: None if wanted is None else EVERYBODY if wanted.permission is None else wanted.permission.value
        for route, wanted in routes(app)
    }
    assert found == ROUTES
    assert {route for route, wanted in routes(app) if wanted is not None and wanted.whole} == WHOLE
    assert {route for route, wanted in routes(app) if wanted is not None and wanted.everything} == INSTALLATION


def test_nobody_gets_past_the_door_without_a_token(app: Flask, store_with_two_studies: Store) -> None:
    nobody, liar = Caller(app.test_client(), ""), Caller(app.test_client(), "vp_invented")
    for route, permission in ROUTES.items():
        wanted = {200, 400} if permission == EVERYBODY else {401}
        assert status(nobody, route) in wanted, route
        assert status(liar, route) in wanted, route


@pytest.mark.parametrize("role", [*Role, None])
def test_a_role_lets_do_what_it_includes_and_nothing_else(
    app: Flask, store_with_two_studies: Store, role: Role | None
) -> None:
    everywhere = caller(app, store_with_two_studies, role)
    for route, name in ROUTES.items():
        if name in (EVERYBODY, "self"):
            continue
        included = role is not None and Permission(name) in MAY[role]
        found = status(everywhere, route)
        if included:
            assert found not in (401, 403), (role, route, found)
        elif (role is None and "<study>" in route) or (role is None and "<site>" in route):
            assert found == 404, (role, route, found)
        else:
            assert found == 403, (role, route, found)


@pytest.mark.parametrize("role", Role)
def test_what_is_out_of_scope_looks_as_if_it_did_not_exist(
    app: Flask, store_with_two_studies: Store, role: Role
) -> None:
    elsewhere = caller(app, store_with_two_studies, role, OTHER)
    at_the_south = caller(app, store_with_two_studies, role, STUDY, SOUTH)
    for route, name in ROUTES.items():
        if name in (EVERYBODY, "self"):
            continue
        if "<study>" in route:
            assert status(elsewhere, route) == 404, (role, route)
            assert status(elsewhere, route, study="no-such-study") == 404, (role, route)
        if "<number>" in route or "<site>" in route:
            found = status(at_the_south, route)
            assert found == (404 if Permission(name) in MAY[role] or "<site>" in route else 403), (role, route)
            assert found == status(at_the_south, route, number="99-999", site="no-such-site"), (role, route)
        if route in WHOLE or route in INSTALLATION:
            assert status(at_the_south, route) == 403, (role, route)


def test_nobody_closes_a_site_that_takes_no_part_in_their_study(app: Flask, store_with_two_studies: Store) -> None:
    boss = caller(app, store_with_two_studies, Role.ADMINISTRATOR)
    boss.post("/sites", {"code": "east", "name": "East", "zone": "Europe/Paris"})
    boss.post(f"/studies/{OTHER}/sites", {"site": "east"})
    closed = {"first": "2026-01-12", "reason": "moving house"}
    closure = boss.post("/sites/east/closures", closed)["closures"][0]["id"]
    whole = caller(app, store_with_two_studies, Role.COORDINATOR, STUDY)
    whole.refused(403, "POST", "/sites/east/closures", closed)
    whole.refused(403, "DELETE", f"/sites/east/closures/{closure}")
    assert len(boss.get("/sites/east")["closures"]) == 1
    whole.post(f"/sites/{SOUTH}/closures", closed)
    caller(app, store_with_two_studies, Role.COORDINATOR, None, "east").post("/sites/east/closures", closed)


def test_a_study_without_their_site_is_not_there_for_people_of_a_site(
    app: Flask, store_with_two_studies: Store
) -> None:
    at_the_south = caller(app, store_with_two_studies, Role.COORDINATOR, None, SOUTH)
    assert [study["code"] for study in at_the_south.get("/studies")["items"]] == [STUDY]
    at_the_south.get(f"/studies/{STUDY}")
    at_the_south.refused(404, "GET", f"/studies/{OTHER}")
    at_the_south.refused(404, "GET", f"/visits?study={OTHER}")


def test_a_token_lets_do_what_its_scopes_say_and_nothing_else(app: Flask, store_with_two_studies: Store) -> None:
    guarded = {route: name for route, name in ROUTES.items() if name not in (EVERYBODY, "self")}
    for at_permission, permission in enumerate(Permission):
        if permission is Permission.SELF:
            continue
        role = roles_with(permission)[0]
        narrow = caller(app, store_with_two_studies, role, scopes=(permission.value,))
        # All that it lets do, and of what it does not, another eighth for each permission.
        own = [route for route, name in guarded.items() if name == permission]
        others = [route for route, name in guarded.items() if name != permission][at_permission % 8 :: 8]
        assert all(status(narrow, route) not in (401, 403) for route in own), permission
        assert [status(narrow, route) for route in others] == [403] * len(others), permission


def test_every_permission_is_some_roles_and_guards_some_route() -> None:
    without = {
        permission for permission in Permission if permission is not Permission.SELF and not roles_with(permission)
    }
    assert without == set()
    # Who somebody is at the chair, and the audit of one participant alone, stand on pages only.
    unused = {permission.value for permission in Permission} - set(ROUTES.values())
    assert unused == {"identifiers:read", "participant-audit:read"}
