"""A calendar that is full says so: in itself, in the log, and in the list. On both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner
from icalendar import Calendar
from sqlalchemy import insert, inspect, select

from notifications.calendars.lint import Severity, lint
from planner.cli import cli
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.visits import VisitRow
from planner.services.feed_contents import MOST_EVENTS
from planner.services.feeds import Linked
from tests.planner.api.callers import Clock, at
from tests.subscribed import Subscribed, subscribed

__all__ = ["at"]

TODAY = date(2026, 1, 5)
FULL = "visits are not shown: this calendar is full"


@pytest.fixture
def life(store: Store, tmp_path: Path, at: Clock) -> Iterator[Subscribed]:
    with subscribed(store, tmp_path, at) as made:
        yield made


def crowd(life: Subscribed, count: int, **said: Any) -> None:
    """So many more visits in all, one a day from 60 days ago on, then again from there: all booked, with windows."""

    def work(uow: UnitOfWork) -> None:
        like = uow.session.scalars(select(VisitRow).where(VisitRow.stood != "").limit(1)).one()
        same = {column.key: getattr(like, column.key) for column in inspect(VisitRow).columns}
        rows = []
        for number in range(count):
            day = TODAY + timedelta(days=number % 450 - 55)
            more = {"key": f"crowd.d{number}", "target": day, "opens": day, "closes": day, "stood": f"{day}T09:30/60"}
            rows.append({**same, **more, "fell_at": None, "gone": False, **said})
        uow.session.execute(insert(VisitRow), rows)
        uow.shows(like.study_id, like.site_id, None)

    life.store.write(SYSTEM, life.at(), work)


def summaries(life: Subscribed, linked: Linked) -> list[str]:
    return [str(event["SUMMARY"]) for event in Calendar.from_ical(life.body(linked)).walk("VEVENT")]


def shown(life: Subscribed) -> int:
    """How many events a calendar has before there is a crowd."""
    return len(summaries(life, life.make("study")))


def test_a_calendar_of_exactly_1000_events_leaves_nothing_out_and_says_nothing(life: Subscribed) -> None:
    crowd(life, MOST_EVENTS - shown(life))
    found = summaries(life, life.make("study"))
    assert len(found) == MOST_EVENTS
    assert not [name for name in found if FULL in name]


def test_one_visit_more_and_the_calendar_says_how_many_it_leaves_out(life: Subscribed) -> None:
    crowd(life, MOST_EVENTS - shown(life) + 1)
    linked = life.make("study")
    with structlog.testing.capture_logs() as log:
        found = summaries(life, linked)
    assert len(found) == MOST_EVENTS
    assert [name for name in found if FULL in name] == [f"2 {FULL}"]
    assert [(line["event"], line["visits_left_out"]) for line in log if "feed" in line] == [("calendar full", 2)]
    assert not [one for one in lint(life.body(linked), life.at()) if one.severity is Severity.ERROR]


def test_what_is_left_out_is_farthest_from_today(life: Subscribed) -> None:
    crowd(life, 1_200)
    events: list[Any] = Calendar.from_ical(life.body(life.make("study"))).walk("VEVENT")
    days = [date.fromisoformat(str(event["DTSTART"].dt)[:10]) for event in events]
    distances = {abs((day - TODAY).days) for day in days}
    assert max(distances) < 394
    assert min(distances) == 0


def test_windows_count_as_events(life: Subscribed) -> None:
    crowd(life, 700)
    found = summaries(life, life.make("study", windows=True))
    assert len(found) in (MOST_EVENTS, MOST_EVENTS - 1)
    assert [name for name in found if FULL in name]


def test_a_calendar_that_would_be_more_than_a_megabyte_leaves_out_what_is_farthest(life: Subscribed) -> None:
    crowd(life, 900, label="é" * 200, doses=[["drug " + "x" * 195, "level " + "y" * 190]])
    linked = life.make("centre")
    body = life.body(linked)
    assert 800_000 < len(body) < 1_000_000
    assert [name for name in summaries(life, linked) if FULL in name]


def test_what_says_that_a_calendar_is_full_is_another_version_on_another_day(life: Subscribed) -> None:
    crowd(life, 1_200)
    linked = life.make("study")
    found = []
    for _ in range(2):
        (event,) = [one for name, one in life.events(linked).items() if FULL in name]
        found.append((int(event["SEQUENCE"]), event["DTSTAMP"].dt, event["DTSTART"].dt, event["UID"]))
        life.wait(life.at.now + timedelta(days=1))
    first, second = found
    assert first[3] == second[3]
    assert all(new > old for new, old in zip(second[:3], first[:3], strict=True))


def test_the_list_of_calendars_says_which_are_full(life: Subscribed, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(life, 1_200)
    life.make("study")
    life.make("participant")
    settings = life.app.extensions["installation"].settings
    monkeypatch.setenv("DATABASE_URL", settings.database)
    monkeypatch.setenv("PLANNER_CONTACT_KEYS", settings.contact_keys[0].get_secret_value())
    monkeypatch.setenv("PLANNER_INDEX_KEY", settings.index_key.get_secret_value())
    lines = CliRunner().invoke(cli, ("feed", "list")).output.splitlines()
    assert ["visits are not shown" in line for line in lines] == [True, False]
