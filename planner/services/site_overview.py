"""A site as whoever looks after it sees it: the studies there, and what each tells its participants to call."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.rules import RulesRow
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study, StudySite
from planner.services.access import Scope


@dataclass(frozen=True, slots=True)
class StudyThere:
    """A study at a site: its number that answers day and night, empty where none is set, and how many people."""

    code: str
    title: str
    urgent_phone: str
    participants: int


def studies_at(session: Session, scope: Scope, site: SiteRow) -> list[StudyThere]:
    """The studies at a site that somebody may see, by their codes."""
    people = select(Participant.study_id, func.count()).where(Participant.site_id == site.id)
    counts = dict(session.execute(people.group_by(Participant.study_id)).all())
    query = select(Study, RulesRow.urgent_phone).join(StudySite, StudySite.study_id == Study.id)
    query = query.outerjoin(RulesRow, RulesRow.study_id == Study.id).where(StudySite.site_id == site.id)
    return [
        StudyThere(study.code, study.title, phone or "", counts.get(study.id, 0))
        for study, phone in session.execute(query.order_by(Study.code))
        if scope.sees(study.id, site.id)
    ]


def sites_by_study(session: Session, scope: Scope, study_ids: Collection[int]) -> dict[int, list[str]]:
    """The codes of the sites of these studies that somebody may see, the home site first."""
    found: dict[int, list[str]] = {one: [] for one in study_ids}
    query = select(StudySite.study_id, SiteRow.id, SiteRow.code).join(SiteRow, SiteRow.id == StudySite.site_id)
    query = query.where(StudySite.study_id.in_(study_ids)).order_by(StudySite.study_id, StudySite.position)
    for study_id, site_id, code in session.execute(query):
        if scope.sees(study_id, site_id):
            found[study_id].append(code)
    return found
