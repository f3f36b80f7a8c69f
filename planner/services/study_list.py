"""The studies as whoever looks after them sees them: their newest version, their sites, whether they are open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from planner.persistence.paging import Asked, Page
from planner.persistence.participants import Participant
from planner.persistence.studies import ProtocolVersion, Study
from planner.services.access import Scope, within
from planner.services.lists import list_studies
from planner.services.site_overview import sites_by_study


@dataclass(frozen=True, slots=True)
class ListedStudy:
    """A study. ``version`` is its newest one, and ``confirmed`` whether somebody stands by each version."""

    row: Study
    version: str | None
    confirmed: bool
    sites: tuple[str, ...]
    participants: int


def overview_of_studies(session: Session, scope: Scope, asked: Asked) -> Page[ListedStudy]:
    """The studies that somebody may see, by their codes."""
    found = list_studies(session, scope, asked)
    ids = [row.id for row in found.rows]
    versions, sites, people = _versions(session, ids), sites_by_study(session, scope, ids), _people(session, scope, ids)
    rows = [
        ListedStudy(
            row, versions[row.id][-1][0] if versions[row.id] else None,
            all(confirmed for _, confirmed in versions[row.id]), tuple(sites[row.id]), people.get(row.id, 0),
        )
        for row in found.rows
    ]  # fmt: skip
    return Page(rows, found.next)


def _versions(session: Session, ids: Collection[int]) -> dict[int, list[tuple[str, bool]]]:
    """The versions of each, oldest first, and whether somebody stands by them; without their texts."""
    found: dict[int, list[tuple[str, bool]]] = {one: [] for one in ids}
    query = select(ProtocolVersion.study_id, ProtocolVersion.version, ProtocolVersion.confirmed_at)
    query = query.where(ProtocolVersion.study_id.in_(ids)).order_by(ProtocolVersion.position)
    for study_id, version, confirmed_at in session.execute(query):
        found[study_id].append((version, confirmed_at is not None))
    return found


def _people(session: Session, scope: Scope, ids: Collection[int]) -> dict[int, int]:
    query = select(Participant.study_id, func.count()).where(Participant.study_id.in_(ids))
    query = query.where(within(scope, Participant.study_id, Participant.site_id))
    return dict(session.execute(query.group_by(Participant.study_id)).all())
