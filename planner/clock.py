"""The only place that reads the clock. Services take ``now``; entry points ask here."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=256)
def local_day(instant: datetime, zone: str) -> date:
    """The date at a place at that instant. ``zone`` is an IANA name such as America/New_York."""
    return instant.astimezone(ZoneInfo(zone)).date()


def seconds() -> float:
    """A count of seconds that only ever grows, to measure how long something takes."""
    return time.perf_counter()
