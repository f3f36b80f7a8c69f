"""Sites: where participants are seen, and when they are not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from notifications.appointments import SiteShown, recipients_at, show_site_anew
from notifications.invitations import invite_anew
from planner.clock import local_day
from planner.persistence.bookings import Booking, ChairSlot
from planner.persistence.feeds import EVERYBODY
from planner.persistence.participants import Participant
from planner.persistence.sites import Closure, SiteRow, StoredHoliday, site_by_code
from planner.persistence.studies import Study, StudySite
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.visits import VisitRow
from planner.problems import Conflict, InputProblem, InvalidInput, NotFound
from planner.services.recipients import participant_of
from planner.services.revisions import Edited, refuse_what_changed
from schedules.closures import Weekday, public_holidays
from schedules.protocol import Resource
from schedules.recurrence import check_rule

_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_HOUR = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
MOST_CHAIRS = 500
#: how many years of public holidays are stored: the last one, this one, and these to come
YEARS_AHEAD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSite:
    """A new site. ``zone`` is an IANA name; ``country`` and ``region`` (ISO 3166) are for public holidays."""

    code: str
    name: str
    zone: str
    country: str | None = None
    region: str | None = None
    weekend: tuple[str, ...] = ("saturday", "sunday")
    opening: Mapping[str, Sequence[str]] = field(default_factory=dict)
    chairs: int = 0
    address: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSite:
    """A day, a span of days, or a recurring rule (RFC 5545) on which a site, or some resources, are closed."""

    first: date
    last: date | None = None
    rule: str | None = None
    resources: tuple[str, ...] = ()
    reason: str = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSite:
    """What is to be otherwise at a site; None leaves it as it is. ``expected`` is the revision the person had seen."""

    name: str | None = None
    opening: Mapping[str, Sequence[str]] | None = None
    chairs: int | None = None
    address: str | None = None
    phone: str | None = None
    expected: int | None = None


_CHANGEABLE = ("name", "opening", "chairs", "address", "phone")


def create_site(uow: UnitOfWork, command: CreateSite) -> SiteRow:
    """Set up a site, with its public holidays stored. Raises InvalidInput, or Conflict if the code is taken."""
    problems = list(_problems(command))
    if problems:
        raise InvalidInput(problems)
    if site_by_code(uow.session, command.code) is not None:
        raise Conflict([InputProblem("code", f"there is a site {command.code} already", "choose another code")])
    row = SiteRow(
        code=command.code, name=command.name.strip(), zone=command.zone, country=command.country,
        region=command.region, weekend=list(command.weekend), chairs=command.chairs, address=command.address,
        opening={day: list(hours) for day, hours in command.opening.items()}, phone=command.phone, created_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    store_holidays(uow, row)
    uow.audit("site.created", f"site:{row.code}", after={"name": row.name, "zone": row.zone, "chairs": row.chairs})
    return row


def _problems(command: CreateSite) -> Iterable[InputProblem]:
    if not _CODE.fullmatch(command.code) or len(command.code) > 64:
        yield InputProblem("code", "a site's code begins with a small letter", "write e.g. north-clinic")
    if not command.name.strip() or len(command.name) > 200:
        yield InputProblem("name", "the name is missing or too long", "write 1 to 200 characters")
    if command.zone not in available_timezones():
        yield InputProblem("zone", "there is no such time zone", "write an IANA name such as America/New_York")
    if not 0 <= command.chairs <= MOST_CHAIRS:
        yield InputProblem("chairs", "the number of chairs is not possible", f"write 0 to {MOST_CHAIRS}")
    yield from _week_problems(command)
    yield from _holiday_problems(command)


def _week_problems(command: CreateSite) -> Iterable[InputProblem]:
    for day in (*command.weekend, *command.opening):
        if day not in set(Weekday):
            yield InputProblem("weekend", f"{day[:20]} is no weekday", "write monday to sunday")
    for day, hours in command.opening.items():
        if len(hours) != 2 or not all(_HOUR.fullmatch(hour) for hour in hours) or hours[0] >= hours[1]:
            yield InputProblem(f"opening/{day}", "these are no opening hours", 'write e.g. ["08:00", "17:00"]')


def _holiday_problems(command: CreateSite) -> Iterable[InputProblem]:
    if command.region and not command.country:
        yield InputProblem("country", "a region is given without its country", "write both, such as US and NY")
    elif command.country:
        try:
            public_holidays(command.country, command.region, [2026])
        except ValueError as wrong:
            said, _, right = str(wrong).partition("; ")
            yield InputProblem("country", said, right)


def change_site(uow: UnitOfWork, site: SiteRow, command: ChangeSite) -> None:
    """Give a site other opening hours, chairs, or another name, address or number. No date moves by it.

    Appointments stay as they were made. Raises InvalidInput, or Conflict while one sits in a chair that would go, or if
    somebody else has changed the site since.
    """
    uow.session.refresh(site, with_for_update=True)
    actions = ("site.changed", "site.closed", "site.reopened")
    edited = Edited(subject=f"site:{site.code}", actions=actions, revision=site.revision)
    refuse_what_changed(uow.session, edited, command.expected)
    said = {name: value for name in _CHANGEABLE if (value := getattr(command, name)) is not None}
    wanted = CreateSite(code=site.code, zone=site.zone, **{name: getattr(site, name) for name in _CHANGEABLE} | said)
    problems = list(_problems(wanted))
    if problems:
        raise InvalidInput(problems)
    _keep_chairs(uow, site, wanted.chairs)
    values = {**said, "opening": {day: list(hours) for day, hours in wanted.opening.items()}}
    before = {name: getattr(site, name) for name in values}
    for name, value in values.items():
        setattr(site, name, value)
    site.revision += 1
    changed = [name for name, value in values.items() if before[name] != value]
    in_calendars = not _IN_CALENDARS.isdisjoint(changed)
    _show_anew(uow, site, before.get("name", site.name), staff=in_calendars, told=not _TOLD.isdisjoint(changed))
    uow.audit(
        "site.changed", f"site:{site.code}", before={name: before[name] for name in changed},
        after={name: values[name] for name in changed},
    )  # fmt: skip


#: what of a site stands in the calendars of staff
_IN_CALENDARS = frozenset({"name", "address"})


#: and in those of participants; nobody is written to but who agreed to invitations
_TOLD = frozenset({"phone", "address", "name"})


def _show_anew(uow: UnitOfWork, site: SiteRow, known_as: str, staff: bool, told: bool) -> None:
    """What calendars show of the site is shown at once: visits and appointments there are at another revision.

    ``known_as`` is the name that it had until now. The participants are locked first, in the order in which everybody
    locks them.
    """
    theirs = {participant_of(name)[0] for name in recipients_at(uow.session, site.id, uow.now)} if told else set()
    stands = (or_(VisitRow.site_id == site.id, _has_a_chair(site)), VisitRow.stood != "")
    if staff:
        theirs |= set(uow.session.scalars(select(VisitRow.participant_id).where(*stands)))
    if theirs:
        locked = select(Participant.id).where(Participant.id.in_(theirs)).order_by(Participant.id)
        uow.session.execute(locked.with_for_update())
    if told:
        concerned = show_site_anew(
            uow.session, site.id, SiteShown(site.phone, site.address, known_as, site.name), uow.now
        )  # fmt: skip
        invite_anew(uow.session, concerned, uow.now)
        for name in concerned:
            uow.tells(participant_of(name)[0])
    if staff:
        shown = update(VisitRow).where(*stands).values(revision=VisitRow.revision + 1, changed_at=uow.now)
        uow.session.execute(shown.execution_options(synchronize_session=False))
        for study_id in uow.session.scalars(select(StudySite.study_id).where(StudySite.site_id == site.id)):
            uow.shows(study_id, site.id, EVERYBODY)


def _has_a_chair(site: SiteRow) -> ColumnElement[bool]:
    """Whether a visit has an appointment at a site, wherever the participant is seen."""
    theirs = (Booking.participant_id == VisitRow.participant_id, Booking.visit_key == VisitRow.key)
    return exists().where(*theirs, Booking.ended_at.is_(None), Booking.site_id == site.id)


def _keep_chairs(uow: UnitOfWork, site: SiteRow, chairs: int) -> None:
    beyond = (ChairSlot.site_id == site.id, ChairSlot.chair > chairs, ChairSlot.day >= today_at(site, uow.now))
    taken = uow.session.execute(select(ChairSlot.day, ChairSlot.chair).where(*beyond).order_by(ChairSlot.day)).first()
    if taken is not None:
        wrong = f"on {taken.day} somebody sits in chair {taken.chair}"
        raise Conflict([InputProblem("chairs", wrong, "move the appointments of that chair first")])


def store_holidays(uow: UnitOfWork, site: SiteRow) -> int:
    """Store the public holidays of the years about to be used that are not stored yet; the number of new ones."""
    if site.country is None:
        return 0
    this_year = local_day(uow.now, site.zone).year
    known = {day.year for day in uow.session.scalars(select(StoredHoliday.day).where(StoredHoliday.site_id == site.id))}
    years = [year for year in range(this_year - 1, this_year + YEARS_AHEAD + 1) if year not in known]
    found = public_holidays(site.country, site.region, years) if years else {}
    found = {day: name for day, name in found.items() if day.year in years}
    uow.session.add_all(StoredHoliday(site_id=site.id, day=day, name=name[:200]) for day, name in found.items())
    return len(found)


def keep_holidays(uow: UnitOfWork, site_id: int) -> int:
    """Store a site's public holidays of the years to come; the number of new ones. Two at once store them once."""
    site = uow.session.get_one(SiteRow, site_id, with_for_update=True)
    count = store_holidays(uow, site)
    if count:
        uow.audit("site.holidays-stored", f"site:{site.code}", after={"days": count})
    return count


def close_site(uow: UnitOfWork, site: SiteRow, command: CloseSite) -> Closure:
    """Close a site on some days; every study there is planned anew by whoever calls. Raises InvalidInput."""
    check_closure(command)
    row = Closure(
        site_id=site.id, first=command.first, last=None if command.rule else command.last,
        rule=check_rule(command.rule) if command.rule else None, resources=list(command.resources),
        reason=command.reason.strip() or "closed", created_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    _touch(uow.session, site)
    after = {"id": row.id, "first": str(row.first), "last": str(row.last or ""), "rule": row.rule, "reason": row.reason}
    uow.audit("site.closed", f"site:{site.code}", after=after)
    return row


def check_closure(command: CloseSite) -> None:
    """Raise InvalidInput for a closure that cannot be."""
    problems = list(_closure_problems(command))
    if problems:
        raise InvalidInput(problems)


def _closure_problems(command: CloseSite) -> Iterable[InputProblem]:
    if command.last is not None and command.last < command.first:
        yield InputProblem("last", "the last day lies before the first", "exchange the two")
    if not 1900 <= command.first.year <= 2200 or (command.last and command.last.year > 2200):
        yield InputProblem("first", "the day is outside the years 1900 to 2200", "write a day of the study")
    if command.rule is not None:
        try:
            check_rule(command.rule)
        except ValueError as wrong:
            said, _, right = str(wrong).rpartition("; ")
            yield InputProblem("rule", said, right)
    for name in command.resources:
        if name not in set(Resource):
            yield InputProblem("resources", f"there is no resource {name[:20]}", f"choose from {', '.join(Resource)}")
    if len(command.reason) > 200:
        yield InputProblem("reason", "the reason is too long", "write at most 200 characters")


def reopen_site(uow: UnitOfWork, site: SiteRow, closure_id: int) -> None:
    """Take a closure back. It stays on record."""
    row = uow.session.get(Closure, closure_id)
    if row is None or row.site_id != site.id or row.removed_at is not None:
        raise NotFound([InputProblem("closure", "the site has no such closure", "look at its closures")])
    row.removed_at = uow.now
    _touch(uow.session, site)
    uow.audit("site.reopened", f"site:{site.code}", before={"id": row.id, "first": str(row.first)})


def _touch(session: Session, site: SiteRow) -> None:
    """The site is at another revision, and every study of it has another design now."""
    session.refresh(site, with_for_update=True)
    site.revision += 1
    theirs = select(StudySite.study_id).where(StudySite.site_id == site.id)
    session.execute(update(Study).where(Study.id.in_(theirs)).values(revision=Study.revision + 1))


def today_at(site: SiteRow, now: datetime) -> date:
    """The date at the site."""
    return now.astimezone(ZoneInfo(site.zone)).date()
