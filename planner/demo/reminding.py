"""Reminders of the demo: rules, wordings and consents; and the texts of the last weeks, sent as a worker would have."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.attempts import Pace
from notifications.channels.handset import Handset
from notifications.dispatch import Dispatcher
from notifications.inbox import take_in
from notifications.message import Incoming
from notifications.outbox import MessageRow, State
from notifications.statuses import take_status
from planner.demo.courses import Course
from planner.demo.setting import STUDIES, VEN
from planner.demo.stage import Stage
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_study
from planner.services.address_book import ContactBook
from planner.services.channels import EMAIL, SMS
from planner.services.contact_consents import AgreeToContact, agree_to_contact
from planner.services.contacts import ContactDetails
from planner.services.designs import Designs
from planner.services.keyring import Keys
from planner.services.sending import read_study_rules, set_rules
from planner.services.tasks import sealed
from planner.services.users import Role
from planner.services.wordings import adopt_wordings, own_words_of

#: since how many days the studies send reminders
REMINDED_FOR = 21
RULES = {
    "enabled": True, "urgent_phone": "+1 212 555 0111", "emergency_phone": "911", "alias": "North and South Clinic",
    "timings": ("3d", "1d"), "per_week": 4,
}  # fmt: skip
#: in this study something is taken at home: there people are prompted as well, in the evening, since so many days
PROMPTED, PROMPTED_FOR = VEN, 7
#: who answers a text, and how: by which phone it is
ANSWERS = {
    0: "1", 1: "1", 2: "STOP", 3: "2", 4: "Is it all right if I come by train? (made up)", 6: "1",
}  # fmt: skip
_ANSWERED_AFTER = timedelta(minutes=25)
#: how often a worker would have looked
_EVERY = timedelta(minutes=5)


def agree(uow: UnitOfWork, course: Course, details: ContactDetails, today: date) -> None:
    """What a participant agreed to be sent when they were screened; ``today`` is the day of the demo."""
    wanted = [channel for channel in (SMS, EMAIL) if details.preferences.get(channel)]
    for channel in [*wanted, *(["caregiver"] if details.caregiver_phone else [])]:
        until = today + course.consent_ends if course.consent_ends is not None else None
        said = AgreeToContact(
            study=course.study, participant=course.number, channel=channel, how="on the consent form", until=until
        )
        agree_to_contact(uow, EVERYTHING, said)


def begin_to_remind(stage: Stage, now: datetime) -> None:
    """Sign the wordings off, and give every study its rules."""

    def sign_off(uow: UnitOfWork) -> None:
        for code in STUDIES:
            adopt_wordings(uow, stage.designs, find_study(uow.session, EVERYTHING, code))

    def switch_on(uow: UnitOfWork) -> None:
        for code in STUDIES:
            set_rules(uow, stage.designs, find_study(uow.session, EVERYTHING, code), read_study_rules(RULES))

    stage.do(Role.INVESTIGATOR.value, now, sign_off)
    stage.do(Role.COORDINATOR.value, now + timedelta(minutes=5), switch_on)


def begin_to_prompt(stage: Stage, now: datetime) -> None:
    """Have the study that gives something to take at home ask in the evening whether it was noted down."""

    def prompt(uow: UnitOfWork) -> None:
        rules = read_study_rules({**RULES, "diary": True})
        set_rules(uow, stage.designs, find_study(uow.session, EVERYTHING, PROMPTED), rules)

    stage.do(Role.COORDINATOR.value, now, prompt)


@dataclass(slots=True)
class Past:
    """A worker of the demo's past, which sends what was due, each at its time; and what came back."""

    store: Store
    keys: Keys
    designs: Designs
    now: datetime = field(default_factory=lambda: datetime.min.replace(tzinfo=UTC))
    _wrote: list[tuple[datetime, int, Incoming]] = field(default_factory=list)
    _answered: set[int] = field(default_factory=set)

    def pass_by(self, until: datetime) -> None:
        """Send everything that is due up to that instant."""
        channels = {name: Handset(self.store.database, self.keys.find, self._clock, name) for name in (SMS, EMAIL)}
        worker = Dispatcher(
            self.store.database,
            channels,
            ContactBook(self.keys),
            "demo",
            self._clock,
            pace=Pace(),
            own_words=own_words_of(self.designs),
        )
        while (at := self._next()) is not None and at <= until:
            self.now = max(at, self.now)
            self._take_what_was_written()
            worker.tick()
            for channel in channels.values():
                channel.tell(lambda session, report: take_status(session, report, self.now))
            self._answer()

    def _clock(self) -> datetime:
        return self.now

    def _next(self) -> datetime | None:
        """The next instant at which something is due, as a worker would have come to it."""
        query = select(MessageRow.due_at).where(MessageRow.state == State.PLANNED).order_by(MessageRow.due_at).limit(1)
        due = self.store.read(lambda session: session.scalar(query))
        instants = [instant for instant in (due, self._wrote[0][0] if self._wrote else None) if instant is not None]
        return _up_to(min(instants), _EVERY) if instants else None

    def _take_what_was_written(self) -> None:
        while self._wrote and self._wrote[0][0] <= self.now:
            _, _, wrote = heapq.heappop(self._wrote)
            self.store.write(SYSTEM, self.now, lambda uow, wrote=wrote: self._take(uow.session, wrote))  # type: ignore[misc]

    def _take(self, session: Session, wrote: Incoming) -> None:
        take_in(session, wrote, ContactBook(self.keys), lambda text: sealed(self.keys, text), self.now)

    def _answer(self) -> None:
        """Some write back, half an hour after their first reminder."""
        for message_id, recipient_id, sender in self.store.read(lambda session: list(self._reminded(session))):
            self._answered.add(recipient_id)
            text = ANSWERS.get(recipient_id % 10)
            if text is not None:
                name = f"handset-in-demo-{message_id}"
                wrote = Incoming(channel=SMS, provider_id=name, sender=sender, text=text)
                heapq.heappush(self._wrote, (self.now + _ANSWERED_AFTER, message_id, wrote))

    def _reminded(self, session: Session) -> Iterator[tuple[int, int, str]]:
        query = select(MessageRow.id, MessageRow.recipient_id).where(
            MessageRow.template == "reminder", MessageRow.channel == SMS, MessageRow.accepted_at == self.now
        )
        rows = [row for row in session.execute(query.order_by(MessageRow.id)) if row.recipient_id not in self._answered]
        reached = ContactBook(self.keys).reach(session, {row.recipient_id for row in rows}, SMS)
        for row in rows:
            if row.recipient_id in reached:
                yield row.id, row.recipient_id, reached[row.recipient_id].address


def _up_to(instant: datetime, step: timedelta) -> datetime:
    """The next whole step of the clock at or after an instant."""
    left = timedelta(seconds=instant.timestamp() % step.total_seconds())
    return instant if not left else instant - left + step
