"""The simulated phones of a demo: what would have been texted to whom, what still would be, and what they wrote."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.channels.handset import texts_on
from notifications.errors import NotificationsError, RulesRefused, UnknownZone
from notifications.inbox import InboundRow, TaskRow
from notifications.invitations import WORDED_AS
from notifications.local_time import zone_of
from notifications.message import Incoming
from notifications.opt_outs import OptOut
from notifications.outbox import MessageRow, State
from notifications.recipients import AddressRow, RecipientRow
from notifications.rules import Rules, RulesRow, rules_of
from notifications.wording import Values, approved_wording, text_of
from planner.persistence.participants import Participant, participant_by_number
from planner.persistence.studies import Study, study_by_code
from planner.problems import InputProblem, NotFound
from planner.services.designs import Designs
from planner.services.keyring import Keys
from planner.services.recipients import CAREGIVER, participant_of, reference_of
from planner.services.tasks import opened
from planner.services.wordings import own_words_of

SMS = "sms"
_COMING = (State.PLANNED, State.SENDING, State.UNKNOWN, State.HELD)
_RIGHT_TO_LEFT = frozenset({"ar"})
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """One phone in the list of them: whose, how much there is on it, and when on its clock the next text comes."""

    study: str
    number: str
    whom: str
    language: str
    texts: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Text:
    """A text on a phone, theirs or ours, at a time on the recipient's clock. ``text`` is None once it was removed."""

    at: datetime
    text: str | None
    theirs: bool
    language: str

    @property
    def direction(self) -> str:
        """In which direction its language is read."""
        return "rtl" if self.language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True, slots=True)
class Coming:
    """A text that is still to come, at what time on the recipient's own clock; ``why``: what is in its way."""

    at: datetime
    until: datetime
    template: str
    state: str
    why: str
    text: Text


@dataclass(frozen=True, slots=True)
class Known:
    """An appointment as the recipient knows it, and what they answered."""

    visit: str
    day: datetime
    has_hour: bool
    cancelled: bool
    answer: str


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone with everything on it; instants are on the clock of ``zone``, the recipient's.

    Where there is no such zone any more (``has_clock`` is false) they are in UTC.
    """

    study: str
    number: str
    whom: str
    language: str
    zone: str
    has_clock: bool
    may_be_contacted: bool
    stopped: bool
    suspended: bool
    texts: list[Text]
    coming: list[Coming]
    appointments: list[Known]
    tasks: list[TaskRow]


def phone_lines(session: Session) -> list[PhoneLine]:
    """Every phone that has something on it or may get something, by study and number."""
    planned = select(MessageRow.recipient_id, func.min(MessageRow.due_at).label("next_at"))
    planned = planned.where(MessageRow.state == State.PLANNED, MessageRow.channel == SMS)
    coming = planned.group_by(MessageRow.recipient_id).subquery()
    sent = select(MessageRow.recipient_id, func.count().label("texts"))
    sent = sent.where(MessageRow.accepted_at.is_not(None), MessageRow.channel == SMS)
    there = sent.group_by(MessageRow.recipient_id).subquery()
    query = (
        select(RecipientRow.reference, RecipientRow.language, RecipientRow.zone, there.c.texts, coming.c.next_at)
        .join(AddressRow, (AddressRow.recipient_id == RecipientRow.id) & (AddressRow.channel == SMS))
        .outerjoin(there, there.c.recipient_id == RecipientRow.id)
        .outerjoin(coming, coming.c.recipient_id == RecipientRow.id)
    )
    found = [(*participant_of(row.reference), row) for row in session.execute(query)]
    people = _people(session, {participant_id for participant_id, _, _ in found})
    lines = [
        PhoneLine(*people[one], CAREGIVER if cares else "", row.language, row.texts or 0, _on(row.zone, row.next_at))
        for one, cares, row in found
        if row.texts or row.next_at
    ]
    return sorted(lines, key=lambda line: (line.study, line.number, line.whom))


def _on(zone: str, at: datetime | None) -> datetime | None:
    return at.astimezone(_clock(zone)) if at is not None else None


def _clock(zone: str) -> ZoneInfo:
    """The clock of a zone; UTC where there is no such zone any more: what is to come is held then, and says why."""
    try:
        return zone_of(zone)
    except UnknownZone:
        return ZoneInfo("UTC")


def _people(session: Session, ids: set[int]) -> dict[int, tuple[str, str]]:
    query = select(Participant.id, Study.code, Participant.number).join(Study, Study.id == Participant.study_id)
    return {row.id: (row.code, row.number) for row in session.execute(query.where(Participant.id.in_(ids)))}


def phone_of(session: Session, keys: Keys, designs: Designs, study_code: str, number: str, whom: str) -> Phone:
    """One phone. Raises NotFound where the participant has none."""
    row, address = _find(session, study_code, number, whom)
    zone = _clock(row.zone)
    out = session.get(OptOut, (SMS, address.digest))
    return Phone(
        study=study_code, number=number, whom=whom, language=row.language, zone=row.zone,
        has_clock=zone.key == row.zone, may_be_contacted=row.may_be_contacted,
        stopped=out is not None and out.until is None, suspended=address.suspended_at is not None,
        texts=sorted([*_sent(session, address, row, zone), *_theirs(session, keys, address, row, zone)],
                     key=lambda text: (text.at, not text.theirs)),
        coming=list(_coming(session, designs, row, zone)), appointments=list(_appointments(session, row)),
        tasks=list(session.scalars(
            select(TaskRow).where(TaskRow.recipient_id == row.id, TaskRow.done_at.is_(None)).order_by(TaskRow.id)
        )),
    )  # fmt: skip


def _find(session: Session, study_code: str, number: str, whom: str) -> tuple[RecipientRow, AddressRow]:
    study = study_by_code(session, study_code)
    participant = participant_by_number(session, study.id, number) if study is not None else None
    if participant is not None and whom in ("", CAREGIVER):
        query = select(RecipientRow, AddressRow).join(AddressRow, AddressRow.recipient_id == RecipientRow.id)
        wanted = RecipientRow.reference == reference_of(participant.id, whom)
        found = session.execute(query.where(wanted, AddressRow.channel == SMS)).first()
        if found is not None:
            return found[0], found[1]
    raise NotFound([InputProblem("phone", "there is no such phone", "choose one from the list")])


def _sent(session: Session, address: AddressRow, row: RecipientRow, zone: ZoneInfo) -> Iterator[Text]:
    """The provider has forgotten what arrived; what was sent stands in our own table until it is old enough."""
    on_it = texts_on(session, SMS, address.digest, MOST_SHOWN)
    query = select(MessageRow.provider_id, MessageRow.text, MessageRow.wording)
    known = {
        sent.provider_id: sent
        for sent in session.execute(query.where(MessageRow.provider_id.in_([one.provider_id for one in on_it])))
    }
    for one in on_it:
        sent = known.get(one.provider_id)
        language = sent.wording.split("/")[1] if sent is not None and sent.wording else row.language
        yield Text(one.at.astimezone(zone), sent.text if sent is not None else one.text, False, language)


def _theirs(session: Session, keys: Keys, address: AddressRow, row: RecipientRow, zone: ZoneInfo) -> Iterator[Text]:
    query = select(InboundRow).where(InboundRow.sender == address.digest, InboundRow.channel == SMS)
    for wrote in session.scalars(query.order_by(InboundRow.id.desc()).limit(MOST_SHOWN)):
        yield Text(wrote.received_at.astimezone(zone), opened(keys, wrote), True, row.language)


def _coming(session: Session, designs: Designs, row: RecipientRow, zone: ZoneInfo) -> Iterator[Coming]:
    query = (
        select(MessageRow, AppointmentRow)
        .outerjoin(AppointmentRow, AppointmentRow.id == MessageRow.appointment_id)
        .where(MessageRow.recipient_id == row.id, MessageRow.channel == SMS, MessageRow.state.in_(_COMING))
        .order_by(MessageRow.due_at, MessageRow.id)
        .limit(MOST_SHOWN)
    )
    rules = _rules(session, row.study_id)
    words = own_words_of(designs)(session, row.study_id)
    for message, appointment in session.execute(query):
        at, until = (instant.astimezone(zone) for instant in (message.due_at, message.expires_at))
        language, text, why = _written(session, row, message, appointment, rules, words)
        yield Coming(at, until, message.template, message.state, message.reason or why, Text(at, text, False, language))


def _rules(session: Session, study_id: int) -> Rules | None:
    """A study's rules; None where nobody can read them: then nothing is sent, and the page has to say so."""
    try:
        return rules_of(session.get(RulesRow, study_id))
    except RulesRefused:
        return None


def _written(
    session: Session, row: RecipientRow, message: MessageRow, appointment: AppointmentRow | None, rules: Rules | None,
    words: Collection[str],
) -> tuple[str, str | None, str]:  # fmt: skip
    """In which language the message would be written now, its text, and else what is in its way."""
    if rules is None:
        return row.language, None, "the study's rules cannot be read: set them anew"
    values = Values(
        place=(appointment.place if appointment else "") or rules.alias,
        phone=(appointment.phone if appointment else "") or rules.urgent_phone,
        day=appointment.day if appointment else None, starts=appointment.starts if appointment else None,
        urgent_phone=rules.urgent_phone, emergency_phone=rules.emergency_phone, code=message.code or "",
    )  # fmt: skip
    try:
        wording = approved_wording(
            session, row.study_id, WORDED_AS.get(message.template, message.template), row.language
        )
        return wording.language, text_of(wording, row.language, values, words), ""
    except NotificationsError as error:
        return row.language, None, str(error)


def _appointments(session: Session, row: RecipientRow) -> Iterator[Known]:
    query = select(AppointmentRow).where(AppointmentRow.recipient_id == row.id)
    for known in session.scalars(query.order_by(AppointmentRow.starts_at.desc()).limit(10)):
        day = datetime.combine(known.day, datetime.min.time(), _clock(known.zone))
        if known.starts is not None:
            day = day.replace(hour=known.starts // 60, minute=known.starts % 60)
        yield Known(known.reference, day, known.starts is not None, known.cancelled, known.answer)


def wrote_from(
    session: Session, keys: Keys, study_code: str, number: str, whom: str, text: str, name: str
) -> tuple[Incoming, int]:
    """What somebody has written on a simulated phone, as a provider would hand it in, and whose phone it is.

    Raises NotFound.
    """
    from planner.services.address_book import ContactBook

    row, _ = _find(session, study_code, number, whom)
    reached = ContactBook(keys).reach(session, [row.id], SMS).get(row.id)
    if reached is None:
        raise NotFound([InputProblem("phone", "the number was erased", "choose another phone from the list")])
    return Incoming(channel=SMS, provider_id=name, sender=reached.address, text=text), row.id


def is_waiting(session: Session, recipient_id: int, now: datetime) -> bool:
    """Whether something is due to that phone that has not been sent yet."""
    query = select(MessageRow.id).where(
        MessageRow.recipient_id == recipient_id, MessageRow.due_at <= now,
        MessageRow.state.in_([State.PLANNED, State.SENDING]),
    )  # fmt: skip
    return session.scalar(query.limit(1)) is not None
