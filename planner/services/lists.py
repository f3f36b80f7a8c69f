"""Lists of what somebody may see, a page at a time: studies, participants, visits, gates, deviations, chairs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select, true
from sqlalchemy.orm import Session

from planner.persistence.audit import INSTALLATION, AuditEntry
from planner.persistence.bookings import Booking
from planner.persistence.deviations import DeviationRow
from planner.persistence.paging import NO_DAY, Asked, Page, WrongCursor, page, page_by_day, page_of_list
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study, StudySite
from planner.persistence.types import said
from planner.persistence.users import User
from planner.persistence.visits import GateRow, VisitRow
from planner.problems import InputProblem, InvalidInput
from planner.services.access import Scope, find_participant, find_site, find_study, within

T = TypeVar("T")

_LAST_DAY = NO_DAY - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to leave out of a list: everything that is not as said here. Not every list has everything."""

    study: str | None = None
    site: str | None = None
    number: str | None = None
    statuses: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    closes_by: date | None = None


def list_studies(session: Session, scope: Scope, asked: Asked) -> Page[Study]:
    """The studies that somebody may see, by their codes."""
    if scope.everything():
        theirs: Any = true()
    else:
        ids = {study for study, _ in scope.pairs if study is not None}
        sites = {site for study, site in scope.pairs if study is None and site is not None}
        everywhere = any(pair == (None, None) for pair in scope.pairs)
        joined = select(StudySite.study_id).where(StudySite.site_id.in_(sites))
        theirs = or_(true() if everywhere else Study.id.in_(ids), Study.id.in_(joined))
    return _page(session, select(Study).where(theirs), [(Study.code, str)], asked)


def list_sites(session: Session, scope: Scope, asked: Asked) -> Page[SiteRow]:
    """The sites that somebody may see, by their codes."""
    query = select(SiteRow)
    if not any(site is None for _, site in scope.pairs):
        query = query.where(SiteRow.id.in_({site for _, site in scope.pairs if site is not None}))
    return _page(session, query, [(SiteRow.code, str)], asked)


def list_participants(session: Session, scope: Scope, wanted: Wanted, asked: Asked) -> Page[Any]:
    """Participants with the codes of their study and site, by study and number."""
    query = (
        select(Participant)
        .add_columns(Study.code, SiteRow.code)
        .join(Study, Study.id == Participant.study_id)
        .join(SiteRow, SiteRow.id == Participant.site_id)
    )
    query = _narrowed(session, query, scope, wanted, Participant)
    if wanted.statuses:
        query = query.where(Participant.status.in_(wanted.statuses))
    return _page(session, query, [(Study.code, str), (Participant.number, str)], asked)


def list_visits(session: Session, scope: Scope, wanted: Wanted, asked: Asked) -> Page[Any]:
    """Visits that stand in the plans, with study, number and site, by their dates.

    Those without a date come last, and not at all where days are asked for.
    """
    day = func.coalesce(VisitRow.actual, VisitRow.target, NO_DAY)
    query = _with_participant(VisitRow).add_columns(SiteRow.code).join(SiteRow, SiteRow.id == VisitRow.site_id)
    query = _narrowed(session, query, scope, wanted, VisitRow).where(VisitRow.gone.is_(False))
    if wanted.statuses:
        query = query.where(VisitRow.status.in_(wanted.statuses))
    if wanted.since:
        query = query.where(day.between(wanted.since, _LAST_DAY))
    if wanted.until:
        query = query.where(day <= wanted.until)
    if wanted.closes_by:
        query = query.where(VisitRow.closes <= wanted.closes_by)
    return _page(session, query, [(day, date), (VisitRow.participant_id, int), (VisitRow.key, str)], asked)


def list_gates(session: Session, scope: Scope, wanted: Wanted, asked: Asked) -> Page[Any]:
    """Gates with study, number and site, by the day on which they are due."""
    day = func.coalesce(GateRow.due, NO_DAY)
    placed = _with_participant(GateRow).add_columns(SiteRow.code).join(SiteRow, SiteRow.id == Participant.site_id)
    query = _narrowed(session, placed, scope, wanted, Participant).where(GateRow.gone.is_(False))
    if wanted.statuses:
        query = query.where(GateRow.status.in_(wanted.statuses))
    if wanted.since:
        query = query.where(day.between(wanted.since, _LAST_DAY))
    if wanted.until:
        query = query.where(day <= wanted.until)
    return _page(session, query, [(day, date), (GateRow.participant_id, int), (GateRow.key, str)], asked)


def list_deviations(session: Session, scope: Scope, wanted: Wanted, asked: Asked) -> Page[Any]:
    """Deviations and queries with study and number, by their days."""
    keys = _wanted_deviations(session, select(DeviationRow.id), scope, wanted)
    try:
        return page_by_day(session, _with_participant(DeviationRow), keys, DeviationRow.day, DeviationRow.id, asked)
    except WrongCursor as wrong:
        raise _begin_again(wrong) from None


def count_deviations(session: Session, scope: Scope, wanted: Wanted) -> int:
    """How many deviations and queries are wanted in all."""
    query: Select[Any] = select(func.count(DeviationRow.id))
    return session.scalar(_wanted_deviations(session, query, scope, wanted)) or 0


def deviations_to_confirm(session: Session, scope: Scope, study_ids: Collection[int]) -> dict[int, int]:
    """How many deviations of each of these studies nobody has judged; those of which there is none are left out."""
    query: Any = select(DeviationRow.study_id, func.count(DeviationRow.id))
    wanted = _wanted_deviations(session, query, scope, Wanted(statuses=("candidate",)))
    wanted = wanted.where(DeviationRow.study_id.in_(study_ids)).group_by(DeviationRow.study_id)
    return {study_id: count for study_id, count in session.execute(wanted)}  # noqa: C416 - rows are no pairs to types


def deviations_query(session: Session, scope: Scope, wanted: Wanted) -> Select[Any]:
    """The deviations and queries that are wanted, each with its study's code and its participant's number."""
    return _matching(_narrowed(session, _with_participant(DeviationRow), scope, wanted, Participant), wanted)


def _wanted_deviations(session: Session, query: Select[Any], scope: Scope, wanted: Wanted) -> Select[Any]:
    """What is asked of wanted deviations; their participants, who are wide rows, only where something of them is."""
    if scope.names_sites() or wanted.site is not None or wanted.number is not None:
        query = query.join(Participant, Participant.id == DeviationRow.participant_id)
        return _matching(_narrowed(session, query, scope, wanted, Participant), wanted)
    query = query.where(within(scope, DeviationRow.study_id, None))
    if wanted.study is not None:
        query = query.where(DeviationRow.study_id == find_study(session, scope, wanted.study).id)
    return _matching(query, wanted)


def _matching(query: Select[Any], wanted: Wanted) -> Select[Any]:
    """Only deviations in the states and of the days that are wanted."""
    day = func.coalesce(DeviationRow.day, NO_DAY)
    if wanted.statuses == ("candidate",):
        query = query.where(DeviationRow.state == said("candidate"))  # they have an index of their own
    elif wanted.statuses:
        query = query.where(DeviationRow.state.in_(wanted.statuses))
    if wanted.since:
        query = query.where(day.between(wanted.since, _LAST_DAY))
    if wanted.until:
        query = query.where(day <= wanted.until)
    return query


def list_bookings(session: Session, scope: Scope, wanted: Wanted, asked: Asked) -> Page[Any]:
    """Appointments that hold, with study, number and site, by their hours."""
    query = _with_participant(Booking).add_columns(SiteRow.code).join(SiteRow, SiteRow.id == Booking.site_id)
    query = _narrowed(session, query, scope, wanted, Booking).where(Booking.ended_at.is_(None))
    if wanted.since:
        query = query.where(Booking.day >= wanted.since)
    if wanted.until:
        query = query.where(Booking.day <= wanted.until)
    return _page(session, query, [(Booking.day, date), (Booking.starts, int), (Booking.id, int)], asked)


def list_audit(
    session: Session, scope: Scope, study: str | None, subject: str | None, asked: Asked
) -> Page[AuditEntry]:
    """The audit of a study, oldest first; without one, of what belongs to none: users, roles, sites."""
    chain = find_study(session, scope, study).id if study is not None else INSTALLATION
    query = select(AuditEntry).where(AuditEntry.chain == chain)
    if subject:
        query = query.where(AuditEntry.subject == subject)
    return _page(session, query, [(AuditEntry.seq, int)], asked)


def newest_audit(
    session: Session, scope: Scope, study: str | None, subject: str | None, before: int | None, most: int
) -> tuple[list[AuditEntry], bool]:
    """The newest entries of the same, the newest first; those before an entry of that number; whether there are more.

    ``subject`` is what they are about, such as user:7, or the beginning of it. Raises NotFound.
    """
    chain = find_study(session, scope, study).id if study is not None else INSTALLATION
    query = select(AuditEntry).where(AuditEntry.chain == chain)
    if subject:
        query = query.where(AuditEntry.subject.startswith(subject, autoescape=True))
    if before is not None:
        query = query.where(AuditEntry.seq < before)
    rows = list(session.scalars(query.order_by(AuditEntry.seq.desc()).limit(most + 1)))
    return rows[:most], len(rows) > most


def participant_audit(session: Session, scope: Scope, study: str, number: str, asked: Asked) -> Page[AuditEntry]:
    """What the audit says of one participant, their visits and deviations, oldest first. Raises NotFound."""
    found = find_study(session, scope, study)
    subject = f"participant:{find_participant(session, scope, found, number).number}"
    parts = AuditEntry.subject.startswith(f"{subject}/", autoescape=True)
    query = select(AuditEntry).where(AuditEntry.chain == found.id, (AuditEntry.subject == subject) | parts)
    return _page(session, query, [(AuditEntry.seq, int)], asked)


def list_users(session: Session, asked: Asked) -> Page[User]:
    """Everybody who may sign in, or could once."""
    return _page(session, select(User), [(User.id, int)], asked)


def in_pages(rows: Iterable[T], asked: Asked, *fields: str) -> Page[T]:
    """One page of rows that another service has worked out, in the order of these fields of theirs."""
    try:
        return page_of_list(rows, fields, asked)
    except WrongCursor as wrong:
        raise _begin_again(wrong) from None


def _with_participant(table: Any) -> Select[Any]:
    return (
        select(table, Study.code, Participant.number)
        .join(Participant, Participant.id == table.participant_id)
        .join(Study, Study.id == table.study_id)
    )


def _narrowed(session: Session, query: Select[Any], scope: Scope, wanted: Wanted, placed: Any) -> Select[Any]:
    """Only what is within the scope, and of the study, site and participant that were asked for."""
    query = query.where(within(scope, placed.study_id, placed.site_id))
    if wanted.study is not None:
        query = query.where(placed.study_id == find_study(session, scope, wanted.study).id)
    if wanted.site is not None:
        query = query.where(placed.site_id == find_site(session, scope, wanted.site).id)
    if wanted.number is not None:
        query = query.where(Participant.number == wanted.number)
    return query


def _page(session: Session, query: Select[Any], order: Sequence[tuple[Any, type]], asked: Asked) -> Page[Any]:
    try:
        return page(session, query, order, asked)
    except WrongCursor as wrong:
        raise _begin_again(wrong) from None


def _begin_again(wrong: WrongCursor) -> InvalidInput:
    return InvalidInput([InputProblem("cursor", str(wrong), "begin at the first page, without one")])
