"""Cohorts over HTTP: set up, opened and closed, with their participants and who is under observation."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

__all__ = ["app", "at"]

COHORTS = f"/studies/{STUDY}/cohorts"
INO = {"ino": "level 1"}
FIRST = {"code": "level-1", "label": "Dose level 1", "size": 2, "part": "phase-1b", "dose_levels": INO}
SECOND = {**FIRST, "code": "level-2", "label": "Dose level 2", "dose_levels": {"ino": "level 2"}}


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    return trial(store)


@pytest.fixture
def administrator(app: Flask, study: Trial) -> Caller:
    made = caller(app, study.store, Role.ADMINISTRATOR, STUDY)
    made.post(COHORTS, FIRST)
    made.post(COHORTS, SECOND)
    return made


def listed(who: Caller) -> dict[str, Any]:
    return {cohort["code"]: cohort for cohort in who.get(COHORTS)["cohorts"]}


def change(who: Caller, code: str, **said: Any) -> dict[str, Any]:
    answer = who.call("PATCH", f"{COHORTS}/{code}", said)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def join(study: Trial, number: str, site: str = NORTH) -> None:
    study.enrol(number, site=site, cohort="phase-1b", dose_levels=INO)


def test_a_cohort_is_planned_until_somebody_opens_it(administrator: Caller) -> None:
    found = listed(administrator)
    assert list(found) == ["level-1", "level-2"]
    one = found["level-1"]
    assert (one["state"], one["size"], one["places"], one["members"]) == ("planned", 2, 2, [])
    assert one["dose_levels"]["ino"] == "level 1"
    assert "it has not been opened yet" in one["in_the_way"]
    assert change(administrator, "level-1", state="open", size=3)["state"] == "open"
    assert (listed(administrator)["level-1"]["state"], listed(administrator)["level-1"]["size"]) == ("open", 3)


def test_the_list_says_who_is_under_observation_and_until_when(study: Trial, administrator: Caller, at: Clock) -> None:
    change(administrator, "level-1", state="open")
    join(study, "01-001")
    dose = {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1"}
    study.record("01-001", {**dose, "activity": "vsli"}, {**dose, "activity": "ino", "level": "level 1"})
    at.now += timedelta(days=1)
    one = listed(administrator)["level-1"]
    (member,) = one["members"]
    assert (member["number"], member["site"], member["observation"]) == ("01-001", NORTH, "observing")
    assert (member["opens"], member["closes"]) == ("2026-01-05", "2026-02-01")
    assert (one["enrolled"], one["evaluable"], one["places"], one["next_may_open"]) == (1, 0, 1, False)
    assert "01-001 is observing, to 1 February 2026" in one["in_the_way"]


def test_the_next_cohort_opens_only_with_a_reason_while_something_is_in_the_way(administrator: Caller) -> None:
    change(administrator, "level-1", state="open")
    wrong = administrator.refused(422, "PATCH", f"{COHORTS}/level-2", {"state": "open"})
    assert wrong["problems"][0]["wrong"].startswith("level-1: ")
    assert change(administrator, "level-2", state="open", why="the safety committee said so")["state"] == "open"


def test_a_step_that_its_state_does_not_allow_is_a_conflict(administrator: Caller) -> None:
    wrong = administrator.refused(409, "PATCH", f"{COHORTS}/level-1", {"state": "observing"})
    assert wrong["problems"][0]["remedy"] == "it can become open or closed"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"size": 2, "state": "planned"}, "state"),
        ({"size": 0}, "size"),
        ({"size": 10_001}, "size"),
        ({"why": "no change at all"}, "body"),
        ({"places": 3}, "places"),
    ],
)
def test_a_change_that_is_none_is_refused(administrator: Caller, body: Any, place: str) -> None:
    wrong = administrator.refused(400, "PATCH", f"{COHORTS}/level-1", body)
    assert place in [problem["place"] for problem in wrong["problems"]]
    assert listed(administrator)["level-1"]["size"] == 2


@pytest.mark.parametrize(
    ("changed", "status", "place"),
    [
        ({}, 409, "code"),
        ({"code": "Level 3"}, 400, "code"),
        ({"code": "level-3"}, 409, "dose_levels"),
        ({"code": "level-3", "part": "phase-9"}, 400, "part"),
        ({"code": "level-3", "dose_levels": {"aspirin": "level 1"}}, 400, "dose_levels/aspirin"),
        ({"code": "level-3", "size": 2.5}, 400, "size"),
    ],
)
def test_a_cohort_that_cannot_be_is_told_by_its_field(
    administrator: Caller, changed: Any, status: int, place: str
) -> None:
    wrong = administrator.refused(status, "POST", COHORTS, {**FIRST, **changed})
    assert [problem["place"] for problem in wrong["problems"]] == [place]
    assert len(listed(administrator)) == 2


def test_a_cohort_that_is_none_is_not_found(administrator: Caller) -> None:
    administrator.refused(404, "PATCH", f"{COHORTS}/level-9", {"size": 3})


def test_everybody_counts_and_only_those_of_ones_own_sites_are_named(
    app: Flask, study: Trial, administrator: Caller
) -> None:
    change(administrator, "level-1", state="open")
    join(study, "01-001")
    join(study, "02-001", SOUTH)
    own = listed(caller(app, study.store, Role.COORDINATOR, STUDY, SOUTH))["level-1"]
    assert (own["enrolled"], own["places"]) == (2, 0)
    assert [member["number"] for member in own["members"]] == ["02-001"]
    assert not any("01-001" in said for said in own["in_the_way"])


def test_only_an_administrator_of_the_whole_study_changes_cohorts(app: Flask, study: Trial) -> None:
    caller(app, study.store, Role.ADMINISTRATOR, STUDY, NORTH).refused(403, "POST", COHORTS, FIRST)
    problem = caller(app, study.store, Role.INVESTIGATOR, STUDY).refused(403, "POST", COHORTS, FIRST)
    assert "it takes one of these roles there: administrator" in problem["detail"]
    caller(app, study.store, Role.COORDINATOR, STUDY).refused(403, "PATCH", f"{COHORTS}/level-1", {"size": 3})
