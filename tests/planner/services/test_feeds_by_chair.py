"""Calendars of staff have an appointment where its chair is held, whether it still fits or not: on both databases."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.planner.api.callers import at
from tests.planner.services.test_feed_contents import later, life, parsed, place
from tests.studies import SOUTH, STUDY
from tests.subscribed import DAY_8, Subscribed

__all__ = ["at", "life"]


def test_an_appointment_at_another_site_stands_where_its_chair_is_on_the_clock_there(life: Subscribed) -> None:
    life.record({**DAY_8, "site": SOUTH}, booking_reason="the other site has a chair")
    south, north = life.make("centre", site=SOUTH), life.make("centre")
    (name,) = [name for name in life.events(south) if name.startswith(f"TO REBOOK: {STUDY} 01-001 C1D8")]
    event = life.events(south)[name]
    assert event["DTSTART"].dt == datetime(2026, 1, 12, 9, 30, tzinfo=ZoneInfo("Asia/Jerusalem"))
    assert str(event["LOCATION"]) == "South"
    assert name not in life.events(north)
    for audience in ("study", "site"):  # whoever has to make another one sees it, too
        seen = life.events(life.make(audience))[f"TO REBOOK: {STUDY} 01-001 C1D8"]
        assert seen["DTSTART"].dt == event["DTSTART"].dt


def test_the_calendar_of_the_other_site_moves_on_with_the_appointment_there(life: Subscribed) -> None:
    south = life.make("centre", site=SOUTH)
    tag = life.fetch(south).headers["ETag"]
    later(life)
    life.record({**DAY_8, "site": SOUTH}, booking_reason="the other site has a chair")
    answer = life.fetch(south, If_None_Match=tag)
    assert answer.status_code == 200
    later(life)
    before = [int(event["SEQUENCE"]) for event in parsed(life, south)]
    place(life, SOUTH, address="7 Made-Up Way")
    (event,) = parsed(life, south)
    assert str(event["LOCATION"]) == "South, 7 Made-Up Way"
    assert [int(event["SEQUENCE"])] == [before[0] + 1]
    later(life)
    life.record({"fact": "booking_cancelled", "date": "2026-01-12", "visit": DAY_8["visit"]})
    assert not any("C1D8" in name for name in life.events(south))


def test_an_appointment_that_waits_for_a_decision_stands_until_it_is_made_for_its_chair_is_held(
    life: Subscribed,
) -> None:
    life.record(DAY_8)
    link = life.make("centre")
    (before,) = [name for name in life.events(link) if "C1D8" in name]
    later(life)
    life.record({"fact": "held", "date": "2026-01-06", "visit": DAY_8["visit"], "reason": "counts"})
    event = life.events(link)[f"TO REBOOK: {before}"]
    assert event["DTSTART"].dt == datetime(2026, 1, 12, 9, 30, tzinfo=ZoneInfo("America/New_York"))
    assert event["STATUS"] == "TENTATIVE"
