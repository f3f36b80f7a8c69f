"""Nothing at night on anybody's clock: every zone that there is, both clock changes of two years, minute by minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.errors import UnknownZone
from notifications.local_time import DAY, zone_of
from notifications.quiet_hours import QuietHours, allowed_until, is_allowed, next_allowed

MINUTE = timedelta(minutes=1)
BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
USUAL = QuietHours(8 * 60, 20 * 60)
#: usual ones, over midnight, never quiet, inside the hour of most clock changes, beginning and ending in it, a minute
HOURS = (
    USUAL, QuietHours(22 * 60, 2 * 60 + 30), QuietHours(0, 0), QuietHours(2 * 60 + 10, 2 * 60 + 50),
    QuietHours(2 * 60 + 30, 14 * 60), QuietHours(9 * 60, 1 * 60 + 30), QuietHours(0, 3 * 60), QuietHours(719, 720),
)  # fmt: skip
ZONES = sorted(available_timezones())


@cache
def changes(name: str) -> tuple[datetime, ...]:
    """Every instant of 2026 and 2027 at which a zone's clock is changed, to the minute."""
    zone = ZoneInfo(name)
    days = [BEGIN + timedelta(days=number) for number in range((END - BEGIN).days + 1)]
    return tuple(_found(zone, one, two) for one, two in pairwise(days) if _differ(zone, one, two))


def _differ(zone: ZoneInfo, one: datetime, two: datetime) -> bool:
    return one.astimezone(zone).utcoffset() != two.astimezone(zone).utcoffset()


def _found(zone: ZoneInfo, one: datetime, two: datetime) -> datetime:
    while two - one > MINUTE:
        middle = one + (two - one) // MINUTE // 2 * MINUTE
        one, two = (one, middle) if _differ(zone, one, middle) else (middle, two)
    return two


def around(name: str) -> Iterator[datetime]:
    """From when to look minute by minute for four days: around each clock change, or some ordinary days."""
    for change in changes(name) or (datetime(2026, 5, 5, tzinfo=UTC),):
        yield change - timedelta(days=1)


def clock(name: str, start: datetime) -> list[int]:
    """What the clock of a zone shows, as minutes after midnight, in each of the minutes of four days."""
    zone = ZoneInfo(name)
    local = [(start + number * MINUTE).astimezone(zone) for number in range(4 * DAY)]
    return [each.hour * 60 + each.minute for each in local]


def within(minute: int, hours: QuietHours) -> bool:
    """The rule in other words than the code's."""
    if hours.opens == hours.closes:
        return True
    if hours.opens < hours.closes:
        return hours.opens <= minute < hours.closes
    return minute >= hours.opens or minute < hours.closes


def first(allowed: list[bool], begin: int, wanted: bool) -> int:
    return next(number for number in range(begin, len(allowed)) if allowed[number] is wanted)


def test_most_zones_that_change_their_clocks_do_so_four_times_in_two_years() -> None:
    numbers = [len(changes(name)) for name in ZONES]
    assert numbers.count(4) > 150
    assert numbers.count(0) > 250


@pytest.mark.parametrize("group", range(4))
def test_over_every_zone_and_clock_change_nothing_is_sent_or_arrives_outside_the_hours_and_nothing_is_lost(
    group: int,
) -> None:
    for name in ZONES[group::4]:
        for start in around(name):
            shown = clock(name, start)
            for number, hours in enumerate(HOURS):
                allowed = [within(minute, hours) for minute in shown]
                for begin in range(number * 7, DAY + 240, 223 if number else 31):
                    at, sent = start + begin * MINUTE, first(allowed, begin, True)
                    found = next_allowed(at, name, hours)
                    assert found == start + sent * MINUTE, (name, at, hours)
                    assert at <= found <= at + timedelta(days=2), (name, at, hours)
                    ends = first([*allowed[: sent + DAY], False], sent, False)
                    assert allowed_until(found, name, hours) == start + ends * MINUTE, (name, at, hours)


@given(
    st.timedeltas(timedelta(0), END - BEGIN), st.sampled_from(ZONES),
    st.integers(0, DAY - 1), st.integers(0, DAY - 1),
)  # fmt: skip
def test_at_any_instant_to_the_microsecond_the_next_one_is_allowed_and_nothing_before_it_is(
    since: timedelta, zone: str, opens: int, closes: int
) -> None:
    at, hours = BEGIN + since, QuietHours(opens, closes)
    found = next_allowed(at, zone, hours)
    assert is_allowed(found, zone, hours)
    assert found == at or (not is_allowed(at, zone, hours) and not is_allowed(found - MINUTE / 60, zone, hours))
    until = allowed_until(found, zone, hours)
    assert found < until <= found + timedelta(days=1)
    assert is_allowed(until - timedelta(microseconds=1), zone, hours)
    assert allowed_until(at, zone, hours) == (at if found != at else until)


def test_hours_that_are_the_same_are_never_quiet() -> None:
    night = datetime(2026, 7, 1, 3, tzinfo=UTC)
    assert next_allowed(night, "Asia/Tokyo", QuietHours(600, 600)) == night
    assert allowed_until(night, "Asia/Tokyo", QuietHours(600, 600)) == night + timedelta(days=1)


def test_hours_that_a_clock_change_jumps_over_are_there_on_the_next_day() -> None:
    """In Madrid it is never half past two on 29 March 2026."""
    found = next_allowed(datetime(2026, 3, 29, 0, tzinfo=UTC), "Europe/Madrid", QuietHours(130, 170))
    assert found == datetime(2026, 3, 30, 0, 10, tzinfo=UTC)


def test_hours_that_begin_inside_what_the_clock_jumps_over_begin_when_it_has_jumped() -> None:
    found = next_allowed(datetime(2026, 3, 29, 0, tzinfo=UTC), "Europe/Madrid", QuietHours(150, 300))
    assert found == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_hours_end_where_the_clock_is_put_back_before_they_began() -> None:
    """In Madrid it is three o'clock twice on 25 October 2026; half past two comes, goes, and comes again."""
    hours = QuietHours(150, 300)
    sent = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)
    assert allowed_until(sent, "Europe/Madrid", hours) == datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert next_allowed(datetime(2026, 10, 25, 1, tzinfo=UTC), "Europe/Madrid", hours) == sent + timedelta(minutes=50)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "America", "/etc/passwd", "../UTC", "US/Gone", "\0", "é"])
def test_a_zone_that_does_not_exist_is_said_to_be_unknown(zone: str) -> None:
    with pytest.raises(UnknownZone, match="give an IANA name"):
        next_allowed(BEGIN, zone, USUAL)
    with pytest.raises(UnknownZone):
        zone_of(zone)


@pytest.mark.parametrize(("opens", "closes"), [(-1, 5), (0, 1440), (1440, 0)])
def test_hours_outside_the_day_are_refused(opens: int, closes: int) -> None:
    with pytest.raises(ValueError, match="0 to 1439"):
        QuietHours(opens, closes)
