"""A participant whose visits change while an app is subscribed to them, and what the app has to show then."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.serving import WSGIRequestHandler

from planner.persistence.feeds import Feed
from planner.persistence.unit_of_work import SYSTEM
from planner.services.feeds import Linked, revoke_feed
from tests.clients.readers import Shown
from tests.clients.subscriptions import Subscription
from tests.serving import served
from tests.subscribed import TOLD, Subscribed

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
#: what stands in a calendar in which nothing is left
NOTHING = Shown(date(2026, 1, 5), "CONFIRMED", "Appointments")


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

    def withdraw(self) -> None:
        """Its link is withdrawn."""
        feed_id = self.link.feed.id
        self.life.store.write(SYSTEM, self.life.at(), lambda uow: revoke_feed(uow, uow.session.get_one(Feed, feed_id)))

    def tell(self, fact: dict[str, Any]) -> None:
        """Something happens, and the participant is told."""
        self.life.record(fact, {**TOLD, "about": fact["id"]})


class _Silent(WSGIRequestHandler):
    """Says nothing of each request: a link is a secret."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


def serving(app: Any) -> AbstractContextManager[str]:
    """The address at which an application is served."""
    return served(app, _Silent)
