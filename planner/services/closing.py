"""Closing a site: whom it hits, and where each could go instead. Nothing is changed by looking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.visits import VisitRow
from planner.services.access import Scope, within
from planner.services.booking_load import Load, load_on
from planner.services.designs import Designs, StudyDesign
from planner.services.histories import lives_of
from planner.services.sites import CloseSite, check_closure
from planner.services.standing import UNSETTLED
from schedules.closures import ClosedDay, ClosedRule
from schedules.design import Design
from schedules.feasible_days import FeasibleDay, feasible_days
from schedules.protocol import Resource
from schedules.recurrence import check_rule, days_of_rule
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status

_UNSETTLED = tuple(status.value for status in UNSETTLED)
_STANDS = tuple(status.value for status in (Status.PLANNED, Status.DUE, Status.BOOKED, Status.TO_REBOOK))
#: days that are proposed to somebody at most
MOST_DAYS = 5
#: how far ahead it is looked whom a rule hits that has no end
RULE_YEARS = 5


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody whose visit cannot stay where it is: where it was, and the days on which it could be, the best first.

    ``moved_to`` is where a visit without an appointment goes by itself; None where somebody has to decide.
    """

    study: str
    number: str
    visit: VisitRow
    was: date
    booked: bool
    moved_to: date | None
    days: tuple[tuple[FeasibleDay, Load], ...]


def whom_it_hits(
    session: Session, designs: Designs, scope: Scope, site: SiteRow, command: CloseSite, now: datetime
) -> list[Hit]:
    """Everybody within the scope whose visit closed days would move, appointments first.

    Of a rule without an end, the days of the next five years are looked at. Raises InvalidInput.
    """
    check_closure(command)
    is_closed = _falls_on(command)
    far = command.first + timedelta(days=366 * RULE_YEARS)
    last = far if command.rule else command.last or command.first
    found: list[_Found] = []
    for study, those in _there(session, scope, site, command.first, last).items():
        rows = [each for each in those if is_closed(_day_of(each[1]))]
        closed = _closed(designs.of(session, study), site, command)
        found += _planned(session, closed, study.code, rows, now)
    return _hits(session, site, [each for each in found if each[3] is None or _is_hit(each[2], each[3])])


_Found = tuple[str, Participant, VisitRow, ScheduledVisit | None]


def _planned(
    session: Session, study: StudyDesign, code: str, rows: list[tuple[Participant, VisitRow]], now: datetime
) -> list[_Found]:
    """The visits as they stand, each with how it is planned in that design."""
    people = list({participant.id: participant for participant, _ in rows}.values())
    plans = {life.participant.id: life.plan(now) for life in lives_of(session, study, people)} if people else {}
    return [(code, who, row, _visit(plans[who.id], row.key)) for who, row in rows]


def _hits(session: Session, site: SiteRow, hits: list[_Found]) -> list[Hit]:
    """Where each could go instead, by what the chairs have room for."""
    days = {row.key + str(who.id): _possible(visit) for _, who, row, visit in hits}
    loads = load_on(session, site, sorted({each.day for some in days.values() for each in some}))
    made = [
        Hit(
            code, who.number, row, _day_of(row), bool(row.booked), visit.target if visit else None,
            tuple((each, loads[each.day]) for each in days[row.key + str(who.id)]),
        )
        for code, who, row, visit in hits
    ]  # fmt: skip
    return sorted(made, key=lambda hit: (not hit.booked, hit.was, hit.visit.booked, hit.study, hit.number))


def to_rebook(session: Session, designs: Designs, scope: Scope, site: SiteRow, now: datetime) -> list[Hit]:
    """Every appointment at the site that does not fit any more, by its day, and where each could go."""
    query = (
        select(Study, Participant, VisitRow)
        .join(Participant, Participant.id == VisitRow.participant_id)
        .join(Study, Study.id == VisitRow.study_id)
        .where(
            within(scope, VisitRow.study_id, VisitRow.site_id), VisitRow.site_id == site.id,
            VisitRow.status.in_(_UNSETTLED), VisitRow.booked != "", VisitRow.gone.is_(False),
        )
        .order_by(VisitRow.booked, Study.code, Participant.number)
    )  # fmt: skip
    by_study: dict[Study, list[tuple[Participant, VisitRow]]] = defaultdict(list)
    for study, participant, visit in session.execute(query):
        by_study[study].append((participant, visit))
    found: list[_Found] = []
    for study, rows in by_study.items():
        found += _planned(session, designs.of(session, study), study.code, rows, now)
    return _hits(session, site, found)


def _falls_on(command: CloseSite) -> Callable[[date], bool]:
    """Whether a day is one of those to be closed."""
    first, last = command.first, command.last or command.first
    if command.rule is None:
        return lambda day: first <= day <= last
    rule, years = check_rule(command.rule), range(first.year, first.year + RULE_YEARS + 1)
    return frozenset(day for year in years for day in days_of_rule(rule, first, year)).__contains__


def _there(
    session: Session, scope: Scope, site: SiteRow, first: date, last: date
) -> dict[Study, list[tuple[Participant, VisitRow]]]:
    """Whose visits stand at the site on these days, by study."""
    booked = VisitRow.booked.between(str(first), f"{last}~")
    query = (
        select(Study, Participant, VisitRow)
        .join(Participant, Participant.id == VisitRow.participant_id)
        .join(Study, Study.id == VisitRow.study_id)
        .where(
            within(scope, VisitRow.study_id, VisitRow.site_id), VisitRow.site_id == site.id,
            VisitRow.status.in_(_STANDS), VisitRow.gone.is_(False), VisitRow.setting == "clinic",
            or_(booked, (VisitRow.booked == "") & VisitRow.target.between(first, last)),
        )
        .order_by(Study.code, Participant.number, VisitRow.key)
    )  # fmt: skip
    found: dict[Study, list[tuple[Participant, VisitRow]]] = defaultdict(list)
    for study, participant, visit in session.execute(query):
        found[study].append((participant, visit))
    return found


def _closed(study: StudyDesign, site: SiteRow, command: CloseSite) -> StudyDesign:
    """The study as it would be if the site were closed on these days."""
    resources = tuple(Resource(name) for name in command.resources)
    closed: ClosedDay | ClosedRule = ClosedDay(
        date=command.first, until=command.last, resources=resources, reason=command.reason
    )
    if command.rule is not None:
        closed = ClosedRule(rule=command.rule, date=command.first, resources=resources, reason=command.reason)
    known = study.design
    sites = tuple(
        replace(each, closed=(*each.closed, closed)) if each.id == site.code else each for each in known.sites
    )
    return replace(study, design=Design(known.versions, sites))


def _visit(plan: Plan | None, key: str) -> ScheduledVisit | None:
    return next((visit for visit in _visits(plan) if visit.key == key), None)


def _visits(plan: Plan | None) -> Iterable[ScheduledVisit]:
    return plan.visits if plan is not None else ()


def _is_hit(row: VisitRow, visit: ScheduledVisit) -> bool:
    if row.booked:
        return visit.status is not Status.BOOKED
    return visit.target != row.target


def _possible(visit: ScheduledVisit | None) -> tuple[FeasibleDay, ...]:
    return feasible_days(visit)[:MOST_DAYS] if visit is not None else ()


def _day_of(row: VisitRow) -> date:
    """Where a visit stands: at its appointment, else where it is planned."""
    return date.fromisoformat(row.booked[:10]) if row.booked else row.target or date.max
