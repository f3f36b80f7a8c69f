"""Lists for a working day: who is due, page after page, and only what is in scope."""

from __future__ import annotations

import pytest
from flask import Flask

from planner.persistence.database import DatabaseUnavailable
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import PASSWORD, Caller, Clock, app, at, caller
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

__all__ = ["app", "at"]

D8 = "induction.c1.d8"
LATE = {"fact": "given", "date": "2026-01-16", "visit": D8, "activity": "vsli"}


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    made = trial(store)
    for number, site in (("01-001", NORTH), ("01-002", NORTH), ("02-001", SOUTH)):
        made.enrol(number, site=site)
    return made


@pytest.fixture
def coordinator(app: Flask, study: Trial) -> Caller:
    return caller(app, study.store, Role.COORDINATOR)


def every_page(who: Caller, path: str, limit: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    cursor = ""
    while True:
        page = who.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{cursor}")
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


@pytest.mark.parametrize("path", ["/visits", "/gates", "/studies", "/sites", f"/studies/{STUDY}/participants"])
def test_pages_have_everything_once_and_in_one_order(coordinator: Caller, path: str) -> None:
    whole = every_page(coordinator, path, 500)
    assert len(whole) > 0
    assert every_page(coordinator, path, 7) == whole
    assert every_page(coordinator, path, 1)[:20] == whole[:20]


def test_a_cursor_of_another_list_is_refused(coordinator: Caller) -> None:
    cursor = coordinator.get("/visits?limit=1")["next"]
    wrong = coordinator.refused(400, "GET", f"/studies?cursor={cursor}")
    assert wrong["problems"][0]["place"] == "cursor"
    for other in ("/gates", "/visits"):  # both are in the order of a day, a number and a key
        cursor = coordinator.get(f"{other}?limit=1")["next"]
        assert cursor is not None
        path = "/visits" if other == "/gates" else "/gates"
        assert coordinator.refused(400, "GET", f"{path}?cursor={cursor}")["problems"][0]["place"] == "cursor"
    for cursor in ("x", "W10", "WyIyMDI2LTAxLTA1IiwgMSwgMl0", "%C3%9F", "bnVsbA"):
        coordinator.refused(400, "GET", f"/visits?cursor={cursor}")


def test_who_is_due_and_whose_window_closes(coordinator: Caller) -> None:
    due = coordinator.get("/visits?status=due&status=planned&since=2026-01-05&until=2026-01-12")["items"]
    assert {(row["number"], row["key"]) for row in due} >= {("01-001", "induction.c1.d1"), ("01-001", D8)}
    assert all("2026-01-05" <= str(row["target"]) <= "2026-01-12" for row in due)
    closing = coordinator.get("/visits?status=due&closes_by=2026-01-08&number=01-002")["items"]
    assert [row["key"] for row in closing] == ["induction.c1.d1"]


@pytest.mark.parametrize("path", ["/visits", "/gates", "/deviations", f"/studies/{STUDY}/participants"])
def test_a_state_that_there_is_not_is_told_rather_than_an_empty_list(coordinator: Caller, path: str) -> None:
    wrong = coordinator.refused(400, "GET", f"{path}?status=dnoe")
    assert wrong["problems"][0]["place"].startswith("status")


def test_a_person_of_one_site_sees_that_site_alone(app: Flask, study: Trial) -> None:
    there = caller(app, study.store, Role.INFUSION_CENTRE, STUDY, SOUTH)
    assert {row["number"] for row in there.get("/visits?limit=500")["items"]} == {"02-001"}
    assert [row["number"] for row in there.get(f"/studies/{STUDY}/participants")["items"]] == ["02-001"]
    assert [row["code"] for row in there.get("/sites")["items"]] == [SOUTH]
    there.refused(404, "GET", f"/visits?site={NORTH}")
    there.refused(404, "GET", "/visits?study=no-such-study")
    there.refused(403, "GET", "/deviations")


def test_from_a_day_on_there_is_nothing_without_a_day(coordinator: Caller, study: Trial) -> None:
    study.record("01-001", {"fact": "cycle_held", "date": "2026-01-05", "cycle": "induction.c1", "reason": "counts"})
    assert any(row["target"] is None for row in every_page(coordinator, "/visits?number=01-001", 500))
    dated = every_page(coordinator, "/visits?since=2026-01-06", 500)
    assert {row["number"] for row in dated} == {"01-002", "02-001"}
    assert all(str(row["target"]) >= "2026-01-06" for row in dated)


def test_gates_from_a_day_on_are_those_due_then(coordinator: Caller) -> None:
    gates = every_page(coordinator, "/gates?number=01-002", 500)
    first = min(str(row["due"]) for row in gates if row["due"])
    later = every_page(coordinator, "/gates?number=01-002&since=2026-02-02", 500)
    assert first < "2026-02-02"
    assert later == [row for row in gates if row["due"] and str(row["due"]) >= "2026-02-02"]


def test_the_other_sites_of_a_study_are_as_if_there_were_none(app: Flask, study: Trial) -> None:
    here = caller(app, study.store, Role.COORDINATOR, STUDY, NORTH)
    assert here.get(f"/studies/{STUDY}")["sites"] == [NORTH]
    for path in ("facts/preview", "facts"):
        said = []
        for site in (SOUTH, "mars"):
            booked = {"fact": "booked", "date": "2026-01-12", "visit": "induction.c1.d8", "site": site}
            wrong = here.refused(422, "POST", f"/studies/{STUDY}/participants/01-001/{path}", {"facts": [booked]})
            said.append(str(wrong).replace(site, "…"))
        assert said[0] == said[1]
        assert SOUTH not in said[0]
    whole = caller(app, study.store, Role.COORDINATOR, STUDY)
    assert whole.get(f"/studies/{STUDY}")["sites"] == [NORTH, SOUTH]


def test_whoever_hands_somebody_over_to_another_site_sees_them_no_more(app: Flask, study: Trial) -> None:
    here, there = (caller(app, study.store, Role.COORDINATOR, STUDY, site) for site in (NORTH, SOUTH))
    one = f"/studies/{STUDY}/participants/01-001"
    moved = {"fact": "transferred", "date": "2026-01-05"}
    wrong = here.refused(422, "POST", f"{one}/facts", {"facts": [{**moved, "site": "mars"}]})
    assert wrong["problems"][0]["remedy"] == "choose from north, south"
    there.refused(404, "POST", f"{one}/facts", {"facts": [{**moved, "site": SOUTH}]})
    here.post(f"{one}/facts", {"facts": [{**moved, "site": SOUTH}]})
    here.refused(404, "GET", one)
    assert there.get(one)["site"] == SOUTH


def test_an_infusion_centre_books_a_chair_and_nothing_else(app: Flask, study: Trial) -> None:
    centre = caller(app, study.store, Role.INFUSION_CENTRE, STUDY, NORTH)
    path = f"/studies/{STUDY}/participants/01-001"
    booked = {"fact": "booked", "date": "2026-01-12", "visit": D8, "time": "09:30", "minutes": 180}
    centre.post(f"{path}/bookings", {"facts": [booked]})
    [row] = centre.get(f"/bookings?site={NORTH}&since=2026-01-12&until=2026-01-12")["items"]
    assert (row["number"], row["time"], row["minutes"], row["chair"]) == ("01-001", "09:30", 180, 1)
    given = {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": "vsli"}
    centre.refused(400, "POST", f"{path}/bookings", {"facts": [given]})
    centre.refused(403, "POST", f"{path}/facts", {"facts": [given]})


def test_no_chair_is_given_out_twice(coordinator: Caller) -> None:
    for number, hour in (("01-001", "09:30"), ("01-002", "09:45")):
        fact = {"fact": "booked", "date": "2026-01-12", "visit": D8, "time": hour, "minutes": 60}
        coordinator.post(f"/studies/{STUDY}/participants/{number}/facts", {"facts": [fact]})
    taken = {
        "fact": "rebooked",
        "date": "2026-01-12",
        "instead_of": "2026-01-12",
        "visit": D8,
        "time": "10:00",
        "minutes": 60,
        "chair": "1",
    }
    wrong = coordinator.refused(409, "POST", f"/studies/{STUDY}/participants/01-002/facts", {"facts": [taken]})
    assert wrong["type"] == "/problems/chair-taken"


def test_a_deviation_goes_from_found_to_signed(app: Flask, study: Trial, at: Clock) -> None:
    given = {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1"}
    study.record("01-001", {**given, "activity": "vsli"}, {**given, "activity": "ino"}, LATE)
    at.now = study.now
    desk = caller(app, study.store, Role.COORDINATOR, STUDY)
    doctor = caller(app, study.store, Role.INVESTIGATOR, STUDY)
    found = next(row for row in desk.get("/deviations?number=01-001")["items"] if row["kind"] == "outside-window")
    path, name = f"/studies/{STUDY}/participants/01-001/deviations", {"identity": found["identity"]}
    seen = f'"{found["revision"]}"'
    assert desk.post(path, {**name, "step": "confirm"}, If_Match=seen)["state"] == "confirmed"
    changed = desk.refused(409, "POST", path, {**name, "step": "dismiss", "reason": "too late"}, If_Match=seen)
    assert changed["changed"]["state"] == "confirmed"
    desk.refused(400, "POST", path, {**name, "step": "classify"})
    desk.post(path, {**name, "step": "classify", "important": False, "category": "visit window"})
    desk.refused(403, "POST", f"{path}/signature", {**name, "meaning": "reviewed", "password": PASSWORD})
    doctor.refused(400, "POST", f"{path}/signature", {**name, "meaning": "reviewed", "password": "not mine"})
    signature = {**name, "meaning": "reviewed", "password": PASSWORD}
    changed = doctor.refused(409, "POST", f"{path}/signature", signature, If_Match=seen)
    assert changed["changed"]["state"] == "classified"
    signed = doctor.post(f"{path}/signature", signature)
    me = doctor.get("/me")
    assert (signed["signed_as"], signed["signed_by"], signed["signed_name"]) == ("reviewed", me["id"], me["name"])
    assert desk.get("/deviations?number=01-001&status=classified")["items"][0]["signed_name"] == me["name"]
    closed = desk.post(path, {**name, "step": "close"})
    assert (closed["state"], closed["signed_as"]) == ("closed", "reviewed")
    assert desk.post(path, {**name, "step": "reopen", "reason": "not so"})["signed_as"] is None


def test_a_signature_does_not_stay_under_what_was_not_signed(app: Flask, study: Trial, at: Clock) -> None:
    given = {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1"}
    study.record("01-001", {**given, "activity": "vsli"}, {**given, "activity": "ino"}, LATE)
    at.now = study.now
    doctor = caller(app, study.store, Role.INVESTIGATOR, STUDY)
    found = next(row for row in doctor.get("/deviations?number=01-001")["items"] if row["kind"] == "outside-window")
    path, name = f"/studies/{STUDY}/participants/01-001/deviations", {"identity": found["identity"]}
    doctor.post(path, {**name, "step": "confirm"})
    classified = {**name, "step": "classify", "important": False, "category": "visit window"}
    doctor.post(path, classified)
    doctor.post(f"{path}/signature", {**name, "meaning": "reviewed", "password": PASSWORD})
    assert doctor.post(path, classified)["signed_as"] == "reviewed"
    changed = doctor.post(path, {**classified, "important": True})
    assert (changed["signed_by"], changed["signed_at"], changed["signed_as"]) == (None, None, None)
    monitor = caller(app, study.store, Role.MONITOR, STUDY)
    entry = monitor.get(f"/studies/{STUDY}/audit?limit=500")["items"][-1]
    assert (entry["before"]["signed_as"], entry["after"]["signed_as"]) == ("reviewed", None)


def test_a_closed_site_moves_its_visits_at_once(coordinator: Caller) -> None:
    path = f"/studies/{STUDY}/participants/01-001"

    def target() -> object:
        return coordinator.get("/visits?number=01-001&since=2026-01-09&until=2026-01-15")["items"][0]["target"]

    assert target() == "2026-01-12"
    closed = coordinator.post(f"/sites/{NORTH}/closures", {"first": "2026-01-12", "reason": "moving house"})
    assert target() == "2026-01-13"
    assert "closed" in " ".join(coordinator.get(f"{path}/visits/{D8}")["why"])
    assert coordinator.call("DELETE", f"/sites/{NORTH}/closures/{closed['closures'][0]['id']}").status_code == 200
    assert target() == "2026-01-12"


def test_a_closure_that_stands_is_answered_so_though_the_planning_after_it_fails(
    coordinator: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr("planner.services.replanning.replan_all", gone)
    closed = coordinator.post(f"/sites/{NORTH}/closures", {"first": "2026-01-12", "reason": "moving house"})
    assert [closure["first"] for closure in closed["closures"]] == ["2026-01-12"]
    assert coordinator.get(f"/sites/{NORTH}")["closures"] == closed["closures"]


def test_days_that_end_before_they_begin_are_no_filter(coordinator: Caller) -> None:
    for path in ("/visits", "/gates", "/bookings", "/deviations"):
        wrong = coordinator.refused(400, "GET", f"{path}?since=2026-01-12&until=2026-01-05")
        assert [problem["place"] for problem in wrong["problems"]] == ["until"]
