"""What nobody types but somebody sends: refused with a reason, never a failure."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from schedules.protocol_file import library_text
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import NORTH, STUDY, trial

__all__ = ["app", "at"]
ONE = f"/studies/{STUDY}/participants/01-001"


@pytest.fixture
def coordinator(app: Flask, store: Store, at: Clock) -> Caller:
    trial(store).enrol()
    return caller(app, store, Role.COORDINATOR)


@pytest.mark.parametrize(
    "instant",
    ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "2026-01-05T14:00:00", "2026-01-05", "99999999999999"],
)
def test_an_instant_that_utc_does_not_have_is_refused(coordinator: Caller, instant: str) -> None:
    for path in ("calendar", "visits/induction.c1.d1"):
        wrong = coordinator.refused(400, "GET", f"{ONE}/{path}?known_at={instant}")
        assert wrong["problems"][0]["place"] == "known_at"
    coordinator.get(f"{ONE}/calendar?known_at=2026-01-05T20:00:00%2B02:00")


def test_a_cursor_with_half_a_character_is_refused(coordinator: Caller) -> None:
    given = coordinator.get("/visits?limit=1")["next"]
    mark, *place = json.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
    for values in (place, [*place[:2], "\ud800"], [*place[:2], "a\0b"], [place[0], 2**70, place[2]]):
        cursor = base64.urlsafe_b64encode(json.dumps([mark, *values]).encode()).decode().rstrip("=")
        if values == place:
            coordinator.get(f"/visits?limit=1&cursor={cursor}")
            continue
        assert coordinator.refused(400, "GET", f"/visits?cursor={cursor}")["problems"][0]["place"] == "cursor"


def test_a_number_that_becomes_infinite_is_refused(coordinator: Caller) -> None:
    headers = {"Authorization": f"Bearer {coordinator.token}", "Content-Type": "application/json"}
    body = b'{"preferences": {"sms": 1e999}}'
    answer = coordinator.client.put(f"/api/v1{ONE}/contact", data=body, headers=headers)
    assert answer.status_code == 400
    coordinator.refused(404, "GET", f"{ONE}/contact")


@pytest.mark.parametrize("head", ['"number', '"number"x,fact,date', "x" * 200_000])
def test_a_table_whose_first_line_cannot_be_read_is_refused(coordinator: Caller, head: str) -> None:
    headers = {"Authorization": f"Bearer {coordinator.token}", "Content-Type": "text/csv"}
    answer = coordinator.client.post(f"/api/v1/studies/{STUDY}/imports", data=f"{head}\n1,2,3\n", headers=headers)
    assert (answer.status_code, answer.get_json()["problems"][0]["place"]) == (400, "line 1")


def test_a_version_longer_than_an_address_takes_is_refused(app: Flask, store: Store, coordinator: Caller) -> None:
    text = library_text("vsli-ino").replace('version: "1.0"', f'version: "{"9" * 101}"')
    assert "9" * 101 in text
    boss = caller(app, store, Role.ADMINISTRATOR)
    wrong = boss.refused(400, "POST", f"/studies/{STUDY}/versions", {"source": text})
    assert wrong["problems"][0]["place"] == "version"


@pytest.mark.parametrize("details", [{"phone": "+١٢٣٤٥٦٧٨٩"}, {"email": "a\nBcc: b@example.org"}])
def test_a_number_or_an_address_that_no_message_reaches_is_refused(coordinator: Caller, details: Any) -> None:
    coordinator.refused(400, "PUT", f"{ONE}/contact", details)


def test_a_screening_cannot_have_failed_on_a_day_to_come(coordinator: Caller) -> None:
    coordinator.post(f"/studies/{STUDY}/participants", {"number": "09-001", "site": NORTH})
    path = f"/studies/{STUDY}/participants/09-001"
    coordinator.refused(422, "POST", f"{path}/screen-failure", {"date": "2026-01-06", "reason": "counts"})
    assert coordinator.get(path)["status"] == "screening"
    assert coordinator.post(f"{path}/screen-failure", {"date": "2026-01-05", "reason": "counts"})["status"]
