"""The appointments of somebody who was not told of all of them: as far as they know, the others never were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from schedules.history import Booked, BookingCancelled, Fact, Rebooked

_About: TypeAlias = "Booked | Rebooked | BookingCancelled"


def known_bookings(
    facts: Iterable[Fact], is_known: Callable[[Fact], bool], rename: Callable[[str], str] = str
) -> list[Fact]:
    """These facts without the appointments that are not known, each of the others as if it came in their place.

    Whoever knows of the 12th, and not that it was moved to the 13th, is told of the 14th as a move from the 12th; and
    if the appointment is given back, it is the 12th that is off. ``facts`` are live ones; ``rename`` as in ``Record``.
    """
    rest: list[Fact] = []
    visits: dict[str, list[_About]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, Booked | Rebooked | BookingCancelled):
            visits[rename(fact.visit)].append(fact)
        else:
            rest.append(fact)
    return [*rest, *(fact for about in visits.values() for fact in _known(about, is_known))]


def _known(facts: list[_About], is_known: Callable[[Fact], bool]) -> list[_About]:
    """The same of one visit."""
    while hidden := next((f for f in facts if not isinstance(f, BookingCancelled) and not is_known(f)), None):
        facts = [fact for fact in facts if fact is not hidden]
        following = _what_ended(hidden, facts)
        if following is not None:
            instead = _in_its_place(hidden, following)
            facts = [*(fact for fact in facts if fact is not following), *([instead] if instead else [])]
    return facts


def _what_ended(made: Booked | Rebooked, facts: list[_About]) -> Rebooked | BookingCancelled | None:
    """The first fact by which the appointment was moved or given back; an older one was about another."""
    ends = [fact for fact in facts if not isinstance(fact, Booked) and _given_up(fact) == made.date]
    if made.recorded is not None:
        ends = [fact for fact in ends if fact.recorded is None or fact.recorded >= made.recorded]
    return min(ends, key=lambda fact: fact.recorded.timestamp() if fact.recorded else 0.0, default=None)


def _given_up(fact: Rebooked | BookingCancelled) -> date:
    return fact.instead_of if isinstance(fact, Rebooked) else fact.date


def _in_its_place(hidden: Booked | Rebooked, following: Rebooked | BookingCancelled) -> _About | None:
    """What followed, as it is without it; nothing where it gave back what was never known."""
    if isinstance(hidden, Rebooked):
        if isinstance(following, Rebooked):
            return replace(following, instead_of=hidden.instead_of)
        return replace(following, date=hidden.instead_of)
    if isinstance(following, BookingCancelled):
        return None
    return Booked(
        date=following.date, id=following.id, recorded=following.recorded, by=following.by, note=following.note,
        visit=following.visit, time=following.time, minutes=following.minutes, chair=following.chair,
        site=following.site,
    )  # fmt: skip
