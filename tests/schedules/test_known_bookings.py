"""An appointment that was moved without a word is, for its participant, where they were told that it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from schedules.history import Booked, BookingCancelled, Fact, Rebooked
from schedules.known_bookings import known_bookings
from schedules.record import Record, live_facts

KEY = "induction.c1.d8"


def january(day: int) -> date:
    return date(2026, 1, day)


def booked(name: str, day: int, hour: int | None = None) -> Booked:
    return Booked(id=name, date=january(day), visit=KEY, time=_at(hour), recorded=_entered(name))


def moved(name: str, day: int, instead_of: int, hour: int | None = None) -> Rebooked:
    return Rebooked(
        id=name, date=january(day), visit=KEY, instead_of=january(instead_of), time=_at(hour), recorded=_entered(name)
    )


def off(name: str, day: int) -> BookingCancelled:
    return BookingCancelled(id=name, date=january(day), visit=KEY, recorded=_entered(name))


def _at(hour: int | None) -> time | None:
    return None if hour is None else time(hour)


def _entered(name: str) -> datetime:
    """Facts are named by the minute in which they were recorded, and by T where they were told."""
    return datetime(2026, 1, 5, 10, int(name.removesuffix("T")), tzinfo=UTC)


def known(*facts: Fact) -> tuple[int, int | None] | None:
    """Day and hour of the appointment that the participant knows of."""
    found = Record(live_facts(known_bookings(facts, lambda fact: str(fact.id).endswith("T")))).bookings.get(KEY)
    return (found.fact.date.day, found.fact.time.hour if found.fact.time else None) if found else None


@pytest.mark.parametrize(
    ("facts", "seen"),
    [
        ([booked("1T", 12), moved("2", 13, 12)], (12, None)),
        ([booked("1T", 12), moved("2", 13, 12), moved("3T", 14, 13)], (14, None)),
        ([booked("1T", 12), moved("2T", 13, 12), moved("3", 14, 13), moved("4T", 12, 14)], (12, None)),
        ([booked("1T", 12), moved("2T", 13, 12), moved("3", 12, 13)], (13, None)),
        ([booked("1", 12), moved("2T", 13, 12, 9)], (13, 9)),
        ([booked("1T", 12, 9), moved("2", 12, 12, 10)], (12, 9)),
        ([booked("1T", 12, 9), moved("2", 12, 12, 10), moved("3T", 12, 12, 8)], (12, 8)),
    ],
    ids=["moved", "moved-on", "there-and-back", "back", "first-told", "another-hour", "another-hour-told"],
)
def test_a_move_that_was_not_told_leaves_the_appointment_where_it_was_told_last(
    facts: list[Fact], seen: tuple[int, int | None]
) -> None:
    assert known(*facts) == seen


@pytest.mark.parametrize(
    "facts",
    [
        [booked("1T", 12), moved("2", 13, 12), off("3", 13)],
        [booked("1T", 12), moved("2", 13, 12), moved("3", 14, 13), off("4", 14)],
        [booked("1T", 12), off("2", 12), booked("3", 12)],
        [booked("1", 12), off("2", 12)],
    ],
    ids=["moved-and-off", "moved-twice-and-off", "another-one-untold", "never-told"],
)
def test_what_was_given_back_is_off_wherever_it_had_been_moved_to(facts: list[Fact]) -> None:
    assert known(*facts) is None


def test_whoever_was_told_of_another_appointment_after_one_was_given_back_untold_sees_it() -> None:
    facts = booked("1T", 12), moved("2", 13, 12), off("3", 13), booked("4T", 13, 9)
    assert known(*facts) == (13, 9)
