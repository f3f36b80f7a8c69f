"""A site's calendar, a month or a week at a time: who comes, closed days, how full the chairs are."""

from __future__ import annotations

import json
from calendar import Calendar as Weeks
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner.auth.door import installation, needs, scope
from planner.auth.permissions import Permission
from planner.services.booking_load import Load, load_on
from planner.services.site_calendar import KINDS, Standing, Stands, Wanted, site_calendar
from planner.web.centre.site import Place, asked_day, place_of
from planner.web.desk.choices import Studies, sites_of, studies_of
from planner.web.words import dated, month_name
from schedules.wording import state_words

pages = Blueprint("site_calendar", __name__)
KIND_LABELS = dict(zip(KINDS, ("Everything", "Infusions", "Without a study drug", "Not booked yet"), strict=True))
VIEWS = {"month": "Month", "week": "Week"}
#: so many visits of a day stand in a month; the others are a click away
MOST_IN_A_DAY = 6
_WEEKS = Weeks(firstweekday=0)


@dataclass(frozen=True, slots=True)
class Day:
    """A day with its visits; ``hidden`` counts those that do not fit. ``outside`` the month that is shown."""

    date: date
    visits: tuple[Stands, ...]
    hidden: int
    closed: str | None
    load: Load
    outside: bool

    @property
    def stands(self) -> bool:
        """Whether a list by day says anything of it."""
        return bool(self.visits) or (self.closed is not None and not self.is_weekend)

    @property
    def is_weekend(self) -> bool:
        """Whether the only reason for its being closed is the day of the week."""
        return self.closed is not None and self.closed.startswith("it is a")


@dataclass(frozen=True, slots=True)
class Hours:
    """Appointments as the script draws them, as JSON, and the hours between which they are."""

    events: str
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """A month or a week of a site as its page shows it. ``looked_at``: the day whose week is shown next."""

    place: Place
    view: str
    first: date
    looked_at: date
    weeks: list[list[Day]]
    study: str
    kind: str
    back: date
    on: date

    @property
    def heading(self) -> str:
        """``January 2026``, ``Week of Mon 12 Jan 2026``."""
        if self.view == "month":
            return f"{month_name(self.first)} {self.first.year}"
        return f"Week of {dated(self.first)}"

    @property
    def count(self) -> int:
        """How many visits stand in it."""
        return sum(len(day.visits) + day.hidden for week in self.weeks for day in week if not day.outside)

    @property
    def by_hour(self) -> Hours | None:
        """The appointments of a week by the hour; None for a month, and where nobody has an hour."""
        shown = [one for week in self.weeks for day in week for one in day.visits if one.hour]
        return _hours(shown) if shown and self.view == "week" else None

    def address(self, **other: Any) -> str:
        """The same calendar in another way; whatever is empty is left out."""
        said: dict[str, Any] = {"view": self.view, "day": self.first.isoformat(), "study": self.study,
                                "kind": self.kind, **other}  # fmt: skip
        return url_for("desk.site_calendar.show", site=self.place.code, **{n: v for n, v in said.items() if v})


@pages.get("/calendar")
@needs(Permission.PARTICIPANTS_READ)
def choose() -> ResponseReturnValue:
    """Lead to the only site that somebody sees, or let them choose one."""
    sites = installation().store.read(sites_of)
    if len(sites) == 1:
        return redirect(url_for("desk.site_calendar.show", site=sites[0][0]), 303)
    return render_template("desk/site_calendars.html", sites=sites)


@pages.get("/calendar/<site>")
@needs(Permission.PARTICIPANTS_READ)
def show(site: str) -> str:
    """Show a month or a week of a site."""
    view, kind = request.args.get("view", "month"), request.args.get("kind", "")
    if view not in VIEWS or kind not in KINDS:
        abort(404)

    def work(session: Session) -> tuple[CalendarPage, Studies, list[tuple[str, str]]]:
        studies = studies_of(session, request.args.get("study") or None)
        return _page(session, place_of(session, site), view, studies.chosen or "", kind), studies, sites_of(session)

    page, studies, sites = installation().store.read(work)
    return render_template(
        "desk/site_calendar.html", page=page, place=page.place, studies=studies, sites=sites, views=VIEWS,
        kinds=KIND_LABELS, state_words=state_words, several=not page.study and len(studies.known) > 1,
    )  # fmt: skip


def _page(session: Session, place: Place, view: str, study: str, kind: str) -> CalendarPage:
    asked = asked_day(place.today)
    if view == "month":
        first = asked.replace(day=1)
        weeks = _WEEKS.monthdatescalendar(first.year, first.month)
        back, on = (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=31)).replace(day=1)
    else:
        first = asked - timedelta(days=asked.weekday())
        weeks = [[first + timedelta(days=number) for number in range(7)]]
        back, on = first - timedelta(days=7), first + timedelta(days=7)
    shown = [day for week in weeks for day in week]
    wanted = Wanted(shown[0], shown[-1], study or None, kind, MOST_IN_A_DAY if view == "month" else None)
    visits = site_calendar(session, scope(), place.row, wanted)
    made = _days(place, shown, visits, load_on(session, place.row, shown), first.month if view == "month" else None)
    at = _looked_at(asked, place.today) if view == "month" else asked
    return CalendarPage(place, view, first, at, [[made[day] for day in week] for week in weeks], study, kind, back, on)


def _looked_at(asked: date, today: date) -> date:
    """Whoever turned the pages to a month, which leads to its first day, looks at today if it is in there."""
    same_month = (asked.year, asked.month) == (today.year, today.month)
    return today if asked.day == 1 and same_month else asked


def _days(
    place: Place, days: Sequence[date], visits: Mapping[date, Standing], loads: dict[date, Load], month: int | None
) -> dict[date, Day]:
    made = {}
    for day in days:
        found = visits.get(day, Standing())
        made[day] = Day(
            day, found.visits, found.total - len(found.visits), place.why_closed(day), loads[day],
            month is not None and day.month != month,
        )  # fmt: skip
    return made


def _hours(shown: Sequence[Stands]) -> Hours:
    """What the script draws: each appointment from its hour on, for as long as it takes, half an hour at least."""
    events, opens, closes = [], 8 * 60, 17 * 60
    for one in shown:
        starts = int(one.hour[:2]) * 60 + int(one.hour[3:5])
        ends = min(starts + max(one.minutes, 30), 24 * 60 - 1)
        opens, closes = min(opens, starts // 60 * 60), max(closes, -(-ends // 60) * 60)
        address = url_for("desk.participant.show", study=one.study, number=one.number, _anchor=one.key)
        events.append({
            "start": f"{one.day} {_clock(starts)}", "end": f"{one.day} {_clock(ends)}",
            "title": f"{one.number} {one.label}", "classNames": ["tentative" if one.tentative else one.status],
            "extendedProps": {"address": address},
        })  # fmt: skip
    return Hours(json.dumps(events), _clock(opens), _clock(closes))


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
