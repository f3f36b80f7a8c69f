"""Signing in and out: the password, the one-time code, the session's cookie, and how it ends."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from planner.app import create_app
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.users import User
from planner.services.users import Role, grant_role, set_up_totp
from planner.web.door import SESSION, place_of_ours
from tests.desk import desk_of, text_of
from tests.planner.api.callers import PASSWORD, Clock, settings_for, user
from tests.reminded import KEYS
from tests.studies import Trial

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def somebody(store: Store, study: Trial, at: Clock) -> User:
    return user(store, at(), Role.COORDINATOR)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def sign_in(client: FlaskClient, who: User, password: str = PASSWORD, next_place: str = "") -> TestResponse:
    page = client.get("/sign-in", query_string={"next": next_place} if next_place else {}).text
    fields = {"form_token": hidden(page, "form_token"), "next": hidden(page, "next")}
    return client.post("/sign-in", data={**fields, "email": who.email, "password": password})


def with_codes(store: Store, at: Clock, who: User) -> pyotp.TOTP:
    def work(uow: UnitOfWork) -> None:
        set_up_totp(uow, KEYS, uow.session.get_one(User, who.id), SECRET, pyotp.TOTP(SECRET).at(at()))

    store.write(SYSTEM, at(), work)
    at.now += timedelta(minutes=1)
    return pyotp.TOTP(SECRET)


def test_the_password_lets_in_and_leads_to_the_day(app: Flask, somebody: User) -> None:
    client = app.test_client()
    answer = sign_in(client, somebody)
    assert (answer.status_code, answer.location) == (303, "/today")
    assert "Test coordinator" in text_of(client.get("/today").text)


@pytest.mark.parametrize(
    ("roles", "first"),
    [
        ([Role.INFUSION_CENTRE], "/infusions"),
        ([Role.INFUSION_CENTRE, Role.COORDINATOR], "/today"),
        ([Role.INFUSION_CENTRE, Role.MONITOR], "/today"),
        ([Role.ADMINISTRATOR], "/today"),
    ],
)
def test_an_infusion_centre_begins_at_its_day_and_whoever_has_another_role_at_the_desk(
    app: Flask, store: Store, study: Trial, at: Clock, roles: list[Role], first: str
) -> None:
    who = user(store, at(), roles[0])

    def more(uow: UnitOfWork) -> None:
        for role in roles[1:]:
            grant_role(uow, uow.session.get_one(User, who.id), role)

    store.write(SYSTEM, at(), more)
    client = app.test_client()
    assert sign_in(client, who).location == first
    assert client.get("/sign-in").location == first
    assert client.get(first, follow_redirects=True).status_code == 200


def test_whoever_was_asked_to_sign_in_comes_to_the_page_they_wanted(app: Flask, somebody: User) -> None:
    client = app.test_client()
    asked = client.get("/participants?q=01")
    assert asked.location == "/sign-in?next=/participants?q%3D01"
    assert sign_in(client, somebody, next_place="/participants?q=01").location == "/participants?q=01"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)", "today", "/\t/x", "http:[", ""],
)
def test_signing_in_leads_to_no_other_site(elsewhere: str) -> None:
    assert place_of_ours(elsewhere) is None


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(app: Flask, somebody: User) -> None:
    cookie = sign_in(app.test_client(), somebody).headers.getlist("Set-Cookie")[0]
    assert cookie.startswith(f"{SESSION}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Expires" not in cookie


def test_over_https_the_cookie_goes_over_nothing_else(
    store: Store, tmp_path_factory: pytest.TempPathFactory, somebody: User
) -> None:
    public = settings_for(store, tmp_path_factory.mktemp("other"), public_url="https://visits.example.org")
    other = create_app({"TESTING": True}, public)
    assert "Secure" in sign_in(other.test_client(), somebody).headers.getlist("Set-Cookie")[0]
    other.extensions["installation"].close()


def test_a_wrong_password_and_a_name_that_is_none_look_alike_and_keep_the_address(app: Flask, somebody: User) -> None:
    client = app.test_client()
    answer = sign_in(client, somebody, "not the right one")
    assert answer.status_code == 401
    assert "The address or the password is wrong" in text_of(answer.text)
    assert f'value="{somebody.email}"' in answer.text
    assert "not the right one" not in answer.text
    stranger = User(email="stranger@example.org")
    assert text_of(sign_in(client, stranger).text) == text_of(answer.text)


def test_too_many_failures_lock_the_name_also_for_the_right_password(app: Flask, somebody: User) -> None:
    client = app.test_client()
    for _ in range(5):
        sign_in(client, somebody, "wrong every time")
    answer = sign_in(client, somebody)
    assert answer.status_code == 401
    assert "too many failed attempts" in text_of(answer.text)


def test_where_there_are_codes_one_is_asked_for_after_the_password(
    app: Flask, store: Store, somebody: User, at: Clock
) -> None:
    codes = with_codes(store, at, somebody)
    client = app.test_client()
    page = sign_in(client, somebody).text
    assert "One-time code" in text_of(page)
    assert client.get("/today").status_code == 303
    fields = {"form_token": hidden(page, "form_token"), "ticket": hidden(page, "ticket"), "next": ""}
    wrong = client.post("/sign-in/code", data={**fields, "code": "000000"})
    assert wrong.status_code == 401
    assert "The code is wrong" in text_of(wrong.text)
    right = client.post("/sign-in/code", data={**fields, "code": codes.at(at())})
    assert (right.status_code, right.location) == (303, "/today")
    assert client.get("/today").status_code == 200


def test_a_code_is_asked_for_only_so_long_and_never_without_the_password(
    app: Flask, store: Store, somebody: User, at: Clock
) -> None:
    codes = with_codes(store, at, somebody)
    client = app.test_client()
    page = sign_in(client, somebody).text
    fields = {"form_token": hidden(page, "form_token"), "next": ""}
    for ticket in ("", "made up", "é"):
        answer = client.post("/sign-in/code", data={**fields, "ticket": ticket, "code": codes.at(at())})
        assert answer.status_code == 400
    at.now += timedelta(minutes=6)
    late = client.post("/sign-in/code", data={**fields, "ticket": hidden(page, "ticket"), "code": codes.at(at())})
    assert late.status_code == 400
    assert client.get("/today").status_code == 303


def test_a_locked_name_is_not_told_that_its_password_is_right(
    app: Flask, store: Store, somebody: User, at: Clock
) -> None:
    with_codes(store, at, somebody)
    client = app.test_client()
    for _ in range(5):
        sign_in(client, somebody, "wrong every time")
    assert "One-time code" not in text_of(sign_in(client, somebody).text)


def test_a_session_ends_unused_and_after_its_longest_time(app: Flask, store: Store, study: Trial, at: Clock) -> None:
    who = desk_of(app, store)
    at.now += timedelta(minutes=29)
    assert who.client.get("/today").status_code == 200
    at.now += timedelta(minutes=29)
    assert who.client.get("/today").status_code == 200
    at.now += timedelta(minutes=31)
    assert who.client.get("/today").status_code == 303
    again = desk_of(app, store)
    for _ in range(30):
        at.now += timedelta(minutes=25)
        found = again.client.get("/today").status_code
    assert found == 303
    assert "Your session has ended" in text_of(again.client.get("/sign-in").text)


def test_signing_out_ends_the_session_on_the_server_too(app: Flask, store: Store, study: Trial) -> None:
    who = desk_of(app, store)
    cookie = who.client.get_cookie(SESSION)
    assert cookie is not None
    answer = who.send("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert who.client.get_cookie(SESSION) is None
    who.client.set_cookie(SESSION, cookie.value)
    assert who.client.get("/today").status_code == 303


def test_whoever_is_signed_in_goes_on_from_the_sign_in_page(app: Flask, store: Store, study: Trial) -> None:
    assert desk_of(app, store).client.get("/sign-in").location == "/today"


def test_public_pages_say_who_is_signed_in_and_need_no_database_for_others(
    app: Flask, store: Store, study: Trial
) -> None:
    assert "Test coordinator" in desk_of(app, store).text("/")
    assert "Sign in" in text_of(app.test_client().get("/").text)


def test_an_address_that_leads_nowhere_has_the_same_frame(app: Flask, store: Store, study: Trial) -> None:
    who = desk_of(app, store)
    assert "Participants" in who.text("/studies/vsli-ino/participants/99-999", 404)
    assert "Participants" in who.text("/nothing/here", 404)
