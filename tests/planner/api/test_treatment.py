"""OK to treat, doses without it, and what participants really had of each drug, over HTTP."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

__all__ = ["app", "at"]

ONE = f"/studies/{STUDY}/participants/01-001"
D1 = f"{ONE}/visits/induction.c1.d1/ok"
WITHOUT = f"/studies/{STUDY}/doses-without-ok"
RESULT = {"name": "platelets", "value": "90", "unit": "10^9/L", "day": "2026-01-04"}
OK = {"drug": "vsli", "results": [RESULT]}
DOSE = {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": "vsli"}


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    made = trial(store)
    made.enrol()
    return made


@pytest.fixture
def investigator(app: Flask, study: Trial) -> Caller:
    return caller(app, study.store, Role.INVESTIGATOR, STUDY)


def test_an_ok_says_who_gave_it_when_and_on_which_results(investigator: Caller) -> None:
    given = investigator.post(D1, {**OK, "note": "no neuropathy"})
    assert (given["visit"], given["drug"], given["results"]) == ("induction.c1.d1", "vsli", [RESULT])
    assert (given["given_by"], given["note"], given["revoked_at"]) == ("Test investigator", "no neuropathy", None)
    assert investigator.get(f"{ONE}/oks") == {"oks": [given]}
    investigator.refused(409, "POST", D1, OK)


def test_a_revoked_ok_stays_on_record_and_another_can_be_given(investigator: Caller) -> None:
    investigator.post(D1, OK)
    investigator.refused(400, "POST", f"{D1}/revocation", {"drug": "vsli", "why": " "})
    revoked = investigator.post(f"{D1}/revocation", {"drug": "vsli", "why": "liver tests rose"})
    assert (revoked["revoked_by"], revoked["revoked_why"]) == ("Test investigator", "liver tests rose")
    investigator.refused(404, "POST", f"{D1}/revocation", {"drug": "vsli", "why": "once more"})
    again = investigator.post(D1, OK)
    assert investigator.get(f"{ONE}/oks")["oks"] == [revoked, again]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"drug": "vsli"}, "results"),
        ({"drug": "bloods", "note": "n"}, "drug"),
        ({"results": [RESULT]}, "drug"),
        ({**OK, "results": [{**RESULT, "value": " "}]}, "results/0/value"),
        ({**OK, "results": [{**RESULT, "day": "2026-01-06"}]}, "results/0/day"),
        ({**OK, "results": [{**RESULT, "day": "2026-1-4"}]}, "results/0/day"),
        ({**OK, "results": [RESULT] * 51}, "results"),
        ({**OK, "result": RESULT}, "result"),
    ],
)
def test_what_cannot_be_is_told_by_its_field(investigator: Caller, body: Any, place: str) -> None:
    wrong = investigator.refused(400, "POST", D1, body)
    assert [problem["place"] for problem in wrong["problems"]] == [place]
    assert investigator.get(f"{ONE}/oks") == {"oks": []}


def test_only_an_investigator_of_the_site_gives_or_revokes_it(app: Flask, study: Trial, investigator: Caller) -> None:
    for role in (Role.COORDINATOR, Role.INFUSION_CENTRE, Role.MONITOR, Role.ADMINISTRATOR):
        caller(app, study.store, role, STUDY).refused(403, "POST", D1, OK)
    caller(app, study.store, Role.INVESTIGATOR, STUDY, SOUTH).refused(404, "POST", D1, OK)
    investigator.post(D1, OK)
    coordinator = caller(app, study.store, Role.COORDINATOR, STUDY)
    coordinator.refused(403, "POST", f"{D1}/revocation", {"drug": "vsli", "why": "counts"})
    assert len(coordinator.get(f"{ONE}/oks")["oks"]) == 1


def test_doses_without_an_ok_are_listed_with_what_was_wrong(study: Trial, investigator: Caller, at: Clock) -> None:
    study.record("01-001", DOSE, {**DOSE, "activity": "ino"})
    at.now += timedelta(days=1)
    investigator.post(D1, OK)
    found = investigator.get(WITHOUT)["items"]
    shared = {"number": "01-001", "site": NORTH, "visit": "induction.c1.d1", "day": "2026-01-05"}
    assert found == [{**shared, "drug": "ino", "wrong": "none"}, {**shared, "drug": "vsli", "wrong": "later"}]
    assert investigator.get(f"{WITHOUT}?since=2026-01-06")["items"] == []


def test_the_doses_are_of_ones_own_sites_and_come_in_pages(app: Flask, study: Trial, investigator: Caller) -> None:
    study.enrol("02-001", site=SOUTH)
    for number in ("02-001", "01-001"):
        study.record(number, DOSE, {**DOSE, "activity": "ino"})
    first = investigator.get(f"{WITHOUT}?limit=3")
    rest = investigator.get(f"{WITHOUT}?limit=3&cursor={first['next']}")
    listed = [(dose["number"], dose["drug"]) for dose in first["items"] + rest["items"]]
    assert listed == [("01-001", "ino"), ("01-001", "vsli"), ("02-001", "ino"), ("02-001", "vsli")]
    assert rest["next"] is None
    own = caller(app, study.store, Role.MONITOR, STUDY, SOUTH).get(WITHOUT)["items"]
    assert [dose["number"] for dose in own] == ["02-001", "02-001"]


def test_what_a_participant_really_had_of_each_drug(study: Trial, investigator: Caller, at: Clock) -> None:
    nothing = investigator.get(f"{ONE}/drugs")["drugs"]
    assert {(drug["first_dose"], drug["doses"], drug["stop"]) for drug in nothing} == {(None, 0, None)}
    day_8 = {**DOSE, "date": "2026-01-12", "visit": "induction.c1.d8"}
    study.record("01-001", DOSE, day_8, {**DOSE, "activity": "ino"})
    study.record("01-001", {"fact": "treatment_ended", "date": "2026-01-14", "reason": "toxicity"})
    at.now += timedelta(days=10)
    found = {drug["drug"]: drug for drug in investigator.get(f"{ONE}/drugs")["drugs"]}
    assert (found["vsli"]["first_dose"], found["vsli"]["last_dose"], found["vsli"]["doses"]) == (
        "2026-01-05", "2026-01-12", 2,
    )  # fmt: skip
    assert found["ino"]["last_dose"] == "2026-01-05"
    stop = {"day": str(date(2026, 1, 14)), "reason": "toxicity", "said_by": "treatment-ended"}
    assert found["vsli"]["stop"] == found["ino"]["stop"] == stop


def test_what_another_site_s_participant_had_is_not_there(app: Flask, study: Trial) -> None:
    elsewhere = caller(app, study.store, Role.COORDINATOR, STUDY, SOUTH)
    elsewhere.refused(404, "GET", f"{ONE}/drugs")
    elsewhere.refused(404, "GET", f"{ONE}/oks")
