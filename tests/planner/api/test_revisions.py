"""Nobody overwrites in silence what somebody else has changed since: If-Match on all that people edit."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from planner.persistence import schema
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import NORTH, STUDY, trial

__all__ = ["app", "at"]

CONTACT = f"/studies/{STUDY}/participants/01-001/contact"
COHORT = f"/studies/{STUDY}/cohorts/level-1"
LEVEL_1 = {"code": "level-1", "label": "Level 1", "size": 2, "part": "phase-1b", "dose_levels": {"ino": "level 1"}}
DETAILS = {"name": "Made Up", "phone": "+12125550100", "email": "made.up@example.org"}


@pytest.fixture
def boss(app: Flask, store: Store, at: Clock) -> Caller:
    trial(store).enrol()
    made = caller(app, store, Role.ADMINISTRATOR)
    made.post(f"/studies/{STUDY}/cohorts", LEVEL_1)
    return made


@pytest.fixture
def desk(app: Flask, store: Store, boss: Caller) -> Caller:
    return caller(app, store, Role.COORDINATOR, STUDY)


def tag_of(who: Caller, path: str) -> str:
    return who.call("GET", path).headers["ETag"]


SITE, STATE = f"/sites/{NORTH}", f"/studies/{STUDY}/state"
WANTED, PARAMETERS = f"/studies/{STUDY}/attempts-wanted", f"/studies/{STUDY}/parameters"
LEVELS = {"values": {"inotuzumab-levels": ["level 2 (made up)"]}, "made_up": True}


@pytest.mark.parametrize(
    ("shown", "method", "path", "first", "second", "what"),
    [
        (SITE, "PATCH", SITE, {"phone": "555 0100"}, {"phone": "555 0199"}, "site.changed"),
        (f"/studies/{STUDY}", "PUT", STATE, {"open": False}, {"open": True}, "study.state-set"),
        (f"/studies/{STUDY}", "PUT", WANTED, {"attempts": 3}, {"attempts": 5}, "study.attempts-wanted"),
        (f"/studies/{STUDY}", "POST", PARAMETERS, LEVELS, LEVELS, "parameters.supplied"),
    ],
)
def test_whoever_comes_second_is_told_what_was_changed_and_by_whom(
    boss: Caller, shown: str, method: str, path: str, first: Any, second: Any, what: str
) -> None:
    seen = tag_of(boss, shown)
    done = boss.call(method, path, first, If_Match=seen)
    assert (done.status_code, done.headers["ETag"]) == (200, tag_of(boss, shown))
    before = boss.get(shown)
    wrong = boss.refused(409, method, path, second, If_Match=seen)
    assert wrong["problems"][0]["place"] == "If-Match"
    (change,) = wrong["changed"]["changes"]
    assert (change["what"], change["by"]) == (what, "Test administrator")
    assert change["before"] != change["after"]
    assert boss.get(shown) == before
    assert boss.call(method, path, second, If_Match=f'"{wrong["changed"]["revision"]}"').status_code == 200


def test_a_cohort_that_somebody_else_has_opened_is_not_changed_unseen(boss: Caller) -> None:
    (cohort,) = boss.get(f"/studies/{STUDY}/cohorts")["cohorts"]
    seen = f'"{cohort["revision"]}"'
    assert boss.call("PATCH", COHORT, {"state": "open"}, If_Match=seen).headers["ETag"] == '"2"'
    wrong = boss.refused(409, "PATCH", COHORT, {"size": 5}, If_Match=seen)
    assert wrong["changed"]["changes"][0]["after"]["state"] == "open"
    assert boss.call("PATCH", COHORT, {"size": 5}, If_Match='"2"').get_json()["size"] == 5


def test_a_closure_is_a_change_of_its_site(boss: Caller) -> None:
    seen = tag_of(boss, SITE)
    closed = boss.post(f"{SITE}/closures", {"first": "2026-03-02"})
    wrong = boss.refused(409, "PATCH", SITE, {"chairs": 3}, If_Match=seen)
    assert [change["what"] for change in wrong["changed"]["changes"]] == ["site.closed"]
    boss.call("DELETE", f"{SITE}/closures/{closed['closures'][0]['id']}")
    wrong = boss.refused(409, "PATCH", SITE, {"chairs": 3}, If_Match=seen)
    assert [change["what"] for change in wrong["changed"]["changes"]] == ["site.closed", "site.reopened"]


def test_contact_details_that_somebody_else_changed_are_told_by_their_fields_and_never_their_values(
    app: Flask, store: Store, desk: Caller
) -> None:
    colleague = caller(app, store, Role.COORDINATOR)
    assert desk.call("PUT", CONTACT, DETAILS, If_Match='"0"').headers["ETag"] == '"1"'
    seen = tag_of(desk, CONTACT)
    other = {**DETAILS, "phone": "+12125550101", "language": "es"}
    assert colleague.call("PUT", CONTACT, other, If_Match=seen).status_code == 200
    answer = desk.call("PUT", CONTACT, {**DETAILS, "email": "new@example.org"}, If_Match=seen)
    assert answer.status_code == 409
    (change,) = answer.get_json()["changed"]["changes"]
    assert (change["by"], change["fields"]) == ("Test coordinator", ["language", "phone"])
    assert "after" not in change
    assert "5550101" not in answer.text
    assert desk.get(CONTACT)["phone"] == "+12125550101"


def test_details_that_were_erased_meanwhile_are_not_written_back_by_whoever_had_them_open(
    desk: Caller, boss: Caller
) -> None:
    desk.call("PUT", CONTACT, DETAILS)
    seen = tag_of(desk, CONTACT)
    boss.post(f"{CONTACT}/erasure", {"reason": "they asked for it"})
    for stale in (seen, '"0"'):
        wrong = desk.refused(409, "PUT", CONTACT, DETAILS, If_Match=stale)
        assert wrong["changed"]["changes"][-1]["what"] == "contact.erased"
    assert desk.call("GET", CONTACT).status_code == 404


def test_without_if_match_the_last_one_wins_and_a_tag_that_is_none_is_refused(desk: Caller) -> None:
    desk.call("PUT", CONTACT, DETAILS)
    assert desk.call("PUT", CONTACT, {**DETAILS, "name": "Another"}).status_code == 200
    wrong = desk.refused(400, "PUT", CONTACT, DETAILS, If_Match='"seven"')
    assert wrong["problems"][0]["place"] == "If-Match"


def test_what_was_there_before_the_revisions_is_at_its_first_one(store: Store, boss: Caller) -> None:
    schema.migrate(store.database, "0012")
    schema.migrate(store.database)
    with store.database.engine.connect() as connection:
        for table, column in (("site", "revision"), ("study", "settings_revision"), ("cohort", "revision")):
            assert set(connection.scalars(text(f"SELECT {column} FROM {table}"))) == {1}  # noqa: S608 - names above
    assert tag_of(boss, SITE) == '"1"'
