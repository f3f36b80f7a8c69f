"""One attempt to send one message: what is known of it when it begins, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from notifications.calendars.ical_text import CalendarEvent
from notifications.outbox import State

#: whom they may reach at any hour, and as often as somebody writes: they answer
ANSWERS = frozenset({"not-watched", "confirmed", "move-asked", "which-one", "stopped", "started", "help"})
#: tells a one-time code to somebody who has just asked for one
CODE = "code"
#: what somebody waits for just now: it goes at any hour
AT_ONCE = ANSWERS | {CODE}
#: the one answer that may go to a number that has said stop: that it is so
STOPPED = "stopped"
#: what counts as being written to without having asked, up to the caps
CAPPED = ("reminder", "missed")
DIARY = "diary"


#: nothing that a worker waits for lies so far ahead: an instant behind it was written by a clock that was wrong
FAR_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast, how much at once, how patiently. The lease must be more than three times a channel's timeout."""

    #: so many are claimed at once, up to sixteen times as many while a provider is quick
    batch: int = 50
    #: so many send at once in one worker, each with one request at most on its way
    threads: int = 1
    lease: timedelta = timedelta(seconds=60)
    #: results are recorded after so many, or so long after the first of them
    record_after: int = 800
    record_within: timedelta = timedelta(milliseconds=500)
    #: a request begins so soon after its last check, or not at all
    begin_within: timedelta = timedelta(seconds=1)
    #: an outcome that nobody knows is looked up after that, and again after that
    settle_after: timedelta = timedelta(seconds=60)
    settle_pause: timedelta = timedelta(seconds=60)
    #: the clocks of a provider and of the workers may differ by so much: what is listed with the same text and is no
    #: other message's is rather taken over than sent again
    skew: timedelta = timedelta(minutes=10)
    #: what was not taken is tried again after that, twice as long each time, up to the most
    retry_after: timedelta = timedelta(seconds=5)
    retry_most: timedelta = timedelta(minutes=15)
    #: so many failures one after the other open a channel's circuit for so long, twice as long each time
    failures: int = 10
    open_for: timedelta = timedelta(seconds=30)
    open_most: timedelta = timedelta(minutes=10)


class Attempt(NamedTuple):
    """A claimed message, its text written, its recipient's address known: everything but the last check."""

    id: int
    token: str
    study_id: int
    site_id: int
    recipient_id: int
    channel: str
    template: str
    attempts: int
    expires_at: datetime
    appointment_id: int | None
    appointment_version: int | None
    #: where it goes, and the digest of that
    address: str
    digest: str
    text: str
    subject: str
    wording: str
    segments: int
    says: dict[str, Any] | None
    #: whose language and zone it was written for, by which rules
    language: str
    zone: str
    rules_at: datetime | None
    #: until when it may arrive on the recipient's clock, exclusive
    closes: datetime
    #: when the recipient's day, and the seven days that end with it, began; how many messages they may get in these
    day_from: datetime
    week_from: datetime
    per_day: int
    per_week: int
    #: what it puts into a calendar, or takes out of it
    event: CalendarEvent | None = None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of an attempt, to be recorded. ``token`` is the attempt's: nobody else may say how it ended."""

    id: int
    token: str
    state: State
    at: datetime
    reason: str = ""
    provider_id: str | None = None
    error_code: str = ""
    #: for what is planned again: when, and whether the attempt counts
    due_at: datetime | None = None
    counted: bool = True
    #: for what is unknown: when somebody looks whether the provider has it
    settle_at: datetime | None = None
    #: a person has to look: the kind of the task, and what it is about (the message, where it is empty)
    task: str = ""
    about: str = ""
