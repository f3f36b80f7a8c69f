"""The API as programs meet it: an application over a database, and somebody with a token who calls it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from planner import clock
from planner.api.people import SCOPES
from planner.app import create_app
from planner.config import Settings
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.users import User, user_by_email
from planner.services.access import EVERYTHING, find_site, find_study
from planner.services.users import CreateUser, Role, create_user, grant_role, make_token

PASSWORD = "three words long"


class Clock:
    """The planner's clock, in a test's hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """This instant, a little later each time."""
        self.now += timedelta(milliseconds=1)
        return self.now


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock: 5 January 2026 until a test sets it."""
    made = Clock(datetime(2026, 1, 5, 14, 0, tzinfo=UTC))
    monkeypatch.setattr(clock, "now", made)
    return made


def settings_for(store: Store, folder: Path, **more: Any) -> Settings:
    """The settings of an application over this database."""
    return Settings(
        data_folder=folder,
        database_url=store.database.engine.url.render_as_string(hide_password=False),
        contact_keys=(SecretStr(Fernet.generate_key().decode()),),
        index_key=SecretStr("an index key for tests, long enough"),
        **more,
    )


@pytest.fixture
def app(store: Store, tmp_path: Path, at: Clock) -> Iterator[Flask]:
    """The application over an empty database, once of each kind; a failure in it is a 500, as in the real one."""
    made = create_app({"TESTING": True, "PROPAGATE_EXCEPTIONS": False}, settings_for(store, tmp_path))
    yield made
    made.extensions["installation"].close()


@dataclass(slots=True)
class Caller:
    """Somebody who calls the API with a token."""

    client: FlaskClient
    token: str

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> TestResponse:
        """One request; header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        return self.client.open(f"/api/v1{path}", method=method, json=data, headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        """What stands there; it must be there."""
        answer = self.call("GET", path, **headers)
        assert answer.status_code == 200, answer.text[:800]
        return answer.get_json()

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        """What came of sending it; it must be taken."""
        answer = self.call("POST", path, data, **headers)
        assert answer.status_code in (200, 201, 204), answer.text[:800]
        return answer.get_json() if answer.data else None

    def refused(self, status: int, method: str, path: str, data: Any = None, **headers: str) -> dict[str, Any]:
        """The problem that comes of it, of that status."""
        answer = self.call(method, path, data, **headers)
        assert answer.status_code == status, (answer.status_code, answer.text[:800])
        assert answer.mimetype == "application/problem+json"
        found: dict[str, Any] = answer.get_json()
        return found


def user(store: Store, now: datetime, role: Role | None, study: str | None = None, site: str | None = None) -> User:
    """Somebody with one role, made if there is none yet."""
    email = f"{role or 'nobody'}.{study or 'all'}.{site or 'all'}@example.org"

    def work(uow: UnitOfWork) -> User:
        found = user_by_email(uow.session, email)
        if found is not None:
            return found
        made = create_user(uow, CreateUser(email=email, name=f"Test {role or 'Nobody'}", password=PASSWORD))
        if role is not None:
            theirs = find_study(uow.session, EVERYTHING, study) if study else None
            grant_role(uow, made, role, theirs, find_site(uow.session, EVERYTHING, site).id if site else None)
        return made

    return store.write(SYSTEM, now, work)


def caller(
    app: Flask, store: Store, role: Role | None, study: str | None = None, site: str | None = None,
    scopes: tuple[str, ...] = SCOPES,
) -> Caller:  # fmt: skip
    """Somebody of that role who calls the API with a token."""
    now = clock.now()
    who = user(store, now, role, study, site)
    token = store.write(SYSTEM, now, lambda uow: make_token(uow, who, "test", scopes))
    return Caller(app.test_client(), token)
