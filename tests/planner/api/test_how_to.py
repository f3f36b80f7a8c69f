"""docs/how-to/use-the-api.md: every example of it is sent, and taken."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.users import CreateUser, Role, create_user, grant_role
from tests.planner.api.callers import PASSWORD, Clock, app, at, caller
from tests.studies import trial

__all__ = ["app", "at"]

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "use-the-api.md"
TABLE = "number,site,fact,date,version\n07-001,north,consented,2026-01-02,1.0\n"


@pytest.fixture
def values(app: Flask, store: Store, at: Clock) -> dict[str, str]:
    trial(store).enrol()
    me = CreateUser(email="coordinator@example.org", name="Test Coordinator", password=PASSWORD)
    store.write(SYSTEM, at.now, lambda uow: grant_role(uow, create_user(uow, me), Role.COORDINATOR))
    token = caller(app, store, Role.COORDINATOR).token
    return {"URL": "", "TOKEN": token, "SESSION": "", "PASSWORD": PASSWORD}


def curl(app: Flask, command: str, values: dict[str, str]) -> TestResponse:
    """What curl would send, through the application."""
    said = re.sub(r"\$(\w+)", lambda found: values[found[1]], command.replace("\\\n", " "))
    words = iter(shlex.split(said)[1:])
    method, headers, body, address = "GET", {}, None, ""
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(words)
        elif word == "--data-binary":
            assert next(words) == "@facts.csv"
            body = TABLE
        else:
            address = word
    return app.test_client().open(address, method=method, headers=headers, data=body)


def test_every_example_of_the_page_is_taken(app: Flask, values: dict[str, str]) -> None:
    examples = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(examples) == 9
    for example in examples:
        answer = curl(app, example, values)
        assert answer.status_code in (200, 201), (example, answer.text[:500])
        if "/sessions" in example:
            values["SESSION"] = answer.get_json()["token"]
