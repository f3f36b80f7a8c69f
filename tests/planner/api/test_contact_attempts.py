"""Attempts to reach participants over HTTP: logged, struck, counted before somebody is lost to follow-up."""

from typing import Any

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import NORTH, SOUTH, STUDY, Trial, audited, trial

__all__ = ["app", "at"]

ONE = f"/studies/{STUDY}/participants/01-001"
ATTEMPTS = f"{ONE}/contact-attempts"
CALL = {"tried_at": "2026-01-05T09:00:00-05:00", "channel": "phone", "outcome": "no-answer"}
LOST = {"facts": [{"fact": "lost_to_follow_up", "date": "2026-01-05", "attempts": 2}]}


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    made = trial(store)
    made.enrol()
    return made


@pytest.fixture
def coordinator(app: Flask, study: Trial) -> Caller:
    return caller(app, study.store, Role.COORDINATOR, STUDY)


def test_an_attempt_is_listed_as_it_was_logged(coordinator: Caller) -> None:
    logged = coordinator.post(ATTEMPTS, {**CALL, "whom": "caregiver", "note": "nobody home", "tried_by": "the nurse"})
    assert logged["tried_at"] == "2026-01-05T14:00:00Z"
    assert (logged["whom"], logged["note"], logged["tried_by"]) == ("caregiver", "nobody home", "the nurse")
    assert logged["recorded_by"] == "Test coordinator"
    found = coordinator.get(ATTEMPTS)
    assert found == {"attempts": [logged], "in_vain": 1, "wanted": None, "is_enough": True}


def test_nobody_is_recorded_as_lost_before_as_many_attempts_as_the_study_wants(
    app: Flask, study: Trial, coordinator: Caller
) -> None:
    administrator = caller(app, study.store, Role.ADMINISTRATOR)
    wanted = administrator.call("PUT", f"/studies/{STUDY}/attempts-wanted", {"attempts": 2})
    assert wanted.get_json()["attempts_wanted"] == 2
    coordinator.post(ATTEMPTS, CALL)
    assert coordinator.get(ATTEMPTS)["is_enough"] is False
    wrong = coordinator.refused(422, "POST", f"{ONE}/facts", LOST)
    assert wrong["problems"][0]["place"] == "attempts"
    coordinator.post(ATTEMPTS, CALL)
    assert coordinator.get(ATTEMPTS)["is_enough"] is True
    coordinator.post(f"{ONE}/facts", LOST)


def test_what_a_study_does_not_say_about_attempts_is_null(app: Flask, study: Trial) -> None:
    administrator = caller(app, study.store, Role.ADMINISTRATOR)
    place = f"/studies/{STUDY}/attempts-wanted"
    administrator.call("PUT", place, {"attempts": 3})
    assert administrator.call("PUT", place, {"attempts": None}).get_json()["attempts_wanted"] is None
    assert [entry.after for entry in audited(study, "study.attempts-wanted")] == [
        {"attempts_wanted": 3},
        {"attempts_wanted": None},
    ]
    for wrong in ({}, {"attempts": 0}, {"attempts": 101}, {"attempts": "3"}, {"attempts": True}):
        administrator.refused(400, "PUT", place, wrong)


def test_a_struck_attempt_stays_on_record_and_counts_no_more(coordinator: Caller) -> None:
    logged = coordinator.post(ATTEMPTS, CALL)
    strike = f"{ATTEMPTS}/{logged['id']}/strike"
    coordinator.refused(400, "POST", strike, {"why": " "})
    struck = coordinator.post(strike, {"why": "of another participant"})
    assert struck["struck_why"] == "of another participant"
    found = coordinator.get(ATTEMPTS)
    assert (found["attempts"], found["in_vain"]) == ([struck], 0)
    coordinator.refused(409, "POST", strike, {"why": "once more"})


def test_an_attempt_of_another_participant_cannot_be_struck(study: Trial, coordinator: Caller) -> None:
    study.enrol("01-002")
    logged = coordinator.post(f"/studies/{STUDY}/participants/01-002/contact-attempts", CALL)
    coordinator.refused(404, "POST", f"{ATTEMPTS}/{logged['id']}/strike", {"why": "wrong number"})


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"tried_at": "2026-01-05T09:00:00"}, "tried_at"),
        ({"tried_at": "2026-01-05"}, "tried_at"),
        ({"tried_at": 1767607200}, "tried_at"),
        ({"tried_at": "2026-02-30T09:00:00Z"}, "tried_at"),
        ({"tried_at": "0001-01-01T00:00:00+10:00"}, "tried_at"),
        ({"tried_at": "9999-12-31T23:59:59-10:00"}, "tried_at"),
        ({"tried_at": "2026-01-06T09:00:00Z"}, "tried_at"),
        ({"channel": "pigeon"}, "channel"),
        ({"outcome": "lost"}, "outcome"),
        ({"whom": "neighbour"}, "whom"),
        ({"reached": True}, "reached"),
    ],
)
def test_what_cannot_be_is_told_by_its_field(coordinator: Caller, changed: Any, place: str) -> None:
    wrong = coordinator.refused(400, "POST", ATTEMPTS, {**CALL, **changed})
    assert [problem["place"] for problem in wrong["problems"]] == [place]
    assert coordinator.get(ATTEMPTS)["attempts"] == []


def test_an_attempt_that_is_sent_again_with_its_key_is_logged_once(coordinator: Caller) -> None:
    first = coordinator.post(ATTEMPTS, CALL, Idempotency_Key="k1")
    assert coordinator.post(ATTEMPTS, CALL, Idempotency_Key="k1") == first
    assert len(coordinator.get(ATTEMPTS)["attempts"]) == 1


def test_how_somebody_is_reached_is_kept_by_no_browser(coordinator: Caller) -> None:
    assert coordinator.call("GET", ATTEMPTS).headers["Cache-Control"] == "no-store"


def test_who_is_of_another_site_or_reads_no_contacts_sees_no_attempts(app: Flask, study: Trial) -> None:
    caller(app, study.store, Role.COORDINATOR, STUDY, NORTH).get(ATTEMPTS)
    caller(app, study.store, Role.COORDINATOR, STUDY, SOUTH).refused(404, "GET", ATTEMPTS)
    for role in (Role.MONITOR, Role.INFUSION_CENTRE, Role.ADMINISTRATOR):
        caller(app, study.store, role, STUDY).refused(403, "GET", ATTEMPTS)
