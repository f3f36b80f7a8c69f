"""How full the chairs of a site are on the days ahead."""

from __future__ import annotations

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from planner.auth.door import installation, needs
from planner.auth.permissions import Permission
from planner.services.booking_load import load_on
from planner.web.centre.site import days_from, place_of

pages = Blueprint("load", __name__)
WEEKS = 6


@pages.get("/infusions/<site>/load")
@needs(Permission.PARTICIPANTS_READ)
def show(site: str) -> str:
    """Show the chair minutes booked of those that there are, day by day."""

    def work(session: Session) -> str:
        place = place_of(session, site)
        monday = days_from(place.today, 1)[0]
        days = days_from(monday, 7 * WEEKS - monday.weekday())
        loads = load_on(session, place.row, days)
        weeks: dict[tuple[int, int], list[object]] = {}
        for day in days:
            closed = place.why_closed(day)
            if closed is None or loads[day].appointments:
                weeks.setdefault(day.isocalendar()[:2], []).append((day, loads[day], closed))
        return render_template("centre/load.html", place=place, weeks=list(weeks.values()))

    return installation().store.read(work)
