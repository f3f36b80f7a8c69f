"""One made-up participant's life, day by day: it follows the newest plan, but for the turns of its course."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from planner.demo.courses import Course, FactSaid, Turn
from schedules.scheduled import GateState, Plan, ScheduledVisit
from schedules.statuses import GateStatus, Status

#: keys of a fact whose number is a day
_DAYS = frozenset({"date", "resume", "recheck", "until", "to", "conditioning", "instead_of"})
_NOT_TO_BE_DONE = frozenset({Status.SUSPENDED, Status.TO_REBOOK})
#: what a participant is told of as it is decided: without it they would not see what is booked after it
_TOLD_AT_ONCE = frozenset({"held", "cycle_held", "cycle_delayed"})
_AT_A_VISIT = frozenset({"attended", "given", "omitted", "held", "reduced", "visit_missed"})
_AS_PLANNED = Turn()


@dataclass(slots=True)
class Life:
    """Where a participant stands: the newest plan, up to which day everything is done, and what is still to come."""

    course: Course
    day_1: date
    site: str = field(init=False)
    cursor: date = field(init=False)
    plan: Plan | None = None
    screened: bool = False
    over: bool = False
    _done: set[str] = field(default_factory=set)
    _coming: list[tuple[date, tuple[FactSaid, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site = self.course.site
        self.cursor = self.day_1 - timedelta(days=self.course.screened_before)
        if not self.course.fails:
            self._coming.append((self.enrolment_day, (self._enrolment(),)))

    def expect(self, day: date, facts: tuple[FactSaid, ...]) -> None:
        """Something will happen on that day besides what the plan has."""
        self._coming.append((day, facts))

    @property
    def enrolment_day(self) -> date:
        """A working day shortly before Day 1."""
        day = self.day_1 - timedelta(days=self.course.enrolled_before)
        return day - timedelta(days=max(0, day.weekday() - 4))

    def next_day(self) -> date | None:
        """The next day on which something happens; None if nothing does any more."""
        if self.over:
            return None
        if not self.screened:
            return self.cursor
        days = [day for day, _ in self._coming]
        days += [self.enrolment_day] if self.course.fails else []
        days += [self._day_of(visit) for visit in self._visits()]
        days += [gate.due for gate in self._gates() if gate.due]
        return max(min(days), self.cursor) if days else None

    def facts_of(self, day: date) -> list[dict[str, Any]]:
        """What happens on that day, as plain data; it is then done."""
        self.cursor = day
        found = [fact for when, facts in self._coming if when <= day for fact in facts]
        self._coming = [entry for entry in self._coming if entry[0] > day]
        facts = [said for fact in found for said in _told_at_once(dated(fact, day))]
        self.site = next((fact["site"] for fact in facts if fact["fact"] == "transferred"), self.site)
        for visit in [visit for visit in self._visits() if self._day_of(visit) <= day]:
            self._done.add(visit.key)
            facts += self._at(visit, day)
        for gate in [gate for gate in self._gates() if gate.due and gate.due <= day]:
            self._done.add(gate.key)
            name = f"decided-{gate.key}"
            decided = {"fact": "gate_decided", "gate": gate.key, "outcome": self._outcome(gate), "id": name}
            facts += [{**decided, "date": str(day)}, {"fact": "told", "about": name, "date": str(day)}]
        return facts

    def _enrolment(self) -> FactSaid:
        known = {
            "day_1": str(self.day_1), "arm": self.course.arm, "cohort": self.course.cohort,
            "version": self.course.version,
            "dose_levels": dict(self.course.levels) or None,
        }  # fmt: skip
        return {"fact": "enrolled"} | {name: value for name, value in known.items() if value is not None}

    # -- visits ---------------------------------------------------------------------------------

    def _visits(self) -> Iterator[ScheduledVisit]:
        """What is to come and certain. What lies beyond an open decision waits for it."""
        for visit in self.plan.visits if self.plan else ():
            to_come = (visit.is_open or visit.status is Status.UNRECORDED) and visit.status not in _NOT_TO_BE_DONE
            has_day = visit.target or _is_impossible(visit)
            if to_come and has_day and not visit.tentative and visit.key not in self._done:
                yield visit

    def _day_of(self, visit: ScheduledVisit) -> date:
        day = visit.target or visit.nominal
        assert day is not None  # noqa: S101 - they were chosen so
        return day + timedelta(days=self._turn(visit).days)

    def _turn(self, visit: ScheduledVisit) -> Turn:
        return self.course.turns.get(visit.key, _AS_PLANNED)

    def _at(self, visit: ScheduledVisit, day: date) -> Iterator[dict[str, Any]]:
        turn = self._turn(visit)
        self._coming += [(day + timedelta(days=days), facts) for days, facts in turn.then]
        for fact in self._as_planned(visit) if turn.facts is None else turn.facts:
            yield from _told_at_once(dated({"visit": visit.key, **fact} if fact["fact"] in _AT_A_VISIT else fact, day))

    def _as_planned(self, visit: ScheduledVisit) -> Iterator[FactSaid]:
        if _is_impossible(visit):
            yield {"fact": "omitted", "reason": "site-closed"}
            return
        for drug in visit.spec.doses:
            yield {"fact": "given", "activity": drug}
        if not visit.spec.doses:
            yield {"fact": "attended"}
        if "response" in visit.spec.activities:
            result = self.course.results.get(visit.key, "CR")
            yield {"fact": "assessed", "visit": visit.key, "activity": "response", "result": result}

    # -- gates ----------------------------------------------------------------------------------

    def _gates(self) -> Iterator[GateState]:
        for gate in self.plan.gates if self.plan else ():
            waits = gate.status in (GateStatus.OPEN, GateStatus.OVERDUE) and not gate.tentative
            if waits and gate.key not in self._done and self._outcome(gate) is not None:
                yield gate

    def _outcome(self, gate: GateState) -> str | None:
        return self.course.gates.get(gate.key, gate.default)


def _is_impossible(visit: ScheduledVisit) -> bool:
    """Whether closed days leave a visit no day; one without a dose is left out then."""
    return visit.status is Status.NEEDS_DECISION and visit.nominal is not None and not visit.spec.doses


def dated(fact: FactSaid, day: date) -> dict[str, Any]:
    """The fact with days in place of numbers of days."""
    known: Mapping[str, Any] = {"date": 0, **fact}
    return {
        name: str(day + timedelta(days=value)) if name in _DAYS and isinstance(value, int) else value
        for name, value in known.items()
    }


def _told_at_once(fact: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A fact, and that the participant was told of it where it is a decision about their days."""
    if fact["fact"] not in _TOLD_AT_ONCE:
        yield fact
        return
    about = next(str(fact[name]) for name in ("visit", "cycle", "activity") if name in fact)
    name = f"{fact['fact']}-{about}-{fact['date']}"
    yield {**fact, "id": name}
    yield {"fact": "told", "about": name, "date": fact["date"]}
