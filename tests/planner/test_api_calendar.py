"""The JSON API: protocols, a planned calendar, and problem details where something is wrong."""

import json
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask.testing import FlaskClient

from planner.app import create_app
from planner.presenting.plan_json import plan_data
from planner.problems import KINDS
from schedules.design import Design
from schedules.history import History
from schedules.plan import plan
from schedules.protocol_file import library_protocol
from schedules.scalars import read_date

CALENDAR = "/api/v1/protocols/vsli-ino/calendar"


@pytest.fixture
def client() -> FlaskClient:
    return create_app({"TESTING": True}).test_client()


def problem_of(client: FlaskClient, address: str, status: int) -> dict[str, Any]:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    data: dict[str, Any] = json.loads(answer.text)
    assert data["status"] == status
    assert data["title"]
    assert data["detail"]
    return data


def test_the_calendar_is_the_engines_plan_and_what_it_was_made_from(client: FlaskClient) -> None:
    data = client.get(f"{CALENDAR}?start=2026-01-05").get_json()
    start = read_date("2026-01-05")
    expected = plan_data(plan(Design((library_protocol("vsli-ino").require(),)), History(planned_start=start), start))
    assert {key: data[key] for key in expected} == expected
    assert data["site"] == {"weekend": ["saturday", "sunday"], "public_holidays": None, "closed": []}
    assert data["made_up"] == {}


def test_holidays_and_closed_days_move_visits(client: FlaskClient) -> None:
    data = client.get(f"{CALENDAR}?start=2026-01-05&holidays=US-NY&closed=2026-02-02/2026-02-03").get_json()
    targets = {visit["label"]: visit["target"] for visit in data["visits"]}
    assert targets["C1D15"] == "2026-01-20"
    assert targets["M1D1"] == "2026-02-04"
    assert data["site"]["public_holidays"] == "US-NY"
    assert data["site"]["closed"] == [{"date": "2026-02-02", "until": "2026-02-03"}]


def test_the_day_of_the_statuses_is_the_start_unless_given_and_moves_nothing(client: FlaskClient) -> None:
    plain = client.get(f"{CALENDAR}?start=2026-01-05").get_json()
    earlier = client.get(f"{CALENDAR}?start=2026-01-05&as_of=2025-12-01").get_json()
    assert (plain["as_of"], earlier["as_of"]) == ("2026-01-05", "2025-12-01")
    assert [visit["target"] for visit in plain["visits"]] == [visit["target"] for visit in earlier["visits"]]


def test_made_up_values_are_named_in_the_answer(client: FlaskClient) -> None:
    data = client.get("/api/v1/protocols/ven-ino/calendar?start=2026-01-05&made_up=yes").get_json()
    assert data["made_up"]["dexamethasone-days"] == "1-4"
    assert "venetoclax-levels" not in data["made_up"]
    assert data["values_missing"] == ["venetoclax-levels"]


def test_every_protocol_is_listed_with_the_addresses_of_its_calendar(client: FlaskClient) -> None:
    listed = client.get("/api/v1/protocols").get_json()["protocols"]
    assert [item["id"] for item in listed] == ["ven-ino", "vsli-ino"]
    assert listed[1]["links"]["calendar"] == CALENDAR
    assert "venetoclax-days" in listed[0]["values_missing"]


def test_a_protocol_can_be_read_as_json(client: FlaskClient) -> None:
    data = client.get("/api/v1/protocols/vsli-ino").get_json()
    induction = next(epoch for epoch in data["epochs"] if epoch["id"] == "induction")
    assert induction["cycles"] == {"length": "28 days", "at_most": 2, "within": None}
    assert [visit["id"] for visit in induction["visits"]] == ["d1", "d8", "d15", "marrow"]
    assert data["rules"]["never_same_day"] == [["intrathecal", "vsli"]]


def test_the_health_of_the_process_can_be_asked(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}


# -- problems -----------------------------------------------------------------------------------


def test_all_problems_are_said_at_once_each_with_place_and_remedy(client: FlaskClient) -> None:
    address = f"{CALENDAR}?start=2026-02-30&closed=abc,2026-01-19,x&holidays=US-ZZ&as_of=9999-01-01&strat=1"
    data = problem_of(client, address, 400)
    places = [problem["place"] for problem in data["problems"]]
    assert places == ["start", "holidays", "closed", "closed", "as_of", "strat"]
    assert data["problems"][0]["remedy"] == "February 2026 has 28 days"
    assert data["problems"][5]["remedy"] == "did you mean start?"
    assert all(problem["wrong"] and problem["remedy"] for problem in data["problems"])


def test_a_problem_of_each_kind_leads_to_a_page_about_it(client: FlaskClient) -> None:
    for name in KINDS:
        assert client.get(f"/problems/{name}").status_code == 200
    assert problem_of(client, f"{CALENDAR}?start=x", 400)["type"] == "/problems/invalid-input"
    assert problem_of(client, "/api/v1/protocols/x", 404)["type"] == "/problems/unknown-protocol"
    missing = problem_of(client, "/api/v1/protocols/ven-ino/calendar?start=2026-01-05", 422)
    assert missing["type"] == "/problems/values-missing"
    assert {problem["place"] for problem in missing["problems"]} >= {"venetoclax-days", "dexamethasone-days"}


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("", "start"),
        ("start=", "start"),
        ("start=9999-01-01", "start"),
        ("start=1900-01-01", "start"),
        ("start=2200-12-31", "start"),
        ("start=20260105", "start"),
        ("start=2026-01-05T00:00", "start"),
        ("start=２０２６-01-05", "start"),
        ("start=%00", "start"),
        ("start=0", "start"),
        ("start=2026-01-05&start=2026-01-06", "start"),
        ("start=2026-01-05&arm=a", "arm"),
        ("start=2026-01-05&holidays=USA", "holidays"),
        ("start=2026-01-05&holidays=ZZ", "holidays"),
        ("start=2026-01-05&holidays=ß", "holidays"),
        ("start=2026-01-05&closed=2026-02-30", "closed"),
        ("start=2026-01-05&closed=2026-02-03/2026-02-02", "closed"),
        ("start=2026-01-05&closed=2026-02-03/2030-02-02", "closed"),
        ("start=2026-01-05&closed=2026-02-03/", "closed"),
        ("start=2026-01-05&closed=" + ",".join(["2026-02-03"] * 101), "closed"),
        ("start=2026-01-05&made_up=perhaps", "made_up"),
        ("start=2026-01-05&as_of=yesterday", "as_of"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(client: FlaskClient, query: str, place: str) -> None:
    data = problem_of(client, f"{CALENDAR}?{query}", 400)
    assert [problem["place"] for problem in data["problems"]] == [place]


def test_a_hundred_closed_days_are_not_too_many(client: FlaskClient) -> None:
    days = ",".join(f"2026-{month:02}-{day:02}" for month in range(3, 7) for day in range(1, 26))
    assert client.get(f"{CALENDAR}?start=2026-01-05&closed={days}").status_code == 200


def test_an_address_of_a_megabyte_is_refused(client: FlaskClient) -> None:
    assert problem_of(client, f"{CALENDAR}?start={'1' * 1_000_000}", 414)["type"] == "about:blank"


def test_a_method_that_is_not_allowed_says_which_are(client: FlaskClient) -> None:
    answer = client.post("/api/v1/protocols")
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert "GET" in answer.headers["Allow"]


def test_a_failure_of_ours_is_a_problem_document_without_its_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app()
    monkeypatch.setattr(app.extensions["library"], "protocol", lambda name: 1 / 0)
    answer = app.test_client().get("/api/v1/protocols/vsli-ino")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "ZeroDivision" not in answer.text
    assert "Traceback" not in app.test_client().get("/protocols/vsli-ino").text


def test_many_threads_get_the_same_calendar(client: FlaskClient) -> None:
    app = create_app({"TESTING": True})
    answers: list[bytes] = []

    def ask() -> None:
        answers.append(app.test_client().get(f"{CALENDAR}?start=2026-01-05&holidays=US-NY").data)

    threads = [Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    assert len(set(answers)) == 1


def test_the_server_finds_the_application_where_it_looks_for_it() -> None:
    root = Path(__file__).resolve().parents[2]
    assert "wsgi:app" in (root / "planner" / "commands" / "children.py").read_text("utf-8")
    from wsgi import app

    assert app.test_client().get("/healthz").status_code == 200
