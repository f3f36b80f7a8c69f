"""The day at a site by chair and hour, and the days around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner.auth.door import installation, needs
from planner.auth.permissions import Permission
from planner.persistence.visits import VisitRow
from planner.services.booking_load import Load, load_on
from planner.services.seats import seats_between, without_an_appointment
from planner.web.centre.seat_view import SeatView, Table, seat_views, table_of
from planner.web.centre.site import STRIP, Place, asked_day, days_from, looking, note_names, place_of
from planner.web.desk.choices import sites_of
from schedules.closures import Weekday

pages = Blueprint("day", __name__)


@dataclass(frozen=True, slots=True)
class DayPage:
    """A day as its page shows it. ``strip``: the days to choose from with their load and why they are closed."""

    place: Place
    day: date
    sites: list[tuple[str, str]]
    strip: list[tuple[date, Load, str | None]]
    views: list[SeatView]
    table: Table
    unbooked: list[tuple[str, str, VisitRow]]

    def count(self, stands: str) -> int:
        """How many appointments stand so."""
        return sum(view.stands == stands for view in self.views)


@pages.get("/infusions")
@needs(Permission.PARTICIPANTS_READ)
def choose() -> ResponseReturnValue:
    """Lead to the only site that somebody sees, or let them choose one."""
    sites = installation().store.read(sites_of)
    if len(sites) == 1:
        return redirect(url_for("centre.day.show", site=sites[0][0]), 303)
    return render_template("centre/choose.html", sites=sites)


@pages.get("/infusions/<site>")
@needs(Permission.PARTICIPANTS_READ)
def show(site: str) -> str:
    """Show a day of the site."""
    page = installation().store.read(lambda session: _page(session, site))
    note_names(f"site:{page.place.code}", (view.seat for view in page.views))
    return render_template("centre/day.html", page=page, place=page.place, one_day=timedelta(days=1))


def _page(session: Session, code: str) -> DayPage:
    place = place_of(session, code)
    day = asked_day(place.today)
    looks = looking(session)
    views = seat_views(seats_between(looks, place.row, day, day), place.row.zone)
    first = min(place.today, day) if abs(day - place.today) < timedelta(days=STRIP) else day - timedelta(days=3)
    days = days_from(first, STRIP)
    loads = load_on(session, place.row, days)
    opening = (place.row.opening or {}).get(list(Weekday)[day.weekday()].value)
    return DayPage(
        place, day, sites_of(session), [(each, loads[each], place.why_closed(each)) for each in days], views,
        table_of(views, place.row.chairs, opening), without_an_appointment(looks, place.row, day),
    )  # fmt: skip
