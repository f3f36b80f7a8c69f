"""Sites: where participants are seen; one of them with its clock, hours, chairs and numbers; set up, and changed."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.paging import Asked
from planner.persistence.sites import SiteRow, closures_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, NotAllowed
from planner.services.access import find_site, require_own_site
from planner.services.lists import list_sites
from planner.services.site_overview import studies_at
from planner.services.sites import ChangeSite, CreateSite, change_site, create_site, today_at
from planner.web.office.forms import Form, save, sent_form
from planner.web.office.search import list_address
from schedules.closures import Weekday

pages = Blueprint("sites", __name__)
ONE = "/sites/<site>"
PER_PAGE = 50
_HOURS = ("opens", "closes")
DAYS = tuple(day.value for day in Weekday)
_OPENING = tuple(f"opening-{day}" for day in DAYS)
_CHANGEABLE = ("name", "address", "phone", "chairs", *_OPENING)
_NEW = ("code", *_CHANGEABLE, "zone", "country", "region", "weekend")
#: what a new site begins with: the hours of most clinics
_USUAL = {"weekend": ("saturday", "sunday"), "chairs": "0"} | {
    f"{part}-{day}": hour for day in DAYS[:5] for part, hour in (("opens", "08:00"), ("closes", "17:00"))
}


@pages.get("/sites")
@needs(Permission.SITES_READ)
def show() -> str:
    """Show the sites."""
    asked = Asked(PER_PAGE, request.args.get("cursor") or None)

    def work(session: Session) -> str:
        found = list_sites(session, scope(), asked)
        further = list_address("office.sites.show", {}, cursor=found.next) if found.next else None
        return render_template("office/sites.html", found=found, further=further, first=asked.cursor is None)

    return installation().store.read(work)


@pages.get("/sites/new")
@needs(Permission.SITES_WRITE, everything=True)
def ask() -> Response:
    """Show the form that sets up a site."""
    return _new_page(Form("site", _USUAL), 200)


@pages.post("/sites/new")
@needs(Permission.SITES_WRITE, everything=True)
def create() -> ResponseReturnValue:
    """Set up a site; its public holidays are stored."""
    form = sent_form("site")

    def work(uow: UnitOfWork) -> str:
        command = CreateSite(
            code=form.value("code"), zone=form.value("zone"), weekend=tuple(form.chosen("weekend")),
            country=form.value("country").upper() or None, region=form.value("region").upper() or None, **_said(form),
        )  # fmt: skip
        return create_site(uow, command).code

    return save(form, _NEW, work, lambda made: url_for("office.sites.show_one", site=made, done="added"), _new_page)


@pages.get(ONE)
@needs(Permission.SITES_READ)
def show_one(site: str) -> str:
    """Show a site: its clock, hours, chairs, numbers, closed days and studies."""

    def work(session: Session) -> str:
        row = find_site(session, scope(), site)
        now = today_at(row, clock.now())
        ahead = [one for one in closures_of(session, [row.id]) if one.rule or (one.last or one.first) >= now]
        return render_template(
            "office/site.html", site=row, days=DAYS, closures=ahead, studies=studies_at(session, scope(), row),
            may_change=_may_change(session, row), done=request.args.get("done"),
        )  # fmt: skip

    return installation().store.read(work)


@pages.get(f"{ONE}/change")
@needs(Permission.SITES_WRITE)
def ask_change(site: str) -> Response:
    """Show the form that changes a site."""
    return _change_page(site, None, 200)


@pages.post(f"{ONE}/change")
@needs(Permission.SITES_WRITE)
def change(site: str) -> ResponseReturnValue:
    """Give a site another name, address or number, other hours or chairs. Appointments stay as they were made."""
    form = sent_form("site")

    def work(uow: UnitOfWork) -> None:
        row = find_site(uow.session, scope(), site)
        require_own_site(uow.session, scope(), row)
        change_site(uow, row, ChangeSite(**_said(form), expected=form.number("expected")))

    def then(_: None) -> str:
        return url_for("office.sites.show_one", site=site, done="changed")

    return save(form, _CHANGEABLE, work, then, lambda sent, status: _change_page(site, sent, status))


def _said(form: Form) -> dict[str, Any]:
    """What both forms say. Raises InvalidInput."""
    said: dict[str, Any] = {name: form.value(name) for name in ("name", "address", "phone")}
    return {**said, "chairs": form.number("chairs") or 0, "opening": _opening(form)}


def _opening(form: Form) -> dict[str, tuple[str, str]]:
    found, problems = {}, []
    for day in DAYS:
        opens, closes = form.value(f"opens-{day}"), form.value(f"closes-{day}")
        if bool(opens) != bool(closes):
            wrong = f"on {day} one of the two hours is missing"
            problems.append(InputProblem(f"opening-{day}", wrong, "write both, or none"))
        elif opens:
            found[day] = (opens, closes)
    if problems:
        raise InvalidInput(problems)
    return found


def _kept(row: SiteRow) -> dict[str, Any]:
    hours = {
        f"{part}-{day}": said for day, both in row.opening.items() for part, said in zip(_HOURS, both, strict=True)
    }
    return {name: getattr(row, name) for name in ("name", "address", "phone", "chairs")} | hours


def _may_change(session: Session, row: SiteRow) -> bool:
    try:
        where = asking().scope(Permission.SITES_WRITE)
        require_own_site(session, where, row)
    except NotAllowed:
        return False
    return where.covers_site(row.id)


def _new_page(form: Form, status: int) -> Response:
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix")))
    weekdays = [(day, day.capitalize()) for day in DAYS]
    made = render_template("office/site_new.html", form=form, days=DAYS, zones=zones, weekdays=weekdays)
    return make_response(made, status)


def _change_page(site: str, form: Form | None, status: int) -> Response:
    def work(session: Session) -> str:
        row = find_site(session, scope(), site)
        require_own_site(session, scope(), row)
        shown = form or Form("site", _kept(row))
        return render_template("office/site_change.html", site=row, form=shown, days=DAYS)

    return make_response(installation().store.read(work), status)
