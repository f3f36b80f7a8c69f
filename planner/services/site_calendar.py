"""What stands in a site's calendar between two days, of all studies that somebody sees there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.visits import VisitRow
from planner.services.access import Scope, within
from schedules.statuses import Status

#: what is asked of a visit to be shown: everything, an infusion, none, or no appointment yet
KINDS = ("", "infusions", "others", "unbooked")
_SHOWN = (
    Status.PLANNED, Status.DUE, Status.BOOKED, Status.TO_REBOOK, Status.DONE, Status.UNRECORDED, Status.MISSED,
)  # fmt: skip
_WAITS = (Status.PLANNED, Status.DUE)


@dataclass(frozen=True, slots=True)
class Stands:
    """A visit on its day: whose it is in which study, at what hour (``09:30``, or empty) and for how many minutes."""

    study: str
    number: str
    key: str
    label: str
    day: date
    hour: str
    minutes: int
    status: str
    tentative: bool
    setting: str
    drugs: tuple[str, ...]


def site_calendar(
    session: Session, scope: Scope, site: SiteRow, first: date, last: date, study: str | None = None, kind: str = ""
) -> list[Stands]:
    """The visits of those days, both included, by day and hour; ``kind`` is one of ``KINDS``. In one query."""
    query = (
        select(VisitRow, Study.code, Participant.number)
        .join(Participant, Participant.id == VisitRow.participant_id)
        .join(Study, Study.id == VisitRow.study_id)
        .where(
            VisitRow.site_id == site.id, VisitRow.target.between(first, last), VisitRow.gone.is_(False),
            VisitRow.status.in_([status.value for status in _SHOWN]),
            within(scope, VisitRow.study_id, VisitRow.site_id),
        )
    )  # fmt: skip
    query = query.where(Study.code == study) if study else query
    found = [_stands(row, code, number) for row, code, number in session.execute(query)]
    shown = (one for one in found if _is_of(one, kind))
    return sorted(shown, key=lambda one: (one.day, one.hour or "~", one.study, one.number, one.key))


def _stands(row: VisitRow, study: str, number: str) -> Stands:
    hour, _, minutes = row.booked.partition("T")[2].partition("/")
    long = int(minutes) if minutes.isdecimal() else row.minutes
    drugs = tuple(drug for drug, _ in row.doses)
    day = row.target or date.max
    return Stands(
        study, number, row.key, row.label, day, hour, long, row.status, row.tentative, row.setting, drugs
    )  # fmt: skip


def _is_of(one: Stands, kind: str) -> bool:
    if kind == "unbooked":
        return not one.hour and one.status in _WAITS and not one.tentative
    return {"infusions": bool(one.drugs), "others": not one.drugs}.get(kind, True)
