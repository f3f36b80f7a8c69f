"""Requests that cannot be read, tables, contact details, the audit, logs and counts."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import STUDY, trial

__all__ = ["app", "at"]

ONE = f"/studies/{STUDY}/participants/01-001"
TABLE = """number,site,fact,date,day_1,version
07-001,north,consented,2026-01-02,,1.0
07-001,north,enrolled,2026-01-02,2026-01-05,
"""


@pytest.fixture
def coordinator(app: Flask, store: Store, at: Clock) -> Caller:
    trial(store).enrol()
    return caller(app, store, Role.COORDINATOR)


def send(who: Caller, path: str, body: bytes, kind: str) -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {who.token}", "Content-Type": kind}
    answer = who.client.post(f"/api/v1{path}", data=body, headers=headers)
    return answer.status_code, answer.get_json()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"facts": 1, "facts": 2}', 400),
        (b'{"why": NaN}', 400),
        (b'{"why": "\\u0000"}', 400),
        (b'{"why": "\\ud800"}', 400),
        (b'{"why": 9999999999999999999999}', 400),
        (b"[" * 100_000, 400),
        (b'{"facts": ' + b"[" * 60 + b"]" * 60 + b"}", 400),
        (b"\xff\xfe", 400),
        (b'"just words"', 400),
        (b"null", 400),
        (b" " * 1_100_000, 413),
    ],
)
def test_a_body_that_cannot_be_read_is_told_so(coordinator: Caller, body: bytes, status: int) -> None:
    found, problem = send(coordinator, f"{ONE}/facts", body, "application/json")
    assert found == status, problem
    assert problem["problems"]
    assert len(coordinator.get(f"{ONE}/facts")["facts"]) == 2


def test_another_type_of_body_is_refused(coordinator: Caller) -> None:
    assert send(coordinator, f"{ONE}/facts", b"a=b", "application/x-www-form-urlencoded")[0] == 415
    assert send(coordinator, f"/studies/{STUDY}/imports", b"{}", "application/json")[0] == 415


def test_fifty_megabytes_are_refused_before_they_are_read(coordinator: Caller) -> None:
    assert send(coordinator, f"/studies/{STUDY}/imports", b"x" * 50_000_002, "text/csv")[0] == 413


def test_a_table_is_taken_in_whole_or_not_at_all(coordinator: Caller) -> None:
    path = f"/studies/{STUDY}/imports"
    bad = TABLE + "07-002,north,enrolled,2026-02-30,2026-01-05,\n07-003,north,=CMD(),2026-01-02,,\n"
    status, problem = send(coordinator, path, bad.encode(), "text/csv")
    assert status == 400
    places = [str(item["place"]) for item in problem["problems"]]  # type: ignore[attr-defined]
    assert [place.partition(":")[0] for place in places] == ["line 4", "line 5"]
    coordinator.refused(404, "GET", f"/studies/{STUDY}/participants/07-001")
    assert send(coordinator, path, TABLE.encode(), "text/csv") == (201, {"participants": 1, "facts": 2})
    assert coordinator.get(f"/studies/{STUDY}/participants/07-001")["day_1"] == "2026-01-05"
    assert send(coordinator, path, TABLE.encode("utf-16"), "text/csv")[0] == 400


def test_contact_details_are_kept_apart_and_erased_for_good(app: Flask, store: Store, coordinator: Caller) -> None:
    monitor = caller(app, store, Role.MONITOR)
    coordinator.refused(404, "GET", f"{ONE}/contact")
    kept = {"name": "Made Up", "phone": "+12125550100", "language": "es"}
    assert coordinator.call("PUT", f"{ONE}/contact", kept).get_json()["phone"] == "+12125550100"
    coordinator.refused(400, "PUT", f"{ONE}/contact", {"phone": "555 0100"})
    monitor.refused(403, "GET", f"{ONE}/contact")
    assert coordinator.get(f"{ONE}/contact")["name"] == "Made Up"
    assert "Made Up" not in json.dumps(monitor.get(f"/studies/{STUDY}/audit?limit=500"))
    coordinator.post(f"{ONE}/contact/erasure", {"reason": "asked for it"})
    coordinator.refused(404, "GET", f"{ONE}/contact")
    assert len(coordinator.get(f"{ONE}/facts")["facts"]) == 2


def test_the_request_s_id_is_in_its_answer_in_the_audit_and_in_the_log(
    app: Flask, store: Store, coordinator: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    fact = {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": "vsli"}
    answer = coordinator.call("POST", f"{ONE}/facts", {"facts": [fact], "why": "a note"}, X_Request_Id="my-own-7")
    assert answer.headers["X-Request-Id"] == "my-own-7"
    entry = caller(app, store, Role.MONITOR).get(f"/studies/{STUDY}/audit?limit=500")["items"][-1]
    assert (entry["request_id"], entry["why"]) == ("my-own-7", "a note")
    said = capsys.readouterr()
    line = next(line for line in (said.out + said.err).splitlines() if "my-own-7" in line)
    assert "/participants/<number>/facts" in line
    assert "01-001" not in line
    bad = coordinator.call("GET", ONE, X_Request_Id="no <id>")
    assert bad.headers["X-Request-Id"] != "no <id>"


def test_requests_are_counted_by_route_and_never_by_address(app: Flask, coordinator: Caller) -> None:
    coordinator.get(ONE)
    coordinator.refused(404, "GET", "/studies/some-secret")
    text = app.test_client().get("/metrics").text
    route = "/api/v1/studies/<study>/participants/<number>"
    assert f'planner_requests_total{{method="GET",route="{route}",status="200"}} 1.0' in text
    assert "some-secret" not in text
    assert "01-001" not in text
    app.config["METRICS_TOKEN"] = "for the watcher"
    assert app.test_client().get("/metrics").status_code == 401
    header = {"Authorization": "Bearer for the watcher"}
    assert app.test_client().get("/metrics", headers=header).status_code == 200


def test_a_study_without_a_protocol_says_so_whatever_is_asked_of_it(app: Flask, store: Store, at: Clock) -> None:
    boss = caller(app, store, Role.ADMINISTRATOR)
    boss.post("/studies", {"code": "bare", "title": "Nothing in it yet"})
    for path in (
        "cohorts",
        "reconsents",
        "in-hospital",
        "days-away",
        "doses-without-ok",
        "screening-log",
        "participants",
    ):
        answer = boss.call("GET", f"/studies/bare/{path}?first=2026-01-01&last=2026-01-31")
        assert answer.status_code in (200, 400, 422), (path, answer.text)
    assert boss.refused(422, "GET", "/studies/bare/cohorts")["problems"][0]["wrong"] == "the study has no protocol yet"
