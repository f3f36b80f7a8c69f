"""When a report goes out: on a day of the week or of the month, at an hour on the clock of some place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

RHYTHMS = ("weekly", "monthly")
#: every month has these
LAST_DAY = 28
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One of RHYTHMS on a ``day``: of the week, from Monday (1) on, or of the month (1 to 28); ``hour`` is 0 to 23."""

    rhythm: str
    day: int
    hour: int
    zone: str

    def after(self, moment: datetime) -> datetime:
        """The first moment behind this one on which it is due, in UTC."""
        today = moment.astimezone(ZoneInfo(self.zone)).date()
        return next(due for day in self._days(today) if (due := self._at(day)) > moment)

    def newest(self, due: datetime, now: datetime) -> datetime:
        """The last moment on which it is due up to now, from ``due`` on, which is not after it."""
        while (following := self.after(due)) <= now:
            due = following
        return due

    def words(self) -> str:
        """It in words: every Monday at 06:00."""
        on = f"every {WEEK[self.day - 1]}" if self.rhythm == "weekly" else f"on day {self.day} of every month"
        return f"{on} at {self.hour:02}:00 ({self.zone})"

    def _at(self, day: date) -> datetime:
        """An hour that a clock change leaves out is the one behind it."""
        return datetime.combine(day, time(self.hour), ZoneInfo(self.zone)).astimezone(UTC)

    def _days(self, first: date) -> Iterator[date]:
        """The days on which it falls, from that day on; enough of them for two."""
        for ahead in range(64):
            day = first + timedelta(days=ahead)
            if (day.isoweekday() if self.rhythm == "weekly" else day.day) == self.day:
                yield day
