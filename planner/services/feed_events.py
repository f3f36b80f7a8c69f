"""What a calendar shows of one visit: to staff, to an infusion centre, or only that somebody is busy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from notifications.calendars.ical_text import CalendarEvent, EventStatus
from planner.services.standing import UNSETTLED
from schedules.statuses import Status
from schedules.wording import span_words, state_words

#: how long what was cancelled is shown as such
CANCELLED_FOR = timedelta(days=30)
_SURE = frozenset({Status.BOOKED, Status.PLANNED, Status.DUE, Status.UNRECORDED, Status.DONE, Status.EXPIRED})
_DAY = timedelta(days=1)


class Seen(NamedTuple):
    """A visit as the database has it for calendars of staff."""

    number: str
    key: str
    study: str
    site: str
    address: str
    zone: str
    label: str
    status: str
    tentative: bool
    setting: str
    opens: date | None
    closes: date | None
    doses: list[list[str]]
    minutes: int
    observes: int
    stood: str
    fell_at: datetime | None
    gone: bool
    revision: int
    changed_at: datetime


class Shows(NamedTuple):
    """How a feed shows visits: to whom, and what its maker asked for."""

    audience: str
    busy_only: bool
    windows: bool
    alarms: tuple[timedelta, ...]


def span_of(stood: str, zone: str, minutes: int) -> tuple[date, date]:
    """From when to when (exclusive) a visit takes: instants on the site's clock, or its whole day."""
    when, _, takes = stood.partition("/")
    day, _, hour = when.partition("T")
    first = date.fromisoformat(day)
    if not hour:
        return first, first + _DAY
    return hours_of(first, time.fromisoformat(hour), zone, int(takes) if takes else minutes)


def hours_of(day: date, hour: time, zone: str, minutes: int) -> tuple[datetime, datetime]:
    """When it begins and ends. An hour that the clock jumps over is the one that it shows instead."""
    clock = ZoneInfo(zone)
    start = datetime.combine(day, hour, clock).astimezone(UTC)
    return start.astimezone(clock), (start + timedelta(minutes=max(1, minutes))).astimezone(clock)


def event_of(seen: Seen, shows: Shows, uid: str) -> CalendarEvent:
    """The event of a visit that stands in calendars, or did until lately."""
    start, end = span_of(seen.stood, seen.zone, seen.minutes)
    timed, fallen = isinstance(start, datetime), seen.fell_at is not None
    return CalendarEvent(
        uid=uid,
        summary=_summary(seen, shows),
        start=start,
        end=end,
        stamp=seen.changed_at,
        description="" if shows.busy_only else "\n".join(_description(seen, shows, start, end)),
        status=_status(seen),
        transparent=fallen or not timed,
        sequence=seen.revision,
        location="" if shows.busy_only else _location(seen),
        alarms=shows.alarms if timed and not fallen else (),
    )


def window_of(seen: Seen, shows: Shows, uid: str) -> CalendarEvent | None:
    """The days on which the visit may be, as an event that makes nobody busy; None where it has none."""
    if seen.opens is None or seen.closes is None or seen.fell_at is not None:
        return None
    return CalendarEvent(
        uid=uid, summary=f"Window: {_name(seen)}", start=seen.opens, end=seen.closes + _DAY, stamp=seen.changed_at,
        status=EventStatus.TENTATIVE if seen.tentative else EventStatus.CONFIRMED, transparent=True,
        sequence=seen.revision,
    )  # fmt: skip


def _status(seen: Seen) -> EventStatus:
    if seen.fell_at is not None:
        return EventStatus.CANCELLED
    sure = Status(seen.status) in _SURE and not seen.tentative
    return EventStatus.CONFIRMED if sure else EventStatus.TENTATIVE


def _name(seen: Seen) -> str:
    return f"{seen.study} {seen.number} {seen.label}"


def _summary(seen: Seen, shows: Shows) -> str:
    name = "Busy" if shows.busy_only else _name(seen)
    if not shows.busy_only and shows.audience == "centre" and seen.doses:
        name = f"{name}: {', '.join(drug for drug, _ in seen.doses)}"
    if seen.fell_at is not None:
        return f"CANCELLED: {name}"
    if seen.status in UNSETTLED and not shows.busy_only:
        return f"TO REBOOK: {name}"
    return name


def _description(seen: Seen, shows: Shows, start: date, end: date) -> Iterator[str]:
    if seen.doses:
        yield f"Study drugs: {', '.join(_dose(drug, level) for drug, level in seen.doses)}"
    if isinstance(start, datetime) and isinstance(end, datetime):
        minutes = (end.astimezone(UTC) - start.astimezone(UTC)) // timedelta(minutes=1)
        watched = f", {seen.observes} of them observation" if seen.observes else ""
        yield f"{'In the chair' if seen.doses else 'Takes'}: {minutes} minutes{watched}"
    if shows.audience != "centre":
        if seen.opens is not None and seen.closes is not None:
            yield f"Window: {span_words(seen.opens, seen.closes)}"
        # Whether its window is open already moves nothing, and is shown nowhere.
        status = Status.PLANNED if seen.status in (Status.DUE, Status.UNRECORDED) else seen.status
        said = "no longer planned" if seen.gone else state_words(status)
        yield f"Status: {said}{', tentative' if seen.tentative else ''}"


def _dose(drug: str, level: str) -> str:
    return f"{drug}, {level}" if level else drug


def _location(seen: Seen) -> str:
    if seen.setting != "clinic":
        return {"remote": "By telephone", "inpatient": "In hospital"}.get(seen.setting, "")
    return f"{seen.site}, {seen.address}" if seen.address else seen.site
