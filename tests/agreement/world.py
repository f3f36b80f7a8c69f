"""Two made-up studies at two sites, with everybody who looks at their dates: apps, pages, phones, the desk.

Whatever is done goes through the services that the pages and the API use. What they refuse is not done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from notifications.dispatch import Dispatcher
from planner import clock
from planner.app import create_app
from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.problems import PlannerError
from planner.services.access import EVERYTHING, find_participant, find_site, find_study
from planner.services.address_book import ContactBook
from planner.services.contact_consents import AgreeToContact, agree_to_contact
from planner.services.contacts import ContactDetails, keep_contact
from planner.services.designs import Designs
from planner.services.enrolment import Screen, screen
from planner.services.fact_records import read_facts, stored_fact
from planner.services.facts import RecordFacts, record_facts
from planner.services.feeds import MakeFeed, make_feed
from planner.services.home_links import GiveLink, give_link, let_in
from planner.services.replanning import replan_all
from planner.services.sending import read_study_rules, set_rules
from planner.services.sites import CreateSite, create_site
from planner.services.studies import (
    CreateStudy,
    add_version,
    confirm_assumptions,
    create_study,
    join_site,
    supply_parameters,
)
from planner.services.users import Role
from planner.services.wordings import adopt_wordings
from schedules.history import Fact
from schedules.protocol_file import library_text
from tests import builders
from tests.agreement.known import Person
from tests.desk import Desk, desk_of
from tests.fakes import FakeProvider
from tests.housed import post
from tests.planner.api.callers import Caller, Clock, caller, settings_for
from tests.reminded import KEYS

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
GATED, SHORT = "gated", "short"
NORTH, SOUTH = "north", "south"
ZONES = {NORTH: "America/New_York", SOUTH: "Asia/Jerusalem"}
RULES = {
    "enabled": True, "urgent_phone": "+1 212 555 0111", "emergency_phone": "911", "alias": "The clinic",
    "timings": ["3d", "1d", "morning"], "per_day": 10, "per_week": 50,
}  # fmt: skip
#: no tick of a worker is left out for longer
TICK = timedelta(hours=6)


@dataclass
class World:
    """What there is, and the shortest way to do something there."""

    store: Store
    at: Clock
    app: Flask
    phone: FakeProvider
    designs: Designs = field(default_factory=Designs)
    people: list[Person] = field(default_factory=list)
    #: the link of each calendar, by what it is of
    calendars: dict[str, str] = field(default_factory=dict)
    api: Caller = field(init=False)
    homes: dict[str, FlaskClient] = field(default_factory=dict)
    #: what was done, for whoever has to see how something came about
    log: list[str] = field(default_factory=list)
    #: called after each tick of the worker
    looked: Callable[[], None] = lambda: None

    @property
    def desk(self) -> Desk:
        """Somebody at the desk who has just signed in."""
        return desk_of(self.app, self.store, Role.COORDINATOR)

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self.at.now

    def today(self, site: str) -> date:
        """The date at a site."""
        return self.now.astimezone(ZoneInfo(ZONES[site])).date()

    def do(self, work: Callable[[UnitOfWork], T]) -> T | None:
        """Do something in a transaction; None where it is refused, and then nothing was done."""
        try:
            return self.store.write(SYSTEM, self.at(), work)
        except PlannerError as error:
            self.log.append(f"  refused: {error}")
            return None

    def record(self, who: Person, *facts: dict[str, Any], reason: str = "they asked for it") -> bool:
        """Record facts about somebody, unless they cannot be; whether they were."""
        self.log.append(f"{self.now:%d %b %H:%M} {who.number}: {facts}")
        command = RecordFacts(
            study=who.study, participant=who.number, facts=read_facts(facts), booking_reason=reason
        )  # fmt: skip
        done = self.do(lambda uow: record_facts(uow, self.designs, EVERYTHING, command))
        if done is not None:
            who.knows(done.facts)
        return done is not None

    def recorded(self, who: Person) -> list[Fact]:
        """All facts about somebody, in the order in which they were written down."""

        def work(uow: UnitOfWork) -> list[Fact]:
            rows = select(FactRow).where(FactRow.participant_id == self.row(uow, who).id).order_by(FactRow.id)
            return [stored_fact(row) for row in uow.session.scalars(rows)]

        return self.store.write(SYSTEM, self.at(), work)

    def row(self, uow: UnitOfWork, who: Person) -> Participant:
        """Somebody's row."""
        return find_participant(uow.session, EVERYTHING, find_study(uow.session, EVERYTHING, who.study), who.number)

    def site(self, uow: UnitOfWork, code: str) -> SiteRow:
        """A site's row."""
        return find_site(uow.session, EVERYTHING, code)

    def replan(self) -> None:
        """What the worker does once a day has passed anywhere, or a site was closed."""
        found = replan_all(self.store, self.designs, SYSTEM, self.at())
        assert not found.failed
        assert not found.waiting

    def tick(self) -> None:
        """What the worker does: plan again where a day has passed, send what is due."""
        self.replan()
        book = ContactBook(KEYS)
        worker = Dispatcher(self.store.database, {"sms": self.phone}, book, "worker-1", self.at, chance=Random(1))
        worker.tick()
        self.looked()

    def wait(self, **long: float) -> None:
        """Let time go by, with a worker that looks every few hours."""
        until = self.now + timedelta(**long)
        while self.now < until:
            self.at.now = min(self.now + TICK, until)
            self.tick()

    # -- who looks --------------------------------------------------------------------------------

    def open_home(self, who: Person) -> None:
        """Give somebody a page of their own, and let a device in."""
        command = GiveLink(study=who.study, participant=who.number)
        given = self.do(lambda uow: give_link(uow, self.designs, KEYS, EVERYTHING, command))
        if given is None:
            return
        code = self.do(lambda uow: let_in(uow, KEYS, EVERYTHING, who.study, who.number))
        client = self.app.test_client()
        post(client, f"/home/{given.token}/enter", f"/home/{given.token}", code=str(code))
        self.homes[who.number] = client

    def subscribe(self, name: str, audience: str, **said: Any) -> None:
        """Make a calendar."""
        command = MakeFeed(audience=audience, **said)
        linked = self.do(lambda uow: make_feed(uow, self.designs, EVERYTHING, command))
        assert linked is not None
        self.calendars[name] = linked.token

    def add(self, number: str, study: str, site: str, day_1: date, **contact: Any) -> Person:
        """Somebody who has joined a study, who is reached by text, and subscribes to their calendar."""
        who = Person(number, study, site, phone=f"+1212555{1000 + len(self.people)}", releases=study == SHORT)
        self.people.append(who)
        self.do(lambda uow: screen(uow, self.designs, EVERYTHING, Screen(study=study, site=site, number=number)))
        day = (day_1 - timedelta(days=3)).isoformat()
        version = {"version": "1.0"}
        assert self.record(
            who, {"fact": "consented", "date": day, **version},
            {"fact": "enrolled", "date": day, "day_1": day_1.isoformat(), **version},
        )  # fmt: skip
        self.keep(who, **contact)
        self.do(lambda uow: agree_to_contact(uow, EVERYTHING, _agreed(who)))
        self.subscribe(number, "participant", study=study, participant=number)
        self.open_home(who)
        return who

    def keep(self, who: Person, **contact: Any) -> None:
        """Keep how somebody is reached."""
        details = ContactDetails(phone=who.phone, **contact)
        self.do(lambda uow: keep_contact(uow, KEYS, self.row(uow, who), details))


def _agreed(who: Person) -> AgreeToContact:
    return AgreeToContact(study=who.study, participant=who.number, channel="sms", how="on paper")


def _set_up(designs: Designs) -> Callable[[UnitOfWork], None]:
    texts = {
        GATED: [library_text("vsli-ino"), builders.vsli_amended_text()],
        SHORT: [(ROOT / f"docs/examples/protocols/short-{n}.yaml").read_text() for n in (1, 2)],
    }  # fmt: skip

    def work(uow: UnitOfWork) -> None:
        create_site(uow, CreateSite(code=NORTH, name="North", zone=ZONES[NORTH], chairs=2, phone="+1 212 555 0199"))
        create_site(uow, CreateSite(code=SOUTH, name="South", zone=ZONES[SOUTH], weekend=("friday", "saturday"),
                                    chairs=2, phone="+1 212 555 0188"))  # fmt: skip
        for code, versions in texts.items():
            study = create_study(uow, CreateStudy(code=code, title="Made up", releases_bookings=code == SHORT))
            for site in (NORTH, SOUTH):
                join_site(uow, study, find_site(uow.session, EVERYTHING, site))
            for text in versions:
                confirm_assumptions(uow, study, add_version(uow, study, text).version)
            if code == GATED:
                supply_parameters(uow, study, {"inotuzumab-levels": ["level 1 (made up)"]}, made_up=True)
            adopt_wordings(uow, designs, study, ("en",))
            set_rules(uow, designs, study, read_study_rules(RULES))

    return work


@contextmanager
def world(store: Store, folder: Path, begins: datetime) -> Iterator[World]:
    """Both studies, nobody in them yet, and an application that answers; the clock is in the test's hand."""
    at = Clock(begins)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", at)
        designs = Designs()
        store.write(SYSTEM, at(), _set_up(designs))
        app = create_app({"TESTING": True, "PROPAGATE_EXCEPTIONS": True}, settings_for(store, folder))
        app.extensions["installation"]._keys = KEYS
        made = World(store, at, app, FakeProvider(at), designs)
        made.api = caller(app, store, Role.COORDINATOR)
        for study in (GATED, SHORT):
            made.subscribe(study, "study", study=study, windows=True)
        for site in (NORTH, SOUTH):
            made.subscribe(f"centre {site}", "centre", site=site)
            made.subscribe(f"site {site}", "site", site=site)
        try:
            yield made
        finally:
            app.extensions["calendars"].close()
            app.extensions["installation"].close()


def midday(day: date) -> datetime:
    """An instant at which it is that day at both sites."""
    return datetime(day.year, day.month, day.day, 14, tzinfo=UTC)
