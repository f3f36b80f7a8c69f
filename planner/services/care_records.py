"""What was done, given and taken by one participant, so far as reports count it: kept with their plan, as one text.

It is written with the plan, and says everything that a report needs for any period, site, version or breakdown, so that
nobody has to be planned again for one.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from pydantic import TypeAdapter

#: grows whenever the same facts make another text: what is of an older form is not read
FORM = 1


class Dose(NamedTuple):
    """One drug that staff give at a visit where it was due.

    ``known``: something tells what became of it. ``amount`` is in the unit of the drug's level, 0 if nothing was given;
    None if nobody can tell.
    """

    drug: str
    known: bool
    given: bool
    amount: float | None


class VisitCare(NamedTuple):
    """A visit that took place or was due: where and when, what it plans and whether that was done.

    ``day`` is the protocol's, else that on which it stands. ``activities`` are those of visits within the schedule that
    took place.
    """

    site: str
    day: date | None
    actual: date | None
    stay: str
    activities: tuple[tuple[str, bool], ...]
    doses: tuple[Dose, ...]


class DrugLevel(NamedTuple):
    """A drug that staff give: how it is called, and its dose level as an amount; without one the unit is None."""

    label: str
    unit: str | None
    amount: float


class HomeDrug(NamedTuple):
    """A drug taken at home, up to the day before the plan's.

    ``expected`` are the days with a dose expected, ``taken`` those of them with one recorded; ``away`` are days in
    hospital and ``held`` those on which a hold said not to. ``told``: anything is recorded of it at all. ``returns``
    are the days of counts of what came back, each with the doses that were taken by it.
    """

    label: str
    expected: tuple[date, ...]
    away: tuple[date, ...]
    held: tuple[date, ...]
    taken: tuple[date, ...]
    told: bool
    returns: tuple[tuple[date, int], ...]
    unreadable: int


class Care(NamedTuple):
    """All of one participant. ``labels`` are of activities.

    ``stays`` are the cycles with doses, by their lengths in days; not those whose length the protocol does not say.
    """

    visits: tuple[VisitCare, ...] = ()
    labels: dict[str, str] = {}  # noqa: RUF012 - never changed
    drugs: dict[str, DrugLevel] = {}  # noqa: RUF012
    stays: dict[str, int] = {}  # noqa: RUF012
    home: tuple[HomeDrug, ...] = ()


_TEXT = TypeAdapter(Care)


def care_text(care: Care) -> str:
    """As it is kept."""
    return _TEXT.dump_json(care).decode()


def read_care(text: str) -> Care:
    """What a text of this form says."""
    return _TEXT.validate_json(text)
