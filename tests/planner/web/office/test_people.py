"""People are let in, given roles, locked and given fresh passwords; what is refused is said next to its field."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from planner.persistence.unit_of_work import Store
from planner.persistence.users import User
from planner.services.users import Role, hash_that_fits, make_token
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock
from tests.studies import NORTH, STUDY, Trial, a_user, audited

NEW = {"name": "Bo Made-up", "email": "bo@example.org", "password": "four words made up"}
PEOPLE = "/office/people"


def person(store: Store, email: str = "bo@example.org") -> User:
    found = store.read(lambda session: session.scalar(select(User).where(User.email == email)))
    assert found is not None
    return found


def let_in(office: Desk, **more: str) -> str:
    """Let somebody in; the address of their page."""
    answer = office.send(f"{PEOPLE}/new", **NEW, **more)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].partition("?")[0]


def test_somebody_is_let_in_with_their_first_role_and_the_audit_says_so(office: Desk, study: Trial) -> None:
    page = office.text(let_in(office, role="coordinator", study=STUDY, site=NORTH))
    assert "Bo Made-up bo@example.org may sign in" in page
    assert "Coordinator in vsli-ino, at north" in page
    assert [entry.subject for entry in audited(study, "user.created")][-1:] == [f"user:{person(study.store).id}"]
    granted = audited(study, "user.role-granted")[-1].after
    assert granted is not None
    assert granted["role"] == "coordinator"
    fits = study.store.read(lambda session: hash_that_fits(session, NEW["email"], NEW["password"]))
    assert fits


def test_what_is_wrong_stands_at_its_field_what_was_typed_stays_and_no_password_is_shown_again(office: Desk) -> None:
    answer = office.send(f"{PEOPLE}/new", name="Bo Made-up", email="nobody", password="short", role="monitor")
    assert answer.status_code == 400
    assert 'id="new-email-error"' in answer.text
    assert 'id="new-password-error"' in answer.text
    assert 'value="Bo Made-up"' in answer.text
    assert re.search(r'<option value="monitor" selected>', answer.text)
    assert "short" not in answer.text.replace("shortest", "")


def test_an_address_that_is_taken_lets_nobody_in(office: Desk) -> None:
    let_in(office)
    answer = office.send(f"{PEOPLE}/new", **NEW)
    assert answer.status_code == 409
    assert "Somebody signs in with this address already" in answer.text


def test_roles_are_given_once_and_taken_back(office: Desk, store: Store) -> None:
    here = let_in(office)
    assert office.send(f"{here}/roles", role="monitor", study=STUDY, site="").status_code == 303
    twice = office.send(f"{here}/roles", role="monitor", study=STUDY, site="")
    assert twice.status_code == 409
    assert "The user has this role already" in twice.text
    assert office.send(f"{here}/roles", role="emperor", study="", site="").status_code == 400
    page = office.html(here)
    found = re.search(r"/roles/(\d+)/end", page)
    assert found is not None
    assert office.send(f"{here}/roles/{found[1]}/end").status_code == 303
    assert "None yet: they may sign in, and see nothing." in office.text(here)


def test_whoever_is_locked_may_sign_in_no_more_until_they_are_unlocked(
    app: Flask, store: Store, office: Desk, study: Trial
) -> None:
    coordinator = desk_of(app, store)
    theirs = store.read(lambda session: session.scalar(select(func.max(User.id))))
    assert office.send(f"{PEOPLE}/{theirs}/lock").status_code == 303
    assert coordinator.client.get("/today").status_code == 303
    assert "locked" in office.text(f"{PEOPLE}?state=locked")
    assert office.send(f"{PEOPLE}/{theirs}/unlock").status_code == 303
    assert "Nobody is like that." in office.text(f"{PEOPLE}?state=locked")


def test_the_last_administrator_of_everything_stays(office: Desk, store: Store) -> None:
    me = store.read(lambda session: session.scalar(select(func.max(User.id))))
    answer = office.send(f"{PEOPLE}/{me}/lock")
    assert answer.status_code == 409
    assert "Nobody would be left who may let people in" in answer.text


def test_a_fresh_password_opens_and_the_old_one_does_not_and_ones_own_is_another_administrators(
    office: Desk, store: Store
) -> None:
    here = let_in(office)
    assert office.send(f"{here}/password", password="short").status_code == 400
    assert office.send(f"{here}/password", password="another five words made up").status_code == 303
    old, new = (
        store.read(lambda session, word=word: hash_that_fits(session, NEW["email"], word))  # type: ignore[misc]
        for word in (NEW["password"], "another five words made up")
    )
    assert new
    assert not old
    me = store.read(lambda session: session.scalar(select(func.min(User.id))))
    assert "That is you" in office.send(f"{PEOPLE}/{me}/password", password="another five words made up").text


def test_tokens_are_listed_without_their_secrets_and_revoked(office: Desk, study: Trial) -> None:
    who = a_user(study.store, "programs@example.org")
    secret = study.store.write(
        who, study.now,
        lambda uow: make_token(uow, uow.session.get_one(User, who.user_id), "nightly export", ("facts:read",)),
    )  # fmt: skip
    here = f"{PEOPLE}/{who.user_id}"
    page = office.html(here)
    assert "nightly export" in page
    assert secret not in page
    found = re.search(r"/tokens/(\d+)/end", page)
    assert found is not None
    assert office.send(f"{here}/tokens/{found[1]}/end").status_code == 303
    assert "nightly export" not in office.html(here)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=bo@EXAMPLE", True), ("q=nobody", False), ("q=%25", False), ("role=coordinator", True),
        ("role=monitor", False), (f"site={NORTH}", True), ("site=south&role=coordinator", False),
        ("state=active", True), ("state=no-role", False), ("state=no-codes", True),
    ],
)  # fmt: skip
def test_people_are_found_by_name_role_site_and_state(office: Desk, asked: str, found: bool) -> None:
    let_in(office, role="coordinator", study=STUDY, site=NORTH)
    assert ("bo@example.org" in office.html(f"{PEOPLE}?{asked}")) is found


def test_the_list_says_when_somebody_signed_in_last(app: Flask, office: Desk, at: Clock) -> None:
    let_in(office)
    assert "never" in office.text(f"{PEOPLE}?q=bo@")
    other = Desk(app.test_client())
    page = other.client.get("/sign-in").text
    token = re.search(r'name="form_token" value="(\w+)"', page)
    assert token is not None
    data = {"form_token": token[1], "email": NEW["email"], "password": NEW["password"]}
    assert other.client.post("/sign-in", data=data).status_code == 303
    assert "Mon 5 Jan 2026, 14:00 UTC" in office.text(f"{PEOPLE}?q=bo@")


def test_only_administrators_of_everything_see_people(app: Flask, store: Store, study: Trial) -> None:
    for role in set(Role) - {Role.ADMINISTRATOR}:
        assert desk_of(app, store, role).client.get(PEOPLE).status_code == 403
    assert desk_of(app, store, Role.ADMINISTRATOR, STUDY).client.get(PEOPLE).status_code == 403
