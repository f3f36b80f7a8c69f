"""What an answer is called: its tag and its dates, worked out once for as long as they stay what they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from planner.calendars.conditions import http_date
from planner.calendars.lookup import Found
from planner.clock import local_day

Headers = list[tuple[str, str]]

#: for how long a withdrawn link says so, before it is gone
TOLD_FOR = timedelta(days=30)
PRIVATE: Headers = [
    ("Cache-Control", "private, no-cache"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Vary", "Accept-Encoding"),
]
#: so many feeds are remembered by name
MOST_REMEMBERED = 4_096
_SECOND, _INSTANT, _DAY = timedelta(seconds=1), timedelta(microseconds=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Named:
    """How the answers about a feed are called from ``since`` until before ``until``."""

    found: Found
    since: datetime
    until: datetime
    #: since when the link is good no more; None while it is
    ended: datetime | None
    #: so long ago that there is no calendar any more
    gone: bool
    tag: str
    #: when what is shown changed last, in whole seconds upwards; None while another change may have that second too
    changed: datetime | None
    #: with the tag of the plain form, and with that of the compressed one
    plain: tuple[str, Headers]
    packed: tuple[str, Headers]

    def holds(self, found: Found, now: datetime) -> bool:
        """Whether the names are those of this feed now."""
        return self.since <= now < self.until and self.found == found


class Names:
    """Names, kept as long as they hold. ``is_of``: what else than the feed they depend on."""

    def __init__(self) -> None:
        self._known: dict[int, Named] = {}

    def of(self, found: Found, now: datetime, is_of: str) -> Named:
        """How answers about this feed are called now."""
        known = self._known.get(found.id)
        if known is not None and known.holds(found, now):
            return known
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        made = self._known[found.id] = named(found, now, is_of)
        return made


def named(found: Found, now: datetime, is_of: str) -> Named:
    """How answers about a feed are called at that instant, and until when."""
    ended = found.ended_at(now)
    day = local_day(now, found.zone)
    midnights = [_midnight(now + days, found.zone) for days in (timedelta(), _DAY)]
    whole = _whole_second(ended or max(found.changed_at, midnights[0]))
    changed = whole if whole < now else None
    tag = f"{found.revision}-{day:%Y%m%d}-{is_of}" if ended is None else f"withdrawn-{int(ended.timestamp())}-{is_of}"
    ends = (found.revoked_at, found.expires_at, midnights[1], whole + _INSTANT, *_told_until(ended))
    until = min(at for at in ends if at is not None and at > now)
    gone = ended is not None and now - ended > TOLD_FOR
    return Named(
        found, now, until, ended, gone, tag, changed, headed(tag, changed), headed(f"{tag}-gzip", changed),
    )  # fmt: skip


def headed(tag: str, changed: datetime | None = None) -> tuple[str, Headers]:
    """A tag as headers have it, and the headers of an answer with it."""
    quoted = f'"{tag}"'
    dated = [] if changed is None else [("Last-Modified", http_date(changed))]
    return quoted, [*PRIVATE, ("ETag", quoted), *dated]


def _told_until(ended: datetime | None) -> Iterator[datetime]:
    if ended is not None:
        yield ended + TOLD_FOR + _INSTANT


def _whole_second(latest: datetime) -> datetime:
    whole = latest.replace(microsecond=0)
    return whole if whole == latest else whole + _SECOND


def _midnight(instant: datetime, zone: str) -> datetime:
    """When the day at a place began that it is there at that instant."""
    clock = ZoneInfo(zone)
    return datetime.combine(instant.astimezone(clock).date(), time(), clock).astimezone(UTC)
