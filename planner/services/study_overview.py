"""Studies at a glance: who is in them, which version is in force where, and what waits for somebody."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.paging import Asked, Page
from planner.persistence.participants import Participant
from planner.persistence.site_versions import SiteVersion, version_among
from planner.persistence.sites import SiteRow
from planner.persistence.studies import ProtocolVersion, Study, StudySite
from planner.services.access import Scope, within
from planner.services.lists import deviations_to_confirm, list_studies


@dataclass(frozen=True, slots=True)
class SiteInForce:
    """A site that takes part: the version in force there today (None: nobody has said so), and the next one."""

    code: str
    name: str
    version: str | None
    next_version: str | None
    next_on: date | None


@dataclass(frozen=True, slots=True)
class StudyLine:
    """A study in the list. ``participants`` are counted by their state; everything is what the asker may see.

    ``to_confirm``: versions whose assumptions nobody has confirmed. ``lacking``: the sites at which the newest version
    is confirmed and neither in force nor about to be, none if it is the first. ``deviations``: those to be confirmed.
    """

    row: Study
    sites: tuple[SiteInForce, ...]
    participants: dict[str, int]
    versions: tuple[str, ...]
    to_confirm: tuple[str, ...]
    lacking: tuple[str, ...]
    deviations: int

    @property
    def people(self) -> int:
        """How many participants there are."""
        return sum(self.participants.values())


@dataclass(slots=True)
class _Found:
    sites: dict[int, list[SiteRow]] = field(default_factory=lambda: defaultdict(list))
    states: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    versions: dict[int, list[tuple[str, bool]]] = field(default_factory=lambda: defaultdict(list))
    held: dict[int, list[tuple[int, date, str]]] = field(default_factory=lambda: defaultdict(list))
    deviations: dict[int, int] = field(default_factory=dict)


def study_lines(session: Session, scope: Scope, asked: Asked, now: datetime) -> Page[StudyLine]:
    """The studies that somebody may see, by their codes; as many statements for one as for a hundred."""
    page = list_studies(session, scope, asked)
    found = _look_up(session, scope, [row.id for row in page.rows])
    return Page([_line(row, found, scope, now) for row in page.rows], page.next)


def study_line(session: Session, scope: Scope, study: Study, now: datetime) -> StudyLine:
    """The same of one study."""
    return _line(study, _look_up(session, scope, [study.id]), scope, now)


def _look_up(session: Session, scope: Scope, ids: list[int]) -> _Found:
    found = _Found()
    joined = select(StudySite.study_id, SiteRow).join(SiteRow, SiteRow.id == StudySite.site_id)
    for study_id, site in session.execute(joined.where(StudySite.study_id.in_(ids)).order_by(StudySite.position)):
        found.sites[study_id].append(site)
    known = (ProtocolVersion.study_id, ProtocolVersion.version, ProtocolVersion.confirmed_at)
    query = select(*known).where(ProtocolVersion.study_id.in_(ids)).order_by(ProtocolVersion.position)
    for study_id, version, confirmed_at in session.execute(query):
        found.versions[study_id].append((version, confirmed_at is not None))
    held = select(SiteVersion.study_id, SiteVersion.site_id, SiteVersion.effective_on, ProtocolVersion.version)
    held = held.join(ProtocolVersion, ProtocolVersion.id == SiteVersion.version_id)
    for study_id, site_id, since, version in session.execute(
        held.where(SiteVersion.study_id.in_(ids)).order_by(ProtocolVersion.position)
    ):
        found.held[study_id].append((site_id, since, version))
    _count(session, scope, ids, found)
    return found


def _count(session: Session, scope: Scope, ids: list[int], found: _Found) -> None:
    theirs = (Participant.study_id.in_(ids), within(scope, Participant.study_id, Participant.site_id))
    counted = select(Participant.study_id, Participant.status, func.count()).where(*theirs)
    for study_id, status, count in session.execute(counted.group_by(Participant.study_id, Participant.status)):
        found.states[study_id][status] = count
    found.deviations = deviations_to_confirm(session, scope, ids)


def _line(row: Study, found: _Found, scope: Scope, now: datetime) -> StudyLine:
    sites = tuple(
        _in_force(site, found.held[row.id], local_day(now, site.zone))
        for site in found.sites[row.id]
        if scope.sees(row.id, site.id)
    )
    versions = found.versions[row.id]
    newest, confirmed = versions[-1] if len(versions) > 1 else ("", False)
    lacking = tuple(site.name for site in sites if confirmed and newest not in (site.version, site.next_version))
    return StudyLine(
        row, sites, dict(found.states[row.id]), tuple(version for version, _ in versions),
        tuple(version for version, confirmed in versions if not confirmed), lacking,
        found.deviations.get(row.id, 0),
    )  # fmt: skip


def _in_force(site: SiteRow, held: list[tuple[int, date, str]], today: date) -> SiteInForce:
    coming = [(since, version) for at, since, version in held if at == site.id and since > today]
    since, version = min(coming) if coming else (None, None)
    return SiteInForce(site.code, site.name, version_among(held, site.id, today), version, since)
