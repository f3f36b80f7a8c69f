"""Amendments over HTTP: previewed, put into effect at one site, and who has then to consent again."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

__all__ = ["app", "at"]

VERSIONS = f"/studies/{STUDY}/site-versions"
FIRST = """\
protocol: small
version: "1.0"
title: Small
activities:
  drug: {label: Drug, kind: dose}
  look: {label: Look, kind: assessment}
epochs:
  t:
    label: Treatment
    length: 28 days
    visits:
      d1: {label: Day 1, day: 1, window: 0/+1, activities: [drug]}
      d8: {label: Day 8, day: 8, window: -1/+1, activities: [drug, look]}
"""
SECOND = FIRST.replace('"1.0"', '"2.0"\nreconsent: true').replace("day: 8,", "day: 9,") + (
    "      d22: {label: Day 22, day: 22, window: -1/+1, activities: [look]}\n"
)
TWO = {"site": NORTH, "version": "2.0", "approved_on": "2026-01-02", "effective_on": "2026-01-07"}
DOSE = {"fact": "given", "date": "2026-01-05", "visit": "t.d1", "activity": "drug"}


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    at.now = datetime(2026, 1, 8, 15, tzinfo=UTC)
    made = trial(store, at.now, [FIRST, SECOND])
    made.enrol("01-001")
    made.record("01-001", DOSE)
    return made


@pytest.fixture
def administrator(app: Flask, study: Trial) -> Caller:
    return caller(app, study.store, Role.ADMINISTRATOR, STUDY)


def version_of(who: Caller, number: str = "01-001") -> str:
    found: str = who.get(f"/studies/{STUDY}/participants/{number}")["version"]
    return found


def test_a_preview_shows_whom_it_would_move_and_changes_nothing(administrator: Caller) -> None:
    seen = administrator.post(f"{VERSIONS}/preview", TWO)
    assert [(one["number"], one["since"]) for one in seen["amended"]] == [("01-001", "2026-01-07")]
    visits = {visit["visit"]: visit for visit in seen["amended"][0]["visits"]}
    assert visits["t.d22"] == {"visit": "t.d22", "label": "Day 22", "what": "appeared", "before": None,
                               "after": None}, "it waits for the consent"  # fmt: skip
    assert visits["t.d8"] == {"visit": "t.d8", "label": "Day 8", "what": "moved", "before": "2026-01-12",
                              "after": "2026-01-13"}  # fmt: skip
    assert seen["to_reconsent"] == ["01-001"]
    assert version_of(administrator) == "1.0"
    assert administrator.get(VERSIONS) == {"versions": []}


def test_a_version_in_effect_moves_the_participants_of_its_site_as_the_preview_said(
    study: Trial, administrator: Caller
) -> None:
    study.enrol("02-001", site=SOUTH)
    seen = administrator.post(f"{VERSIONS}/preview", TWO)
    done = administrator.post(VERSIONS, TWO)
    assert done == seen
    assert (version_of(administrator), version_of(administrator, "02-001")) == ("2.0", "1.0")
    assert administrator.get(VERSIONS) == {"versions": [TWO]}
    visits = administrator.get("/visits?number=01-001")["items"]
    assert "t.d22" in [visit["key"] for visit in visits]
    again = administrator.post(VERSIONS, TWO)
    assert (again["amended"], again["to_reconsent"]) == ([], ["01-001"])


def test_a_version_of_a_day_to_come_waits(administrator: Caller) -> None:
    done = administrator.post(VERSIONS, {**TWO, "effective_on": "2026-02-01"})
    assert (done["waits"], done["amended"], version_of(administrator)) == (True, [], "1.0")


def test_who_has_to_consent_again_is_listed_until_they_have(app: Flask, study: Trial, administrator: Caller) -> None:
    administrator.post(VERSIONS, TWO)
    coordinator, place = caller(app, study.store, Role.COORDINATOR, STUDY), f"/studies/{STUDY}/reconsents"
    line = {"number": "01-001", "site": NORTH, "version": "2.0", "since": "2026-01-07", "needed": True,
            "consented_on": None, "outstanding": True}  # fmt: skip
    assert coordinator.get(place) == {"items": [line], "next": None}
    assert coordinator.get(f"{place}?version=1.0")["items"] == []
    consented = {"fact": "consented", "date": "2026-01-08", "version": "2.0"}
    coordinator.post(f"/studies/{STUDY}/participants/01-001/facts", {"facts": [consented]})
    after = {**line, "consented_on": "2026-01-08", "outstanding": False}
    assert coordinator.get(f"{place}?version=2.0")["items"] == [after]
    assert caller(app, study.store, Role.COORDINATOR, STUDY, SOUTH).get(place)["items"] == []


@pytest.mark.parametrize(
    ("changed", "status", "place"),
    [
        ({"site": "nowhere"}, 404, "site"),
        ({"version": "9.0"}, 404, "version"),
        ({"effective_on": "2026-01-01"}, 400, "effective_on"),
        ({"effective_on": "soon"}, 400, "effective_on"),
        ({"approved": True}, 400, "approved"),
    ],
)
@pytest.mark.parametrize("path", [VERSIONS, f"{VERSIONS}/preview"])
def test_what_cannot_be_is_told_by_its_field(
    administrator: Caller, path: str, changed: Any, status: int, place: str
) -> None:
    wrong = administrator.refused(status, "POST", path, {**TWO, **changed})
    assert [problem["place"] for problem in wrong["problems"]] == [place]
    assert version_of(administrator) == "1.0"


def test_another_day_is_refused_once_participants_are_under_the_version(administrator: Caller) -> None:
    administrator.post(VERSIONS, TWO)
    administrator.refused(422, "POST", VERSIONS, {**TWO, "effective_on": "2026-01-06"})


def test_a_version_is_put_into_effect_at_ones_own_sites_only(app: Flask, study: Trial, administrator: Caller) -> None:
    south = caller(app, study.store, Role.ADMINISTRATOR, STUDY, SOUTH)
    south.refused(404, "POST", VERSIONS, TWO)
    south.refused(404, "POST", f"{VERSIONS}/preview", TWO)
    administrator.post(VERSIONS, TWO)
    assert south.get(VERSIONS) == {"versions": []}
    own = {**TWO, "site": SOUTH}
    south.post(VERSIONS, own)
    assert south.get(VERSIONS) == {"versions": [own]}


def test_a_coordinator_previews_an_amendment_and_puts_none_into_effect(app: Flask, study: Trial) -> None:
    coordinator = caller(app, study.store, Role.COORDINATOR, STUDY, NORTH)
    assert len(coordinator.post(f"{VERSIONS}/preview", TWO)["amended"]) == 1
    coordinator.refused(403, "POST", VERSIONS, TWO)
