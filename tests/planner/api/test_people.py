"""Signing in over HTTP: lock-out, codes, sessions that end, tokens with scopes, users and their roles."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from planner.persistence.idempotency import GivenAnswer
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import PASSWORD, Caller, Clock, app, at, caller, user
from tests.studies import STUDY, trial

__all__ = ["app", "at"]

EMAIL = "coordinator.all.all@example.org"


@pytest.fixture
def nobody(app: Flask, store: Store, at: Clock) -> Caller:
    user(store, at.now, Role.COORDINATOR)
    return Caller(app.test_client(), "")


def sign_in(nobody: Caller, password: str = PASSWORD, code: str = "") -> Caller:
    made = nobody.post("/sessions", {"email": EMAIL, "password": password, "code": code})
    return Caller(nobody.client, made["token"])


def test_a_session_lets_do_everything_that_the_roles_include_until_it_is_ended(nobody: Caller) -> None:
    somebody = sign_in(nobody)
    assert somebody.get("/me") == {
        "id": 1, "email": EMAIL, "name": "Test coordinator", "roles": ["coordinator"], "scopes": None,
    }  # fmt: skip
    assert somebody.call("DELETE", "/sessions/current").status_code == 204
    somebody.refused(401, "GET", "/me")


def test_a_session_ends_by_itself(nobody: Caller, at: Clock) -> None:
    idle, busy = sign_in(nobody), sign_in(nobody)
    for _ in range(25):
        at.now += timedelta(minutes=28)
        busy.get("/me")
    idle.refused(401, "GET", "/me")
    at.now += timedelta(minutes=25)
    busy.refused(401, "GET", "/me")


@pytest.mark.parametrize(
    "wrong",
    [{"password": "another password"}, {"email": "nobody@example.org"}, {"password": ""}],
)
def test_whatever_is_wrong_looks_alike(nobody: Caller, wrong: dict[str, str]) -> None:
    said = nobody.refused(401, "POST", "/sessions", {"email": EMAIL, "password": PASSWORD, **wrong})
    assert said["problems"][0]["wrong"] == "the address, the password or the code is wrong"


def test_too_many_failures_lock_the_name_for_a_quarter_of_an_hour(nobody: Caller, at: Clock) -> None:
    for _ in range(5):
        nobody.refused(401, "POST", "/sessions", {"email": EMAIL, "password": "wrong"})
    locked = nobody.refused(401, "POST", "/sessions", {"email": EMAIL, "password": PASSWORD})
    assert "too many" in locked["problems"][0]["wrong"]
    at.now += timedelta(minutes=16)
    assert sign_in(nobody).get("/me")["email"] == EMAIL


def test_one_time_codes_are_asked_for_once_they_are_set_up(nobody: Caller, at: Clock) -> None:
    somebody = sign_in(nobody)
    secret = somebody.post("/me/codes", {"password": PASSWORD})["secret"]
    assert sign_in(nobody).get("/me")["email"] == EMAIL
    mine = {"password": PASSWORD, "secret": secret}
    somebody.refused(400, "PUT", "/me/codes", {**mine, "code": "000000"})
    somebody.refused(400, "PUT", "/me/codes", {**mine, "code": "१२३४५६"})
    somebody.refused(400, "PUT", "/me/codes", {**mine, "secret": "my own", "code": "000000"})
    assert somebody.call("PUT", "/me/codes", {**mine, "code": pyotp.TOTP(secret).at(at.now)}).status_code == 204
    at.now += timedelta(minutes=1)
    nobody.refused(401, "POST", "/sessions", {"email": EMAIL, "password": PASSWORD})
    code = pyotp.TOTP(secret).at(at.now)
    assert sign_in(nobody, code=code).get("/me")["email"] == EMAIL
    nobody.refused(401, "POST", "/sessions", {"email": EMAIL, "password": PASSWORD, "code": code})


def test_another_password_asks_for_the_one_before_and_ends_all_sessions(nobody: Caller) -> None:
    somebody = sign_in(nobody)
    new = {"password": PASSWORD, "new_password": "some other long words"}
    somebody.refused(400, "PUT", "/me/password", {**new, "password": "not mine"})
    somebody.refused(400, "PUT", "/me/password", {**new, "new_password": "short"})
    assert somebody.call("PUT", "/me/password", new).status_code == 204
    somebody.refused(401, "GET", "/me")
    assert sign_in(nobody, new["new_password"]).get("/me")["email"] == EMAIL


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(nobody: Caller, at: Clock) -> None:
    somebody = sign_in(nobody)
    made = somebody.post("/me/tokens", {"label": "EDC", "scopes": ["facts:read"], "days": 30}, Idempotency_Key="t1")
    again = somebody.post("/me/tokens", {"label": "EDC", "scopes": ["facts:read"], "days": 30}, Idempotency_Key="t1")
    assert again == made
    listed = somebody.get("/me/tokens")["items"]
    assert [(token["label"], token["scopes"]) for token in listed] == [("EDC", ["facts:read"])]
    assert made["token"] not in str(listed)
    program = Caller(nobody.client, made["token"])
    assert program.get("/me")["scopes"] == ["facts:read"]
    program.refused(400, "POST", "/me/tokens", {"label": "more", "scopes": ["facts:write"]})
    assert somebody.call("DELETE", f"/me/tokens/{listed[0]['id']}").status_code == 204
    program.refused(401, "GET", "/me")


def test_a_token_ends_on_its_day(nobody: Caller, at: Clock) -> None:
    made = sign_in(nobody).post("/me/tokens", {"label": "EDC", "scopes": ["facts:read"], "days": 2})
    program = Caller(nobody.client, made["token"])
    program.get("/me")
    at.now += timedelta(days=2)
    program.refused(401, "GET", "/me")


def test_a_token_makes_none_that_outlives_it(nobody: Caller) -> None:
    made = sign_in(nobody).post("/me/tokens", {"label": "EDC", "scopes": ["facts:read"], "days": 2})
    program = Caller(nobody.client, made["token"])
    wrong = program.refused(400, "POST", "/me/tokens", {"label": "longer", "scopes": ["facts:read"], "days": 3})
    assert wrong["problems"][0]["place"] == "days"
    program.post("/me/tokens", {"label": "shorter", "scopes": ["facts:read"], "days": 1})


def test_what_is_kept_of_a_request_with_a_password_cannot_be_guessed_from(app: Flask, store: Store, at: Clock) -> None:
    new = {"email": "new.person@example.org", "name": "New Person", "password": "a few long words"}
    caller(app, store, Role.ADMINISTRATOR).post("/users", new, Idempotency_Key="user-1")
    plain = hashlib.sha256(b"POST /api/v1/users?\n" + json.dumps(new).encode()).hexdigest()
    kept = store.read(lambda session: session.scalars(select(GivenAnswer.request)).one())
    assert kept != plain
    assert kept == app.extensions["installation"].keys.find(plain)


def test_an_administrator_makes_users_gives_roles_takes_them_back_and_shuts_the_door(
    app: Flask, store: Store, at: Clock
) -> None:
    trial(store)
    boss = caller(app, store, Role.ADMINISTRATOR)
    new = {"email": "new.person@example.org", "name": "New Person", "password": "a few long words"}
    made = boss.post("/users", new)
    boss.refused(409, "POST", "/users", new)
    for name in ("Two\nLines", "Esc\x1b[31m", "\u202eRight to left"):
        boss.refused(400, "POST", "/users", {**new, "email": "x@example.org", "name": name})
    boss.post(f"/users/{made['id']}/roles", {"role": "coordinator", "study": STUDY, "site": "north"})
    shown = boss.get(f"/users/{made['id']}")
    assert [(role["role"], role["study"], role["site"]) for role in shown["roles"]] == [("coordinator", STUDY, "north")]
    nobody = Caller(app.test_client(), "")
    theirs = Caller(
        nobody.client, nobody.post("/sessions", {"email": new["email"], "password": new["password"]})["token"]
    )
    assert [study["code"] for study in theirs.get("/studies")["items"]] == [STUDY]
    assert [site["code"] for site in theirs.get("/sites")["items"]] == ["north"]
    assert boss.call("DELETE", f"/users/{made['id']}/roles/{shown['roles'][0]['id']}").status_code == 200
    theirs.refused(403, "GET", "/studies")
    theirs.refused(404, "GET", f"/studies/{STUDY}")
    secret = theirs.post("/me/codes", {"password": new["password"]})["secret"]
    codes = {"password": new["password"], "secret": secret, "code": pyotp.TOTP(secret).at(at.now)}
    assert theirs.call("PUT", "/me/codes", codes).status_code == 204
    fresh = {"password": "other words of some length"}
    assert boss.call("PUT", f"/users/{made['id']}/password", fresh).status_code == 204
    assert boss.call("DELETE", f"/users/{made['id']}/codes").status_code == 204
    theirs.refused(401, "GET", "/me")
    theirs.token = ""
    theirs.token = theirs.post("/sessions", {"email": new["email"], **fresh})["token"]
    assert boss.call("PUT", f"/users/{made['id']}/enabled", {"enabled": False}).status_code == 200
    theirs.refused(401, "GET", "/me")
    boss.refused(400, "PUT", f"/users/{boss.get('/me')['id']}/enabled", {"enabled": False})
    assert len(boss.get("/users")["items"]) == 2


@pytest.mark.parametrize(("said", "good"), [({}, False), ({"keep_tokens": True}, True)])
def test_whoever_is_given_a_fresh_password_has_no_tokens_left_unless_they_are_kept(
    app: Flask, store: Store, at: Clock, said: dict[str, bool], good: bool
) -> None:
    boss, somebody = caller(app, store, Role.ADMINISTRATOR), caller(app, store, Role.MONITOR)
    them = somebody.get("/me")["id"]
    fresh = {"password": "other words of some length", **said}
    assert boss.call("PUT", f"/users/{them}/password", fresh).status_code == 204
    assert somebody.call("GET", "/me").status_code == (200 if good else 401)


def test_the_last_administrator_stays_one(app: Flask, store: Store, at: Clock) -> None:
    boss = caller(app, store, Role.ADMINISTRATOR)
    me = boss.get("/me")["id"]
    mine = boss.get(f"/users/{me}")["roles"][0]["id"]
    boss.refused(409, "DELETE", f"/users/{me}/roles/{mine}")
    boss.refused(400, "PUT", f"/users/{me}/password", {"password": "words that I have not"})
    boss.get("/users")
    other = boss.post("/users", {"email": "o@example.org", "name": "Other", "password": "a few long words"})
    boss.post(f"/users/{other['id']}/roles", {"role": "administrator"})
    assert boss.call("DELETE", f"/users/{me}/roles/{mine}").status_code == 200


def test_a_disabled_user_s_tokens_are_good_no_more_also_when_they_come_back(
    app: Flask, store: Store, at: Clock
) -> None:
    boss, somebody = caller(app, store, Role.ADMINISTRATOR), caller(app, store, Role.MONITOR)
    them = somebody.get("/me")["id"]
    for enabled in (False, True):
        assert boss.call("PUT", f"/users/{them}/enabled", {"enabled": enabled}).status_code == 200
    somebody.refused(401, "GET", "/me")


def test_what_belongs_to_no_study_is_audited_too_for_whoever_has_all_of_them(
    app: Flask, store: Store, at: Clock
) -> None:
    boss = caller(app, store, Role.ADMINISTRATOR)
    made = boss.post("/users", {"email": "a@example.org", "name": "Made Up", "password": "three words long"})
    entries = boss.get("/audit?limit=500")["items"]
    assert ("user.created", f"user:{made['id']}") in [(entry["action"], entry["subject"]) for entry in entries]
    (own,) = boss.get(f"/audit?subject=user:{made['id']}")["items"]
    assert own["after"] == {"name": "Made Up"}
