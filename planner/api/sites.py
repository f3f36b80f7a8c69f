"""Sites: where participants are seen, and when they are not."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import asking, expected_revision, installation, needs, reading, scope, tagged, writing
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, Body, Day, Line, Name, Note, PageQuery, SitePath
from planner.auth.permissions import Permission
from planner.persistence.sites import Closure, SiteRow, closures_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.request_log import log
from planner.services.access import find_site, require_own_site
from planner.services.lists import list_sites
from planner.services.replanning import replan_site
from planner.services.sites import ChangeSite, CloseSite, CreateSite, change_site, close_site, create_site, reopen_site

api = resource("sites", "Sites with their opening hours, chairs and closures.")


class SiteSummary(Answer):
    """A site in a list."""

    code: str
    name: str
    zone: str = Field(description="IANA time zone: the site's dates and hours are local to it.")
    chairs: int


class ClosureAnswer(Answer):
    """Days on which a site, or some of its resources, is closed."""

    id: int
    first: date
    last: date | None
    rule: str | None = Field(description="RFC 5545 RRULE, where the closure recurs.")
    resources: list[str] = Field(description="infusion, clinic, laboratory, pharmacy; all of them if empty.")
    reason: str


class SiteAnswer(SiteSummary):
    """A site."""

    country: str | None
    region: str | None
    weekend: list[str]
    opening: dict[str, list[str]]
    address: str
    phone: str
    closures: list[ClosureAnswer]
    revision: int = Field(description="Grows with every change; send it as If-Match with what was decided by it.")


class NewSite(Body):
    """A site to set up."""

    code: Name = Field(examples=["north-clinic"])
    name: Line
    zone: Name = Field(examples=["America/New_York"])
    country: str | None = Field(default=None, max_length=2, description="ISO 3166, for public holidays.")
    region: str | None = Field(default=None, max_length=3)
    weekend: list[Name] = Field(default=["saturday", "sunday"], max_length=7)
    opening: dict[str, list[Name]] = Field(default={}, max_length=7, examples=[{"monday": ["08:00", "17:00"]}])
    chairs: int = Field(default=0, ge=0, le=500)
    address: str = Field(default="", max_length=500)
    phone: str = Field(default="", max_length=50)


class SiteChange(Body):
    """What is to be otherwise; what is left out, or null, stays."""

    name: Line | None = None
    opening: dict[str, list[Name]] | None = Field(
        default=None, max_length=7, examples=[{"monday": ["08:00", "17:00"]}],
        description="All the hours of the week; none at all if empty: then nobody asks for them.",
    )  # fmt: skip
    chairs: int | None = Field(default=None, ge=0, le=500)
    address: str | None = Field(default=None, max_length=500)
    phone: str | None = Field(default=None, max_length=50)


class NewClosure(Body):
    """A day, a span of days, or a recurring rule."""

    first: Day
    last: Day | None = None
    rule: str | None = Field(default=None, max_length=300, examples=["FREQ=MONTHLY;BYDAY=1MO"])
    resources: list[Name] = Field(default=[], max_length=10)
    reason: Note = "closed"


class ClosurePath(SitePath):
    """A closure of a site."""

    closure: int = Field(ge=1, le=2**62)


SitePage = page_of(SiteSummary)


@api.get("/sites", responses={200: SitePage}, operation_id="list_sites")
@needs(Permission.SITES_READ)
def list_all(query: PageQuery) -> Response:
    """List the sites that you may see."""

    def work(session: Session) -> Any:
        found = list_sites(session, scope(), asked(query))
        return SitePage(items=[SiteSummary.model_validate(row) for row in found.rows], next=found.next)

    return reading(work)


@api.post("/sites", responses={201: SiteAnswer}, operation_id="create_site")
@needs(Permission.SITES_WRITE, everything=True)
def create(body: NewSite) -> Response:
    """Set up a site; its public holidays are stored. Asks for a role at all sites."""

    def work(uow: UnitOfWork) -> SiteAnswer:
        said = body.model_dump()
        return _shown(uow.session, create_site(uow, CreateSite(**{**said, "weekend": tuple(said["weekend"])})))

    return writing(work, lambda shown: shown, 201, _etag)


@api.get("/sites/<site>", responses={200: SiteAnswer}, operation_id="show_site")
@needs(Permission.SITES_READ)
def show(path: SitePath) -> Response:
    """Show a site."""
    return reading(lambda session: _shown(session, find_site(session, scope(), path.site)), _etag)


@api.patch("/sites/<site>", responses={200: SiteAnswer}, operation_id="change_site")
@needs(Permission.SITES_WRITE)
def change(path: SitePath, body: SiteChange) -> Response:
    """Give a site other opening hours or chairs, or another name, address or number. Appointments stay as they are.

    With If-Match, only if nobody has changed the site since that revision.
    """
    command = ChangeSite(**body.model_dump(), expected=expected_revision())

    def work(uow: UnitOfWork) -> SiteAnswer:
        site = _own_site(uow.session, path)
        change_site(uow, site, command)
        return _shown(uow.session, site)

    return writing(work, lambda shown: shown, headers=_etag)


@api.post("/sites/<site>/closures", responses={201: SiteAnswer}, operation_id="close_site")
@needs(Permission.SITES_CLOSE)
def close(path: SitePath, body: NewClosure) -> Response:
    """Close a site on some days, and plan everybody anew whom it may concern."""

    def work(uow: UnitOfWork) -> SiteAnswer:
        site = _own_site(uow.session, path)
        said = body.model_dump()
        close_site(uow, site, CloseSite(**{**said, "resources": tuple(said["resources"])}))
        return _shown(uow.session, site)

    return _planned_anew(path.site, writing(work, lambda shown: shown, 201, _etag))


@api.delete("/sites/<site>/closures/<int:closure>", responses={200: SiteAnswer}, operation_id="reopen_site")
@needs(Permission.SITES_CLOSE)
def reopen(path: ClosurePath) -> Response:
    """Take a closure back, and plan everybody anew whom it may concern. The closure stays on record."""

    def work(uow: UnitOfWork) -> SiteAnswer:
        site = _own_site(uow.session, path)
        reopen_site(uow, site, path.closure)
        uow.session.flush()
        return _shown(uow.session, site)

    return _planned_anew(path.site, writing(work, lambda shown: shown, headers=_etag))


def _planned_anew(site: str, answered: Response) -> Response:
    """Plan everybody of the site's studies anew; whom that leaves out (nobody should be) the worker finds."""
    for participant, reason in replan_site(installation(), asking().actor, clock.now(), site):
        log().error("not planned anew", participant=participant, reason=reason)
    return answered


def _own_site(session: Session, path: SitePath) -> SiteRow:
    site = find_site(session, scope(), path.site)
    require_own_site(session, scope(), site)
    return site


def _shown(session: Session, site: SiteRow) -> SiteAnswer:
    names = (
        "code", "name", "zone", "chairs", "country", "region", "weekend", "opening", "address", "phone", "revision",
    )  # fmt: skip
    return SiteAnswer(
        **{name: getattr(site, name) for name in names},
        closures=[_closure(row) for row in closures_of(session, [site.id])],
    )


def _etag(shown: SiteAnswer) -> dict[str, str]:
    return tagged(shown.revision)


def _closure(row: Closure) -> ClosureAnswer:
    return ClosureAnswer.model_validate(row)
