"""Chair load: how many of the minutes for which a site's chairs are open are booked, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.bookings import Booking
from planner.persistence.sites import SiteRow
from planner.reports.charts.chart import Cell, Chart, chart
from planner.reports.making import Asked
from planner.services.booking_load import minutes_open

COLUMNS = ("site", "day", "appointments", "minutes booked", "minutes open", "load")
#: what is shown where no period is asked for, and at most, in days
_BEFORE, _AFTER, _MOST = 14, 42, 92


def chair_load(session: Session, asked: Asked) -> Chart:
    """The load of each site on each day of the period, or from two weeks before the report to six after it.

    Appointments of other studies take chairs too, and are counted.
    """
    first, last = _days(asked)
    codes = [code for code in asked.design.site_ids if asked.choice.has_site(code)]
    query = select(SiteRow).where(SiteRow.id.in_([asked.design.site_ids[code] for code in codes]))
    sites = list(session.scalars(query.order_by(SiteRow.code)))
    booked = _booked(session, asked, [site.id for site in sites], first, last)
    rows = [row for site in sites for row in _of_site(site, booked, first, last)] if booked else []
    most = max((row[5] for row in rows if isinstance(row[5], float)), default=None)
    said = f"{len(sites)} sites from {first} to {last}: minutes booked in chairs of the minutes for which they are open"
    said += f". The fullest day has {most:.0%}." if most is not None else "; the sites do not say how many those are."
    nothing = f"No appointment at these sites from {first} to {last}."
    return chart("chair-load", COLUMNS, rows, said, nothing)


def _days(asked: Asked) -> tuple[date, date]:
    today = min((local_day(asked.moment, zone) for zone in asked.design.zones.values()), default=asked.moment.date())
    filters = asked.choice.filters
    first = filters.since or (filters.until - timedelta(days=_BEFORE + _AFTER) if filters.until else None)
    first = first or today - timedelta(days=_BEFORE)
    last = filters.until or first + timedelta(days=_BEFORE + _AFTER)
    return first, min(last, first + timedelta(days=_MOST))


Booked = dict[tuple[int, date], tuple[int, int]]


def _booked(session: Session, asked: Asked, sites: list[int], first: date, last: date) -> Booked:
    """Appointments, and minutes in chairs, by site and day; in one query. Of a past moment those that held then."""
    held = or_(Booking.ended_at.is_(None), Booking.ended_at > asked.moment)
    minutes = func.sum(Booking.minutes).filter(Booking.chair.is_not(None))
    query = select(Booking.site_id, Booking.day, func.count(), minutes).where(
        Booking.site_id.in_(sites), Booking.day.between(first, last), Booking.made_at <= asked.moment, held
    )
    found = session.execute(query.group_by(Booking.site_id, Booking.day))
    return {(site, day): (count, int(taken or 0)) for site, day, count, taken in found}


def _of_site(site: SiteRow, booked: Booked, first: date, last: date) -> Iterator[tuple[Cell, ...]]:
    """Every day on which the site is open, or somebody comes."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        count, taken = booked.get((site.id, day), (0, 0))
        there = minutes_open(site, day)
        if count or there:
            yield (site.name, day, count, taken, there or None, taken / there if there else None)
