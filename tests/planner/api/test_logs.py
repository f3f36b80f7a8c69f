"""A study's lists over HTTP: who was screened, who is in hospital, who cannot come; of one's own sites, in pages."""

from datetime import timedelta

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

__all__ = ["app", "at"]

LOG = f"/studies/{STUDY}/screening-log"
HOSPITAL = f"/studies/{STUDY}/in-hospital"
AWAY = f"/studies/{STUDY}/days-away"


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    return trial(store)


@pytest.fixture
def monitor(app: Flask, study: Trial) -> Caller:
    return caller(app, study.store, Role.MONITOR, STUDY)


def numbers(who: Caller, place: str) -> list[str]:
    return [line["number"] for line in who.get(place)["items"]]


def test_the_screening_log_says_what_came_of_everybody(app: Flask, study: Trial, monitor: Caller) -> None:
    study.enrol("01-001")
    study.screen("01-002", SOUTH)
    coordinator = caller(app, study.store, Role.COORDINATOR, STUDY)
    failed = {"date": "2026-01-04", "reason": "counts"}
    coordinator.post(f"/studies/{STUDY}/participants/01-002/screen-failure", failed)
    assert monitor.get(LOG)["items"] == [
        {"number": "01-001", "site": NORTH, "screened_on": "2026-01-05", "consented_on": "2025-12-01",
         "version": "1.0", "outcome": "enrolled", "decided_on": None, "reason": "", "enrolled_on": "2025-12-30"},
        {"number": "01-002", "site": SOUTH, "screened_on": "2026-01-05", "consented_on": None, "version": None,
         "outcome": "screen-failed", "decided_on": "2026-01-04", "reason": "counts", "enrolled_on": None},
    ]  # fmt: skip


def test_a_long_log_comes_in_pages_that_miss_nobody_who_comes_meanwhile(study: Trial, monitor: Caller) -> None:
    for number in ("01-003", "01-001", "01-005", "01-002"):
        study.screen(number)
    first = monitor.get(f"{LOG}?limit=2")
    assert [line["number"] for line in first["items"]] == ["01-001", "01-002"]
    study.screen("01-000")
    study.screen("01-004")
    second = monitor.get(f"{LOG}?limit=2&cursor={first['next']}")
    assert [line["number"] for line in second["items"]] == ["01-003", "01-004"]
    third = monitor.get(f"{LOG}?limit=2&cursor={second['next']}")
    assert ([line["number"] for line in third["items"]], third["next"]) == (["01-005"], None)


@pytest.mark.parametrize(
    "cursor",
    ["x", "W10", "WyIwMS0wMDEiXQ", "WyIwMS0wMDEiLCAiIiwgMF0", "WzEsIDFd", "WyIwMS0wMDEiLCAiMSJd", "%F0%9F%92%A9"],
)
def test_a_cursor_that_is_none_is_told(monitor: Caller, cursor: str) -> None:
    wrong = monitor.refused(400, "GET", f"{LOG}?cursor={cursor}")
    assert wrong["problems"][0]["place"] == "cursor"


def test_who_is_in_hospital_today_is_listed_with_since_when(study: Trial, monitor: Caller, at: Clock) -> None:
    study.enrol("01-001")
    study.enrol("01-002")
    study.record("01-001", {"fact": "admitted", "date": "2026-01-04", "note": "fever"})
    line = {"number": "01-001", "site": NORTH, "since": "2026-01-04", "by": "admitted", "note": "fever"}
    assert monitor.get(HOSPITAL) == {"items": [line], "next": None}
    study.record("01-001", {"fact": "discharged", "date": "2026-01-05"})
    assert numbers(monitor, HOSPITAL) == ["01-001"], "the day itself counts"
    at.now += timedelta(days=1)
    assert numbers(monitor, HOSPITAL) == []


def test_who_cannot_come_is_listed_for_a_span_of_days(study: Trial, monitor: Caller) -> None:
    study.enrol("01-001")
    study.enrol("01-002")
    recorded = study.record("01-002", {"fact": "away", "date": "2026-03-02", "until": "2026-03-06", "note": "a trip"})
    study.record("01-001", {"fact": "away", "date": "2026-03-06", "until": "2026-03-08"})
    line = {"number": "01-002", "site": NORTH, "first": "2026-03-02", "last": "2026-03-06", "note": "a trip",
            "fact": recorded.facts[0].id}  # fmt: skip
    assert numbers(monitor, AWAY) == ["01-001", "01-002"]
    assert numbers(monitor, f"{AWAY}?first=2026-03-06&last=2026-03-06") == ["01-001", "01-002"]
    assert monitor.get(f"{AWAY}?first=2026-03-01&last=2026-03-05")["items"] == [line]
    assert numbers(monitor, f"{AWAY}?first=2026-03-09") == []
    assert monitor.get(f"/studies/{STUDY}/participants/01-002/days-away") == {"days_away": [line]}


def test_days_away_that_are_alike_or_come_meanwhile_are_each_listed_once(study: Trial, monitor: Caller) -> None:
    study.enrol("01-001")
    days = {"fact": "away", "date": "2026-03-02", "until": "2026-03-06"}
    study.record("01-001", days, days, {**days, "date": "2026-03-04"})
    first = monitor.get(f"{AWAY}?limit=1")
    study.record("01-001", {**days, "date": "2026-02-01"})
    facts, cursor = [first["items"][0]["fact"]], first["next"]
    while cursor:
        page = monitor.get(f"{AWAY}?limit=1&cursor={cursor}")
        facts, cursor = [*facts, *(line["fact"] for line in page["items"])], page["next"]
    assert len(facts) == len(set(facts)) == 3
    assert len(monitor.get(AWAY)["items"]) == 4


@pytest.mark.parametrize("place", [LOG, HOSPITAL, AWAY])
def test_the_lists_are_of_ones_own_sites_only(app: Flask, study: Trial, monitor: Caller, place: str) -> None:
    for number, site in (("01-001", NORTH), ("02-001", SOUTH)):
        study.enrol(number, site=site)
        study.record(number, {"fact": "admitted", "date": "2026-01-04"})
        study.record(number, {"fact": "away", "date": "2026-03-02", "until": "2026-03-06"})
    assert numbers(monitor, place) == ["01-001", "02-001"]
    south = caller(app, study.store, Role.COORDINATOR, STUDY, SOUTH)
    assert numbers(south, place) == ["02-001"]
    south.refused(404, "GET", f"/studies/{STUDY}/participants/01-001/days-away")
