"""What a participant reads on their own page: their visits as they were told of them, and what to know before each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.errors import RulesRefused
from notifications.recipients import RecipientRow
from notifications.rules import Rules, rules_of
from planner.persistence.feeds import Feed
from planner.persistence.participants import Contact
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.services.designs import Designs
from planner.services.histories import Life, life_of
from planner.services.home_doors import AtHome
from planner.services.home_doses import home_drugs
from planner.services.recipients import recipient_row
from planner.services.reminders import rules_row
from schedules.errors import DateOutOfRange, DesignError, HistoryError
from schedules.participant_view import told_visits
from schedules.protocol import Activity, ActivityKind
from schedules.scheduled import ScheduledVisit
from schedules.statuses import Status
from schedules.windows import DayRange

#: how long what is over, and what was called off, stays in the list
BACK = timedelta(days=730)
CALLED_OFF_FOR = timedelta(days=30)
MOST = 300
_TO_COME = frozenset({Status.PLANNED, Status.DUE, Status.TO_REBOOK, Status.NEEDS_DECISION})


@dataclass(frozen=True, slots=True)
class Samples:
    """When blood or other samples of a visit are taken: on its day, or on days before or after it too."""

    opens: date
    closes: date


@dataclass(frozen=True, slots=True)
class HomeVisit:
    """One visit as its participant knows it; the hour is minutes after midnight on the clock of the place."""

    appointment: int
    version: int
    day: date
    starts: int | None
    zone: str
    place: str
    address: str
    phone: str
    minutes: int | None
    cancelled: bool
    over: bool
    #: confirmed, wants-to-move, or nothing
    answer: str
    #: what the plan says of it, where it does
    samples: Samples | None
    #: whether a study drug is given
    dosed: bool
    #: whether it is a call and nobody travels
    remote: bool


@dataclass(frozen=True, slots=True)
class HomePage:
    """A participant's own page. ``undated``: another visit is planned whose date nobody has told them yet."""

    language: str
    today: date
    #: all that is still to come, and what is over, the nearest first
    coming: tuple[HomeVisit, ...]
    earlier: tuple[HomeVisit, ...]
    undated: bool
    clinic: str
    phone: str
    urgent_phone: str
    emergency_phone: str
    bring: str
    no_driving: bool
    #: whether the clock of the place is another one than their own
    other_clock: bool
    #: whether the study has anything that is taken at home
    takes_at_home: bool

    @property
    def next(self) -> HomeVisit | None:
        """The next visit that takes place."""
        return next((visit for visit in self.coming if not visit.cancelled), None)


def home_page(session: Session, designs: Designs, seen: AtHome, now: datetime) -> HomePage:
    """The page of somebody's own as it is now."""
    site = session.get_one(SiteRow, seen.participant.site_id)
    life = life_of(session, designs.of(session, session.get_one(Study, seen.link.study_id)), seen.participant)
    told = told_to(life, now)
    recipient = recipient_row(session, seen.participant.id)
    visits = _visits(session, recipient, life, {visit.key: visit for visit in told}, now)
    rules = _rules(session, seen.link.study_id)
    feed = session.get(Feed, seen.link.feed_id) if seen.link.feed_id is not None else None
    contact = session.get(Contact, seen.participant.id)
    return HomePage(
        language=contact.language if contact is not None else "en", today=life.today(now),
        coming=tuple(visit for visit in visits if not visit.over),
        earlier=tuple(visit for visit in reversed(visits) if visit.over and not visit.cancelled),
        undated=any(_is_undated(visit) for visit in told), clinic=rules.alias or site.name, phone=site.phone,
        urgent_phone=rules.urgent_phone, emergency_phone=rules.emergency_phone,
        bring=str(feed.options.get("bring", "")) if feed is not None else "", no_driving=seen.link.no_driving,
        other_clock=recipient is not None and any(recipient.zone != visit.zone for visit in visits if not visit.over),
        takes_at_home=bool(home_drugs(life.study)),
    )  # fmt: skip


def told_to(life: Life, now: datetime) -> tuple[ScheduledVisit, ...]:
    """Every visit as its participant knows of it; none where the facts do not make a plan."""
    today, releases = life.today(now), life.study.releases_bookings
    try:
        return told_visits(life.study.design, life.history, today, releases_bookings=releases)
    except (HistoryError, DesignError, DateOutOfRange):
        return ()


def _is_undated(visit: ScheduledVisit) -> bool:
    return visit.status in _TO_COME and not visit.tentative and visit.booking is None


def _rules(session: Session, study_id: int) -> Rules:
    try:
        return rules_of(rules_row(session, study_id))
    except RulesRefused:
        return Rules()


def _visits(
    session: Session, recipient: RecipientRow | None, life: Life, told: Mapping[str, ScheduledVisit], now: datetime
) -> list[HomeVisit]:
    """Every appointment that somebody was told of and that is not too long ago, the earliest first."""
    if recipient is None:
        return []
    query = select(AppointmentRow).where(
        AppointmentRow.recipient_id == recipient.id, AppointmentRow.starts_at > now - BACK,
    )  # fmt: skip
    rows = session.scalars(query.order_by(AppointmentRow.starts_at, AppointmentRow.id).limit(MOST))
    activities = {name: it for read in life.study.versions for name, it in read.protocol.activities.items()}
    return [
        _visit(row, told.get(row.reference), activities, now)
        for row in rows
        if not row.cancelled or row.changed_at > now - CALLED_OFF_FOR
    ]


def _visit(
    row: AppointmentRow, planned: ScheduledVisit | None, activities: Mapping[str, Activity], now: datetime
) -> HomeVisit:
    return HomeVisit(
        appointment=row.id, version=row.version, day=row.day, starts=row.starts, zone=row.zone, place=row.place,
        address=row.address, phone=row.phone, minutes=row.minutes, cancelled=row.cancelled, over=row.starts_at <= now,
        answer=row.answer, samples=_samples(row.day, planned, activities) if planned is not None else None,
        dosed=planned is not None and bool(planned.spec.doses), remote=planned is not None and planned.spec.remote,
    )  # fmt: skip


def _samples(day: date, planned: ScheduledVisit, activities: Mapping[str, Activity]) -> Samples | None:
    """On which days the protocol wants samples for a visit: widest span of all that are taken."""
    before, after, any_at_all = 0, 0, False
    for detail in planned.spec.details:
        activity = activities.get(detail.activity)
        if activity is None or activity.kind is not ActivityKind.SAMPLE:
            continue
        any_at_all = True
        window = detail.window
        if isinstance(window, DayRange):
            window = window.around_day(planned.spec.day) if planned.spec.day is not None else None
        if window is not None:
            before, after = max(before, window.before), max(after, window.after)
    return Samples(day - timedelta(days=before), day + timedelta(days=after)) if any_at_all else None
