"""Somebody who looks at everything that shows or tells a date, with apps that have subscribed since the beginning.

Which days are right is not asked here (that is the plan's), but that whoever looks at the plan (the list of visits of
the API) and at anything else is not told two things.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from tests.agreement.known import Person, Slot
from tests.agreement.shown import App, instant, listed
from tests.agreement.world import NORTH, ZONES, World

#: what fell away, and has given back its chair
GONE = ("cancelled", "omitted", "missed", "suspended")
#: an appointment does not fit any more, or not until somebody decides: its chair is held
UNSETTLED = ("to-rebook", "needs-decision", "held")
#: an appointment of such a visit has its chair
STANDS = ("booked", "unrecorded", *UNSETTLED)
#: what a participant's calendar says that has nothing in it
NOTHING = "Appointments"

Row = dict[str, Any]


@dataclass
class Looker:
    """What was seen at the last look; lists of the API, and the calendars as the apps have them."""

    world: World
    apps: dict[str, App] = field(default_factory=dict)
    #: how many texts have been read, and what was wrong with them
    read: int = 0
    wrong_texts: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    bookings: list[Row] = field(default_factory=list)

    def refresh(self) -> None:
        """Look once more."""
        for name, token in self.world.calendars.items():
            self.apps.setdefault(name, App(token)).refresh(self.world)
        self.rows, self.bookings = listed(self.world, "visits"), listed(self.world, "bookings")

    def of(self, who: Person) -> list[Row]:
        """The visits of somebody."""
        return [row for row in self.rows if row["number"] == who.number]

    def person(self, row: Row) -> Person:
        """Whose visit or appointment that is."""
        return next(who for who in self.world.people if who.number == row["number"])

    def slot(self, row: Row) -> Slot | None:
        """The appointment of a visit, by the facts."""
        return self.person(row).slots().get(row["key"])

    def held(self, row: Row) -> Slot | None:
        """The appointment of a visit that has its chair."""
        return self.slot(row) if row["status"] in STANDS else None

    def today(self, who: Person) -> date:
        """The date where somebody is seen."""
        return self.world.today(who.site_on(self.world.today(who.home)))

    def own_calendars(self) -> Iterator[str]:
        """The names of the participants' calendars."""
        return (who.number for who in self.world.people)


def slot_of(booking: Row) -> Slot:
    """The appointment that a line of the list of appointments is."""
    hour = None if booking["minutes"] == 24 * 60 else time.fromisoformat(booking["time"])
    return Slot(date.fromisoformat(booking["day"]), hour, booking["site"])


def day_of(text: str | None) -> date | None:
    """A day of a list."""
    return date.fromisoformat(text) if text else None


def when(slot: Slot) -> datetime | date:
    """When an appointment is: an instant, or a day where it has no hour."""
    return instant(slot.day, slot.hour, ZONES[slot.site]) if slot.hour else slot.day


def until(at: datetime | date) -> datetime:
    """Until when something is to come; a day without an hour, until it is over where most are."""
    return at if isinstance(at, datetime) else instant(at, time(23, 59), ZONES[NORTH])
