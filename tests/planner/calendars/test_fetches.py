"""Fetches are gathered and written together; what cannot be written waits; what is kept of calendars has a bound."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from planner.calendars.bodies import Bodies, body_of
from planner.calendars.fetches import Fetches
from planner.persistence.feeds import FeedFetch, note_fetches
from planner.persistence.unit_of_work import Store
from tests.planner.api.callers import Clock, at
from tests.subscribed import Subscribed, subscribed

__all__ = ["at"]

NOW = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
FOREVER = 3_600.0


@pytest.fixture
def life(store: Store, tmp_path: Path, at: Clock) -> Iterator[Subscribed]:
    with subscribed(store, tmp_path, at) as made:
        yield made


def test_many_fetches_are_one_row_that_grows() -> None:
    written: list[dict[str, Any]] = []
    fetches = Fetches(written.extend, FOREVER)
    for minute in range(3):
        fetches.note(1, "Outlook", 5 + minute, NOW + timedelta(minutes=minute))
    fetches.flush()
    fetches.flush()
    assert written == [
        {
            "feed_id": 1,
            "app": "Outlook",
            "first_at": NOW,
            "last_at": NOW + timedelta(minutes=2),
            "revision": 7,
            "count": 3,
        }
    ]
    fetches.close()


def test_what_cannot_be_written_waits_and_is_counted_with_what_came_meanwhile() -> None:
    written: list[dict[str, Any]] = []
    broken = [True]

    def write(rows: list[dict[str, Any]]) -> None:
        if broken[0]:
            fetches.note(1, "Outlook", 6, NOW + timedelta(minutes=1))
            raise OSError("the disk is full")
        written.extend(rows)

    fetches = Fetches(write, FOREVER)
    fetches.note(1, "Outlook", 5, NOW)
    fetches.flush()
    broken[0] = False
    fetches.close()
    assert [(row["first_at"], row["revision"], row["count"]) for row in written] == [(NOW, 6, 2)]


def test_nothing_is_lost_where_many_threads_fetch() -> None:
    counted: list[int] = []
    fetches = Fetches(lambda rows: counted.extend(row["count"] for row in rows), FOREVER)

    def work() -> None:
        for number in range(500):
            fetches.note(number % 7, "Outlook", 1, NOW)
            if number % 50 == 0:
                fetches.flush()

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fetches.close()
    assert sum(counted) == 3_000


def test_what_two_processes_write_adds_up(life: Subscribed) -> None:
    number = life.make("study").feed.id
    early, late = NOW, NOW + timedelta(hours=1)
    for revision, last in ((4, late), (3, early)):
        row = {
            "feed_id": number,
            "app": "Outlook",
            "first_at": early,
            "last_at": last,
            "revision": revision,
            "count": 2,
        }
        life.store.database.transact(lambda session, row=row: note_fetches(session, [row]))  # type: ignore[misc]
    found = life.store.read(lambda session: session.get_one(FeedFetch, (number, "Outlook")))
    assert (found.count, found.revision, found.last_at) == (4, 4, late)


def test_what_is_kept_of_calendars_stays_within_its_bound() -> None:
    bodies = Bodies(100_000)
    for number in range(50):
        bodies.keep(number, body_of("1", bytes([number]) * 20_000))
    assert bodies.size <= 100_000
    assert bodies.get(0, "1") is None
    assert bodies.get(49, "1") is not None
    assert bodies.get(49, "2") is None
    bodies.keep(49, body_of("2", b"x" * 200_000))
    assert bodies.get(49, "2") is None
