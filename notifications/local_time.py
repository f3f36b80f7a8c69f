"""Wall clocks and instants: what hour it is for somebody, and when their clock shows an hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.errors import UnknownZone

DAY = 24 * 60


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises UnknownZone where there is none, or none any more."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UnknownZone(f"there is no time zone {name!r}; give an IANA name such as Europe/Madrid") from None


def minute_of(instant: datetime, zone: ZoneInfo) -> float:
    """Minutes since midnight on the clock of a zone, with their fraction: from 0 to below 1440."""
    local = instant.astimezone(zone)
    return local.hour * 60 + local.minute + local.second / 60 + local.microsecond / 60_000_000


def instant_of(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """When the clock of a zone shows that many minutes after midnight of that day; 1440 is the midnight at its end.

    An hour that the clock jumps over comes as much later as it jumps; of one that it shows twice the first counts.
    Source: RFC 5545, 3.3.5.
    """
    days, rest = divmod(minutes, DAY)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), tzinfo=zone)
    return wall.astimezone(UTC)
