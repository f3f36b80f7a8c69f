"""At which hours somebody may be sent something, on their own clock, whatever that clock does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from notifications.local_time import DAY, minute_of, zone_of

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours outside which it is quiet: sending is allowed from ``opens`` until before ``closes``.

    Minutes after midnight, 0 to 1439. If ``closes`` is before ``opens`` the hours run over midnight; if both are the
    same it is never quiet. Raises ValueError for anything else.
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not (0 <= self.opens < DAY and 0 <= self.closes < DAY):
            raise ValueError(f"quiet hours are minutes after midnight, 0 to 1439, not {self.opens} and {self.closes}")

    @property
    def length(self) -> int:
        """For how many minutes a day sending is allowed; on the day of a clock change it may be other ones."""
        return (self.closes - self.opens) % DAY or DAY

    def allow(self, minute: float) -> bool:
        """Whether something may be sent at that minute of a clock."""
        return (minute - self.opens) % DAY < self.length


def is_allowed(instant: datetime, zone: str, hours: QuietHours) -> bool:
    """Whether something may be sent at that instant to somebody in that zone. Raises UnknownZone."""
    return hours.allow(minute_of(instant, zone_of(zone)))


def next_allowed(instant: datetime, zone: str, hours: QuietHours) -> datetime:
    """The first instant from then on at which something may be sent, in UTC. Raises UnknownZone.

    Where a clock change jumps over all the hours of a day that is on the next one.
    """
    clock, at = zone_of(zone), instant.astimezone(UTC)
    while not hours.allow(minute_of(at, clock)):
        at = _next(at, hours.opens, clock)
    return at


def allowed_until(instant: datetime, zone: str, hours: QuietHours) -> datetime:
    """Until before which instant something that is sent then may arrive, in UTC; at most a day later.

    The instant itself where it is quiet then. Raises UnknownZone.
    """
    clock, at = zone_of(zone), instant.astimezone(UTC)
    last = at + timedelta(days=1)
    while at < last and hours.allow(minute_of(at, clock)):
        at = _next(at, hours.closes, clock)
    return min(at, last)


def _next(at: datetime, minute: int, clock: ZoneInfo) -> datetime:
    """The next instant at which the clock shows that minute, or at which it is changed if that comes first."""
    then = at + timedelta(minutes=(minute - minute_of(at, clock)) % DAY or DAY)
    then = _whole_second(then)
    return then if _offset(then, clock) == _offset(at, clock) else _change(at, then, clock)


def _whole_second(instant: datetime) -> datetime:
    return (instant + timedelta(microseconds=500_000)).replace(microsecond=0)


def _change(before: datetime, after: datetime, clock: ZoneInfo) -> datetime:
    """The first second of the new offset, which holds at ``after`` and not at ``before``."""
    low, high = before.replace(microsecond=0), after
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        low, high = (middle, high) if _offset(middle, clock) == _offset(before, clock) else (low, middle)
    return high


def _offset(instant: datetime, clock: ZoneInfo) -> timedelta | None:
    return instant.astimezone(clock).utcoffset()
