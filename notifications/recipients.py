"""Whom messages go to, by which channels, and whether they may still be contacted at all.

What a recipient is to the planner (a participant, or somebody who cares for one) is not known here: ``reference`` is
the planner's own name for them. Numbers and addresses are not here either, only keyed digests by which they are found.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, false, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from notifications.columns import Id, Instant, NotificationsBase, code
from notifications.message import Address, Recipient
from notifications.outbox import IN_FLIGHT, MessageRow, State, move_pending, replay
from notifications.tasks import NewTask, ask

#: the channel of invitations: an e-mail address, agreed to by itself
CALENDAR = "calendar"


class RecipientRow(NotificationsBase):
    """Somebody who is told of appointments."""

    __tablename__ = "recipient"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(Id, index=True)
    site_id: Mapped[int] = mapped_column(Id)
    #: what the planner calls them; never a name
    reference: Mapped[str] = mapped_column(code(80), unique=True)
    #: BCP 47, such as en or es
    language: Mapped[str] = mapped_column(String(16))
    #: IANA name of the zone on whose clock they live
    zone: Mapped[str] = mapped_column(String(64))
    #: false from a death or a withdrawal from contact on; nothing is sent any more
    may_be_contacted: Mapped[bool] = mapped_column(default=True)
    #: when that was, and in a word why: died, withdrew, erased
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    stopped_why: Mapped[str] = mapped_column(String(20), default="")
    #: whether they are prompted about what is done at home, these days: read again before each prompt
    prompted: Mapped[bool] = mapped_column(default=False, server_default=false())
    changed_at: Mapped[datetime] = mapped_column(Instant)


class AddressRow(NotificationsBase):
    """One channel by which a recipient has agreed to be reached: there is a row only with a recorded consent."""

    __tablename__ = "address"
    __table_args__ = (Index("ix_address_digest", "digest", "channel"),)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipient.id"), primary_key=True)
    #: sms or email
    channel: Mapped[str] = mapped_column(code(20), primary_key=True)
    study_id: Mapped[int] = mapped_column(Id, index=True)
    #: keyed digest of the number or address: 64 hexadecimal digits
    digest: Mapped[str] = mapped_column(String(64))
    #: from when, and until when (exclusive), they agreed to it
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)
    #: somebody answered that this is the wrong number, or the provider that it cannot be reached: until a person
    #: has verified it nothing is sent to it
    suspended_at: Mapped[datetime | None] = mapped_column(Instant)
    suspended_why: Mapped[str] = mapped_column(String(40), default="")


def keep_recipient(session: Session, wanted: Recipient, now: datetime) -> RecipientRow:
    """Bring a recipient and the channels by which they agreed to be reached to what is wanted.

    An address that is not wanted any more ends now, and what is still to go out to it is cancelled; the check before
    each send reads the same. Another number or address than before begins without the old one's suspension, and what
    was held for the old one is planned. Whoever
    must not be contacted any more stays so: see ``resume_recipient``.
    """
    row = _locked(session, wanted.reference)
    if row is None:
        row = RecipientRow(reference=wanted.reference, may_be_contacted=True, changed_at=now)
        session.add(row)
    told = (wanted.study_id, wanted.site_id, wanted.language, wanted.zone)
    if told != (row.study_id, row.site_id, row.language, row.zone):
        row.study_id, row.site_id, row.language, row.zone = told
        row.changed_at = now
    session.flush()
    _keep_addresses(session, row, wanted.addresses, now)
    return row


def stop_recipient(session: Session, reference: str, why: str, now: datetime) -> None:
    """From now on nothing is sent to them: died, withdrew, erased. All that is pending is cancelled with it.

    What is on its way just now cannot be called back: it is shown to the coordinator, until it turns out that it has
    not been sent. A reference that nobody has is nobody who could be sent anything.
    """
    row = _locked(session, reference)
    if row is None or not row.may_be_contacted:
        return
    row.may_be_contacted, row.stopped_at, row.stopped_why, row.changed_at = False, now, why[:20], now
    session.flush()
    move_pending(
        session, [MessageRow.recipient_id == row.id], State.CANCELLED, f"not to be contacted: {why}", now, "plan"
    )
    on_their_way = select(MessageRow).where(MessageRow.recipient_id == row.id, MessageRow.state.in_(IN_FLIGHT))
    for message in session.scalars(on_their_way.order_by(MessageRow.id)):
        ask(session, sent_after_stop(message, why, "may have gone out"), now)


def sent_after_stop(message: Any, why: str, how: str) -> NewTask:
    """The task that says that a message was on its way when its recipient was not to be contacted any more."""
    return NewTask(
        study_id=message.study_id, site_id=message.site_id, kind="sent-after-stop",
        occasion=f"sent-after-stop.m{message.id}", recipient_id=message.recipient_id,
        appointment_id=message.appointment_id, message_id=message.id,
        words=f"A message ({message.template}) {how} although its recipient is not to be contacted: {why}.",
    )  # fmt: skip


def resume_recipient(session: Session, reference: str, now: datetime) -> None:
    """They may be contacted again: the stop was a mistake. What is to be sent is planned by ``keep_appointments``."""
    row = _locked(session, reference)
    if row is not None and not row.may_be_contacted:
        row.may_be_contacted, row.stopped_at, row.stopped_why, row.changed_at = True, None, "", now
        session.flush()


def suspend(session: Session, channel: str, digest: str, why: str, now: datetime) -> list[AddressRow]:
    """Send nothing more to that number until a person has verified it; what is pending waits. Gives its addresses."""
    rows = [row for row in addresses_of(session, channel, digest) if row.suspended_at is None]
    for row in rows:
        row.suspended_at, row.suspended_why = now, why[:40]
        mine = [MessageRow.recipient_id == row.recipient_id, MessageRow.channel == channel]
        move_pending(session, mine, State.HELD, f"the address is suspended: {why}", now, "dispatch", (State.PLANNED,))
    return rows


def verify_address(session: Session, reference: str, channel: str, now: datetime) -> bool:
    """A person has verified the number: it is used again. Whether it had been suspended."""
    row = _locked(session, reference)
    address = session.get(AddressRow, (row.id, channel)) if row is not None else None
    if address is None or address.suspended_at is None:
        return False
    address.suspended_at, address.suspended_why = None, ""
    session.flush()
    replay(session, [MessageRow.recipient_id == address.recipient_id, MessageRow.channel == channel], now)
    return True


def addresses_of(session: Session, channel: str, digest: str) -> list[AddressRow]:
    """Every address with that number, whoever's it is."""
    query = select(AddressRow).where(AddressRow.digest == digest, AddressRow.channel == channel)
    return list(session.scalars(query.order_by(AddressRow.recipient_id)))


def channels_in_force(session: Session, recipient_id: int, now: datetime) -> list[str]:
    """The channels by which they agreed to be written to, as of now."""
    query = select(AddressRow.channel).where(*_in_force(recipient_id, now), AddressRow.channel != CALENDAR)
    return list(session.scalars(query.order_by(AddressRow.channel)))


def agrees_to(session: Session, recipient_id: int, channel: str, now: datetime) -> bool:
    """Whether they agreed to be reached by this channel, as of now."""
    query = select(AddressRow.channel).where(*_in_force(recipient_id, now), AddressRow.channel == channel)
    return session.scalar(query) is not None


def _in_force(recipient_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    lasts = or_(AddressRow.until.is_(None), AddressRow.until > now)
    return AddressRow.recipient_id == recipient_id, AddressRow.since <= now, lasts


def _locked(session: Session, reference: str) -> RecipientRow | None:
    query = select(RecipientRow).where(RecipientRow.reference == reference).with_for_update(key_share=True)
    return session.scalar(query.execution_options(populate_existing=True))


def _keep_addresses(session: Session, row: RecipientRow, wanted: Sequence[Address], now: datetime) -> None:
    known = {address.channel: address for address in session.scalars(_addresses(row.id))}
    for one in wanted:
        _keep_address(session, row, known.get(one.channel), one, now)
    for channel in known.keys() - {one.channel for one in wanted}:
        known[channel].until = min(known[channel].until or now, now)
    session.flush()
    for address in known.values():
        if address.until is not None and address.until <= now:
            mine = [MessageRow.recipient_id == row.id, MessageRow.channel == address.channel]
            move_pending(session, mine, State.CANCELLED, "no consent to this channel any more", now, "plan")


def _addresses(recipient_id: int) -> Select[AddressRow]:
    return select(AddressRow).where(AddressRow.recipient_id == recipient_id).with_for_update(key_share=True)


def _keep_address(
    session: Session, row: RecipientRow, known: AddressRow | None, wanted: Address, now: datetime
) -> None:
    if known is None:
        known = AddressRow(recipient_id=row.id, channel=wanted.channel)
        session.add(known)
    elif known.digest != wanted.digest:
        known.suspended_at, known.suspended_why = None, ""
        replay(session, [MessageRow.recipient_id == row.id, MessageRow.channel == wanted.channel], now)
    known.study_id, known.digest = row.study_id, wanted.digest
    known.since, known.until = wanted.since, wanted.until
