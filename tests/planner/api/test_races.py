"""Two at once: the second is told what the first has done, and tries at once are counted like others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine

from planner.persistence.unit_of_work import Store
from planner.services import users
from planner.services.users import Role
from tests.planner.api.callers import PASSWORD, Caller, Clock, app, at, caller
from tests.studies import NORTH, STUDY, trial

__all__ = ["app", "at"]
AT_ONCE = 4


def together(app: Flask, token: str, method: str, path: str, bodies: list[Any]) -> list[tuple[int, str]]:
    """The statuses and texts of the answers to requests that are all sent at the same moment."""
    ready = Barrier(len(bodies))

    def send(body: Any) -> tuple[int, str]:
        who = Caller(app.test_client(), token)
        ready.wait()
        answer = who.call(method, path, body)
        return answer.status_code, answer.text

    with ThreadPoolExecutor(len(bodies)) as many:
        return list(many.map(send, bodies))


@pytest.mark.parametrize(
    ("role", "path", "body"),
    [
        (
            Role.ADMINISTRATOR,
            "/users",
            {"email": "new.person@example.org", "name": "New", "password": "a few long words"},
        ),
        (Role.ADMINISTRATOR, "/studies", {"code": "another", "title": "Another one"}),
        (Role.ADMINISTRATOR, "/sites", {"code": "east", "name": "East", "zone": "Europe/Paris"}),
        (Role.COORDINATOR, f"/studies/{STUDY}/participants", {"number": "09-001", "site": NORTH}),
    ],
)
def test_of_some_who_add_the_same_at_once_one_does_and_the_others_are_told(
    app: Flask, store: Store, at: Clock, role: Role, path: str, body: dict[str, Any]
) -> None:
    trial(store)
    answers = together(app, caller(app, store, role).token, "POST", path, [body] * AT_ONCE)
    assert sorted(status for status, _ in answers) == [201] + [409] * (AT_ONCE - 1)


def test_a_role_that_is_given_twice_at_once_is_taken_back_once(app: Flask, store: Store, at: Clock) -> None:
    trial(store)
    boss = caller(app, store, Role.ADMINISTRATOR)
    body = {"email": "new.person@example.org", "name": "New", "password": "a few long words"}
    path = f"/users/{boss.post('/users', body)['id']}"
    answers = together(app, boss.token, "POST", f"{path}/roles", [{"role": "monitor", "study": STUDY}] * AT_ONCE)
    assert sorted(status for status, _ in answers) == [201] + [409] * (AT_ONCE - 1)
    (role,) = boss.get(path)["roles"]
    assert boss.call("DELETE", f"{path}/roles/{role['id']}").get_json()["roles"] == []


def test_whoever_signs_in_keeps_nobody_from_recording_meanwhile(
    app: Flask, store: Store, at: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.database.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite has one place for all writers")
    caller(app, store, Role.MONITOR)
    body = {"email": "monitor.all.all@example.org", "password": PASSWORD}
    other = create_engine(store.database.engine.url, connect_args={"timeout": 0.05})
    slowly, asked = users._password_fits, []

    def write_meanwhile(*said: Any) -> bool:
        with other.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.rollback()
        asked.append(said)
        return slowly(*said)

    monkeypatch.setattr(users, "_password_fits", write_meanwhile)
    Caller(app.test_client(), "").post("/sessions", body)
    other.dispose()
    assert len(asked) == 1


def test_no_more_passwords_can_be_tried_at_once_than_one_after_the_other(app: Flask, store: Store, at: Clock) -> None:
    caller(app, store, Role.MONITOR)
    for email in ("monitor.all.all@example.org", "nobody.there@example.org"):
        tries = [{"email": email, "password": f"wrong {number}"} for number in range(9)]
        answers = together(app, "", "POST", "/sessions", tries)
        assert {status for status, _ in answers} == {401}
        assert sum("too many" in text for _, text in answers) == 4
