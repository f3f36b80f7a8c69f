"""The records that the parts of notifications hand to each other, and what they ask of the planner and of a channel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from notifications.calendars.ical_text import CalendarEvent

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One channel by which a recipient agreed to be reached. ``until`` is exclusive; none: without an end."""

    channel: str
    digest: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody who is told of appointments. ``zone`` is the IANA name of the zone on whose clock they live."""

    reference: str
    study_id: int
    site_id: int
    language: str
    zone: str
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """When and where a recipient is to come, as they are told: booked, firm and released.

    ``starts`` is minutes after midnight on the clock of ``zone``; None where no hour is known. ``withheld``: no
    reminders meanwhile. ``wants`` names the timings of reminders where the visit's kind or the participant has some
    of their own; None takes the study's. ``minutes`` (how long it takes, where that is known) and ``address`` stand in
    calendars and in no message: another one is no news.
    """

    reference: str
    study_id: int
    site_id: int
    day: date
    starts: int | None
    zone: str
    place: str
    phone: str
    withheld: bool = False
    wants: tuple[str, ...] | None = None
    minutes: int | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with an e-mail; its name has plain letters alone."""

    name: str
    mimetype: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message as a channel is handed it. ``token`` names this attempt; callbacks have to carry it.

    ``valid_for`` is how long the provider may try: it must not arrive at night, nor after it is of use.
    ``event`` is the appointment where the message is an invitation: it stands in a calendar, and is called off by one
    that is cancelled. ``deadline`` (of ``time.monotonic``) is until when the request may go out: a process that stood
    still, whose lease lapsed meanwhile, must not send any more. It is looked at immediately before the bytes go out.
    ``files`` go with an e-mail; other channels leave them out.
    """

    to: str
    text: str
    token: str
    valid_for: timedelta
    language: str = "en"
    subject: str = ""
    event: CalendarEvent | None = None
    deadline: float | None = None
    files: tuple[Attachment, ...] = ()


class Verdict(StrEnum):
    """What came of handing a message to a provider."""

    #: the provider has it
    ACCEPTED = "accepted"
    #: it surely does not have it, and would take it later: 429, a refused connection
    NOT_TAKEN = "not-taken"
    #: it surely does not have it, and never will take it: no such number
    REFUSED = "refused"
    #: the recipient has told the provider to stop
    OPTED_OUT = "opted-out"
    #: it may have it or not: a timeout, a 5xx after the request went out
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A provider's answer. ``retry_after`` where it says when to come again."""

    verdict: Verdict
    provider_id: str | None = None
    error_code: str = ""
    words: str = ""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message as the provider lists it. ``state`` is one of ours: accepted, sent, delivered, undelivered, failed."""

    provider_id: str
    to: str
    text: str
    at: datetime
    state: str
    error_code: str = ""


class Channel(Protocol):
    """A way to reach somebody. ``timeout`` bounds each call; the lease is three times as long at least."""

    name: str
    timeout: timedelta

    def send(self, outgoing: Outgoing) -> Receipt:
        """Hand a message to the provider. Raises nothing: what goes wrong is the receipt's verdict."""

    def find(self, to: str, since: datetime) -> list[Sent] | None:
        """What the provider has sent to that number since then, newest first; None if it cannot be asked just now."""

    def redact(self, provider_id: str) -> bool:
        """Have the provider forget the text; whether it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """A provider's word on a message it took: a callback. ``state`` is one of ours; None for a status nobody knows."""

    channel: str
    provider_id: str
    token: str
    state: str | None
    status: str
    error_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What somebody wrote to us. ``opted`` is the provider's own reading of it: stop, start, help, or nothing."""

    channel: str
    provider_id: str
    sender: str
    text: str
    opted: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a recipient is reached by one channel, and the keyed digest of it; and where their own page is, if any."""

    address: str
    digest: str
    page: str = ""


class AddressBook(Protocol):
    """The planner's book of numbers and addresses, which notifications do not keep."""

    def reach(self, session: Session, recipient_ids: Collection[int], channel: str) -> Mapping[int, Reached]:
        """Where these recipients are reached; those of whom nothing is kept are left out."""

    def digest(self, address: str) -> str:
        """The keyed digest by which a number or an address is found."""


#: the words that no text of a study may have, besides those that no text at all may have: its name, its drugs
OwnWords = Callable[[Session, int], Collection[str]]


def no_words(session: Session, study_id: int) -> Collection[str]:
    """A study has no words of its own."""
    return ()


class Transactions(Protocol):
    """The database, as far as notifications know it."""

    def transact(self, work: Callable[[Session], T]) -> T:
        """Do some work in one transaction, and again from the start where another writer got in its way."""

    def reading(self) -> AbstractContextManager[Session]:
        """A session that only reads."""


@dataclass(slots=True)
class Figures:
    """What one tick did: how many messages came to stand where."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, count: int = 1) -> None:
        """Count something."""
        if count:
            self.counts[what] = self.counts.get(what, 0) + count

    def include(self, other: Figures) -> None:
        """Count what another has counted."""
        for what, count in other.counts.items():
            self.add(what, count)
