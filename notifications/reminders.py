"""When somebody is reminded of an appointment: pure, from the appointment, the study's rules and their own clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from notifications.local_time import DAY, instant_of, zone_of
from notifications.message import Appointment
from notifications.quiet_hours import next_allowed
from notifications.rules import TIMINGS, Rules

#: the text of all of them
REMINDER = "reminder"
#: how long before the appointment a reminder is of no use any more
TOO_LATE = timedelta(hours=1)
#: until when on the day itself a reminder without an hour is of use
_NOON = 12 * 60
_DAYS = {"7d": 7, "3d": 3, "1d": 1}


@dataclass(frozen=True, slots=True)
class Planned:
    """A reminder to be sent, not before ``due_at`` and not from ``expires_at`` on, which is later; both in UTC."""

    template: str
    timing: str
    due_at: datetime
    expires_at: datetime


def planned(appointment: Appointment, zone: str, rules: Rules, now: datetime) -> list[Planned]:
    """The reminders of an appointment that are still to be sent, earliest first; none is due before ``now``.

    ``zone`` is the recipient's, which need not be the appointment's. A reminder is of use until the next one is due, so
    that after an outage two do not come at once, and the last one until shortly before the appointment. One that would
    be due in quiet hours is due when they end. Raises UnknownZone.
    """
    wanted = rules.timings if appointment.wants is None else appointment.wants
    if appointment.withheld or not wanted:
        return []
    ends = _useful_until(appointment)
    due = dict(_due(appointment, zone, rules, wanted, ends))
    in_order = sorted((at, timing) for timing, at in due.items() if at < ends)
    last = [*in_order, (ends, "")]
    pairs = ((this, after) for this, after in pairwise(last) if this[0] < after[0])
    return [Planned(REMINDER, timing, at, after) for (at, timing), (after, _) in pairs if at >= now]


def starts_at(day: date, starts: int | None, zone: str) -> datetime:
    """When an appointment begins, in UTC; without an hour the end of its day. Raises UnknownZone."""
    return instant_of(day, DAY if starts is None else starts, zone_of(zone))


def _useful_until(appointment: Appointment) -> datetime:
    if appointment.starts is None:
        return starts_at(appointment.day, _NOON, appointment.zone)
    return starts_at(appointment.day, appointment.starts, appointment.zone) - TOO_LATE


def _due(
    appointment: Appointment, zone: str, rules: Rules, wanted: tuple[str, ...], ends: datetime
) -> Iterator[tuple[str, datetime]]:
    clock = zone_of(zone)
    day = _day_there(appointment, clock)
    for timing in TIMINGS:
        if timing in _DAYS and timing in wanted:
            yield timing, _at_the_hour(day - timedelta(days=_DAYS[timing]), zone, rules)
    if "morning" in wanted:
        at = _in_the_morning(appointment, day, zone, rules)
        if at < ends:
            yield "morning", at
        elif "1d" not in wanted:
            yield "morning", _at_the_hour(day - timedelta(days=1), zone, rules)


def _day_there(appointment: Appointment, clock: ZoneInfo) -> date:
    """The day of the appointment on the recipient's calendar."""
    if appointment.starts is None:
        return appointment.day
    return starts_at(appointment.day, appointment.starts, appointment.zone).astimezone(clock).date()


def _at_the_hour(day: date, zone: str, rules: Rules) -> datetime:
    return next_allowed(instant_of(day, rules.hour, zone_of(zone)), zone, rules.hours)


def _in_the_morning(appointment: Appointment, day: date, zone: str, rules: Rules) -> datetime:
    """Some hours before it, or when the quiet hours end; without an hour at the study's hour of that day."""
    if appointment.starts is None:
        return _at_the_hour(day, zone, rules)
    starts = starts_at(appointment.day, appointment.starts, appointment.zone)
    return next_allowed(starts - timedelta(minutes=rules.morning_before), zone, rules.hours)
