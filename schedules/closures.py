"""Days on which a site cannot see people: weekends, public holidays, single days, recurring rules.

A closure belongs to a resource (infusion, clinic, laboratory, pharmacy) or to all of them. Whether a
visit may fall on a day is asked for each resource that it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date
from enum import StrEnum
from typing import Annotated

import holidays
from pydantic import Field

from schedules.language import Label
from schedules.protocol import Resource
from schedules.recurrence import Rule, days_of_rule
from schedules.scalars import Identifier, IsoDate, Line, Zone
from schedules.validation import record


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_NUMBERS = {day: number for number, day in enumerate(Weekday)}
_NAMES = [day.value.capitalize() for day in Weekday]  # not strftime: that follows the locale


@record
class ClosedDay:
    """A single closed day, or all days from ``date`` up to and including ``until``."""

    date: IsoDate
    until: IsoDate | None = None
    resources: tuple[Resource, ...] = ()
    reason: Line = "closed"


@record
class ClosedRule:
    """Closed days that come again by a ``rule`` (RFC 5545 RRULE), from ``date`` on."""

    rule: Rule
    date: IsoDate
    resources: tuple[Resource, ...] = ()
    reason: Line = "closed"


@record
class PublicHolidays:
    """The public holidays of a country and region (ISO 3166).

    ``dates`` are the stored ones and are the truth for their years, so that a newer library does not
    rewrite the past; other years are computed.
    """

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    region: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")] | None = None
    dates: dict[IsoDate, Line] = field(default_factory=dict)


@record
class Site:
    """A place where participants are seen, in one time zone, with the days on which it is closed."""

    id: Identifier
    name: Label
    zone: Zone = "UTC"
    weekend: tuple[Weekday, ...] = (Weekday.SATURDAY, Weekday.SUNDAY)
    public_holidays: PublicHolidays | None = None
    closed: tuple[ClosedDay | ClosedRule, ...] = ()


#: A plan without a site: weekends closed, no holidays.
PLAIN_SITE = Site(id="site", name="A site closed at weekends")


def public_holidays(country: str, region: str | None, years: Iterable[int]) -> dict[date, str]:
    """The public holidays of these years, by date, as the holidays library computes them.

    Raises ValueError if it does not know the country or the region.
    """
    try:
        found = holidays.country_holidays(country, subdiv=region, years=list(years))
    except NotImplementedError:
        where = f"{country}-{region}" if region else country
        raise ValueError(
            f"no public holidays are known for {where}; write an ISO 3166 code such as US, US-NY or DE-BY"
        ) from None
    return {day: str(name) for day, name in sorted(found.items())}


class ClosedDays(dict[int, "tuple[str, str] | None"]):
    """For each day (an ordinal) which of a visit's needs is closed then and why; None if all are open.

    A day is looked up once, when somebody first asks.
    """

    def __init__(self, calendar: SiteCalendar, needs: frozenset[Resource]) -> None:
        super().__init__()
        self._calendar = calendar
        self._needs = needs

    def __missing__(self, day: int) -> tuple[str, str] | None:
        found = self[day] = self._calendar.look_up(date.fromordinal(day), self._needs)
        return found


class _ByNeeds(dict[frozenset[Resource], ClosedDays]):
    """The closed days of a site for each set of resources that somebody has asked for."""

    def __init__(self, calendar: SiteCalendar) -> None:
        super().__init__()
        self._calendar = calendar

    def __missing__(self, needs: frozenset[Resource]) -> ClosedDays:
        found = self[needs] = ClosedDays(self._calendar, needs)
        return found


class SiteCalendar:
    """Answers, quickly, whether a site's resources are open on a day; reads a year's closures once.

    Days are ordinals (``date.toordinal``): that is what the engine counts in.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._weekend = frozenset(_NUMBERS[day] for day in site.weekend)
        self._years: dict[int, Mapping[date, tuple[tuple[frozenset[Resource], str], ...]]] = {}
        #: the closed days of something that needs these resources
        self.closed_days = _ByNeeds(self)

    def why_closed(self, day: int, needs: frozenset[Resource]) -> tuple[str, str] | None:
        """Which of the resources is closed on that day and why, in words; None if all are open."""
        return self.closed_days[needs][day]

    def is_open(self, day: date, resources: frozenset[Resource] = frozenset(Resource)) -> bool:
        """Whether all these resources are open on that day."""
        return self.why_closed(day.toordinal(), resources) is None

    def look_up(self, day: date, resources: frozenset[Resource]) -> tuple[str, str] | None:
        """Work out, without remembering it, why one of the resources is closed on that day."""
        if day.weekday() in self._weekend:
            return "site", f"it is a {_NAMES[day.weekday()]}"
        year = self._years.get(day.year)
        if year is None:
            year = self._years[day.year] = self._closures_of(day.year)
        for closed, reason in year.get(day, ()):
            if shared := closed & resources:
                return ("site" if closed == _ALL else min(shared).value), reason
        return None

    def _closures_of(self, year: int) -> Mapping[date, tuple[tuple[frozenset[Resource], str], ...]]:
        found: dict[date, list[tuple[frozenset[Resource], str]]] = {}
        for day, name in self._holidays_of(year).items():
            found.setdefault(day, []).append((_ALL, name))
        for closure in self.site.closed:
            resources = frozenset(closure.resources) or _ALL
            for day in _days_of(closure, year):
                found.setdefault(day, []).append((resources, closure.reason))
        return {day: tuple(closures) for day, closures in found.items()}

    def _holidays_of(self, year: int) -> Mapping[date, str]:
        rules = self.site.public_holidays
        if rules is None:
            return {}
        stored = {day: name for day, name in rules.dates.items() if day.year == year}
        return stored or public_holidays(rules.country, rules.region, [year])


_ALL = frozenset(Resource)


def _days_of(closure: ClosedDay | ClosedRule, year: int) -> list[date]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    if isinstance(closure, ClosedDay):
        start, end = max(first, closure.date), min(last, closure.until or closure.date)
        return [date.fromordinal(n) for n in range(start.toordinal(), end.toordinal() + 1)]
    return days_of_rule(closure.rule, closure.date, year)
