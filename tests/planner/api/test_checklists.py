"""A visit's checklist over HTTP: suggested, added to, ticked, and a tick taken back with a reason."""

from typing import Any

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import SOUTH, STUDY, Trial, trial

__all__ = ["app", "at"]

LIST = f"/studies/{STUDY}/participants/01-001/visits/induction.c1.d8/checklist"


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    made = trial(store)
    made.enrol()
    return made


@pytest.fixture
def nurse(app: Flask, study: Trial) -> Caller:
    return caller(app, study.store, Role.INFUSION_CENTRE, STUDY)


def items(who: Caller) -> dict[str, Any]:
    return {item["item"]: item for item in who.get(LIST)["items"]}


def test_the_infusion_centre_ticks_what_the_visit_suggests(nurse: Caller) -> None:
    assert list(items(nurse)) == ["arrived", "kit.bloods", "sample.bloods", "edc"]
    ticked = nurse.call("PUT", f"{LIST}/kit.bloods", {"done": True}).get_json()
    assert (ticked["done"], ticked["ticked_by"]) == (True, "Test infusion-centre")
    found = items(nurse)
    assert found["kit.bloods"] == ticked
    assert found["kit.bloods"]["ticked_at"].startswith("2026-01-05T14:00")
    assert not found["edc"]["done"]


def test_of_two_people_who_tick_an_item_the_second_is_told(nurse: Caller) -> None:
    nurse.call("PUT", f"{LIST}/edc", {"done": True})
    nurse.refused(409, "PUT", f"{LIST}/edc", {"done": True})


def test_a_tick_is_taken_back_with_a_reason(nurse: Caller) -> None:
    nurse.call("PUT", f"{LIST}/edc", {"done": True})
    wrong = nurse.refused(400, "PUT", f"{LIST}/edc", {"done": False})
    assert wrong["problems"][0]["place"] == "why"
    back = nurse.call("PUT", f"{LIST}/edc", {"done": False, "why": "of another visit"}).get_json()
    assert (back["done"], back["ticked_by"], back["unticked_why"]) == (False, None, "of another visit")
    nurse.refused(409, "PUT", f"{LIST}/edc", {"done": False, "why": "again"})


def test_people_add_what_they_want_to_think_of(nurse: Caller) -> None:
    added = nurse.post(LIST, {"label": "Parking permit"})
    assert (added["item"], added["kind"], added["suggested"], added["done"]) == (
        "own.parking-permit", "own", False, False,
    )  # fmt: skip
    assert nurse.call("PUT", f"{LIST}/own.parking-permit", {"done": True}).status_code == 200
    nurse.refused(409, "POST", LIST, {"label": "parking permit"})


@pytest.mark.parametrize("body", [{}, {"label": ""}, {"label": "x" * 301}, {"label": "?!"}, {"label": 7}])
def test_an_item_needs_a_label_that_can_be_read(nurse: Caller, body: Any) -> None:
    wrong = nurse.refused(400, "POST", LIST, body)
    assert wrong["problems"][0]["place"] == "label"


@pytest.mark.parametrize("body", [{}, {"done": "yes"}, {"done": 1}, {"done": None}, {"done": True, "by": "me"}])
def test_an_item_is_done_or_not(nurse: Caller, body: Any) -> None:
    nurse.refused(400, "PUT", f"{LIST}/edc", body)
    assert not items(nurse)["edc"]["done"]


def test_what_is_not_there_is_not_found(app: Flask, study: Trial, nurse: Caller) -> None:
    nurse.refused(404, "PUT", f"{LIST}/kit.never", {"done": True})
    nurse.refused(404, "GET", LIST.replace("c1.d8", "c99.d8"))
    caller(app, study.store, Role.INFUSION_CENTRE, STUDY, SOUTH).refused(404, "GET", LIST)


def test_a_monitor_reads_a_checklist_and_ticks_nothing(app: Flask, study: Trial) -> None:
    monitor = caller(app, study.store, Role.MONITOR, STUDY)
    assert len(items(monitor)) == 4
    monitor.refused(403, "PUT", f"{LIST}/edc", {"done": True})
    monitor.refused(403, "POST", LIST, {"label": "Parking permit"})
