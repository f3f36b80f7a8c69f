"""Which invitations go out: to whoever agreed to them, one for each change that a calendar shows.

They wait in the outbox like everything else, in a channel of their own: the same e-mail address, but a consent of its
own, and calendar apps at the other end. Their texts are the ones that are signed off for reminders and changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.appointments import CANCELLED, MOVED, TOLD, AppointmentRow
from notifications.calendars.ical_text import CalendarEvent, EventStatus
from notifications.forbidden import told
from notifications.languages import language_of
from notifications.local_time import instant_of, zone_of
from notifications.outbox import IN_FLIGHT, TAKEN, MessageRow, NewMessage, State, move_pending, put
from notifications.recipients import CALENDAR, RecipientRow, agrees_to
from notifications.reminders import REMINDER
from notifications.rules import RulesRow

#: an appointment put into a calendar, moved in it, and taken out of it; and by which wording each is told
INVITED, INVITED_ANEW, CALLED_OFF = "invited", "invited-anew", "called-off"
WORDED_AS = {INVITED: REMINDER, INVITED_ANEW: MOVED, CALLED_OFF: CANCELLED, TOLD: REMINDER}
_WENT_OUT = frozenset({*TAKEN, *IN_FLIGHT})
_AN_HOUR = 60
_DAY = timedelta(days=1)


def keep_invitations(session: Session, recipient: RecipientRow, now: datetime) -> None:
    """Plan what the calendar of a recipient does not show yet; what is unsent and was changed since ends.

    Who has not agreed to invitations gets none, and what never went out is not called off.
    """
    if not recipient.may_be_contacted or not agrees_to(session, recipient.id, CALENDAR, now):
        return
    coming = (AppointmentRow.recipient_id == recipient.id, AppointmentRow.starts_at > now)
    rows = list(session.scalars(select(AppointmentRow).where(*coming).order_by(AppointmentRow.id)))
    sent = _sent(session, rows)
    for row in rows:
        mine = [MessageRow.appointment_id == row.id, MessageRow.channel == CALENDAR]
        older = [*mine, MessageRow.occasion != occasion_of(row)]
        move_pending(session, older, State.CANCELLED, "the appointment has changed", now, "plan")
    put(session, [_invitation(row, row.id in sent, now) for row in rows if row.id in sent or not row.cancelled], now)


def invite_anew(session: Session, references: Collection[str], now: datetime) -> None:
    """The same for these recipients, where their study sends anything at all."""
    query = select(RecipientRow).join(RulesRow, RulesRow.study_id == RecipientRow.study_id)
    query = query.where(RulesRow.enabled, RecipientRow.reference.in_(references)).order_by(RecipientRow.id)
    for recipient in session.scalars(query).all():
        keep_invitations(session, recipient, now)


def occasion_of(row: AppointmentRow) -> str:
    """What an invitation is for: the appointment as a calendar shows it now."""
    return f"a{row.id}.s{row.sequence}.{CALENDAR}"


def _sent(session: Session, rows: Iterable[AppointmentRow]) -> set[int]:
    """Of which of these an older invitation went out, or may have."""
    known = select(MessageRow.appointment_id, MessageRow.occasion, MessageRow.state).where(
        MessageRow.appointment_id.in_([row.id for row in rows]), MessageRow.channel == CALENDAR
    )
    newest = {row.id: occasion_of(row) for row in rows}
    return {
        one.appointment_id
        for one in session.execute(known)
        if one.state in _WENT_OUT and one.occasion != newest[one.appointment_id]
    }


def _invitation(row: AppointmentRow, sent: bool, now: datetime) -> NewMessage:
    template = CALLED_OFF if row.cancelled else INVITED_ANEW if sent else INVITED
    return NewMessage(
        study_id=row.study_id, site_id=row.site_id, recipient_id=row.recipient_id, template=template, timing="once",
        channel=CALENDAR, occasion=occasion_of(row), due_at=now, expires_at=row.starts_at, appointment_id=row.id,
        appointment_version=row.version,
    )  # fmt: skip


def event_for(row: AppointmentRow, uid: str, language: str, text: str, forbidden: tuple[str, ...]) -> CalendarEvent:
    """The appointment as a stranger may read it on somebody's screen. A name that tells too much is left out."""
    spoken = language_of(language)
    place = spoken.clinic if told(row.place, forbidden) else row.place
    address = "" if told(row.address, forbidden) else row.address
    start, end = _hours(row)
    return CalendarEvent(
        uid=uid, summary=spoken.subject, start=start, end=end, stamp=row.shown_at or row.changed_at, description=text,
        status=EventStatus.CANCELLED if row.cancelled else EventStatus.CONFIRMED, transparent=row.cancelled,
        sequence=row.sequence, location=f"{place}, {address}" if address else place,
    )  # fmt: skip


def _hours(row: AppointmentRow) -> tuple[date, date]:
    """From when to when (exclusive), or the whole day. Raises UnknownZone."""
    if row.starts is None:
        return row.day, row.day + _DAY
    clock = zone_of(row.zone)
    start = instant_of(row.day, row.starts, clock)
    return start.astimezone(clock), (start + timedelta(minutes=row.minutes or _AN_HOUR)).astimezone(clock)
