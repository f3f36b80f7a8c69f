"""What messages hang on: when and where somebody is to come, in its newest version, and what they were last told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, UniqueConstraint, and_, false, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from notifications.again import MARK, first_of
from notifications.columns import Id, Instant, Json, NotificationsBase, code
from notifications.errors import UnknownZone
from notifications.local_time import DAY, instant_of, zone_of
from notifications.message import Appointment
from notifications.outbox import MessageRow, NewMessage, State, move_pending, put
from notifications.recipients import RecipientRow, channels_in_force
from notifications.reminders import REMINDER, Planned, planned
from notifications.rules import Rules, RulesRow


class AppointmentRow(NotificationsBase):
    """One appointment as one recipient is told of it: booked, firm and released; whatever else exists is not here.

    ``version`` grows with whatever the recipient is told: day, hour, place, cancelled; not with a chair. It never goes
    back, also where an appointment is moved and moved back.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("recipient_id", "reference"),
        CheckConstraint("starts >= 0 AND starts < 1440", name="starts_within_the_day"),
        CheckConstraint("version > 0", name="version_positive"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(Id, index=True)
    site_id: Mapped[int] = mapped_column(Id)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipient.id"))
    #: what the planner calls it, such as a visit's key; it never reaches a text
    reference: Mapped[str] = mapped_column(code(120))
    version: Mapped[int] = mapped_column(default=1)
    cancelled: Mapped[bool] = mapped_column(default=False)
    #: no reminders while this is true (in hospital); a change is told all the same
    withheld: Mapped[bool] = mapped_column(default=False)
    #: wall time where the appointment is: the day, minutes after midnight (none where no hour is known), the zone
    day: Mapped[date]
    starts: Mapped[int | None]
    zone: Mapped[str] = mapped_column(String(64))
    #: the same as an instant; without an hour the end of that day: nothing is of use after it
    starts_at: Mapped[datetime] = mapped_column(Instant, index=True)
    #: what the clinic is called towards recipients, and the number to call back
    place: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(50))
    #: what of it the recipient has been told last (day, starts, zone, place, cancelled); none before anybody did
    told: Mapped[dict[str, Any] | None] = mapped_column(Json)
    #: in which version: a text of an older one that turns out to have been sent changes nothing
    told_version: Mapped[int] = mapped_column(default=0)
    #: what they answered to the newest version: confirmed, wants-to-move, or nothing
    answer: Mapped[str] = mapped_column(String(20), default="")
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    #: what their calendar shows besides: how long it takes, where that is known, and the address of the place
    minutes: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(500), default="", server_default="")
    #: grows with everything that their calendar shows of it, and the instant when it last did; none for older rows
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    shown_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)

    def content(self) -> dict[str, Any]:
        """What the recipient is told of it."""
        if self.cancelled:
            return {"cancelled": True}
        return {"day": self.day.isoformat(), "starts": self.starts, "zone": self.zone, "place": self.place}

    def shown(self) -> tuple[Any, ...]:
        """All that a calendar shows of it."""
        return (
            self.cancelled, self.day, self.starts, self.zone, self.place, self.phone, self.minutes, self.address
        )  # fmt: skip


#: the timing of what tells of a change, and which texts do
CHANGE = "change"
MOVED, CANCELLED = "moved", "cancelled"
NOTICES = (MOVED, CANCELLED)
#: what somebody has told of an appointment at once, by the wording of a reminder: it counts towards no cap of those
TOLD = "told"


def keep_appointments(
    session: Session, rules: Rules, recipient: RecipientRow, wanted: Sequence[Appointment], now: datetime
) -> bool:
    """Bring all appointments of a recipient that are still to come to what is wanted, with what is sent about them.

    A new one counts as told: being released is being told. Another day, hour, zone or place is a new version: what is
    unsent of older ones is cancelled, reminders are planned anew, and, if what was told last differs from what holds
    now, one notice is planned. One that is not wanted any more is cancelled. Moved and moved back before anything was
    sent is no news. What has begun is left as it is, wanted or not. Gives whether a calendar of theirs shows something
    else now.
    """
    session.execute(select(RecipientRow.id).where(RecipientRow.id == recipient.id).with_for_update(key_share=True))
    rows = {row.reference: row for row in session.scalars(_locked(AppointmentRow.recipient_id == recipient.id))}
    before = {reference: row.shown() for reference, row in rows.items()}
    kept = {one.reference: _kept(session, recipient, rows.get(one.reference), one, now) for one in wanted}
    for reference, row in rows.items():
        if reference not in kept and not row.cancelled and row.starts_at > now:
            _turn(row, now, cancelled=True)
    session.flush()
    rows |= kept
    changed = [row for reference, row in rows.items() if before.get(reference) != row.shown()]
    for row in changed:
        row.sequence, row.shown_at = (row.sequence + 1 if row.reference in before else 0), now
    coming = [row for row in rows.values() if row.starts_at > now]
    for row in coming:
        _stop_older(session, row, now)
    if recipient.may_be_contacted:
        channels = channels_in_force(session, recipient.id, now)
        _keep_reminders(session, rules, recipient, [(rows[one.reference], one) for one in wanted], channels, now)
        tell_changes(session, coming, channels, now)
    return bool(changed)


@dataclass(frozen=True, slots=True)
class SiteShown:
    """What recipients see of a site: its number and address, its name until now, and as it is from now on."""

    phone: str
    address: str
    known_as: str
    name: str


def show_site_anew(session: Session, site_id: int, shown: SiteShown, now: datetime) -> list[str]:
    """Give all appointments to come at a site its number, address and name; the references of whose calendar shows it.

    The name is another only where the study calls the clinic by no name of its own. Nothing of that is news for a
    text: nobody has to come elsewhere. Whoever calls keeps others away from these recipients meanwhile.
    """
    mine = (AppointmentRow.site_id == site_id, AppointmentRow.starts_at > now, AppointmentRow.cancelled.is_(False))
    renamed = _renamed(shown)
    other = (AppointmentRow.phone != shown.phone) | (AppointmentRow.address != shown.address) | renamed
    named = set(session.scalars(select(AppointmentRow.id).where(*mine, renamed)))
    rows = list(session.scalars(_locked(and_(*mine, other))))
    for row in rows:
        row.phone, row.address, row.sequence, row.shown_at = shown.phone, shown.address, row.sequence + 1, now
        if row.id in named:
            row.place = shown.name
            row.told = (
                {**row.told, "place": shown.name} if (row.told or {}).get("place") == shown.known_as else row.told
            )
    concerned = select(RecipientRow.reference).where(RecipientRow.id.in_({row.recipient_id for row in rows}))
    return sorted(session.scalars(concerned)) if rows else []


def _renamed(shown: SiteShown) -> ColumnElement[bool]:
    """Which appointments are at a place that was called by the site's name, which is another one now."""
    own_names = select(RulesRow.study_id).where(RulesRow.alias != "")
    by_site = (AppointmentRow.place == shown.known_as) & AppointmentRow.study_id.not_in(own_names)
    return by_site if shown.known_as != shown.name else false()


def recipients_at(session: Session, site_id: int, now: datetime) -> list[str]:
    """The references of everybody who has an appointment to come at a site."""
    theirs = select(AppointmentRow.recipient_id).where(
        AppointmentRow.site_id == site_id, AppointmentRow.starts_at > now, AppointmentRow.cancelled.is_(False)
    )
    return list(session.scalars(select(RecipientRow.reference).where(RecipientRow.id.in_(theirs))))


def lock_appointments(session: Session, ids: Collection[int]) -> list[AppointmentRow]:
    """These appointments, in the order of their numbers; nobody else changes them in the meantime."""
    return list(session.scalars(_locked(AppointmentRow.id.in_(ids)))) if ids else []


def tell_changes(session: Session, rows: Iterable[AppointmentRow], channels: Sequence[str], now: datetime) -> None:
    """Plan a notice of each whose recipient was last told something else; those that are no news any more end."""
    news = []
    for row in rows:
        if row.told == row.content():
            _stop_notices(session, row, now)
        elif row.told is not None:
            news += [_notice(row, channel, now) for channel in channels]
    put(session, news, now)


def occasion(row: AppointmentRow, template: str, timing: str, channel: str) -> str:
    """What a message about an appointment is for: the same thing is always written the same way."""
    return f"a{row.id}.v{row.version}.{template}.{timing}.{channel}"


def tell_now(session: Session, row: AppointmentRow, channels: Sequence[str], now: datetime) -> list[MessageRow]:
    """Plan a text that says when and where it is, by each of these channels, once for each version; those that are new.

    It is sent as soon as the recipient's clock allows, also where reminders are withheld: a person asks for it.
    """
    new = [_message(row, TOLD, "once", channel, now, row.starts_at) for channel in channels]
    return put(session, new, now, "person")


def _locked(which: Any) -> Any:
    query = select(AppointmentRow).where(which).order_by(AppointmentRow.id).with_for_update(key_share=True)
    return query.execution_options(populate_existing=True)


# -- versions -----------------------------------------------------------------------------------


def _kept(
    session: Session, recipient: RecipientRow, row: AppointmentRow | None, wanted: Appointment, now: datetime
) -> AppointmentRow:
    content = {"day": wanted.day.isoformat(), "starts": wanted.starts, "zone": wanted.zone, "place": wanted.place}
    if row is None:
        row = AppointmentRow(
            recipient_id=recipient.id, reference=wanted.reference, version=1, told_version=1, told=content,
            cancelled=False, answer="", changed_at=now,
        )  # fmt: skip
        session.add(row)
    elif row.content() != content:
        _turn(row, now, cancelled=False)
    row.study_id, row.site_id, row.phone, row.withheld = wanted.study_id, wanted.site_id, wanted.phone, wanted.withheld
    row.day, row.starts, row.zone, row.place = wanted.day, wanted.starts, wanted.zone, wanted.place
    row.starts_at = starts_at(wanted)
    row.minutes, row.address = wanted.minutes, wanted.address
    return row


def _turn(row: AppointmentRow, now: datetime, cancelled: bool) -> None:
    """Begin the next version, to which nobody has answered yet."""
    row.version += 1
    row.cancelled, row.changed_at = cancelled, now
    row.answer, row.answered_at = "", None


def starts_at(appointment: Appointment) -> datetime:
    """When it begins; without an hour the end of its day. Where its zone is none (any more), as if it were UTC."""
    minutes = DAY if appointment.starts is None else appointment.starts
    try:
        return instant_of(appointment.day, minutes, zone_of(appointment.zone))
    except UnknownZone:
        return instant_of(appointment.day, minutes, zone_of("UTC"))


def _stop_older(session: Session, row: AppointmentRow, now: datetime) -> None:
    older = [MessageRow.appointment_id == row.id, MessageRow.appointment_version < row.version]
    move_pending(session, older, State.CANCELLED, "the appointment has changed", now, "plan")


def _stop_notices(session: Session, row: AppointmentRow, now: datetime) -> None:
    """What is sent again stays: it is news that was handed over and has not arrived."""
    mine = [MessageRow.appointment_id == row.id, MessageRow.timing == CHANGE]
    again = MessageRow.occasion.contains(MARK) & (MessageRow.appointment_version == row.version)
    move_pending(session, [*mine, ~again], State.CANCELLED, "no news any more", now, "plan")


def _notice(row: AppointmentRow, channel: str, now: datetime) -> NewMessage:
    return _message(row, CANCELLED if row.cancelled else MOVED, CHANGE, channel, now, row.starts_at)


def _message(
    row: AppointmentRow, template: str, timing: str, channel: str, due_at: datetime, expires_at: datetime
) -> NewMessage:
    return NewMessage(
        study_id=row.study_id, site_id=row.site_id, recipient_id=row.recipient_id, template=template, timing=timing,
        channel=channel, occasion=occasion(row, template, timing, channel), due_at=due_at, expires_at=expires_at,
        appointment_id=row.id, appointment_version=row.version,
    )  # fmt: skip


# -- reminders ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wish:
    """A reminder that an appointment calls for, by one channel."""

    row: AppointmentRow
    planned: Planned
    channel: str

    def message(self) -> NewMessage:
        """The message to be put."""
        plan = self.planned
        return _message(self.row, plan.template, plan.timing, self.channel, plan.due_at, plan.expires_at)


def _keep_reminders(
    session: Session, rules: Rules, recipient: RecipientRow, pairs: Sequence[tuple[AppointmentRow, Appointment]],
    channels: Sequence[str], now: datetime,
) -> None:  # fmt: skip
    """Bring the reminders to what the rules call for; one whose time has come stays for the dispatcher."""
    open_pairs = [(row, one) for row, one in pairs if row.starts_at > now]
    wishes = {}
    for row, one in open_pairs:
        for plan in [] if one.withheld else _plans(one, recipient.zone, rules, row.changed_at):
            for channel in channels:
                wish = _Wish(row, plan, channel)
                wishes[wish.message().occasion] = wish
    known = _reminders_of(session, [row for row, _ in open_pairs])
    for name, message in known.items():
        _keep_reminder(session, message, wishes.get(first_of(name)[0]), now)
    planned_already = {name for name, message in known.items() if message.state == State.PLANNED}
    news = [wish.message() for wish in wishes.values() if wish.planned.due_at > now or wish.row.changed_at == now]
    put(session, [new for new in news if new.occasion not in planned_already], now)


def _plans(appointment: Appointment, zone: str, rules: Rules, since: datetime) -> list[Planned]:
    """What an appointment calls for. In a zone that is none it is planned in UTC: it is held before it is sent."""
    try:
        return planned(appointment, zone, rules, since)
    except UnknownZone:
        return planned(replace(appointment, zone="UTC"), "UTC", rules, since)


@dataclass(frozen=True, slots=True)
class _Known:
    """A reminder as it stands in the outbox."""

    id: int
    state: str
    due_at: datetime


def _reminders_of(session: Session, rows: Sequence[AppointmentRow]) -> dict[str, _Known]:
    """The reminders of these versions by occasion. Nobody waits here for who is sending one just now."""
    if not rows:
        return {}
    columns = (MessageRow.occasion, MessageRow.id, MessageRow.state, MessageRow.due_at, MessageRow.appointment_id)
    query = select(*columns, MessageRow.appointment_version).where(
        MessageRow.appointment_id.in_([row.id for row in rows]), MessageRow.template == REMINDER
    )
    versions = {(row.id, row.version) for row in rows}
    found = session.execute(query.order_by(MessageRow.id))
    return {
        row.occasion: _Known(row.id, row.state, row.due_at)
        for row in found
        if (row.appointment_id, row.appointment_version) in versions
    }


def _keep_reminder(session: Session, known: _Known, wish: _Wish | None, now: datetime) -> None:
    mine = [MessageRow.id == known.id]
    if wish is None:
        move_pending(session, mine, State.CANCELLED, "not wanted any more", now, "plan")
    elif known.state == State.PLANNED and wish.planned.due_at > now and known.due_at != wish.planned.due_at:
        due = {"due_at": wish.planned.due_at, "expires_at": wish.planned.expires_at}
        planned_still = update(MessageRow).where(*mine, MessageRow.state == State.PLANNED).values(due)
        session.execute(planned_still.execution_options(synchronize_session=False))
