"""A plan as a calendar file: the visits that have a date, as events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.calendars.ical_text import Calendar, CalendarEvent, EventStatus, calendar_text
from planner.commands.planning import Study
from planner.commands.visit_words import Item, Recorded, timed_items, visit_items
from planner.protocol_table import clock_words, timed_words
from schedules.history import Enrolled
from schedules.protocol import Protocol
from schedules.record import known_by, live_facts
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status
from schedules.wording import day_words, span_words, state_words

SHORTEST_VISIT = 15  # minutes, where a booking does not say how long it takes


def plan_calendar(study: Study, plan: Plan) -> bytes:
    """The calendar of a plan; a visit that needs a decision, or has no date for another reason, is not in it."""
    stamp = datetime.combine(plan.as_of, time(), UTC)
    begins = _planned_start(study) or plan.day_1
    facts = study.recorded(study.imagined)
    events = tuple(
        _event(study, plan, visit, facts, visit.target, stamp, begins)
        for visit in plan.visits
        if visit.target is not None
    )
    name = f"{plan.protocol} {plan.version}" + (f", Day 1 on {day_words(plan.day_1)}" if plan.day_1 else "")
    return calendar_text(Calendar(name, events, study.design.sites[0].zone))


def _planned_start(study: Study) -> date | None:
    """The Day 1 that was planned at first: unlike the actual one it stays what it is, and so do the UIDs."""
    facts = live_facts(known_by(study.history.facts, study.known_at))
    enrolled = [fact.day_1 for fact in facts if isinstance(fact, Enrolled) and fact.day_1]
    return enrolled[0] if enrolled else study.history.planned_start


def _event(
    study: Study,
    plan: Plan,
    visit: ScheduledVisit,
    facts: Recorded,
    target: date,
    stamp: datetime,
    begins: date | None,
) -> CalendarEvent:
    protocol = study.protocol_of(plan)
    start, end = _hours(study, visit, protocol) or (target, target + timedelta(days=1))
    is_open = visit.tentative or visit.status is Status.TO_REBOOK
    return CalendarEvent(
        uid=visit_uid(plan.protocol, begins, visit.key),
        summary=f"{visit.spec.label} ({plan.protocol})",
        start=start,
        end=end,
        stamp=stamp,
        description="\n".join(_description(visit, protocol, facts)),
        status=EventStatus.TENTATIVE if is_open else EventStatus.CONFIRMED,
        transparent=not isinstance(start, datetime),
        categories=(protocol.epochs[visit.spec.stay.epoch].label,) if visit.spec.stay.epoch in protocol.epochs else (),
    )


def visit_uid(protocol: str, begins: date | None, key: str) -> str:
    """A visit's UID, which stays the same while its date moves; it names no person and no machine."""
    words = repr((protocol, begins.isoformat() if begins else "", key))
    return f"visit-{hashlib.sha256(words.encode()).hexdigest()[:32]}"


def _hours(study: Study, visit: ScheduledVisit, protocol: Protocol) -> tuple[datetime, datetime] | None:
    """When a booked visit begins and ends, as instants; None unless its booking has a time."""
    booking = visit.booking
    if booking is None or booking.time is None or visit.status is not Status.BOOKED:
        return None
    zone = ZoneInfo(study.site_on(booking.date).zone)
    start = datetime.combine(booking.date, booking.time, zone).astimezone(UTC)
    return start, start + timedelta(minutes=booking.minutes or _minutes(visit, protocol))


def _minutes(visit: ScheduledVisit, protocol: Protocol) -> int:
    """How long the visit takes by its activities: one after the other, then the longest observation."""
    known = [protocol.activities[name] for name in visit.spec.activities if name in protocol.activities]
    takes = sum(activity.minutes for activity in known)
    return max(SHORTEST_VISIT, takes + max((activity.observe_minutes for activity in known), default=0))


def _description(visit: ScheduledVisit, protocol: Protocol, facts: Recorded) -> Iterator[str]:
    yield ", ".join(_item_words(item, protocol) for item in visit_items(visit, protocol, facts))
    for item in timed_items(visit):
        within = f" ({clock_words(item.within)})" if item.within else ""
        yield f"{_label(item.activity, protocol)}: {timed_words(item, protocol.activities)}{within}"
    if visit.opens is not None and visit.closes is not None:
        yield f"Window: {span_words(visit.opens, visit.closes)}"
    yield f"Status: {state_words(visit.status.value)}{', tentative' if visit.tentative else ''}"
    yield from (conflict.text for conflict in visit.conflicts)
    yield f"Visit: {visit.key}"


def _item_words(item: Item, protocol: Protocol) -> str:
    """What is done, by its label; a study drug says that it is one."""
    label = _label(item.activity, protocol)
    if item.left_out:
        return f"no {label}"
    return f"{label} (study drug)" if item.drug else label


def _label(activity: str, protocol: Protocol) -> str:
    return protocol.activities[activity].label if activity in protocol.activities else activity
