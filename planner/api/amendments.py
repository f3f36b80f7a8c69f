"""Amendments: which protocol version is in effect at which site, and whom that moves."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from flask import Response
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, Day, Name, StudyPath
from planner.auth.permissions import Permission
from planner.services.amendments import (
    Amended,
    AmendmentReport,
    MakeEffective,
    amendment_effective,
    effective_versions,
    preview_amendment,
)
from schedules.scheduled import ScheduledVisit

api = resource("amendments", "Amendments take effect site by site.")
Version = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class SiteVersionAnswer(Answer):
    """A protocol version at a site."""

    site: str
    version: str
    approved_on: date
    effective_on: date


class SiteVersionList(Answer):
    """Which version is in effect where, the oldest version first."""

    versions: list[SiteVersionAnswer]


class NewSiteVersion(Body):
    """A version was approved at a site, and is in effect there from a day on."""

    site: Name
    version: Version
    approved_on: Day
    effective_on: Day


class MovedVisit(Answer):
    """A visit that is not as before."""

    visit: str
    label: str
    what: str = Field(description="moved (or with another window), appeared, fell-away, changed.")
    before: date | None = Field(description="Its date before; null where it had none, or was not there.")
    after: date | None = Field(description="Its date now; null where it has none, or is not there any more.")


class AmendedAnswer(Answer):
    """A participant who comes under the version."""

    number: str
    since: date
    revision: int
    visits: list[MovedVisit]


class FailedAnswer(Answer):
    """A participant who stays under the old version: no plan can be made under the new one."""

    number: str
    reason: str


class AmendmentAnswer(Answer):
    """What an amendment came to at a site, or would come to."""

    site: str
    version: str
    effective_on: date
    waits: bool = Field(description="It is in effect only later, and nobody has moved yet.")
    amended: list[AmendedAnswer]
    failed: list[FailedAnswer]
    to_reconsent: list[str] = Field(description="The numbers of those who have still to consent again.")


@api.get("/studies/<study>/site-versions", responses={200: SiteVersionList}, operation_id="list_site_versions")
@needs(Permission.STUDIES_READ)
def list_all(path: StudyPath) -> Response:
    """List which version is in effect at which of your sites; in one piece, a short line a site and version."""

    def work(session: Session) -> SiteVersionList:
        found = effective_versions(session, scope(), path.study)
        return SiteVersionList(
            versions=[
                SiteVersionAnswer(site=site, version=version, approved_on=approved, effective_on=effective)
                for site, version, approved, effective in found
            ]
        )

    return reading(work)


@api.post("/studies/<study>/site-versions", responses={200: AmendmentAnswer}, operation_id="make_version_effective")
@needs(Permission.STUDIES_WRITE)
def put_into_effect(path: StudyPath, body: NewSiteVersion) -> Response:
    """Put a version into effect at a site, and plan everybody there anew; done again, it moves who was missed."""
    planner, command = installation(), _command(path, body)
    return writing(lambda uow: amendment_effective(uow, planner.designs, scope(), command), _shown)


@api.post(
    "/studies/<study>/site-versions/preview", responses={200: AmendmentAnswer}, operation_id="preview_site_version"
)
@needs(Permission.FACTS_READ)
def preview(path: StudyPath, body: NewSiteVersion) -> Response:
    """Show whom putting a version into effect would move, seen from its day. Nothing is changed."""
    planner, command = installation(), _command(path, body)
    return reading(lambda session: _shown(preview_amendment(session, planner.designs, scope(), command, clock.now())))


def _command(path: StudyPath, body: NewSiteVersion) -> MakeEffective:
    return MakeEffective(study=path.study, **body.model_dump())


def _shown(report: AmendmentReport) -> AmendmentAnswer:
    return AmendmentAnswer(
        site=report.site, version=report.version, effective_on=report.effective_on, waits=report.waits,
        amended=[_amended(one) for one in report.amended],
        failed=[FailedAnswer(number=number, reason=reason) for number, reason in report.failed],
        to_reconsent=list(report.to_reconsent),
    )  # fmt: skip


def _amended(one: Amended) -> AmendedAnswer:
    changes = one.recorded.changes
    visits = [
        MovedVisit(
            visit=change.key, label=change.label, what=change.what.value, before=_day(change.old),
            after=_day(change.new),
        )
        for change in (changes.visits if changes is not None else ())
    ]  # fmt: skip
    return AmendedAnswer(number=one.participant, since=one.since, revision=one.recorded.revision, visits=visits)


def _day(visit: ScheduledVisit | None) -> date | None:
    return visit.actual or visit.target if visit is not None else None
