"""What the pharmacy of a site has to have ready on a day, by the hour: a list to work through, or to print."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from planner.auth.door import installation, needs
from planner.auth.permissions import Permission
from planner.services.seats import Seat, seats_between
from planner.web.centre.seat_view import preparations, seat_views
from planner.web.centre.site import asked_day, looking, note_names, place_of

pages = Blueprint("pharmacy", __name__)


@pages.get("/infusions/<site>/pharmacy")
@needs(Permission.PARTICIPANTS_READ)
def show(site: str) -> str:
    """Show what is to be prepared on a day, what is needed first before what comes later."""

    def work(session: Session) -> tuple[str, list[Seat]]:
        place = place_of(session, site)
        day = asked_day(place.today)
        seats = seats_between(looking(session), place.row, day, day)
        found = preparations(seat_views(seats, place.row.zone))
        shown = render_template(
            "centre/pharmacy.html", place=place, day=day, found=found, one_day=timedelta(days=1),
            closed=place.why_closed(day), waiting=sum(one.drug.ok_kind != "given" for one in found),
        )  # fmt: skip
        return shown, [one.view.seat for one in found]

    shown, seats = installation().store.read(work)
    note_names(f"site:{site}", seats)
    return shown
