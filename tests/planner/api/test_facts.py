"""Facts over HTTP: recorded once, previewed without a trace, refused with everything as it was."""

from typing import Any

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import STUDY, Trial, trial

__all__ = ["app", "at"]

ONE = f"/studies/{STUDY}/participants/01-001"
GIVEN = {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": "vsli"}
WITHDREW = {"fact": "withdrew", "date": "2026-01-05", "scope": "treatment"}


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    made = trial(store)
    made.enrol()
    return made


@pytest.fixture
def coordinator(app: Flask, study: Trial) -> Caller:
    return caller(app, study.store, Role.COORDINATOR, STUDY)


def test_a_recorded_fact_is_answered_with_every_date_that_moved(coordinator: Caller) -> None:
    held = {"fact": "cycle_held", "date": "2026-01-05", "cycle": "induction.c1", "reason": "counts"}
    answer = coordinator.post(f"{ONE}/facts", {"facts": [{**held, "resume": "2026-01-07"}]})
    moved = {visit["key"]: visit for visit in answer["changes"]["moved"]}
    assert moved["induction.c1.d8"]["new"]["target"] == "2026-01-14"
    assert answer["facts"][0]["fact"] == "cycle_held"
    assert coordinator.get(f"{ONE}/facts")["facts"][-1]["by"] == "Test coordinator"


def test_a_preview_says_the_same_and_records_nothing(coordinator: Caller) -> None:
    body = {"facts": [GIVEN]}
    seen = coordinator.post(f"{ONE}/facts/preview", body)
    assert len(coordinator.get(f"{ONE}/facts")["facts"]) == 2
    done = coordinator.post(f"{ONE}/facts", body)
    assert done["changes"] == seen["changes"]
    assert done["revision"] == seen["revision"]


def test_a_preview_of_an_appointment_that_cannot_be_made_says_what_recording_would(coordinator: Caller) -> None:
    booked = {"fact": "booked", "date": "2026-01-16", "visit": "induction.c1.d8", "time": "09:30", "minutes": 180}
    for refused in ({"facts": [booked]}, {"facts": [{**booked, "chair": "9"}], "booking_reason": "no other day"}):
        said = [coordinator.refused(422, "POST", f"{ONE}/{path}", refused) for path in ("facts/preview", "facts")]
        assert said[0]["problems"] == said[1]["problems"]
        assert said[0]["problems"][0]["place"] in ("reason", "chair")
    held = {"facts": [{**booked, "chair": "1"}], "booking_reason": "no other day"}
    seen = coordinator.post(f"{ONE}/facts/preview", held)
    assert coordinator.get("/bookings")["items"] == []
    assert coordinator.post(f"{ONE}/facts", held)["changes"] == seen["changes"]


def test_a_preview_says_that_no_chair_is_free(study: Trial, coordinator: Caller) -> None:
    booked = {"fact": "booked", "date": "2026-01-12", "visit": "induction.c1.d8", "time": "09:30", "chair": "1"}
    coordinator.post(f"{ONE}/facts", {"facts": [booked]})
    study.enrol("01-002")
    wrong = coordinator.refused(409, "POST", f"/studies/{STUDY}/participants/01-002/facts/preview", {"facts": [booked]})
    assert "chair 1 is not free at North on 2026-01-12 from 09:30" in wrong["problems"][0]["wrong"]


def test_the_second_of_two_coordinators_is_told_what_changed(coordinator: Caller) -> None:
    seen = coordinator.call("GET", ONE).headers["ETag"]
    coordinator.post(f"{ONE}/facts", {"facts": [GIVEN]}, If_Match=seen)
    wrong = coordinator.refused(409, "POST", f"{ONE}/facts", {"facts": [{**GIVEN, "activity": "ino"}]}, If_Match=seen)
    newest = wrong["changed"]["newest_facts"]
    assert [(fact["fact"], fact["by"]) for fact in newest] == [("given", coordinator.get("/me")["name"])]
    assert wrong["type"] == "/problems/conflict"


def test_a_request_sent_again_with_its_key_does_nothing_twice(coordinator: Caller) -> None:
    first = coordinator.call("POST", f"{ONE}/facts", {"facts": [GIVEN]}, Idempotency_Key="k1")
    again = coordinator.call("POST", f"{ONE}/facts", {"facts": [GIVEN]}, Idempotency_Key="k1")
    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(coordinator.get(f"{ONE}/facts")["facts"]) == 3


def test_a_key_that_came_with_another_request_is_refused(coordinator: Caller) -> None:
    coordinator.post(f"{ONE}/facts", {"facts": [GIVEN]}, Idempotency_Key="k1")
    wrong = coordinator.refused(
        422, "POST", f"{ONE}/facts", {"facts": [{**GIVEN, "activity": "ino"}]}, Idempotency_Key="k1"
    )
    assert wrong["problems"][0]["place"] == "Idempotency-Key"


def test_a_refused_request_leaves_its_key_free(coordinator: Caller) -> None:
    coordinator.refused(422, "POST", f"{ONE}/facts", {"facts": [{**GIVEN, "date": "2031-01-05"}]}, Idempotency_Key="k2")
    coordinator.post(f"{ONE}/facts", {"facts": [GIVEN]}, Idempotency_Key="k2")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "facts"),
        ({"facts": []}, "facts"),
        ({"facts": [{"fact": "given"}]}, "facts/0/date"),
        ({"facts": [{"fact": "gven", "date": "2026-01-05"}]}, "facts/0/fact"),
        ({"facts": [{**GIVEN, "date": "2026-02-30"}]}, "/facts/0/date"),
        ({"facts": [{**GIVEN, "vist": "x"}]}, "/facts/0/vist"),
        ({"facts": [{**GIVEN, "by": "somebody"}]}, "/facts/0/by"),
        ({"facts": [GIVEN], "why": 7}, "why"),
        ({"facts": [GIVEN], "reason": "x"}, "reason"),
    ],
)
def test_every_problem_of_a_body_has_its_place(coordinator: Caller, body: Any, place: str) -> None:
    wrong = coordinator.refused(400, "POST", f"{ONE}/facts", body)
    assert place in [problem["place"] for problem in wrong["problems"]]
    assert all(problem["remedy"] for problem in wrong["problems"])
    assert len(coordinator.get(f"{ONE}/facts")["facts"]) == 2


@pytest.mark.parametrize("key", ["", "two words", "k" * 101, "ß"])
def test_a_key_that_is_none_is_refused(coordinator: Caller, key: str) -> None:
    headers = {"Authorization": f"Bearer {coordinator.token}", "Idempotency-Key": key}
    answer = coordinator.client.post(f"/api/v1{ONE}/facts", json={"facts": [GIVEN]}, headers=headers)
    assert (answer.status_code, answer.get_json()["problems"][0]["place"]) == (400, "Idempotency-Key")
    assert len(coordinator.get(f"{ONE}/facts")["facts"]) == 2


def test_an_infusion_centre_records_which_doses_it_gave_and_nothing_else(app: Flask, study: Trial) -> None:
    nurse = caller(app, study.store, Role.INFUSION_CENTRE, STUDY)
    dose = {**GIVEN, "start": "09:30", "stop": "10:30"}
    nurse.refused(403, "POST", f"{ONE}/facts", {"facts": [dose]})
    wrong = nurse.refused(400, "POST", f"{ONE}/doses", {"facts": [dose, WITHDREW]})
    assert "withdrew is no fact about a dose" in wrong["detail"]
    assert len(nurse.get(f"{ONE}/facts")["facts"]) == 2
    nurse.post(f"{ONE}/doses", {"facts": [dose]})
    kept = nurse.get(f"{ONE}/facts")["facts"][-1]
    assert (kept["start"], kept["stop"], kept["by"]) == ("09:30", "10:30", nurse.get("/me")["name"])


def test_an_infusion_centre_records_who_came_and_takes_back_what_it_may_record(app: Flask, study: Trial) -> None:
    nurse = caller(app, study.store, Role.INFUSION_CENTRE, STUDY)
    recorded = nurse.post(f"{ONE}/doses", {"facts": [GIVEN]})
    void = {"fact": "void", "date": "2026-01-05", "note": "another person"}
    wrong = nurse.refused(400, "POST", f"{ONE}/doses", {"facts": [{**void, "of": "f1"}]})
    assert "consented is no fact about a dose" in wrong["detail"]
    came = {"fact": "attended", "date": "2026-01-05", "visit": "induction.c1.d1", "not_done": ["vsli", "ino"]}
    nurse.post(f"{ONE}/doses", {"facts": [{**void, "of": recorded["facts"][0]["id"]}, came]})
    assert [fact["fact"] for fact in nurse.get(f"{ONE}/facts")["facts"]][-2:] == ["void", "attended"]
