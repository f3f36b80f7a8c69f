"""What came back: kept sealed, understood where that is safe, answered at once, and shown to whoever has to look at it.

Nobody who is not known is answered: what could be said to them would be some study's, and it is not known which.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, LargeBinary, String, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from notifications.appointments import AppointmentRow
from notifications.attempts import ANSWERS
from notifications.columns import Id, Instant, NotificationsBase, code
from notifications.message import AddressBook, Incoming
from notifications.opt_outs import has_stopped, start, stop
from notifications.outbox import TAKEN, MessageRow, NewMessage, put
from notifications.recipients import AddressRow, RecipientRow, suspend
from notifications.replies import Meaning, meaning
from notifications.tasks import NewTask, TaskRow, ask

__all__ = ["Answered", "InboundRow", "TaskRow", "answer_on_page", "take_in", "write_on_page"]

#: an answer is of use for so long
ANSWERED_WITHIN = timedelta(hours=4)
#: the most answers to one number in an hour and a day: two machines must not answer each other for ever
MOST_AN_HOUR, MOST_A_DAY = 4, 12
#: the channel of what was answered on a page of the planner's own
PAGE = "page"
#: what a provider says that it has understood, and answered by itself
_OPTED = {"stop": Meaning.STOP, "start": Meaning.START, "help": Meaning.HELP}


class InboundRow(NotificationsBase):
    """Something that somebody wrote to us. Its text is sealed: people write of their illness."""

    __tablename__ = "inbound"
    __table_args__ = (
        Index("ix_inbound_recipient", "recipient_id", "received_at"),
        Index("ix_inbound_sender", "sender", "received_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    #: none where nobody is known by that number
    study_id: Mapped[int | None] = mapped_column(Id, index=True)
    site_id: Mapped[int | None] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(code(20))
    #: what the provider calls it: handed in again it is the same one
    provider_id: Mapped[str] = mapped_column(String(64), unique=True)
    #: keyed digest of the number or address that it came from
    sender: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(Instant)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: confirm, move, stop, start, help, wrong-number, free
    meaning: Mapped[str] = mapped_column(code(20))
    #: whose, and about which appointment, where that is clear
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("recipient.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))


def take_in(
    session: Session, wrote: Incoming, book: AddressBook, seal: Callable[[str], bytes], now: datetime
) -> InboundRow | None:
    """Keep what somebody wrote, and do what it asks for; None where it has been handed in before.

    A reply is bound to the visit that its writer was told of last and that is still to come. It moves nothing: who
    asks for another day asks a person. Where a phone is shared and it is not clear who means what, it is asked.
    """
    if session.scalar(select(InboundRow.id).where(InboundRow.provider_id == wrote.provider_id)) is not None:
        return None
    writers = _writers(session, wrote.channel, book.digest(wrote.sender), now)
    row = InboundRow(
        channel=wrote.channel, provider_id=wrote.provider_id, sender=book.digest(wrote.sender), received_at=now,
        sealed=seal(wrote.text), meaning=_meaning(wrote, writers),
    )  # fmt: skip
    session.add(row)
    session.flush()
    reply = _Reply(session, row, writers, answered=wrote.opted in _OPTED, now=now)
    reply.bind()
    _DO[Meaning(row.meaning)](reply)
    session.flush()
    return row


def answer_on_page(
    session: Session, recipient: RecipientRow, appointment: AppointmentRow, said: Answered, now: datetime
) -> InboundRow:
    """Take in what somebody answered about one visit on their own page: the same as a reply of 1 or 2 by text.

    They see on the page what came of it, so nothing is sent. The caller has looked that it is theirs, in its newest
    version, and still to come.
    """
    row = InboundRow(
        channel=PAGE, provider_id=said.name, sender=f"r{recipient.id}", received_at=now, sealed=said.sealed,
        meaning=said.meaning.value, study_id=recipient.study_id, site_id=recipient.site_id, recipient_id=recipient.id,
        appointment_id=appointment.id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    writer = _Writer(recipient, appointment, appointment.version, now)
    _DO[said.meaning](_Reply(session, row, [writer], answered=True, now=now, writer=writer))
    session.flush()
    return row


def write_on_page(session: Session, row: InboundRow, task: NewTask, now: datetime) -> None:
    """Keep what somebody wrote on their own page, sealed, and ask a person to read it; nothing is sent."""
    row.channel, row.meaning, row.recipient_id = PAGE, Meaning.FREE.value, task.recipient_id
    session.add(row)
    session.flush()
    ask(session, replace(task, inbound_id=row.id), now)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer given on a page: what it means (confirm or move), as it is kept, and a name that no other one has."""

    meaning: Meaning
    sealed: bytes
    name: str


@dataclass(frozen=True, slots=True)
class _Writer:
    """Somebody who may have written: a recipient with that number, and the visit that they were told of last."""

    recipient: RecipientRow
    appointment: AppointmentRow | None
    #: in which version, and when
    version: int | None
    told_at: datetime | None

    @property
    def is_current(self) -> bool:
        """Whether what they were told is what holds."""
        return self.appointment is not None and self.version == self.appointment.version


def _writers(session: Session, channel: str, digest: str, now: datetime) -> list[_Writer]:
    """Who has that number now, who was told of a visit last first."""
    mine = select(RecipientRow).join(AddressRow, AddressRow.recipient_id == RecipientRow.id)
    mine = mine.where(AddressRow.digest == digest, AddressRow.channel == channel)
    mine = mine.where(or_(AddressRow.until.is_(None), AddressRow.until > now)).order_by(RecipientRow.id)
    found = [_writer(session, row, digest, now) for row in session.scalars(mine)]
    return sorted(found, key=lambda each: each.told_at or datetime.min.replace(tzinfo=now.tzinfo), reverse=True)


def _writer(session: Session, recipient: RecipientRow, digest: str, now: datetime) -> _Writer:
    told = (
        select(MessageRow, AppointmentRow)
        .join(AppointmentRow, AppointmentRow.id == MessageRow.appointment_id)
        .where(MessageRow.recipient_id == recipient.id, MessageRow.digest == digest, MessageRow.state.in_(TAKEN))
        .where(MessageRow.says.is_not(None), AppointmentRow.cancelled.is_(False), AppointmentRow.starts_at > now)
        .order_by(MessageRow.accepted_at.desc(), MessageRow.id.desc())
    )
    newest = session.execute(told.limit(1)).first()
    if newest is None:
        return _Writer(recipient, None, None, None)
    message, appointment = newest
    return _Writer(recipient, appointment, message.appointment_version, message.accepted_at)


def _meaning(wrote: Incoming, writers: Sequence[_Writer]) -> str:
    """What the provider has understood counts; else what it says in the language of whoever may have written."""
    if wrote.opted in _OPTED:
        return _OPTED[wrote.opted].value
    languages = dict.fromkeys([writer.recipient.language for writer in writers]) or {"en": None}
    found = [meaning(wrote.text, language) for language in languages]
    return next((each for each in found if each is not Meaning.FREE), Meaning.FREE).value


@dataclass(slots=True)
class _Reply:
    """Something that came in, who may have written it, and what can be done about it."""

    session: Session
    row: InboundRow
    writers: list[_Writer]
    answered: bool
    now: datetime
    #: whose it is, and about which visit, where both are clear
    writer: _Writer | None = None

    def bind(self) -> None:
        """Find out whose it is: the only one with that number, or the only one of them who was told of a visit."""
        told = [each for each in self.writers if each.appointment is not None]
        candidates = told or self.writers
        if len(candidates) == 1:
            self.writer = candidates[0]
            self.row.recipient_id = self.writer.recipient.id
            self.row.appointment_id = self.writer.appointment.id if self.writer.appointment else None
        if self.writers:
            first = self.writers[0].recipient
            self.row.study_id, self.row.site_id = first.study_id, first.site_id

    def task(self, kind: str, words: str) -> None:
        """Show it to a person: at the site of whoever wrote, of each of them where that is not clear."""
        whose = self.writers if self.writer is None else [self.writer]
        places: Sequence[tuple[int | None, int | None]] = sorted(
            {(each.recipient.study_id, each.recipient.site_id) for each in whose}
        )
        for study, site in places or [(None, None)]:
            task = NewTask(
                study_id=study, site_id=site, kind=kind, occasion=f"{kind}.i{self.row.id}.s{study}.{site}", words=words,
                recipient_id=self.row.recipient_id, appointment_id=self.row.appointment_id, inbound_id=self.row.id,
            )  # fmt: skip
            ask(self.session, task, self.now)

    def answer(self, template: str) -> None:
        """Answer at once, unless the provider has, or so many answers have gone there that it must be a machine."""
        if self.answered or not self.writers:
            return
        if self._is_enough():
            self.task("not-watched", "So many replies came from this number that this one was not answered.")
            return
        writer = self.writer or self.writers[0]
        about = writer.appointment if self.writer is not None else None
        new = NewMessage(
            study_id=writer.recipient.study_id, site_id=writer.recipient.site_id, recipient_id=writer.recipient.id,
            template=template, timing="once", channel=self.row.channel, due_at=self.now,
            occasion=f"i{self.row.id}.{template}.{self.row.channel}", expires_at=self.now + ANSWERED_WITHIN,
            appointment_id=about.id if about else None, appointment_version=about.version if about else None,
        )  # fmt: skip
        put(self.session, [new], self.now, "reply")

    def _is_enough(self) -> bool:
        ids = [each.recipient.id for each in self.writers]
        answers = (
            select(func.count())
            .select_from(MessageRow)
            .where(
                MessageRow.recipient_id.in_(ids),
                MessageRow.channel == self.row.channel,
                MessageRow.template.in_(ANSWERS),
            )
        )
        spans = ((timedelta(hours=1), MOST_AN_HOUR), (timedelta(days=1), MOST_A_DAY))
        counted = [
            (self.session.scalar(answers.where(MessageRow.planned_at > self.now - span)) or 0, most)
            for span, most in spans
        ]
        return any(count >= most for count, most in counted)


# -- what each meaning does ---------------------------------------------------------------------


def _confirm(reply: _Reply) -> None:
    if not _answers_to_a_visit(reply):
        return
    _note_answer(reply, "confirmed")
    reply.answer("confirmed")


def _move(reply: _Reply) -> None:
    if not _answers_to_a_visit(reply):
        return
    _note_answer(reply, "wants-to-move")
    reply.task("wants-to-move", "They ask for another time; nothing has been moved.")
    reply.answer("move-asked")


def _answers_to_a_visit(reply: _Reply) -> bool:
    """Whether it is clear which visit is meant, in its newest version; if not, it is asked and shown to a person."""
    if reply.writer is None and reply.writers:
        reply.task("reply", "Several people share this phone, and it is not clear who has answered.")
        reply.answer("which-one")
    elif reply.writer is None or reply.writer.appointment is None:
        _free(reply)
    elif not reply.writer.is_current:
        reply.task("reply", "They answered to a time that does not hold any more.")
        reply.answer("which-one")
    else:
        return True
    return False


def _note_answer(reply: _Reply, answer: str) -> None:
    if reply.writer is not None and reply.writer.appointment is not None:
        reply.writer.appointment.answer, reply.writer.appointment.answered_at = answer, reply.now


def _stop(reply: _Reply) -> None:
    source = "provider" if reply.answered else "reply"
    stop(reply.session, reply.row.channel, reply.row.sender, source, reply.now)
    reply.answer("stopped")


def _start(reply: _Reply) -> None:
    source = "provider" if reply.answered else "reply"
    start(reply.session, reply.row.channel, reply.row.sender, source, reply.now)
    reply.answer("started")


def _help(reply: _Reply) -> None:
    reply.answer("help")


def _wrong_number(reply: _Reply) -> None:
    """Whoever has this number is a stranger: nothing more is sent there, an answer neither."""
    suspend(reply.session, reply.row.channel, reply.row.sender, "wrong number", reply.now)
    reply.task("wrong-number", "Somebody answered that this is the wrong number: ask for the right one.")


def _free(reply: _Reply) -> None:
    reply.task("reply", _who_wrote(reply))
    reply.answer("not-watched")


def _who_wrote(reply: _Reply) -> str:
    """For whoever reads it; nobody else tells somebody who has said stop that this line is not watched."""
    if not reply.writers:
        return "Somebody whose number is not known wrote: read it."
    if has_stopped(reply.session, reply.row.channel, reply.row.sender, reply.now):
        return "Somebody who has said stop wrote back, and was not answered for that: read it now."
    return "Somebody wrote back: read it."


_DO: dict[Meaning, Callable[[_Reply], None]] = {
    Meaning.CONFIRM: _confirm,
    Meaning.MOVE: _move,
    Meaning.STOP: _stop,
    Meaning.START: _start,
    Meaning.HELP: _help,
    Meaning.WRONG_NUMBER: _wrong_number,
    Meaning.FREE: _free,
}
