"""What the demo's staff do around a visit: an OK to treat, the hours of infusions, the checklist, the telephone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from planner.demo.booking import HOURS
from planner.demo.courses import TRIED, Course
from planner.demo.life import Life
from planner.demo.setting import VEN, VSLI
from planner.demo.stage import Stage
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.access import EVERYTHING
from planner.services.checklists import Item, VisitAddress, add_item, checklist_for, tick
from planner.services.contact_attempts import LogAttempt, log_attempt
from planner.services.dose_oks import GiveOk, Result, give_ok, revoke_ok
from planner.services.users import Role
from schedules.scheduled import ScheduledVisit
from schedules.statuses import Status

#: the studies in which an investigator says that a dose may be given
RELEASED = (VSLI, VEN)
#: for how many of the newest days the data of a visit are still to be entered
_TO_ENTER = timedelta(days=7)
_RELEASED_AHEAD = timedelta(days=3)
_BETWEEN = timedelta(minutes=15)
_WAITING = (Status.PLANNED, Status.DUE, Status.BOOKED)
_TOO_HIGH = "liver tests of the same day came in too high (made up)"
_INVESTIGATOR, _COORDINATOR = Role.INVESTIGATOR.value, Role.COORDINATOR.value


def with_hours(life: Life, facts: list[dict[str, Any]], place: int) -> list[dict[str, Any]]:
    """The facts, with start and stop of each infusion: from the hour of the appointment on, one after the other."""
    begins: dict[str, datetime] = {}
    found = []
    for fact in facts:
        visit = _visit(life, fact) if fact["fact"] == "given" else None
        minutes = _minutes(visit, fact["activity"]) if visit is not None else None
        if visit is None or not minutes:
            found.append(fact)
            continue
        day = date.fromisoformat(fact["date"])
        start = begins.get(visit.key) or _hour(visit, day, place) + timedelta(minutes=5 + place % 4)
        stop = start + timedelta(minutes=minutes + place % 3)
        begins[visit.key] = stop + _BETWEEN
        found.append({**fact, "start": f"{start:%H:%M}", "stop": f"{stop:%H:%M}"})
    return found


def _visit(life: Life, fact: dict[str, Any]) -> ScheduledVisit | None:
    visits = life.plan.visits if life.plan else ()
    return next((visit for visit in visits if visit.key == fact.get("visit")), None)


def _minutes(visit: ScheduledVisit, drug: str) -> int | None:
    """How long an infusion takes by the protocol; None for what is swallowed or injected."""
    if visit.limits is None:
        return None
    known = visit.limits.course.compiled.protocol.activities.get(drug)
    return known.minutes if known is not None else None


def _hour(visit: ScheduledVisit, day: date, place: int) -> datetime:
    booking = visit.booking
    if booking is not None and booking.date == day and booking.time is not None:
        return datetime.combine(day, booking.time)
    return datetime.combine(day, time.fromisoformat(HOURS[place % len(HOURS)]))


def last_stop(facts: Iterable[dict[str, Any]]) -> time | None:
    """When the last infusion among the facts was over."""
    return max((time.fromisoformat(fact["stop"]) for fact in facts if "stop" in fact), default=None)


# -- OK to treat ----------------------------------------------------------------------------------


def release(stage: Stage, course: Course, facts: Iterable[dict[str, Any]], day: date, now: datetime) -> None:
    """In the morning the investigator says, on the day's results, that what is planned may be given."""
    for fact in facts:
        key = fact.get("visit")
        if fact["fact"] in ("given", "held") and key is not None and key != course.without_ok:
            _give(stage, course, key, fact["activity"], day, now)


def _give(stage: Stage, course: Course, visit: str, drug: str, day: date, now: datetime) -> None:
    if course.study not in RELEASED or drug in stage.released.get((course.study, course.number, visit), ()):
        return
    stage.released.setdefault((course.study, course.number, visit), set()).add(drug)
    ok = GiveOk(
        study=course.study, participant=course.number, visit=visit, drug=drug, results=_results(course, day),
        note="made up for the demo",
    )  # fmt: skip
    stage.do(_INVESTIGATOR, now, lambda uow: give_ok(uow, stage.designs, EVERYTHING, ok))


def _results(course: Course, day: date) -> tuple[Result, ...]:
    turn = day.toordinal() * 7 + sum(map(ord, course.number))
    values = (("Platelets", str(70 + turn % 90), "10^9/L"), ("Bilirubin", f"0.{4 + turn % 5}", "mg/dL"))
    return tuple(Result(name=name, value=value, unit=unit, day=day) for name, value, unit in values)


def revoke_what_is_held(stage: Stage, course: Course, facts: Iterable[dict[str, Any]], now: datetime) -> None:
    """A dose waits after all: its OK is taken back."""
    for fact in facts:
        drugs = stage.released.get((course.study, course.number, fact.get("visit", "")), set())
        if fact["fact"] == "held" and fact["activity"] in drugs:
            drugs.remove(fact["activity"])
            _revoke(stage, course, fact["visit"], fact["activity"], now)


def _revoke(stage: Stage, course: Course, visit: str, drug: str, now: datetime) -> None:
    stage.do(
        _INVESTIGATOR,
        now,
        lambda uow: revoke_ok(uow, EVERYTHING, course.study, course.number, visit, drug, _TOO_HIGH),
    )


def look_ahead(stage: Stage, life: Life, place: int, now: datetime) -> None:
    """The evening before today: some of the coming doses are released already, and something is put on a list."""
    course, until = life.course, stage.today + _RELEASED_AHEAD
    coming = [visit for visit in life.plan.visits if _is_coming(visit, stage.today)] if life.plan else []
    for visit in coming:
        if place % 2 == 0 and visit.target is not None and visit.target <= until:
            for drug in visit.spec.doses:
                _give(stage, course, visit.key, drug, stage.ago(1), now)
    if coming and place % 5 == 0:
        address = VisitAddress(study=course.study, participant=course.number, visit=coming[0].key)
        label = "Taxi ordered (made up)"
        stage.do(_COORDINATOR, now, lambda uow: add_item(uow, stage.designs, EVERYTHING, address, label))


def _is_coming(visit: ScheduledVisit, today: date) -> bool:
    return not visit.tentative and visit.status in _WAITING and visit.target is not None and visit.target >= today


# -- checklists -----------------------------------------------------------------------------------


def tick_off(stage: Stage, course: Course, facts: Iterable[dict[str, Any]], day: date, now: datetime) -> None:
    """After a visit its checklist is gone through; the newest are not yet in the EDC, and now and then a kit is not."""
    seen = {fact["visit"]: None for fact in facts if fact["fact"] in ("given", "attended") and "visit" in fact}

    def work(uow: UnitOfWork) -> None:
        for key in seen:
            address = VisitAddress(study=course.study, participant=course.number, visit=key)
            items = checklist_for(uow.session, stage.designs, EVERYTHING, address)
            for item in _done(items, day, stage.today):
                tick(uow, stage.designs, EVERYTHING, address, item.item)

    if seen:
        stage.do(_COORDINATOR, now, work)


def _done(items: list[Item], day: date, today: date) -> Iterator[Item]:
    for number, item in enumerate(items):
        is_left = day > today - _TO_ENTER if item.kind == "edc" else (day.toordinal() + number) % 9 == 0
        if not is_left and item.ticked_at is None:
            yield item


# -- the telephone --------------------------------------------------------------------------------


def log_tries(stage: Stage, course: Course, said: Iterable[dict[str, Any]], now: datetime) -> None:
    """Log that somebody was called or written to, a little before."""
    for fact in said:
        if fact["fact"] == TRIED:
            words = {name: fact[name] for name in ("channel", "outcome", "whom", "note") if name in fact}
            attempt = LogAttempt(
                study=course.study, participant=course.number, tried_at=now - timedelta(minutes=10), **words
            )
            stage.do(_COORDINATOR, now, lambda uow, attempt=attempt: log_attempt(uow, EVERYTHING, attempt))  # type: ignore[misc]
