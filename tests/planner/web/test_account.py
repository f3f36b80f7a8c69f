"""Everybody changes their own password, sets up one-time codes and ends their tokens, and nobody another's."""

from __future__ import annotations

import re

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from planner.auth.door import needs_of
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.users import ApiToken, User
from planner.services.users import Role, hash_that_fits, make_token
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import PASSWORD, Clock
from tests.studies import Trial, audited

NEW = "another five words made up"


@pytest.fixture
def me(desk: Desk, store: Store) -> User:
    """Whoever is at the desk."""
    found = store.read(lambda session: session.scalars(select(User).order_by(User.id.desc())).first())
    assert found is not None
    return found


def ticket(page: str) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def secret(page: str) -> str:
    found = re.search(r'<strong class="spaced">([A-Z2-7 ]+)</strong>', page)
    assert found is not None
    return found[1].replace(" ", "")


def test_the_pages_of_ones_own_are_for_whoever_is_signed_in(app: Flask, desk: Desk) -> None:
    mine = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("account.")]
    nobody = Desk(app.test_client())
    assert len(mine) == 5
    for rule in mine:
        with app.app_context():
            wanted = needs_of(rule.endpoint)
        assert wanted is not None
        assert wanted.permission == "self"
        path = rule.rule.replace("<int:token>", "1")
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        assert nobody.client.open(path, method=method).status_code == 303
        if method == "POST":
            assert desk.client.post(path, data={"form_token": "0" * 64}).status_code == 403


def test_another_password_is_taken_with_the_old_one_and_ends_the_session(desk: Desk, store: Store, me: User) -> None:
    wrong = desk.send("/account/password", password="not mine at all", new_password=NEW)
    assert wrong.status_code == 400
    assert 'id="password-password-error"' in wrong.text
    short = desk.send("/account/password", password=PASSWORD, new_password="short")
    assert short.status_code == 400
    assert 'id="password-new_password-error"' in short.text
    assert PASSWORD not in short.text
    assert desk.send("/account/password", password=PASSWORD, new_password=NEW).status_code == 303
    assert desk.client.get("/today").status_code == 303
    assert store.read(lambda session: hash_that_fits(session, me.email, NEW))


def test_one_time_codes_are_asked_for_once_the_first_was_entered(
    desk: Desk, store: Store, me: User, study: Trial, at: Clock
) -> None:
    page = desk.send("/account/codes", password=PASSWORD)
    assert page.status_code == 200
    assert "<svg" in page.text
    found = secret(page.text)
    wrong = desk.send("/account/codes/first", ticket=ticket(page.text), code="000000")
    assert wrong.status_code == 400
    assert 'id="codes-code-error"' in wrong.text
    assert secret(wrong.text) == found
    code = pyotp.TOTP(found).at(at())
    assert desk.send("/account/codes/first", ticket=ticket(page.text), code=code).status_code == 303
    assert "You are asked for a code when you sign in." in desk.text("/account?done=codes")
    assert audited(study, "user.totp-set-up")[-1].subject == f"user:{me.id}"


def test_a_ticket_is_good_for_its_owner_alone(app: Flask, desk: Desk, store: Store) -> None:
    page = desk.send("/account/codes", password=PASSWORD).text
    other = desk_of(app, store, Role.MONITOR)
    for sent in (ticket(page), "made up", ""):
        answer = other.send("/account/codes/first", ticket=sent, code="123456")
        assert answer.status_code == 400
        assert "Begin again" in answer.text


def test_a_token_of_ones_own_is_ended_and_nobody_elses(desk: Desk, store: Store, me: User, at: Clock) -> None:
    theirs = store.write(SYSTEM, at(), lambda uow: make_token(uow, uow.session.get_one(User, me.id), "mine", ("x",)))
    assert theirs not in desk.html("/account")
    token = store.read(lambda session: session.scalars(select(ApiToken.id).order_by(ApiToken.id.desc())).first())
    assert desk.send(f"/account/tokens/{token}/end").status_code == 303
    again = desk.send(f"/account/tokens/{token}/end")
    assert again.status_code == 409
    assert "good for nothing already; look at the tokens that there are." in text_of(again.text)
    assert "Another password" in again.text


def test_a_token_for_a_program_is_made_with_the_password_shown_once_and_no_more_than_its_maker_may_do(
    desk: Desk, store: Store, me: User
) -> None:
    form = desk.html("/account/tokens/new")
    assert 'value="participants:read"' in form
    assert 'value="users:write"' not in form
    made = desk.send("/account/tokens/new", label="our warehouse", days="30", what="read", password=PASSWORD)
    assert made.status_code == 200
    found = re.search(r'value="(vp_[A-Za-z0-9_-]{43})"', made.text)
    assert found is not None
    assert found[1] not in desk.html("/account")
    assert "our warehouse" in desk.text("/account")
    row = store.read(lambda session: session.scalars(select(ApiToken)).one())
    assert (row.user_id, (row.expires_at - row.made_at).days) == (me.id, 30)
    assert row.scopes
    assert all(scope.endswith(":read") for scope in row.scopes)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"label": ""}, "label"), ({"days": "367"}, "days"), ({"days": "soon"}, "days"), ({"what": "some"}, "scopes"),
        ({"what": "some", "scopes": "users:write"}, "scopes"), ({"password": "not mine"}, "password"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_token_stands_at_its_field_and_none_is_made(
    desk: Desk, store: Store, said: dict[str, str], field: str
) -> None:
    usual = {"label": "our warehouse", "days": "30", "what": "read", "password": PASSWORD}
    answer = desk.send("/account/tokens/new", **{**usual, **said})
    assert answer.status_code == 400
    assert f'id="token-{field}-error"' in answer.text
    assert PASSWORD not in answer.text
    assert store.read(lambda session: session.scalars(select(ApiToken)).all()) == []
