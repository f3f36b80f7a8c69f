"""Telling a participant of an appointment by a text: looked at word for word first, then recorded and planned."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.appointments import MOVED, TOLD, AppointmentRow, tell_now
from notifications.errors import NotificationsError, RulesRefused, UnknownZone
from notifications.invitations import WORDED_AS
from notifications.message import Appointment
from notifications.opt_outs import OptOut
from notifications.outbox import MessageRow, State
from notifications.preparing import MAILED
from notifications.quiet_hours import next_allowed
from notifications.recipients import AddressRow, RecipientRow, channels_in_force
from notifications.rules import ALL, Rules, RulesRow, SwitchRow, rules_of
from notifications.segments import count
from notifications.wording import Values, approved_wording, spoken, text_of, unread
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InputProblem, NotFound, Refused
from planner.services.access import Scope, find_participant, find_study
from planner.services.address_book import ContactBook, masked
from planner.services.appointments import Naming, known_appointments, wanted_appointments
from planner.services.designs import Designs
from planner.services.facts import RecordFacts, record_for
from planner.services.histories import Life, life_of
from planner.services.recipients import CAREGIVER, recipient_row
from planner.services.wordings import words_of_study
from schedules.history import Booked, Fact, Rebooked, Told
from schedules.record import fact_id


@dataclass(frozen=True, slots=True)
class Text:
    """One text, word for word: to whom, by which channel to which masked address, in which language, not before when.

    ``segments`` are of an SMS; none for an e-mail. ``zone`` is the recipient's.
    """

    whom: str
    channel: str
    to: str
    language: str
    text: str
    segments: int | None
    due_at: datetime
    zone: str
    wording: str


@dataclass(frozen=True, slots=True)
class Telling:
    """What telling somebody of an appointment would send. ``in_the_way``: why it would send nothing.

    ``untold``: nobody has recorded yet that they know of it; telling records that. ``moved``: they know of another day.
    """

    revision: int
    day: date
    untold: bool
    moved: bool
    texts: tuple[Text, ...]
    in_the_way: tuple[InputProblem, ...]

    @property
    def digest(self) -> str:
        """Of every word that would be sent, to whom and how: only what was looked at is sent."""
        said = json.dumps([self.revision, [[one.whom, one.channel, one.to, one.text] for one in self.texts]])
        return hashlib.sha256(said.encode()).hexdigest()


def preview_telling(
    session: Session, book: ContactBook, designs: Designs, scope: Scope, study_code: str, number: str, visit: str,
    now: datetime,
) -> Telling:  # fmt: skip
    """What telling somebody of a visit's appointment would send. Raises NotFound where there is no appointment."""
    study = find_study(session, scope, study_code)
    participant = find_participant(session, scope, study, number)
    return _Looking(session, book, designs, study, participant, now).at(visit)


def tell_participant(
    uow: UnitOfWork, book: ContactBook, designs: Designs, scope: Scope, study_code: str, number: str, visit: str,
    seen: str,
) -> Telling:  # fmt: skip
    """Send what was looked at, and record that they were told, if nobody had: all or nothing.

    ``seen`` is its digest. Raises NotFound; Conflict where something else would be sent by now; Refused for nothing.
    """
    study = find_study(uow.session, scope, study_code)
    participant = find_participant(uow.session, scope, study, number, lock=True)
    looking = _Looking(uow.session, book, designs, study, participant, uow.now)
    found = looking.at(visit)
    if found.in_the_way:
        raise Refused(found.in_the_way)
    if found.digest != seen:
        wrong = "something else would be sent by now than what you have looked at"
        raise Conflict([InputProblem("seen", wrong, "look at it again, and send it then")])
    if found.untold:
        told = (Told(date=looking.today, about=fact_id(looking.booking(visit))),)
        command = RecordFacts(study=study.code, participant=number, facts=told)
        record_for(uow, looking.life.study, study, participant, command, scope)
    ids = [] if found.moved else list(_plan(uow, participant, visit))
    after = {"visit": visit, "texts": [f"{one.whom} by {one.channel}" for one in found.texts], "messages": ids}
    uow.audit("participant.told-by-message", f"participant:{number}", study_id=study.id, after=after)
    return found


def _plan(uow: UnitOfWork, participant: Participant, visit: str) -> Iterator[int]:
    """The texts about an appointment that they know of; of one that has moved there is a notice already."""
    for whom in ("", CAREGIVER):
        recipient = recipient_row(uow.session, participant.id, whom)
        row = _appointment_of(uow.session, recipient, visit) if recipient is not None else None
        if recipient is not None and row is not None:
            channels = channels_in_force(uow.session, recipient.id, uow.now)
            yield from (message.id for message in tell_now(uow.session, row, channels, uow.now))


def _appointment_of(session: Session, recipient: RecipientRow, visit: str) -> AppointmentRow | None:
    mine = (AppointmentRow.recipient_id == recipient.id, AppointmentRow.reference == visit)
    return session.scalar(select(AppointmentRow).where(*mine, AppointmentRow.cancelled.is_(False)))


class _Looking:
    """Looks at what would be sent to one participant, and at what is in the way of it."""

    def __init__(
        self, session: Session, book: ContactBook, designs: Designs, study: Study, participant: Participant,
        now: datetime,
    ) -> None:  # fmt: skip
        self._session, self._book, self._designs, self._now = session, book, designs, now
        self._study, self._participant = study, participant
        self.life: Life = life_of(session, designs.of(session, study), participant)
        self.today = self.life.today(now)
        self._in_the_way: list[InputProblem] = []

    def at(self, visit: str) -> Telling:
        """What would be sent about that visit's appointment."""
        fact = self.booking(visit)
        known = {each.about for each in self.life.live if isinstance(each, Told)}
        untold = not self.life.study.releases_bookings and fact_id(fact) not in known
        texts, moved = [], False
        rules = self._rules()
        own = recipient_row(self._session, self._participant.id)
        if rules is not None and self._is_reached(own):
            assert own is not None  # noqa: S101 - who is reached is somebody
            about = self._appointment(own, rules, fact, untold)
            if about is not None:
                moved = self._knows_another(own, about, untold)
                texts = list(self._texts(own, rules, about, moved))
        if not texts and not self._in_the_way:
            self._note("recipient", "they have not agreed to be sent anything", "record their consent, or call them")
        return Telling(
            self._participant.revision, fact.date, untold, moved, tuple(texts), tuple(self._in_the_way)
        )  # fmt: skip

    def booking(self, visit: str) -> Booked | Rebooked:
        """The fact that made the appointment of a visit. Raises NotFound."""
        plan = self.life.plan(self._now)
        found = next((each.booking for each in plan.visits if each.key == visit), None) if plan is not None else None
        if found is None:
            raise NotFound([InputProblem("visit", "it has no appointment", "make one first")])
        return found

    # -- what is in the way ---------------------------------------------------------------------

    def _note(self, place: str, wrong: str, remedy: str) -> None:
        self._in_the_way.append(InputProblem(place, wrong, remedy))

    def _rules(self) -> Rules | None:
        try:
            rules = rules_of(self._session.get(RulesRow, self._study.id))
        except RulesRefused:
            self._note("study", "the rules by which the study sends cannot be read", "set them anew")
            return None
        if not rules.enabled:
            self._note("study", "the study sends no messages", "call them, or have an administrator switch it on")
            return None
        switches = [self._session.get(SwitchRow, each) for each in (ALL, self._study.id)]
        if off := next((row for row in switches if row is not None and row.off), None):
            self._note("study", f"sending is switched off ({off.why})", "call them, or wait until it is on again")
            return None
        return rules

    def _is_reached(self, own: RecipientRow | None) -> bool:
        if own is None:
            self._note("recipient", "nobody knows how to reach them", "write their contact details, or call them")
        elif not own.may_be_contacted:
            self._note("recipient", f"nobody may contact them any more ({own.stopped_why})", "send them nothing")
        return own is not None and own.may_be_contacted

    def _appointment(
        self, own: RecipientRow, rules: Rules, fact: Booked | Rebooked, untold: bool
    ) -> Appointment | None:
        """The appointment as they would know it; None, with why, where they are not to know of it yet."""
        told: tuple[Fact, ...] = (Told(date=self.today, about=fact_id(fact), id="telling"),) if untold else ()
        imagined = self.life.with_facts(told)
        known = known_appointments(self._session, own.id, self.today)
        naming = Naming(rules.alias, rules.enabled, rules)
        wanted = wanted_appointments(self._session, imagined, self._now, naming, known)
        found = next((each for each in wanted if each.reference == fact.visit and each.day == fact.date), None)
        if found is None:
            wrong = (
                "by what they were told there is no such appointment: it is over or does not fit, or it follows from "
            )
            right = "record what they were told of, or decide first"
            self._note("visit", f"{wrong}a decision that nobody has told them of", right)
        return found

    def _knows_another(self, own: RecipientRow, about: Appointment, untold: bool) -> bool:
        """Whether they know of another day or place and are to learn of this one; nothing is sent twice."""
        row = _appointment_of(self._session, own, about.reference)
        if row is None or row.told is None:
            return False
        content = {"day": about.day.isoformat(), "starts": about.starts, "zone": about.zone, "place": about.place}
        sent = select(MessageRow.state).where(
            MessageRow.appointment_id == row.id, MessageRow.appointment_version == row.version,
            MessageRow.template.in_((TOLD, MOVED)), MessageRow.state.not_in((State.CANCELLED, State.SUPPRESSED)),
        )  # fmt: skip
        state = self._session.scalar(sent.limit(1)) if row.content() == content else None
        if state is not None and not untold:
            self._note("visit", f"a text about it was made already: it is {state}", "look at their messages")
        return untold and row.told != content

    # -- the texts ------------------------------------------------------------------------------

    def _texts(self, own: RecipientRow, rules: Rules, about: Appointment, moved: bool) -> Iterator[Text]:
        template = MOVED if moved else TOLD
        for whom, recipient in (("participant", own), (CAREGIVER, self._caregiver())):
            if recipient is None or not recipient.may_be_contacted:
                continue
            for channel in channels_in_force(self._session, recipient.id, self._now):
                if not self._has_stopped(recipient, channel):
                    text = self._text(recipient, rules, about, template, whom, channel)
                    yield from [text] if text is not None else []

    def _caregiver(self) -> RecipientRow | None:
        return recipient_row(self._session, self._participant.id, CAREGIVER)

    def _has_stopped(self, recipient: RecipientRow, channel: str) -> bool:
        digest = self._session.scalar(
            select(AddressRow.digest).where(AddressRow.recipient_id == recipient.id, AddressRow.channel == channel)
        )
        row = self._session.get(OptOut, (channel, digest)) if digest else None
        return row is not None and (row.until is None or row.until > self._now)

    def _text(
        self, recipient: RecipientRow, rules: Rules, about: Appointment, template: str, whom: str, channel: str
    ) -> Text | None:
        reached = self._book.reach(self._session, [recipient.id], channel).get(recipient.id)
        values = Values(
            place=about.place, phone=about.phone or rules.urgent_phone, day=about.day, starts=about.starts,
            urgent_phone=rules.urgent_phone, emergency_phone=rules.emergency_phone, code="",
        )  # fmt: skip
        words = words_of_study(self._session, self._designs, self._study)
        try:
            named = WORDED_AS.get(template, template)
            wording = approved_wording(self._session, self._study.id, named, recipient.language)
            text = text_of(wording, recipient.language, values, words)
            due_at = next_allowed(self._now, recipient.zone, rules.hours)
        except (NotificationsError, UnknownZone) as error:
            self._note("text", f"the text cannot be written: {error}", "have its wording signed off, or call them")
            return None
        mailed = channel in MAILED
        text = f"{text} {unread(spoken(wording.language, recipient.language))}" if mailed else text
        return Text(
            whom, channel, masked(reached.address) if reached is not None else "", wording.language, text,
            None if mailed else count(text).segments, due_at, recipient.zone,
            f"{wording.template}/{wording.language}/{wording.version}",
        )  # fmt: skip
