"""What the demo is filled through: the services, in one transaction, with the instants of a made-up past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from planner.persistence.unit_of_work import SYSTEM, Actor, UnitOfWork
from planner.services.designs import Designs
from planner.services.keyring import Keys

T = TypeVar("T")


@dataclass(slots=True)
class Stage:
    """An open transaction in which the demo's people act, each piece of work sealed in the audit at its own instant."""

    session: Session
    keys: Keys
    designs: Designs
    today: date
    people: dict[str, Actor] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    #: the drugs of which an OK is in force, by study, participant and visit
    released: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    #: the secrets of links to pages of participants' own, and of the telephones let in, by study and participant
    pages: dict[tuple[str, str], str] = field(default_factory=dict)
    devices: dict[tuple[str, str], str] = field(default_factory=dict)

    def do(self, role: str, now: datetime, work: Callable[[UnitOfWork], T]) -> T:
        """Somebody does something at that instant: all of it or, if it is refused, nothing of it."""
        return self.act(self.people.get(role, SYSTEM), now, work)

    def act(self, actor: Actor, now: datetime, work: Callable[[UnitOfWork], T]) -> T:
        """The same by somebody who has no role, such as a participant."""
        uow = UnitOfWork(self.session, actor, now)
        with self.session.begin_nested():
            result = work(uow)
            uow.seal()
        return result

    def at(self, day: date, site: str, hour: int, minute: int = 0) -> datetime:
        """That hour of a day on the site's clock."""
        return datetime.combine(day, time(hour, minute), ZoneInfo(self.zones[site])).astimezone(UTC)

    @property
    def monday(self) -> date:
        """The Monday of this week, from which the participants' weeks are counted."""
        return self.today - timedelta(days=self.today.weekday())

    def ago(self, days: int) -> date:
        """So many days before today."""
        return self.today - timedelta(days=days)
