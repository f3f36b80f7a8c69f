"""The whole life of one participant, over HTTP alone: every date is the one that schedules.plan has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.presenting.plan_json import plan_data
from planner.services.users import Role
from schedules.closures import PublicHolidays, Site, public_holidays
from schedules.design import Design
from schedules.errors import HistoryError
from schedules.history import History
from schedules.history_file import facts_of
from schedules.plain_data import plain_document
from schedules.plan import plan
from schedules.protocol_file import library_text, read_protocol
from tests.planner.api.callers import PASSWORD, Caller, Clock, app, at, caller

__all__ = ["app", "at"]

STUDY = "made-up-study"
LEVELS = {"inotuzumab-levels": ["level 1 (made up)"]}
ZONE = "America/New_York"


@dataclass(slots=True)
class Life:
    """One participant as the coordinator meets them: through the API, day after day."""

    coordinator: Caller
    clock: Clock
    path: str = f"/studies/{STUDY}/participants/01-001"

    def on(self, day: str) -> None:
        """It is that day, in the afternoon; on a new day one signs in again."""
        today = self.clock.now.date()
        self.clock.now = datetime.combine(date.fromisoformat(day), time(18), UTC)
        if self.clock.now.date() != today:
            self.coordinator.token = ""
            who = {"email": f"coordinator.{STUDY}.all@example.org", "password": PASSWORD}
            self.coordinator.token = self.coordinator.post("/sessions", who)["token"]

    def record(self, fact: str, day: str, **details: Any) -> dict[str, Any]:
        """Something happens on a day, and is recorded on it; then every date must be the engine's."""
        self.on(day)
        body = {"facts": [{"fact": fact, "date": day, **details}]}
        seen = self.coordinator.post(f"{self.path}/facts/preview", body)
        done: dict[str, Any] = self.coordinator.post(f"{self.path}/facts", body)
        assert done["changes"] == seen["changes"]
        self.compare()
        return done

    def comes(self, visit: str, *drugs: str, day: str | None = None) -> None:
        """They come to a visit, on its day, and get these drugs."""
        on = day or self.visit(visit)["target"]
        for drug in drugs:
            self.record("given", on, visit=visit, activity=drug)
        if not drugs:
            self.record("attended", on, visit=visit)

    def comes_to_all_until(self, day: str) -> None:
        """They come to every visit that is still to come before that day, one after the other."""
        for _ in range(40):
            waiting = [visit for visit in self.calendar()["visits"] if visit["actual"] is None and visit["target"]]
            coming = [visit for visit in waiting if visit["status"] in ("planned", "due") and visit["target"] < day]
            if not coming:
                return
            self.comes(min(coming, key=lambda visit: (visit["target"], visit["key"]))["key"])

    def calendar(self) -> dict[str, Any]:
        """Their calendar as the API has it."""
        found: dict[str, Any] = self.coordinator.get(f"{self.path}/calendar")
        return found

    def visit(self, key: str) -> dict[str, Any]:
        """One visit of it."""
        return next(visit for visit in self.calendar()["visits"] if visit["key"] == key)

    def targets(self, *keys: str) -> list[str | None]:
        """The dates of some visits."""
        known = {visit["key"]: visit["target"] for visit in self.calendar()["visits"]}
        return [known[key] for key in keys]

    def compare(self) -> None:
        """The calendar, and the list of visits, are what the engine says of the same facts."""
        facts = self.coordinator.get(f"{self.path}/facts")["facts"]
        said: list[Any] = [{name: value for name, value in fact.items() if name != "by"} for fact in facts]
        known, today = facts_of(plain_document(said, "", HistoryError)), self.clock.now.date()
        wanted = plan_data(plan(_design(), History(known, date(2026, 1, 5), None, "north"), today))
        found = self.calendar()
        assert found == wanted
        listed = self.coordinator.get("/visits?number=01-001&limit=500")["items"]
        assert {row["key"]: row["target"] for row in listed} == {
            visit["key"]: visit["target"] for visit in wanted["visits"]
        }


def _design() -> Design:
    holidays = PublicHolidays(country="US", region="NY", dates=public_holidays("US", "NY", range(2025, 2031)))
    site = Site(id="north", name="North clinic", zone=ZONE, public_holidays=holidays)
    return Design((read_protocol(library_text("vsli-ino"), "vsli-ino", LEVELS).require(),), (site,))


def _set_up(administrator: Caller) -> None:
    administrator.post(
        "/sites",
        {"code": "north", "name": "North clinic", "zone": ZONE, "country": "US", "region": "NY", "chairs": 2},
    )
    administrator.post("/studies", {"code": STUDY, "title": "A made-up study"})
    administrator.post(f"/studies/{STUDY}/sites", {"site": "north"})
    version = administrator.post(f"/studies/{STUDY}/versions", {"source": library_text("vsli-ino")})
    administrator.post(f"/studies/{STUDY}/parameters", {"values": LEVELS, "made_up": True})
    administrator.post(f"/studies/{STUDY}/versions/{version['version']}/confirmation")


def test_the_whole_life_of_one_participant(app: Flask, store: Store, at: Clock) -> None:
    at.now = datetime(2025, 12, 1, 15, tzinfo=UTC)
    _set_up(caller(app, store, Role.ADMINISTRATOR))
    life = Life(caller(app, store, Role.COORDINATOR, STUDY), at)

    # Screened and enrolled for Monday, 5 January.
    life.on("2025-12-22")
    life.coordinator.post(
        f"/studies/{STUDY}/participants", {"number": "01-001", "site": "north", "planned_day_1": "2026-01-05"}
    )
    life.record("consented", "2025-12-22", version="1.0")
    life.comes("screening.baseline")
    life.comes("screening.marrow")
    life.record("enrolled", "2025-12-30", day_1="2026-01-05")
    assert life.targets("induction.c1.d1", "induction.c1.d8") == ["2026-01-05", "2026-01-12"]
    assert life.visit("maintenance.c1.d1")["certainty"] == "tentative"

    # Cycle 1. 19 January is a public holiday: day 15 falls on the 20th.
    life.comes("induction.c1.d1", "vsli", "ino")
    life.comes("induction.c1.d8", "vsli", "ino")
    assert life.targets("induction.c1.d15") == ["2026-01-20"]
    life.comes("induction.c1.d15", "vsli", "ino")
    life.comes("induction.c1.marrow")

    # There is a benefit, so maintenance begins on 2 February; what was tentative is firm now.
    life.record("gate_decided", "2026-01-30", gate="induction.c1.response", outcome="benefit")
    assert life.targets("maintenance.c1.d1") == ["2026-02-02"]
    assert life.visit("maintenance.c1.d1")["certainty"] == "firm"

    # The first maintenance cycle is delayed by nine days, and its day 8 is left out.
    delayed = life.record("cycle_delayed", "2026-02-02", cycle="maintenance.c1", to="2026-02-11", reason="infection")
    moved = {change["key"]: change["new"]["target"] for change in delayed["changes"]["moved"]}
    assert moved["maintenance.c1.d1"] == "2026-02-11"
    life.comes("maintenance.c1.d1", "vsli", "ino")
    day_8 = life.visit("maintenance.c1.d8")["target"]
    assert day_8 == "2026-02-18"
    life.record("omitted", day_8, visit="maintenance.c1.d8", activity="ino", reason="platelets")
    assert life.visit("maintenance.c1.d8")["status"] == "omitted"
    life.comes("maintenance.c1.d15", "vsli", "ino")
    last_dose = date(2026, 2, 25)

    # A transplant ends the treatment; the visits after it count from the last dose.
    life.record("treatment_ended", "2026-03-06", reason="transplant")
    thirty = life.visit("follow-up.day-30")
    assert date.fromisoformat(thirty["nominal"]) == last_dose + timedelta(days=30)
    life.comes_to_all_until("2026-03-24")
    life.record("transplanted", "2026-03-24", conditioning="2026-03-16")

    # Follow-up to its end.
    life.comes_to_all_until("2028-01-01")
    calendar = life.calendar()
    months = [visit["actual"] for visit in calendar["visits"] if visit["key"].startswith("follow-up.month-")]
    assert months == ["2026-05-25", "2026-08-25", "2026-11-25", "2027-02-25"]
    assert calendar["queries"] == []
    participant = life.coordinator.get(life.path)
    assert participant["status"] == "completed"
    assert participant["revision"] == len(life.coordinator.get(f"{life.path}/facts")["facts"])
    _audit_tells_it_all(caller(app, store, Role.MONITOR), participant)


def _audit_tells_it_all(monitor: Caller, participant: Mapping[str, Any]) -> None:
    entries = monitor.get(f"/studies/{STUDY}/audit?subject=participant:01-001&limit=500")["items"]
    recorded = [entry for entry in entries if entry["action"] == "facts.recorded"]
    assert len(recorded) == participant["revision"]
