"""Finds participants by what is known of them without a name: number, state, site, study; in several orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from planner.persistence.paging import NO_DAY, Asked, Page, WrongCursor, page
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.visits import VisitRow
from planner.problems import InputProblem, InvalidInput
from planner.services.access import Scope, find_site, find_study, within
from schedules.statuses import Status

#: every state that a participant can be in
STATES = ("screening", "enrolled", "treatment", "follow-up", "completed", "withdrawn", "lost", "died", "screen-failed")
#: the orders in which participants can be listed
SORTS = ("number", "next", "day-1", "status", "site")
_TO_COME = (Status.PLANNED.value, Status.DUE.value, Status.BOOKED.value, Status.TO_REBOOK.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which participants: part of a number, a state, a site, a study; and in which order."""

    text: str = ""
    status: str | None = None
    site: str | None = None
    study: str | None = None
    sort: str = "number"


@dataclass(frozen=True, slots=True)
class NextVisit:
    """The next visit that stands in somebody's plan: its day, its name, and its appointment."""

    day: date
    label: str
    booked: str


@dataclass(frozen=True, slots=True)
class FoundParticipant:
    """A participant with the codes of their study and site, and their next visit where there is one."""

    row: Participant
    study: str
    site: str
    next: NextVisit | None


def search_participants(session: Session, scope: Scope, search: Search, asked: Asked) -> Page[FoundParticipant]:
    """Participants within the scope, a page at a time. Raises InvalidInput, or NotFound for a study or a site."""
    if search.sort not in SORTS:
        raise InvalidInput([InputProblem("sort", "there is no such order", f"choose one of {', '.join(SORTS)}")])
    query = (
        select(Participant)
        .add_columns(Study.code, SiteRow.code)
        .join(Study, Study.id == Participant.study_id)
        .join(SiteRow, SiteRow.id == Participant.site_id)
        .where(within(scope, Participant.study_id, Participant.site_id))
    )
    query = _narrowed(session, query, scope, search)
    try:
        found = page(session, query, _order(search.sort), asked)
    except WrongCursor as wrong:
        raise InvalidInput([InputProblem("cursor", str(wrong), "begin at the first page, without one")]) from None
    visits = next_visits(session, [row.id for row, _, _ in found.rows])
    rows = [FoundParticipant(row, study, site, visits.get(row.id)) for row, study, site in found.rows]
    return Page(rows, found.next)


def _narrowed(session: Session, query: Select[Any], scope: Scope, search: Search) -> Select[Any]:
    if search.study:
        query = query.where(Participant.study_id == find_study(session, scope, search.study).id)
    if search.site:
        query = query.where(Participant.site_id == find_site(session, scope, search.site).id)
    if search.status:
        query = query.where(Participant.status == search.status)
    if search.text:
        query = query.where(Participant.number.icontains(search.text, autoescape=True))
    return query


def _order(sort: str) -> list[tuple[Any, type]]:
    by_number: list[tuple[Any, type]] = [(Study.code, str), (Participant.number, str)]
    first: dict[str, list[tuple[Any, type]]] = {
        "number": [],
        "next": [(func.coalesce(_next_day(), NO_DAY), date)],
        "day-1": [(func.coalesce(Participant.day_1, Participant.planned_day_1, NO_DAY), date)],
        "status": [(Participant.status, str)],
        "site": [(SiteRow.code, str)],
    }
    return first[sort] + by_number


def _next_day() -> Any:
    query = select(func.min(VisitRow.target)).where(VisitRow.participant_id == Participant.id, *_to_come())
    return query.correlate(Participant).scalar_subquery()


def _to_come() -> tuple[Any, ...]:
    return VisitRow.gone.is_(False), VisitRow.status.in_(_TO_COME), VisitRow.target.is_not(None)


def next_visits(session: Session, ids: list[int]) -> dict[int, NextVisit]:
    """The next visit of each of these participants who has one; in one query."""
    columns = select(VisitRow.participant_id, VisitRow.target, VisitRow.label, VisitRow.booked)
    query = columns.where(VisitRow.participant_id.in_(ids), *_to_come())
    found: dict[int, NextVisit] = {}
    for who, day, label, booked in session.execute(query.order_by(VisitRow.target.desc(), VisitRow.key.desc())):
        if day is not None:
            found[who] = NextVisit(day, label, booked)
    return found
