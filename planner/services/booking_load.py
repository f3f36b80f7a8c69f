"""How full a site is on the days on which a visit may be booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from planner.persistence.bookings import Booking
from planner.persistence.sites import SiteRow
from schedules.closures import Weekday


@dataclass(frozen=True, slots=True)
class Load:
    """One day at a site: its appointments, and how many minutes in chairs they take of those that there are.

    ``minutes_open`` is 0 where nobody has said how many chairs the site has, or when it is open.
    """

    appointments: int
    minutes_taken: int
    minutes_open: int

    @property
    def percent(self) -> int | None:
        """How much of the time in chairs is taken; None where that is not known."""
        return round(100 * self.minutes_taken / self.minutes_open) if self.minutes_open else None


def load_on(session: Session, site: SiteRow, days: Sequence[date]) -> dict[date, Load]:
    """How full the site is on each of these days; in one query."""
    if not days:
        return {}
    query = (
        select(Booking.day, func.count(), func.sum(Booking.minutes).filter(Booking.chair.is_not(None)))
        .where(Booking.site_id == site.id, Booking.ended_at.is_(None), Booking.day.between(min(days), max(days)))
        .group_by(Booking.day)
    )
    found = {day: (count, int(minutes or 0)) for day, count, minutes in session.execute(query)}
    return {day: Load(*found.get(day, (0, 0)), minutes_open(site, day)) for day in days}


def minutes_open(site: SiteRow, day: date) -> int:
    """For how many minutes the chairs of a site are open on a day, together; 0 where nobody has said."""
    hours = (site.opening or {}).get(list(Weekday)[day.weekday()].value)
    if not hours:
        return 0
    opens, closes = (int(hour[:2]) * 60 + int(hour[3:]) for hour in hours)
    return max(0, closes - opens) * site.chairs
