"""Small makers of stored studies: one of vsli-ino with two sites, and participants with facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import select

from planner.persistence.audit import AuditEntry
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Actor, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_site
from planner.services.designs import Designs
from planner.services.enrolment import Screen, screen
from planner.services.fact_records import read_facts
from planner.services.facts import HAPPENED, Recorded, RecordFacts, record_facts
from planner.services.sites import CreateSite, create_site
from planner.services.studies import (
    CreateStudy,
    add_version,
    confirm_assumptions,
    create_study,
    join_site,
    supply_parameters,
)
from planner.services.users import CreateUser, create_user
from schedules.history import Fact
from schedules.protocol_file import library_text
from tests.begun import begun

NOW = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
STUDY = "vsli-ino"
NORTH, SOUTH = "north", "south"


@dataclass(slots=True)
class Trial:
    """A store with a study in it, and the shortest way to do something there."""

    store: Store
    now: datetime = NOW
    designs: Designs = field(default_factory=Designs)

    def screen(self, number: str = "01-001", site: str = NORTH, **details: Any) -> Participant:
        """Take somebody into screening."""
        command = Screen(study=STUDY, site=site, number=number, **details)
        return self.store.write(SYSTEM, self.now, lambda uow: screen(uow, self.designs, EVERYTHING, command))

    def record(self, number: str, *facts: Mapping[str, Any], **details: Any) -> Recorded:
        """Record facts, written as the API takes them."""
        command = RecordFacts(study=STUDY, participant=number, facts=read_facts(facts), **details)
        self.now = max([self.now, *(_evening(fact) for fact in command.facts if isinstance(fact, HAPPENED))])
        return self.store.write(SYSTEM, self.now, lambda uow: record_facts(uow, self.designs, EVERYTHING, command))

    def enrol(
        self, number: str = "01-001", day_1: date = date(2026, 1, 5), site: str = NORTH, **details: Any
    ) -> Recorded:
        """Screen, consent and enrol somebody; ``details`` are more of what the enrolment says."""
        self.screen(number, site)
        consented = {"fact": "consented", "date": "2025-12-01", "version": "1.0"}
        enrolled = {"fact": "enrolled", "date": "2025-12-30", "day_1": day_1.isoformat(), **details}
        return self.record(number, consented, enrolled)


def _evening(fact: Fact) -> datetime:
    """When it has surely happened, wherever the site is."""
    return datetime.combine(fact.day, time(12), UTC)


def a_user(store: Store, email: str = "coordinator@example.org") -> Actor:
    """Somebody who may sign in, as the actor of what they do."""
    command = CreateUser(email=email, name="A Coordinator", password="long and made up")
    user_id = store.write(SYSTEM, NOW, lambda uow: create_user(uow, command).id)
    return Actor(f"user:{user_id}", user_id)


def audited(study: Trial, action: str) -> list[AuditEntry]:
    """What the audit says of one kind of action, earliest first."""
    query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.chain, AuditEntry.seq)
    return study.store.read(lambda session: list(session.scalars(query)))


def begun_study(store: Store, what: str, fill: Callable[[Store], Trial]) -> Trial:
    """What ``fill`` makes of an empty database, worked out once; ``what`` says all that it depends on."""
    return Trial(store, begun(store.database, what, lambda: fill(store).now))


def trial(store: Store, now: datetime = NOW, texts: Sequence[str] = ()) -> Trial:
    """A study of vsli-ino, or of the versions of another protocol, with sites in New York and Jerusalem."""

    def set_up(uow: UnitOfWork) -> None:
        create_site(uow, CreateSite(code=NORTH, name="North", zone="America/New_York", country="US", chairs=2))
        create_site(
            uow, CreateSite(code=SOUTH, name="South", zone="Asia/Jerusalem", weekend=("friday", "saturday"), chairs=1)
        )
        study = create_study(uow, CreateStudy(code=STUDY, title="A made-up study"))
        for code in (NORTH, SOUTH):
            join_site(uow, study, find_site(uow.session, EVERYTHING, code))
        for text in texts or (library_text("vsli-ino"),):
            confirm_assumptions(uow, study, add_version(uow, study, text).version)
        if not texts:
            supply_parameters(uow, study, {"inotuzumab-levels": ["level 1 (made up)"]}, made_up=True)

    def fill() -> datetime:
        store.write(SYSTEM, now, set_up)
        return now

    return Trial(store, begun(store.database, f"trial {now} {texts}", fill))
