"""Apps that have subscribed to a feed show what has changed, after they refresh it from a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from tests.clients.life import DAY_15, FIRST, LATER, MONTH, MOVED, NEVER, NOTHING, OFF, OTHER, WITHDRAWN, Phone, serving
from tests.clients.readers import Reader
from tests.clients.subscriptions import subscribe
from tests.databases import new_database
from tests.planner.api.callers import Clock, at
from tests.subscribed import DAY_8, Subscribed, subscribed

__all__ = ["at"]


@pytest.fixture
def life(request: pytest.FixtureRequest, tmp_path: Path, at: Clock) -> Iterator[Subscribed]:
    """On SQLite alone: on both databases the bytes are the same, as other tests hold."""
    with new_database(request, "sqlite") as url:
        database = Database(url)
        with subscribed(Store(database), tmp_path, at) as made:
            yield made
        database.dispose()


@pytest.fixture
def phone(life: Subscribed, reader: Reader, tmp_path: Path) -> Iterator[Phone]:
    """A participant's app, which has seen two visits already."""
    link = life.make("participant")
    with serving(life.app) as address:
        made = Phone(life, link, subscribe(reader, f"{address}/calendars/{link.token}.ics", tmp_path))
        made.tell(DAY_8)
        made.tell(DAY_15)
        assert made.refreshed() == [FIRST, OTHER]
        yield made


def test_a_visit_that_is_moved_then_cancelled_then_dropped_is_shown_so_after_each_refresh(phone: Phone) -> None:
    assert phone.refreshed() == [FIRST, OTHER]  # nothing has changed
    phone.tell(MOVED)
    assert phone.refreshed() == [LATER, OTHER]
    phone.tell(OFF)
    assert phone.refreshed() == [NEVER, OTHER]
    phone.life.wait(phone.life.at.now + MONTH)
    assert phone.refreshed() == [OTHER]


def test_after_a_death_no_visit_is_shown_any_more(phone: Phone) -> None:
    phone.life.record({"fact": "died", "date": "2026-01-06"})
    assert phone.refreshed() == [NOTHING]


def test_a_withdrawn_link_leaves_one_event_that_says_so_and_no_visit(phone: Phone) -> None:
    phone.withdraw()
    (event,) = phone.refreshed()
    assert event.summary == WITHDRAWN
