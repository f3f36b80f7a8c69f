"""The site that a page of the infusion centre is about, and whoever looks at it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import request
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, scope
from planner.auth.permissions import Permission
from planner.persistence.sites import SiteRow
from planner.problems import InputProblem, InvalidInput
from planner.request_log import request_id
from planner.services.access import find_site
from planner.services.designs import engine_sites
from planner.services.identities import note_look
from planner.services.seats import Looking, Seat
from planner.services.sites import today_at
from planner.web.frame import may
from planner.web.shared_screen import screen_here
from schedules.closures import SiteCalendar
from schedules.protocol import Resource
from schedules.scalars import read_date

#: days that are shown besides the one that is looked at
STRIP = 7
_INFUSION = frozenset({Resource.INFUSION, Resource.PHARMACY})


@dataclass(frozen=True, slots=True)
class Place:
    """A site as its pages show it: the date there, and whether they stand where everybody can read them."""

    row: SiteRow
    today: date
    now: datetime
    calendar: SiteCalendar
    shared: bool

    @property
    def code(self) -> str:
        """What addresses name it by."""
        return self.row.code

    def why_closed(self, day: date) -> str | None:
        """Why no drug is given there on a day; None where it is open."""
        found = self.calendar.why_closed(day.toordinal(), _INFUSION)
        return found[1] if found is not None else None

    def may(self, permission: Permission) -> bool:
        """Whether whoever looks may do that here in some study."""
        return may(asking(), permission) and asking().scope(permission).covers_site(self.row.id)


def place_of(session: Session, code: str) -> Place:
    """The site of that code. Raises NotFound and NotAllowed."""
    row, now = find_site(session, scope(), code), clock.now()
    calendar = SiteCalendar(engine_sites(session, [row])[0])
    return Place(row, today_at(row, now), now, calendar, screen_here() is not None)


def looking(session: Session) -> Looking:
    """Whoever looks: who somebody is, is for those who have to check it, and never for a shared screen."""
    planner, who, shared = installation(), asking(), screen_here() is not None
    names = None if shared or not may(who, Permission.IDENTIFIERS_READ) else who.scope(Permission.IDENTIFIERS_READ)
    return Looking(session, planner.designs, planner.keys, scope(), names)


def note_names(subject: str, seats: Iterable[Seat]) -> None:
    """Write down whose name and identifiers are about to be shown, and to whom; nothing where none are."""
    numbers: dict[int, set[str]] = defaultdict(set)
    for seat in seats:
        if seat.identity is not None:
            numbers[seat.participant.study_id].add(seat.participant.number)
    if numbers:
        looks = asking()
        installation().store.write(looks.actor, clock.now(), lambda uow: note_look(uow, subject, numbers), request_id())


def asked_day(today: date) -> date:
    """The day that the address asks for, else today. Raises InvalidInput."""
    text = request.args.get("day", "")
    try:
        day = read_date(text) if text else today
    except ValueError:
        day = None
    if day is None or abs(day - today) > timedelta(days=3_650):
        raise InvalidInput([InputProblem("day", "this is no day that can be shown", "write it as 2026-01-31")])
    return day


def days_from(first: date, count: int) -> list[date]:
    """So many days on end."""
    return [first + timedelta(days=number) for number in range(count)]
