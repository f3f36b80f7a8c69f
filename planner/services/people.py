"""The people who may sign in, as whoever looks after them sees them: found by name, role, site or state."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from planner.persistence.audit import INSTALLATION, AuditEntry
from planner.persistence.paging import Asked, Page, WrongCursor, page
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.users import Grant, User
from planner.problems import InputProblem, InvalidInput, NotFound
from planner.services.access import EVERYTHING, find_site

#: how somebody may stand: they may sign in, or not; without a second factor; without any role
STATES = ("active", "locked", "no-codes", "no-role")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPeople:
    """Whom to look for: a part of the name or address, a role, a role at a site, a state; empty for anybody."""

    text: str = ""
    role: str = ""
    site: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that somebody has; in all studies, or at all sites, where the code is None."""

    id: int
    role: str
    study: str | None
    site: str | None


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Somebody, their roles, and when they signed in last; None if they never have."""

    user: User
    roles: tuple[HeldRole, ...]
    signed_in: datetime | None


def search_people(session: Session, search: SearchPeople, asked: Asked) -> Page[FoundPerson]:
    """The people who are like that, by name. Raises NotFound for a site that there is not."""
    query = select(User).where(*_conditions(session, search))
    try:
        found = page(session, query, [(User.name, str), (User.id, int)], asked)
    except WrongCursor as wrong:
        raise InvalidInput([InputProblem("cursor", str(wrong), "begin at the first page")]) from None
    return Page(_found(session, found.rows), found.next)


def find_person(session: Session, user_id: int) -> FoundPerson:
    """The person of that number. Raises NotFound."""
    return _found(session, [find_user(session, user_id)])[0]


def find_user(session: Session, user_id: int) -> User:
    """The user of that number. Raises NotFound."""
    user = session.get(User, user_id) if user_id < 2**62 else None
    if user is None:
        raise NotFound([InputProblem("user", "there is no such user", "look at the list")])
    return user


def _conditions(session: Session, search: SearchPeople) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if search.text:
        found.append(or_(*(field.icontains(search.text, autoescape=True) for field in (User.name, User.email))))
    theirs = select(Grant.id).where(Grant.user_id == User.id, Grant.ended_at.is_(None))
    wanted = theirs.where(Grant.role == search.role) if search.role else theirs
    if search.site:
        site = find_site(session, EVERYTHING, search.site)
        wanted = wanted.where(or_(Grant.site_id.is_(None), Grant.site_id == site.id))
    if search.role or search.site:
        found.append(wanted.exists())
    states: dict[str, ColumnElement[bool]] = {
        "active": User.disabled_at.is_(None), "locked": User.disabled_at.is_not(None),
        "no-codes": User.totp.is_(None), "no-role": ~theirs.exists(),
    }  # fmt: skip
    return [*found, states[search.state]] if search.state in states else found


def _found(session: Session, users: list[User]) -> list[FoundPerson]:
    ids = [user.id for user in users]
    roles, last = _roles(session, ids), _signed_in(session, ids)
    return [FoundPerson(user, tuple(roles[user.id]), last.get(f"user:{user.id}")) for user in users]


def _roles(session: Session, ids: Collection[int]) -> dict[int, list[HeldRole]]:
    found: dict[int, list[HeldRole]] = {one: [] for one in ids}
    query: Any = select(Grant, Study.code, SiteRow.code).outerjoin(Study, Study.id == Grant.study_id)
    query = query.outerjoin(SiteRow, SiteRow.id == Grant.site_id)
    for grant, study, site in session.execute(
        query.where(Grant.user_id.in_(ids), Grant.ended_at.is_(None)).order_by(Grant.id)
    ):
        found[grant.user_id].append(HeldRole(grant.id, grant.role, study, site))
    return found


def _signed_in(session: Session, ids: Collection[int]) -> dict[str, datetime]:
    """From the audit: sessions are removed after some time, and an entry of it never is."""
    subjects = [f"user:{one}" for one in ids]
    query = select(AuditEntry.subject, func.max(AuditEntry.at)).where(
        AuditEntry.chain == INSTALLATION, AuditEntry.subject.in_(subjects), AuditEntry.action == "user.signed-in"
    )
    return dict(session.execute(query.group_by(AuditEntry.subject)).all())
