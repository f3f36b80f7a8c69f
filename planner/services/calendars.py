"""The planned calendar of somebody who might join: a protocol and a start date become dated visits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from planner.presenting.study import Study
from planner.problems import InputProblem, InvalidInput, ValuesMissing
from planner.services.library import Closures, Library, examples
from schedules.design import Design
from schedules.errors import DateOutOfRange
from schedules.history import History
from schedules.plan import plan
from schedules.protocol import Resource
from schedules.protocol_file import ReadProtocol
from schedules.scheduled import Plan

EARLIEST_START, LATEST_START = "1901-01-01", "2190-12-31"


@dataclass(frozen=True, slots=True)
class ShowCalendar:
    """What somebody wants to see. ``as_of`` (the start, if not given) touches only statuses.

    ``made_up``: where the protocol leaves a parameter open, plan with its made-up example.
    """

    protocol: str
    start: date
    arm: str | None = None
    closures: Closures = field(default_factory=Closures)
    as_of: date | None = None
    made_up: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """A plan with what it was made from. ``made_up`` are the parameters whose values are only examples."""

    command: ShowCalendar
    read: ReadProtocol
    plan: Plan
    design: Design
    made_up: dict[str, Any]

    @property
    def study(self) -> Study:
        """What the plan was made from, for those who make more of it than a page."""
        return Study(self.design, _history(self.command), (), self.plan.as_of, None)

    def why_closed(self, day: date) -> str | None:
        """Why nobody can be seen at the site on that day; None if it is open."""
        closed = self.design.calendar(self.design.sites[0].id).why_closed(day.toordinal(), frozenset(Resource))
        return closed[1] if closed else None


def calendar_for(command: ShowCalendar, library: Library) -> Calendar:
    """Plan the protocol from a start date. Nothing is stored, and the same question has the same answer.

    Raises UnknownProtocol, ValuesMissing where a parameter has no value, and InvalidInput for a start so
    early or late that the calendar would leave the years that can be planned.
    """
    read = library.protocol(command.protocol)
    _require_values(read, command.made_up)
    design = library.design(command.protocol, command.made_up, command.closures, command.start.year)
    try:
        planned = plan(design, _history(command), command.as_of or command.start)
    except DateOutOfRange:
        raise InvalidInput([_out_of_range(command.start)]) from None
    return Calendar(command, read, planned, design, _made_up(read) if command.made_up else {})


def _history(command: ShowCalendar) -> History:
    return History(planned_start=command.start, planned_arm=command.arm)


def values_to_supply(read: ReadProtocol, needed_for: str = "planning") -> tuple[str, ...]:
    """The parameters without a value that have to be supplied before that."""
    return tuple(name for name in read.missing if read.protocol.parameters[name].needed_for == needed_for)


def _made_up(read: ReadProtocol) -> dict[str, Any]:
    return {name: value for name, value in examples(read).items() if name in values_to_supply(read)}


def _require_values(read: ReadProtocol, made_up: bool) -> None:
    missing = () if made_up else values_to_supply(read)
    if missing:
        raise ValuesMissing(_no_value(read, name) for name in missing)


def _no_value(read: ReadProtocol, name: str) -> InputProblem:
    wrong = f"the parameter {name} has no value: {read.protocol.parameters[name].label}"
    return InputProblem(name, wrong, "it comes with the study; until then made_up=yes plans with a made-up example")


def _out_of_range(start: date) -> InputProblem:
    wrong = f"a calendar from {start.isoformat()} would leave the years 1900 to 2200"
    return InputProblem("start", wrong, f"write a date between {EARLIEST_START} and {LATEST_START}")
