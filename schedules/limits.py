"""On which days a visit may be: window, spacing, closed days, never-same-day and days away, narrowed together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from schedules.closures import ClosedDays
from schedules.course import Course, OwnClosedDays
from schedules.labels import label_of
from schedules.spacing import Bound, How
from schedules.wording import day_words, days_words, list_words, span_words

SEARCH_DAYS = 366
MOST_NAMED = 4
_ONE_DAY = "it is a "  # how the reason of a weekend begins
_HOW = {How.GIVEN: "was given on", How.BOOKED: "is booked for", How.PLANNED: "is planned for"}
_PLACES = {"site": "the site", "infusion": "the infusion unit"}


class Limits(NamedTuple):
    """What binds one visit of one participant, from ``first`` to ``last``; days are ordinals.

    ``never`` are days on which something happens that must not share a day with this visit, and what. ``remote``:
    nobody travels, so being away does not matter. ``too_late`` is the first day on which the visit must be over,
    whatever its window says.
    """

    course: Course
    closed: ClosedDays | OwnClosedDays
    bounds: tuple[Bound, ...]
    never: Mapping[int, str]
    first: int
    last: int
    remote: bool = False
    too_late: int | None = None

    def allows(self, day: int) -> bool:
        """Whether nothing but perhaps the window stands in the way of that day."""
        for rule, previous, _, following, _ in self.bounds:  # Bound.allows, written out: this is asked most of all
            if rule.blocks and (
                (previous is not None and day < previous + rule.days)
                or (following is not None and day > following - rule.days)
            ):
                return False
        if day in self.never or self.closed[day] is not None:
            return False
        course = self.course
        return self.remote or not (course.away and course.is_away(day))

    def nearest(self, due: int) -> int | None:
        """The free day nearest to ``due``, the later one of two; None if no day is left."""
        first, last = self.first, self.last
        if first <= due <= last and self.allows(due):
            return due
        for distance in range(1, max(due - first, last - due) + 1):
            for day in (due + distance, due - distance):
                if first <= day <= last and self.allows(day):
                    return day
        return None

    def free_days(self) -> tuple[date, ...]:
        """Every day that is left, earliest first."""
        return tuple(date.fromordinal(day) for day in range(self.first, self.last + 1) if self.allows(day))

    def earliest_safe(self) -> int | None:
        """The first day from the window's start on which nothing but the window stands in the way, within a year."""
        start = max([self.first, *(bound.earliest or 0 for bound in self.bounds if bound.rule.blocks)])
        end = start + SEARCH_DAYS if self.too_late is None else min(start + SEARCH_DAYS, self.too_late)
        return next((day for day in range(start, end) if self.allows(day)), None)

    def why_not(self, day: int) -> str | None:
        """What stands in the way of that day, in words; None if nothing does."""
        for bound in self.bounds:
            if bound.rule.blocks and not bound.allows(day):
                return self._too_close(bound, day)
        closed = self.closed[day]
        if closed is not None:
            return closed_words(closed, day)
        if day in self.never:
            other = label_of(self.course.compiled, self.never[day])
            return f"{other} is on {day_words(day)}, and the two are never given on the same day"
        away = not self.remote and self.course.is_away(day)
        return f"the participant is away on {day_words(day)}" if away else None

    def why_none(self) -> list[str]:
        """What stands in the way of all its days, in words; days that are closed for one reason are told together."""
        closed: dict[tuple[str, str], list[int]] = {}
        others: dict[str, None] = {}
        for day in range(self.first, self.last + 1):
            why = self.closed[day]
            if any(bound.rule.blocks and not bound.allows(day) for bound in self.bounds) or why is None:
                others[self.why_not(day) or ""] = None
            else:
                closed.setdefault(why, []).append(day)
        return [*others, *(closed_words(why, *days) for why, days in closed.items())]

    def warnings(self, day: int) -> tuple[str, ...]:
        """Spacing that only warns and that this day does not keep."""
        return tuple(self._too_close(b, day) for b in self.bounds if not b.rule.blocks and not b.allows(day))

    def _too_close(self, bound: Bound, day: int) -> str:
        return too_close(bound, day, label_of(self.course.compiled, bound.rule.drug))


def closed_words(closed: tuple[str, str], *days: int) -> str:
    """Why a place is closed on these days: ``the infusion unit is closed on 16 March 2026 (stock-taking)``."""
    place, reason = closed
    if len(days) > 1 and reason.startswith(_ONE_DAY):
        reason = f"{reason.removeprefix(_ONE_DAY)}s"
    because = "" if reason == "closed" else f" ({reason})"
    when = list_words(day_words(day) for day in days)
    if len(days) > MOST_NAMED:
        when = f"{len(days)} days from {span_words(days[0], days[-1])}"
    return f"{_PLACES.get(place, f'the {place}')} is closed on {when}{because}"


def too_close(bound: Bound, day: int, drug: str) -> str:
    """Which dose of the drug a day is too close to, and from when on (or until when) it would do."""
    earliest, latest = bound.earliest, bound.latest
    days = days_words(bound.rule.days)
    if earliest is not None and bound.previous is not None and day < earliest:
        apart = f"{drug} {_HOW[bound.how]} {day_words(bound.previous)} and must be {days} apart"
        return f"{apart}, so not before {day_words(earliest)}"
    apart = f"{drug} {_HOW[bound.how_following]} {day_words(bound.following or day)} and must be {days} apart"
    return f"{apart}, so not after {day_words(latest or day)}"
