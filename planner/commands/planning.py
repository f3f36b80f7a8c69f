"""From what a command line names to a plan: reads everything, checks the history, plans, checks the path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

import click

from planner.commands.sources import Problems, read_source
from planner.commands.versions import read_versions, ready_to_plan, refuse_other_studies
from planner.presenting.study import Study
from planner.presenting.visit_names import with_keys
from schedules.closures import PLAIN_SITE, ClosedDay, PublicHolidays, Site
from schedules.design import Design
from schedules.errors import DesignError, HistoryError, Problem
from schedules.history import (
    Away,
    Booked,
    BookingCancelled,
    Enrolled,
    Fact,
    History,
    Rebooked,
    Transplanted,
    UnscheduledVisit,
    Void,
)
from schedules.history_checks import check_names
from schedules.history_file import read_fact_line, read_facts, readable_facts
from schedules.protocol import Protocol
from schedules.record import known_by, live_facts
from schedules.site_file import read_site


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options of a command line ask to be planned, as they were given."""

    protocol: str
    history: str | None = None
    start: date | None = None
    arm: str | None = None
    parameters: str | None = None
    amendments: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    holidays: tuple[str, str | None] | None = None
    closed: tuple[date, ...] = ()
    as_of: date | None = None
    known_at: datetime | None = None
    what_ifs: tuple[str, ...] = ()


def read_study(request: Request, to: str | None = None, *, to_plan: bool = True) -> Study:
    """Read all that a request names. Raises SourceError with the problems of all of its files.

    Without ``to_plan`` made-up examples stand in for parameters without a value: enough to check a history.
    """
    _refuse_site_with_closures(request)
    names = (request.protocol, *request.amendments, *([to] if to is not None else []))
    with Problems() as problems:
        read = problems.of((), read_versions, names, request.parameters)
        sites = problems.of((), read_sites, request)
        facts = problems.of((), read_history, request.history)
        what_ifs = problems.of((), _what_ifs, request)
        if problems.found and read and sites and request.history is not None:
            problems.of(None, _check_readable, tuple(each.protocol for each in read), sites, request.history)
    refuse_other_studies(read, names)
    versions = ready_to_plan(read, names) if to_plan else tuple(each.protocol for each in read)
    every = (*facts, *what_ifs)
    _refuse_other_start(request, every)
    as_of = request.as_of or _newest(every, request)
    history = History(facts, request.start, request.arm)
    other = None if to is None else versions[-1]
    return with_keys(Study(Design(versions, sites), history, what_ifs, as_of, request.known_at, other))


def _refuse_site_with_closures(request: Request) -> None:
    if request.sites and (request.holidays or request.closed):
        other = "--holidays" if request.holidays else "--closed"
        raise click.UsageError(f"--site and {other} exclude each other: write closed days into the site's file")


def read_history(file: str | None) -> tuple[Fact, ...]:
    """The facts of a file; none without a file."""
    return () if file is None else read_facts(read_source(file), file)


def _check_readable(versions: tuple[Protocol, ...], sites: tuple[Site, ...], file: str) -> None:
    """Where something is wrong already, what the readable facts name is checked too, so that all is told at once."""
    try:
        design = Design(versions, sites)
    except DesignError:
        return
    check_names(design, History(readable_facts(read_source(file), file), None, None))


def read_sites(request: Request) -> tuple[Site, ...]:
    """The sites that were named, else one that is closed at weekends, on the holidays and days that were given."""
    if request.sites:
        with Problems() as problems:
            found = [problems.of(PLAIN_SITE, _site, file) for file in request.sites]
        return tuple(found)
    holidays = None
    if request.holidays:
        country, region = request.holidays
        holidays = PublicHolidays(country=country, region=region)
    closed = tuple(ClosedDay(date=day) for day in sorted(set(request.closed)))
    return (replace(PLAIN_SITE, public_holidays=holidays, closed=closed),)


def _site(file: str) -> Site:
    return read_site(read_source(file), file)


def _what_ifs(request: Request) -> tuple[Fact, ...]:
    with Problems() as problems:
        found = [problems.of(None, _what_if, line, place) for place, line in enumerate(request.what_ifs, 1)]
    return tuple(_known(fact, request.known_at) for fact in found if fact is not None)


def _known(fact: Fact, known_at: datetime | None) -> Fact:
    """An imagined fact counts even where the plan looks back to an instant before it."""
    if fact.recorded is not None or known_by([fact], known_at):
        return fact
    return replace(fact, recorded=known_at)


def _what_if(line: str, place: int) -> Fact:
    file = f"--what-if {place}"
    try:
        fact = read_fact_line(line)
    except HistoryError as error:
        raise HistoryError(replace(problem, file=file) for problem in error.problems) from None
    return replace(fact, origin=replace(fact.origin, file=file) if fact.origin else None)


def _refuse_other_start(request: Request, facts: tuple[Fact, ...]) -> None:
    """A start beside an enrolment with another Day 1: one of them is a slip of the pen."""
    known = live_facts(known_by(facts, request.known_at))
    enrolled = next((fact for fact in known if isinstance(fact, Enrolled)), None)
    if enrolled is None:
        return
    if request.start and enrolled.day_1 and enrolled.day_1 != request.start:
        wrong = f"the enrolment says day_1 {enrolled.day_1}, the command line --start {request.start}"
        raise _problem_of(enrolled, wrong, "leave out --start, or mend the one that is wrong")
    if request.arm and enrolled.arm and enrolled.arm != request.arm:
        wrong = f"the enrolment says arm {enrolled.arm}, the command line --arm {request.arm}"
        raise _problem_of(enrolled, wrong, "leave out --arm, or mend the one that is wrong")


def _problem_of(fact: Fact, wrong: str, right: str) -> HistoryError:
    place = fact.origin
    where = (place.file, place.line, place.column) if place else ("history", 1, 1)
    return HistoryError([Problem(*where, wrong, right)])


#: What may be about the future: an appointment, days away, something that is only to come.
_AHEAD = (Booked, Rebooked, BookingCancelled, Away, UnscheduledVisit, Transplanted)


def _newest(facts: Iterable[Fact], request: Request) -> date | None:
    """The day of the newest fact that counts (a void counts, what it voids does not), else the start.

    What may be about the future is no sign of today: an appointment in August does not make it August.
    """
    known = known_by(facts, request.known_at)
    counting = [*live_facts(known), *(fact for fact in known if isinstance(fact, Void))]
    return max((fact.day for fact in counting if not isinstance(fact, _AHEAD)), default=request.start)
