"""A stored study whose calendars are subscribed to: links, and what an app gets by them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from icalendar import Calendar
from werkzeug.test import TestResponse

from planner.app import create_app
from planner.config import Settings
from planner.persistence.feeds import Feed
from planner.persistence.unit_of_work import SYSTEM, Actor, Store
from planner.services.access import EVERYTHING, Scope
from planner.services.feeds import Linked, MakeFeed, make_feed
from tests.planner.api.callers import Clock, settings_for
from tests.reminded import DAY_8, DOSED, TOLD
from tests.studies import NORTH, STUDY, Trial, begun_study, trial

__all__ = ["DAY_8", "DOSED", "TOLD"]


@dataclass(slots=True)
class Subscribed:
    """A study with a participant who has begun, and an application that answers calendar apps."""

    study: Trial
    app: Flask
    at: Clock
    links: dict[int, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The database."""
        return self.study.store

    def make(self, audience: str, actor: Actor = SYSTEM, scope: Scope = EVERYTHING, **said: Any) -> Linked:
        """Make a feed; what it has to be about is the study, its first participant, and the site in the north."""
        needed = {
            "participant": {"study": STUDY, "participant": "01-001"}, "centre": {"site": NORTH},
            "site": {"site": NORTH}, "study": {"study": STUDY}, "coordinator": {},
        }[audience]  # fmt: skip
        command = MakeFeed(audience=audience, **{**needed, **said})
        return self.store.write(actor, self.study.now, lambda uow: make_feed(uow, self.study.designs, scope, command))

    def record(self, *facts: Any, number: str = "01-001", **more: Any) -> None:
        """Record facts, and let the clock be where they were recorded."""
        self.study.record(number, *facts, **more)
        self.at.now = max(self.at.now, self.study.now)

    def wait(self, now: datetime) -> None:
        """Let it be later."""
        self.at.now = self.study.now = now

    def fetch(self, linked: Linked, method: str = "GET", **headers: str) -> TestResponse:
        """What an app gets."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.test_client().open(f"/calendars/{linked.token}.ics", method=method, headers=sent)

    def body(self, linked: Linked) -> bytes:
        """The calendar, which must be there."""
        answer = self.fetch(linked)
        assert answer.status_code == 200, answer.text
        return bytes(answer.data)

    def events(self, linked: Linked) -> dict[str, Any]:
        """The events by their summaries, as another reader finds them."""
        found: list[Any] = Calendar.from_ical(self.body(linked)).walk("VEVENT")
        return {str(event["SUMMARY"]): event for event in found}

    def revision(self, linked: Linked) -> int:
        """At which revision a feed is."""
        return self.store.read(lambda session: session.get_one(Feed, linked.feed.id).revision)


def _begun(store: Store) -> Trial:
    study = trial(store)
    study.enrol()
    study.record("01-001", *DOSED)
    return study


@contextmanager
def subscribed(store: Store, folder: Path, at: Clock, settings: Settings | None = None) -> Iterator[Subscribed]:
    """The study, with an application over its database."""
    study = begun_study(store, "subscribed", _begun)
    at.now = study.now
    app = create_app({"TESTING": True, "PROPAGATE_EXCEPTIONS": False}, settings or settings_for(store, folder))
    try:
        yield Subscribed(study, app, at)
    finally:
        app.extensions["calendars"].close()
        app.extensions["installation"].close()
