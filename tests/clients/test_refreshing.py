"""Apps that have subscribed to a feed show what has changed, after they refresh it from a running server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from werkzeug.serving import make_server

from planner.persistence.database import Database
from planner.persistence.feeds import Feed
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.feeds import Linked, revoke_feed
from tests.clients.readers import Reader, Shown
from tests.clients.subscriptions import Subscription, subscribe
from tests.databases import new_database
from tests.planner.api.callers import Clock, at
from tests.subscribed import DAY_8, TOLD, Subscribed, subscribed

__all__ = ["at"]

DAY_15 = {"fact": "booked", "id": "day-15", "date": "2026-01-20", "visit": "induction.c1.d15", "time": "14:00"}
MOVED = {"fact": "rebooked", "id": "moved", "instead_of": "2026-01-12", "date": "2026-01-13", "time": "10:15",
         "visit": "induction.c1.d8"}  # fmt: skip
OFF = {"fact": "booking_cancelled", "id": "off", "date": "2026-01-13", "visit": "induction.c1.d8"}

VISIT, WITHDRAWN = "Appointment: North", "This calendar link was withdrawn"
MONTH = timedelta(days=30)


def new_york(day: int, hour: int, minute: int) -> datetime:
    """An instant in January 2026, by the clock of the site."""
    return datetime(2026, 1, day, hour, minute, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)


FIRST = Shown(new_york(12, 9, 30), "CONFIRMED", VISIT)
LATER = Shown(new_york(13, 10, 15), "CONFIRMED", VISIT)
NEVER = Shown(new_york(13, 10, 15), "CANCELLED", f"CANCELLED: {VISIT}")
OTHER = Shown(new_york(20, 14, 0), "CONFIRMED", VISIT)


@dataclass
class Phone:
    """An app that has subscribed to a feed of a running server."""

    life: Subscribed
    link: Linked
    app: Subscription

    def refreshed(self) -> list[Shown]:
        """What it shows after it has asked once more."""
        self.app.refresh()
        return self.app.shown()

    def tell(self, fact: dict[str, Any]) -> None:
        """Something happens, and the participant is told."""
        self.life.record(fact, {**TOLD, "about": fact["id"]})


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address at which an application is served."""
    server = make_server("127.0.0.1", 0, app)
    thread = Thread(target=server.serve_forever, name="feeds")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def life(request: pytest.FixtureRequest, tmp_path: Path, at: Clock) -> Iterator[Subscribed]:
    """On SQLite alone: on both databases the bytes are the same, as other tests hold."""
    with new_database(request, "sqlite", tmp_path) as url:
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


def test_a_withdrawn_link_leaves_one_event_that_says_so_and_no_visit(phone: Phone) -> None:
    phone.life.store.write(SYSTEM, phone.life.at(), lambda uow: revoke_feed(uow, _feed(uow, phone.link)))
    (event,) = phone.refreshed()
    assert event.summary == WITHDRAWN


def _feed(uow: UnitOfWork, link: Linked) -> Feed:
    return uow.session.get_one(Feed, link.feed.id)
