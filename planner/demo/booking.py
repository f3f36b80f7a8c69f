"""Appointments of the demo: made two weeks ahead for visits with an infusion, moved when they no longer fit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from planner.demo.life import Life
from planner.demo.setting import SOUTH
from planner.demo.stage import Stage
from planner.persistence.bookings import Booking
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import ChairTaken
from planner.services.access import EVERYTHING, find_site
from planner.services.fact_records import read_facts
from planner.services.facts import RecordFacts, record_facts
from planner.services.sites import CloseSite, close_site
from planner.services.users import Role
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import GateStatus, Status

#: also beyond a gate that is still open: if it is decided otherwise, the chair is given back
AHEAD = timedelta(days=14)
#: how soon after today a site may be closed
_CLOSED_FROM = timedelta(days=4)
HOURS = ("08:30", "09:00", "09:30", "10:00", "10:30", "11:00", "11:30", "12:00")
_WAITING = (Status.PLANNED, Status.DUE)


def book_ahead(stage: Stage, life: Life, day: date, now: datetime, place: int) -> Plan | None:
    """Make and move the appointments of one participant; the plan that follows, None if nothing was to be done."""
    wanted = list(_wanted(life, day))
    if not wanted:
        return None
    for turn in range(len(HOURS)):
        hour = HOURS[(place + turn) % len(HOURS)]
        facts = read_facts([said for fact in wanted for said in _told({**fact, "time": hour}, day)])
        command = RecordFacts(study=life.course.study, participant=life.course.number, facts=facts)
        try:
            done = stage.do(
                Role.COORDINATOR.value,
                now,
                lambda uow, command=command: record_facts(uow, stage.designs, EVERYTHING, command),  # type: ignore[misc]
            )
        except ChairTaken:
            continue
        return done.after
    return None


def close_a_day(stage: Stage, now: datetime) -> None:
    """A site is closed on a day on which somebody has an appointment: each of them has to come on another day."""
    first = stage.today + _CLOSED_FROM

    def work(uow: UnitOfWork) -> None:
        site = find_site(uow.session, EVERYTHING, SOUTH)
        booked = select(func.min(Booking.day)).where(
            Booking.site_id == site.id, Booking.ended_at.is_(None), Booking.day >= first
        )
        day = uow.session.scalar(booked)
        if day is not None:
            close_site(uow, site, CloseSite(first=day, reason="the air is renewed (made up)"))

    stage.do(Role.ADMINISTRATOR.value, now, work)


def _told(booked: dict[str, Any], day: date) -> Iterator[dict[str, Any]]:
    """An appointment, and that the participant was told of it, as it is made on the telephone."""
    name = f"{booked['fact']}-{booked['visit']}-{booked['date']}"
    yield {**booked, "id": name}
    yield {"fact": "told", "about": name, "date": str(day)}


def _wanted(life: Life, today: date) -> Iterator[dict[str, Any]]:
    if life.plan is None or any(gate.status is GateStatus.OVERDUE for gate in life.plan.gates):
        return
    for visit in life.plan.visits:
        if visit.booking is not None and _is_to_move(visit):
            moved = {"fact": "rebooked", "instead_of": str(visit.booking.date)}
            yield {**moved, "visit": visit.key, "date": str(visit.target)}
        elif visit.booking is None and _is_to_book(visit, today):
            yield {"fact": "booked", "visit": visit.key, "date": str(visit.target)}


def _is_to_move(visit: ScheduledVisit) -> bool:
    assert visit.booking is not None  # noqa: S101 - the caller looked
    return visit.status is Status.TO_REBOOK and visit.target not in (None, visit.booking.date)


def _is_to_book(visit: ScheduledVisit, today: date) -> bool:
    if visit.target is None or visit.status not in _WAITING:
        return False
    return bool(visit.spec.doses) and visit.setting == "clinic" and today < visit.target <= today + AHEAD
