"""A made-up study that sends: its rules, a recipient, appointments; and a book of numbers to go with them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow, keep_appointments
from notifications.attempts import Pace
from notifications.dispatch import Dispatcher
from notifications.message import Address, Appointment, Reached, Recipient
from notifications.outbox import MessageEvent, MessageRow
from notifications.recipients import RecipientRow, keep_recipient
from notifications.rules import Rules, RulesRow, read_rules
from notifications.tasks import TaskRow
from notifications.wording import adopt_shipped
from planner.persistence.database import Database
from tests.fakes import FakeProvider

T = TypeVar("T")
#: nine in the morning in New York
NINE = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
ZONE = "America/New_York"
STUDY, SITE = 1, 1
RULES = {
    "enabled": True, "urgent_phone": "+1 212 555 0100", "emergency_phone": "911", "alias": "Elm clinic",
}  # fmt: skip
VISIT = Appointment(
    reference="induction.c1.d8", study_id=STUDY, site_id=SITE, day=date(2026, 3, 9), starts=10 * 60, zone=ZONE,
    place="Elm clinic", phone="+1 212 555 0199",
)  # fmt: skip
#: the same visit with one reminder, and when that is due
ONCE = replace(VISIT, wants=("3d",))
DUE = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)


def digest_of(address: str) -> str:
    """A digest as the planner's book gives them: 64 hexadecimal digits."""
    return hashlib.sha256(address.encode()).hexdigest()


@dataclass(slots=True)
class Book:
    """Numbers by recipient and channel."""

    numbers: dict[tuple[int, str], str] = field(default_factory=dict)

    def reach(self, session: Session, recipient_ids: Collection[int], channel: str) -> Mapping[int, Reached]:
        """Where they are reached."""
        found = {one: self.numbers.get((one, channel)) for one in recipient_ids}
        return {one: Reached(number, digest_of(number)) for one, number in found.items() if number}

    def digest(self, address: str) -> str:
        """The digest of a number."""
        return digest_of(address)


@dataclass(slots=True)
class Clinic:
    """One study and what is to be known of it; ``now`` is moved by hand."""

    database: Database
    now: datetime = NINE
    rules: dict[str, Any] = field(default_factory=lambda: dict(RULES))
    book: Book = field(default_factory=Book)
    provider: FakeProvider = field(init=False)
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        self.provider = FakeProvider(self.clock)
        self.do(self._open)

    def _open(self, session: Session) -> None:
        columns = {name: self.rules[name] for name in RULES}
        rest = {name: value for name, value in self.rules.items() if name not in RULES}
        session.merge(RulesRow(study_id=STUDY, rules=rest, changed_at=self.now, **columns))
        adopt_shipped(session, STUDY, None, self.now, codes=["en"])

    def change_rules(self, **changes: Any) -> None:
        """The study sends by other rules from now on."""
        self.rules |= changes
        self.do(self._open)

    def dispatcher(self, owner: str = "worker-1", **changes: Any) -> Dispatcher:
        """A worker."""
        given: dict[str, Any] = {"pace": self.pace, "chance": random.Random(1)} | changes
        return Dispatcher(self.database, {"sms": self.provider}, self.book, owner, self.clock, **given)

    def tick(self) -> dict[str, int]:
        """What a worker does now; how many messages came to stand where."""
        return self.dispatcher().tick().counts

    def tick_on(self, times: int) -> None:
        """What a worker does that looks once a minute, so many times."""
        for _ in range(times):
            self.wait(minutes=1)
            self.tick()

    def do(self, work: Callable[[Session], T]) -> T:
        """Do something in a transaction."""
        return self.database.transact(work)

    def clock(self) -> datetime:
        """What time it is."""
        return self.now

    def wait(self, **long: float) -> None:
        """Let time go by."""
        self.now += timedelta(**long)

    @property
    def read(self) -> Rules:
        """The rules as they are read."""
        return read_rules(self.rules)

    def recipient(
        self, reference: str = "p1", number: str = "+12125550111", channels: Collection[str] = ("sms",), **changes: Any
    ) -> int:
        """Somebody with a number for each of these channels; gives their id."""
        addresses = tuple(
            Address(channel=channel, digest=digest_of(number), since=self.now - timedelta(days=30))
            for channel in channels
        )
        wanted = Recipient(
            reference=reference, study_id=STUDY, site_id=SITE, language="en", zone=ZONE, addresses=addresses
        )
        made = self.do(lambda session: keep_recipient(session, replace(wanted, **changes), self.now).id)
        for channel in channels:
            self.book.numbers[made, channel] = number
        return made

    def book_visits(self, recipient_id: int, *visits: Appointment) -> None:
        """Bring their appointments to these."""

        def work(session: Session) -> None:
            row = session.get_one(RecipientRow, recipient_id)
            keep_appointments(session, self.read, row, visits, self.now)

        self.do(work)

    def appointment(self, recipient_id: int | None = None, reference: str = VISIT.reference) -> AppointmentRow:
        """An appointment as it is stored."""
        query = select(AppointmentRow).where(AppointmentRow.reference == reference)
        if recipient_id is not None:
            query = query.where(AppointmentRow.recipient_id == recipient_id)
        with self.database.reading() as session:
            return session.scalars(query).one()

    def messages(self, *states: str) -> list[MessageRow]:
        """The messages of these states, or all, in the order in which they are due."""
        query = select(MessageRow).order_by(MessageRow.due_at, MessageRow.id)
        with self.database.reading() as session:
            return [row for row in session.scalars(query) if not states or row.state in states]

    def state(self) -> str:
        """Where the only message stands."""
        [row] = self.messages()
        return row.state

    def stand(self) -> dict[str, str]:
        """Where each occasion stands, without the appointment's number."""
        return {row.occasion.partition(".")[2] or row.occasion: row.state for row in self.messages()}

    def events(self, message_id: int) -> list[str]:
        """The states that a message has had."""
        query = select(MessageEvent).where(MessageEvent.message_id == message_id).order_by(MessageEvent.id)
        with self.database.reading() as session:
            return [row.state for row in session.scalars(query)]

    def tasks(self, *kinds: str) -> list[TaskRow]:
        """The open tasks of these kinds, or all."""
        query = select(TaskRow).where(TaskRow.done_at.is_(None)).order_by(TaskRow.id)
        with self.database.reading() as session:
            return [row for row in session.scalars(query) if not kinds or row.kind in kinds]
