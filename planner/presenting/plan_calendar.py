"""A plan as a calendar file: the visits that have a date, as events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.calendars.ical_text import Calendar, CalendarEvent, EventStatus, calendar_text
from planner.presenting.plan_earlier import Earlier, earlier_visits, known_facts, whose
from planner.presenting.protocol_table import clock_words, timed_words
from planner.presenting.study import Study
from planner.presenting.visit_words import GONE, Item, Recorded, timed_items, visit_items
from schedules.closures import PLAIN_SITE
from schedules.protocol import Protocol
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status
from schedules.wording import day_words, span_words, state_words

SHORTEST_VISIT = 15  # minutes, where a booking does not say how long it takes


def plan_calendar(study: Study, plan: Plan, participant: str | None = None, remark: str = "") -> bytes:
    """The calendar of a plan, with the participant's study code and a remark in each event, if they are given.

    What an earlier file of the same record may have held and has no date now is in it as cancelled: an app that
    took the earlier file would keep it otherwise. The more facts there are, the higher the SEQUENCE.
    """
    made = _Events(study, plan, participant, remark)
    about = [f"{plan.protocol} {plan.version}", *made.marks]
    about += [f"Day 1 on {day_words(plan.day_1)}"] if plan.day_1 else []
    return calendar_text(Calendar(", ".join(about), tuple(made.all()), study.design.sites[0].zone))


class _Events:
    """Makes the events of one file: what they have in common is found once."""

    def __init__(self, study: Study, plan: Plan, participant: str | None, remark: str) -> None:
        self.study, self.plan = study, plan
        self.facts = study.recorded(study.imagined)
        self.whose = whose(study, participant)
        self.marks = [mark for mark in (participant, remark) if mark]
        self.about = ", ".join([plan.protocol, *self.marks])
        self.stamp = datetime.combine(plan.as_of, time(), UTC)
        self.sequence = len(known_facts(study))

    def all(self) -> Iterator[CalendarEvent]:
        """The visits that have a date, then what is withdrawn."""
        earlier = earlier_visits(self.study)
        for visit in self.plan.visits:
            if visit.target is not None:
                yield self._dated(visit, visit.target)
            elif day := _last_day(visit, earlier):
                yield self._withdrawn(visit, day, self.plan, state_words(visit.status.value))
        now = {visit.key for visit in self.plan.visits}
        for key, (visit, planned) in earlier.items():
            if key not in now and visit.target is not None:
                yield self._withdrawn(visit, visit.target, planned, "no longer planned")

    def _dated(self, visit: ScheduledVisit, target: date) -> CalendarEvent:
        protocol = self.study.protocol_of(self.plan)
        start, end = _hours(self.study, visit, protocol) or (target, target + timedelta(days=1))
        event = self._event(visit, target, "\n".join(_description(visit, protocol, self.facts)), self.plan)
        return replace(
            event,
            start=start,
            end=end,
            status=EventStatus.CONFIRMED if _is_certain(visit) else EventStatus.TENTATIVE,
            transparent=not isinstance(start, datetime),
            location=_place(self.study, visit) if isinstance(start, datetime) else "",
        )

    def _withdrawn(self, visit: ScheduledVisit, day: date, planned: Plan, state: str) -> CalendarEvent:
        """It stands on the day that it had; "cancelled" only where the visit is: others may get another day."""
        gone = planned is not self.plan or (visit.status in GONE and visit.status is not Status.SUSPENDED)
        words = [f"Status: {state}", *(conflict.text for conflict in visit.conflicts), f"Visit: {visit.key}"]
        event = self._event(visit, day, "\n".join(words), planned)
        return replace(event, summary=f"{'CANCELLED' if gone else 'NO DATE'}: {event.summary}")

    def _event(self, visit: ScheduledVisit, day: date, description: str, planned: Plan) -> CalendarEvent:
        epoch = self.study.protocol_of(planned).epochs.get(visit.spec.stay.epoch)
        return CalendarEvent(
            uid=visit_uid(self.plan.protocol, self.whose, visit.key),
            summary=f"{visit.spec.label} ({self.about})",
            start=day,
            end=day + timedelta(days=1),
            stamp=self.stamp,
            description=description,
            status=EventStatus.CANCELLED,
            transparent=True,
            categories=(epoch.label,) if epoch else (),
            sequence=self.sequence,
        )


def _last_day(visit: ScheduledVisit, earlier: Mapping[str, Earlier]) -> date | None:
    """Where a visit without a date stood last, else where it would stand."""
    before = earlier[visit.key][0].target if visit.key in earlier else None
    return before or visit.due or visit.nominal


def _is_certain(visit: ScheduledVisit) -> bool:
    """Whether the day is agreed: it is booked, or the visit took place."""
    return visit.actual is not None or (visit.status is Status.BOOKED and not visit.tentative)


def visit_uid(protocol: str, whose: tuple[str, ...], key: str) -> str:
    """A visit's UID, which stays the same while its date moves; it names no person and no machine."""
    return f"visit-{hashlib.sha256(repr((protocol, *whose, key)).encode()).hexdigest()[:32]}"


def _hours(study: Study, visit: ScheduledVisit, protocol: Protocol) -> tuple[datetime, datetime] | None:
    """When a booked visit begins and ends, on the clock of its site; None unless its booking has a time there.

    A time that the clock jumps over is refused when it is booked; read from a file, it is as much later.
    """
    booking = visit.booking
    if booking is None or booking.time is None or visit.status is not Status.BOOKED:
        return None
    zone = ZoneInfo(study.site_on(booking.date).zone)
    start = datetime.combine(booking.date, booking.time, zone).astimezone(UTC)
    end = start + timedelta(minutes=booking.minutes or _minutes(visit, protocol))
    return start.astimezone(zone), end.astimezone(zone)


def _place(study: Study, visit: ScheduledVisit) -> str:
    """The name of the site where it is booked; empty for a plan without sites."""
    site = study.site_on(visit.booking.date) if visit.booking else PLAIN_SITE
    return "" if site.id == PLAIN_SITE.id else site.name


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
