"""How full the chairs of a site are on the days ahead."""

from __future__ import annotations

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from planner.auth.door import installation, needs
from planner.auth.permissions import Permission
from planner.services.booking_load import load_on
from planner.web.centre.site import days_from, place_of
from schedules.closures import Weekday

pages = Blueprint("load", __name__)
WEEKS = 6


@pages.get("/infusions/<site>/load")
@needs(Permission.PARTICIPANTS_READ)
def show(site: str) -> str:
    """Show the chair minutes booked of those that there are, day by day."""

    def work(session: Session) -> str:
        place = place_of(session, site)
        days = days_from(place.today, 7 * WEEKS - place.today.weekday())
        loads = load_on(session, place.row, days)
        weeks: dict[tuple[int, int], list[object]] = {}
        for day in days:
            closed = place.why_closed(day)
            if loads[day].appointments or list(Weekday)[day.weekday()].value not in place.row.weekend:
                weeks.setdefault(day.isocalendar()[:2], []).append((day, loads[day], closed))
        return render_template("centre/load.html", place=place, weeks=list(weeks.values()))

    return installation().store.read(work)
