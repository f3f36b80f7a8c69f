"""Wires what answers calendar apps to an installation: its database, its keys, the texts that it makes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from planner import clock
from planner.calendars.bodies import Bodies
from planner.calendars.fetches import Fetches
from planner.calendars.front import WSGI, Front
from planner.calendars.lookup import Lookup, Unreachable
from planner.clock import local_day
from planner.config import ConfigurationError
from planner.persistence.database import DatabaseUnavailable
from planner.persistence.feeds import Feed, note_fetches
from planner.persistence.schema import WrongSchema
from planner.request_log import log_of_nobody
from planner.services.installation import Installation

#: every so many seconds it is written which apps fetched what
FLUSHED_EVERY = 10.0
#: so many calendars may be made at once in a process: the others wait, and find theirs made perhaps
_LANES = 4


class FeedMaker:
    """Makes calendars from the database, in one look at it each."""

    def __init__(self, planner: Installation) -> None:
        self._planner = planner
        self._lanes = [threading.Lock() for _ in range(_LANES)]
        self._versions = ""

    def __call__(self, feed_id: int, now: datetime) -> tuple[int, bytes]:
        """The calendar as it stands now, and its revision. Raises Unreachable."""
        from planner.services.feed_contents import feed_text

        def make(session: Any) -> tuple[int, bytes]:
            feed = session.get_one(Feed, feed_id)
            text = feed_text(session, self._planner.keys, feed, local_day(now, feed.zone))
            if text.left_out:
                log_of_nobody().warning("calendar full", feed=feed_id, visits_left_out=text.left_out)
            return feed.revision, text.content

        with self._lanes[feed_id % _LANES]:
            made: tuple[int, bytes] = self._looked(make)
        return made

    def withdrawn(self, feed_id: int, since: datetime) -> bytes:
        """What is shown of one whose link was withdrawn. Raises Unreachable."""
        from planner.services.feed_contents import withdrawn_bytes

        def make(session: Any) -> bytes:
            return withdrawn_bytes(self._planner.keys, session.get_one(Feed, feed_id), since)

        made: bytes = self._looked(make)
        return made

    def is_of(self) -> str:
        """The versions of what makes calendars: other ones may make other bytes of the same facts."""
        if not self._versions:
            from notifications.calendars.ical_text import FORMATTER_VERSION
            from notifications.zone_data import version
            from planner.services.feed_contents import CONTENTS_VERSION

            self._versions = f"{CONTENTS_VERSION}.{FORMATTER_VERSION}-{version()}"
        return self._versions

    def _looked(self, work: Callable[[Any], Any]) -> Any:
        try:
            self._planner.require_schema()
            with self._planner.database.at_one_moment() as session:
                return work(session)
        except (DatabaseUnavailable, WrongSchema, ConfigurationError) as error:
            raise Unreachable(str(error)) from None


def calendars_before(
    behind: WSGI,
    planner: Installation,
    count: Callable[[str, str], None],
    said: Callable[[str], None],
    seconds: float = FLUSHED_EVERY,
) -> Front:
    """The application that answers for calendars, and hands on everything else to ``behind``."""

    def write(rows: list[dict[str, Any]]) -> None:
        planner.database.transact(lambda session: note_fetches(session, rows))

    most = planner.settings.calendar_cache_megabytes * 1_000_000
    lookup = Lookup(planner.settings.database)
    return Front(
        behind, lookup, FeedMaker(planner), Fetches(write, seconds), Bodies(most), lambda: clock.now(), count, said,
    )  # fmt: skip
