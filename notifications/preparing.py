"""Everything but the last check: texts, addresses, hours and caps of the messages that a worker is about to claim."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Integer, Row, Table, bindparam, case, func, literal_column, select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.attempts import AT_ONCE, CAPPED, DIARY, Attempt, Outcome
from notifications.bulk import look_up_each
from notifications.calendars.ical_text import CalendarEvent
from notifications.claims import token_of
from notifications.errors import ForbiddenWord, NotificationsError, NotSignedOff, RulesRefused, UnknownZone
from notifications.invitations import WORDED_AS, event_for, occasion_of
from notifications.local_time import instant_of, zone_of
from notifications.message import AddressBook, OwnWords, Reached, no_words
from notifications.outbox import MessageRow, State
from notifications.quiet_hours import allowed_until, next_allowed
from notifications.recipients import CALENDAR, AddressRow, RecipientRow
from notifications.rules import Rules, RulesRow, rules_of
from notifications.segments import count
from notifications.wording import MAILED_AS, Values, approved_wording, render, spoken, subject, unread

#: which texts say when and where to come; what their reader then believes is kept with them
TELLING = frozenset({"reminder", "moved", "cancelled", "told"})
#: goes by e-mail, which nobody answers
MAILED = frozenset({"email", CALENDAR})
#: so many characters of a digest name an event
_UID = 40
#: nobody is written to so often that it matters
_NO_CAP = 1_000_000
#: what somebody believes of a visit that was cancelled
_CALLED_OFF = {"cancelled": True}
# the tables and not the classes: no object is made of a row
_MESSAGE, _RECIPIENT, _APPOINTMENT, _ADDRESS = (
    cast("Table", each.__table__) for each in (MessageRow, RecipientRow, AppointmentRow, AddressRow)
)
_OF_MESSAGE = (
    "id", "study_id", "site_id", "recipient_id", "channel", "template", "attempts", "expires_at", "appointment_id",
    "appointment_version", "reason", "code",
)  # fmt: skip
_IS_DUE = (
    _MESSAGE.c.state == literal_column("'planned'"), _MESSAGE.c.due_at <= bindparam("now"),
    _MESSAGE.c.channel == bindparam("channel"),
)  # fmt: skip
# found first and joined then, or those that stand before would be joined too
_FIRST = (
    select(*(_MESSAGE.c[name] for name in _OF_MESSAGE), _MESSAGE.c.due_at)
    .where(*_IS_DUE)
    .order_by(_MESSAGE.c.due_at, _MESSAGE.c.id)
    .limit(bindparam("most", type_=Integer))
    .offset(bindparam("behind", type_=Integer))
    .subquery("m")
)
_OF_APPOINTMENT = (
    *(_APPOINTMENT.c[name] for name in ("version", "cancelled", "day", "starts", "place", "phone")),
    _APPOINTMENT.c.zone.label("there"),
)  # fmt: skip
_FOUND = (
    *(_FIRST.c[name] for name in _OF_MESSAGE), _RECIPIENT.c.language, _RECIPIENT.c.zone, *_OF_APPOINTMENT,
    _ADDRESS.c.digest.label("agreed"),
)  # fmt: skip
_DUE = (
    select(*_FOUND)
    .join_from(_FIRST, _RECIPIENT, _RECIPIENT.c.id == _FIRST.c.recipient_id)
    .outerjoin(_APPOINTMENT, _APPOINTMENT.c.id == _FIRST.c.appointment_id)
    .outerjoin(_ADDRESS, (_ADDRESS.c.recipient_id == _FIRST.c.recipient_id) & (_ADDRESS.c.channel == _FIRST.c.channel))
    .order_by(_FIRST.c.due_at, _FIRST.c.id)
)
#: what lets somebody in is shown to nobody else
_HIDDEN = "••••••"
_PLANNED = (
    select(
        *(_MESSAGE.c[name] for name in _OF_MESSAGE if name != "code"),
        _RECIPIENT.c.language,
        *_OF_APPOINTMENT,
        case((_MESSAGE.c.code.is_not(None), _HIDDEN)).label("code"),
    )
    .join_from(_MESSAGE, _RECIPIENT, _RECIPIENT.c.id == _MESSAGE.c.recipient_id)
    .outerjoin(_APPOINTMENT, _APPOINTMENT.c.id == _MESSAGE.c.appointment_id)
    .where(_MESSAGE.c.state == literal_column("'planned'"))
)
_SOME = select(_MESSAGE.c.id).where(*_IS_DUE).limit(bindparam("most", type_=Integer)).subquery()
_COUNT = select(func.count()).select_from(_SOME)
#: the number that is kept is not the one that they agreed to: it may be being changed just now, or something is wrong
_ANOTHER = "the number or address that is kept is another one than they agreed to"
_CHANGING = timedelta(seconds=5)


def count_due(session: Session, channel: str, most: int, now: datetime) -> int:
    """How many messages are due by a channel; no more than ``most`` are counted."""
    return session.scalar(_COUNT, {"now": now, "channel": channel, "most": most}) or 0


class _Not(Exception):
    """The message is not sent now: it comes to stand elsewhere, and perhaps a person has to look."""

    def __init__(self, state: State, reason: str, task: str = "", about: str = "", due_at: datetime | None = None):
        super().__init__(reason)
        self.state, self.reason, self.task, self.about, self.due_at = state, reason, task, about, due_at


@dataclass(frozen=True, slots=True)
class Batch:
    """What can be sent after its last check, in its order, and what is not sent now. ``found`` were looked at."""

    attempts: list[Attempt]
    outcomes: list[Outcome]
    found: int

    @property
    def ids(self) -> frozenset[int]:
        """The messages."""
        return frozenset([*(each.id for each in self.attempts), *(each.id for each in self.outcomes)])

    def written(self, most: int) -> list[tuple[Any, ...]]:
        """What these messages are claimed with, the first ones, as ``claim`` takes it."""
        rows = [(each.id, each.token, each.digest, each.text, each.wording, each.segments, each.says)
                for each in self.attempts[:most]]  # fmt: skip
        left = self.outcomes[: most - len(rows)]
        return rows + [(each.id, each.token, None, None, None, None, None) for each in left]

    def only(self, ids: Collection[int]) -> Batch:
        """The part that has been claimed."""
        attempts = [each for each in self.attempts if each.id in ids]
        return Batch(attempts, [each for each in self.outcomes if each.id in ids], self.found)


def prepare(
    session: Session, channel: str, most: int, behind: int, book: AddressBook, now: datetime,
    own_words: OwnWords = no_words,
) -> Batch:  # fmt: skip
    """Write the texts of what is due by a channel, oldest first, at most so many; ``behind`` so many others.

    Nothing is changed and nobody is kept waiting: whether it is still due is seen when it is claimed, and whether it
    may still be sent, by the last check.
    """
    given = {"now": now, "channel": channel, "most": most, "behind": behind}
    look_up_each(session)
    rows = session.execute(_DUE, given).all()
    preparing, batch = _Preparing(session, book, now, own_words), Batch([], [], len(rows))
    mark = secrets.token_hex(8)
    preparing.look_up(channel, {row.recipient_id for row in rows})
    for row in rows:
        token = token_of(mark, row.id)
        try:
            batch.attempts.append(preparing.attempt(row, token))
        except _Not as why:
            batch.outcomes.append(_outcome(row, token, why, now))
    return batch


@dataclass(frozen=True, slots=True)
class Foreseen:
    """How a planned message would read if it went now, in its recipient's language; or why it would not be sent."""

    text: str
    language: str
    why_not: str


def foresee(
    session: Session, ids: Collection[int], now: datetime, own_words: OwnWords = no_words
) -> dict[int, Foreseen]:
    """The texts of those of these messages that are planned, without a code and without the address of a page.

    They are written when they go out, by what is known then: this is how they would be written now.
    """
    preparing = _Preparing(session, None, now, own_words)
    found: dict[int, Foreseen] = {}
    for row in session.execute(_PLANNED.where(_MESSAGE.c.id.in_(tuple(ids)))):
        try:
            found[row.id] = preparing.foreseen(row)
        except _Not as why:
            found[row.id] = Foreseen("", row.language, str(why))
    return found


def _outcome(row: Row[Any], token: str, why: _Not, now: datetime) -> Outcome:
    return Outcome(
        id=row.id, token=token, state=why.state, at=now, reason=why.reason, due_at=why.due_at, counted=False,
        task=why.task, about=why.about,
    )  # fmt: skip


class _Preparing:
    """What the messages of one batch share, looked up once."""

    def __init__(self, session: Session, book: AddressBook | None, now: datetime, own_words: OwnWords) -> None:
        self._session, self._book, self._now, self._own_words = session, book, now, own_words
        self._words: dict[int, tuple[str, ...]] = {}
        self._reached: Mapping[int, Reached] = {}
        self._rules: dict[int, tuple[Rules, datetime | None] | str] = {}
        self._wordings: dict[tuple[int, str, str], tuple[str, str, str] | str] = {}
        self._hours: dict[tuple[int, str], tuple[datetime, datetime, datetime, datetime]] = {}

    def look_up(self, channel: str, recipients: Collection[int]) -> None:
        """Where they are reached."""
        if recipients and self._book is not None:
            self._reached = self._book.reach(self._session, recipients, channel)

    def attempt(self, row: Row[Any], token: str) -> Attempt:
        """Everything but the last check."""
        if row.appointment_version is not None and row.appointment_version != row.version:
            raise _Not(State.CANCELLED, "the appointment has changed")
        reached = self._reached.get(row.recipient_id)
        if reached is None:
            raise _Not(State.HELD, "no number or address is known", "unreachable", f"r{row.recipient_id}.{row.channel}")
        self._is_theirs(row, reached)
        rules, rules_at = self._rules_of(row.study_id)
        opens, closes, day_from, week_from = self._hours_of(row, rules)
        if opens >= row.expires_at:
            raise _Not(State.EXPIRED, "there is no hour left at which it may be sent")
        if opens > self._now:
            raise _Not(State.PLANNED, "quiet hours", due_at=opens)
        source, spoken_in, wording = self._wording_of(row)
        text = self._text(row, source, spoken_in, rules, wording, reached.page)
        if row.channel in MAILED:
            text = f"{text} {unread(spoken_in)}"
        per_day, per_week = _caps(row.template, rules)
        return Attempt(
            id=row.id, token=token, study_id=row.study_id, site_id=row.site_id, recipient_id=row.recipient_id,
            channel=row.channel, template=row.template, attempts=row.attempts + 1, expires_at=row.expires_at,
            appointment_id=row.appointment_id, appointment_version=row.appointment_version, address=reached.address,
            digest=reached.digest, text=text, subject=subject(row.language), wording=wording, segments=_segments(text),
            says=_says(row), language=row.language, zone=row.zone, rules_at=rules_at, closes=closes, day_from=day_from,
            week_from=week_from, per_day=per_day, per_week=per_week, event=self._event(row, text),
        )  # fmt: skip

    def foreseen(self, row: Any) -> Foreseen:
        """The text alone, of whatever channel."""
        if row.appointment_version is not None and row.appointment_version != row.version:
            raise _Not(State.CANCELLED, "the appointment has changed")
        source, spoken_in, wording = self._wording_of(row)
        text = self._text(row, source, spoken_in, self._rules_of(row.study_id)[0], wording, "")
        return Foreseen(f"{text} {unread(spoken_in)}" if row.channel in MAILED else text, spoken_in, "")

    def _event(self, row: Row[Any], text: str) -> CalendarEvent | None:
        """What an invitation shows in a calendar: the appointment as it stands, if it is still what it was made for."""
        if row.channel != CALENDAR:
            return None
        appointment = self._session.get_one(AppointmentRow, row.appointment_id)
        if self._session.get_one(MessageRow, row.id).occasion != occasion_of(appointment):
            raise _Not(State.CANCELLED, "the appointment has changed")
        assert self._book is not None  # noqa: S101 - only what is foreseen has none, and no event
        uid = self._book.digest(f"invitation to appointment {appointment.id}")[:_UID]
        return event_for(appointment, uid, row.language, text, self._words_of(row.study_id))

    def _is_theirs(self, row: Row[Any], reached: Reached) -> None:
        """A number that was kept anew a moment ago is waited for once; then a person has to look."""
        if row.agreed in (None, reached.digest):
            return
        if row.reason != _ANOTHER:
            raise _Not(State.PLANNED, _ANOTHER, due_at=self._now + _CHANGING)
        raise _Not(State.HELD, _ANOTHER, "unreachable", f"number.r{row.recipient_id}.{row.channel}")

    def _rules_of(self, study_id: int) -> tuple[Rules, datetime | None]:
        known = self._rules.get(study_id)
        if known is None:
            row = self._session.get(RulesRow, study_id)
            try:
                known = rules_of(row), row.changed_at if row is not None else None
            except RulesRefused:
                known = "the study's rules cannot be read"
            self._rules[study_id] = known
        if isinstance(known, str):
            raise _Not(State.HELD, known, "held", f"rules.s{study_id}")
        return known

    def _hours_of(self, row: Row[Any], rules: Rules) -> tuple[datetime, datetime, datetime, datetime]:
        """When it may go, until when, and when the recipient's day and week began."""
        key = row.study_id, row.zone
        try:
            if key not in self._hours:
                self._hours[key] = _hours(self._now, row.zone, rules)
        except UnknownZone:
            raise _Not(
                State.HELD, "the recipient's time zone does not exist", "held", f"zone.r{row.recipient_id}"
            ) from None
        opens, closes, day_from, week_from = self._hours[key]
        if row.template in AT_ONCE:
            return self._now, row.expires_at, day_from, week_from
        return opens, closes, day_from, week_from

    def _wording_of(self, row: Row[Any]) -> tuple[str, str, str]:
        """The wording, the language in which its days are written, and its name."""
        template = WORDED_AS.get(row.template, row.template)
        if row.channel in MAILED:
            template = MAILED_AS.get(template, template)
        key = row.study_id, template, row.language
        if key not in self._wordings:
            try:
                found = approved_wording(self._session, *key)
                name = f"{found.template}/{found.language}/{found.version}"
                self._wordings[key] = found.source, spoken(found.language, row.language), name
            except NotSignedOff:
                self._wordings[key] = "the wording is not signed off"
        known = self._wordings[key]
        if isinstance(known, str):
            raise _Not(State.HELD, known, "held", f"wording.s{row.study_id}.{key[1]}.{row.language}")
        return known

    def _words_of(self, study_id: int) -> tuple[str, ...]:
        if study_id not in self._words:
            self._words[study_id] = tuple(self._own_words(self._session, study_id))
        return self._words[study_id]

    def _text(self, row: Row[Any], source: str, language: str, rules: Rules, wording: str, page: str) -> str:
        words = self._words_of(row.study_id)
        told = Values(
            place=row.place or rules.alias, phone=row.phone or rules.urgent_phone, day=row.day, starts=row.starts,
            urgent_phone=rules.urgent_phone, emergency_phone=rules.emergency_phone, code=row.code or "", page=page,
        )  # fmt: skip
        # what lets one person in is kept nowhere
        write = render if told.code or told.page else _rendered
        try:
            return write(source, language, told, words)
        except ForbiddenWord as error:
            raise _Not(
                State.HELD, f"it is not sent: {error}"[:300], "held", f"words.s{row.study_id}.{wording}"
            ) from None
        except NotificationsError as error:
            raise _Not(State.HELD, f"the text cannot be written: {error}"[:300], "held") from None


@lru_cache(maxsize=4096)
def _rendered(source: str, language: str, values: Values, own_words: tuple[str, ...]) -> str:
    """The same text for everybody who is to come to the same place at the same hour."""
    return render(source, language, values, own_words)


@lru_cache(maxsize=4096)
def _segments(text: str) -> int:
    return count(text).segments


def _hours(now: datetime, zone: str, rules: Rules) -> tuple[datetime, datetime, datetime, datetime]:
    opens = next_allowed(now, zone, rules.hours)
    clock = zone_of(zone)
    today = now.astimezone(clock).date()
    day_from, week_from = (instant_of(today - timedelta(days=back), 0, clock) for back in (0, 6))
    return opens, allowed_until(opens, zone, rules.hours), day_from, week_from


def _caps(template: str, rules: Rules) -> tuple[int, int]:
    if template in CAPPED:
        return rules.per_day, rules.per_week
    return (rules.diary_per_day, _NO_CAP) if template == DIARY else (_NO_CAP, _NO_CAP)


def _says(row: Row[Any]) -> dict[str, Any] | None:
    """What its reader will believe, as ``AppointmentRow.content`` writes it: shared, so nobody changes it."""
    if row.template not in TELLING or row.appointment_id is None:
        return None
    if row.cancelled:
        return _CALLED_OFF
    return _told(row.day, row.starts, row.there, row.place)


@lru_cache(maxsize=4096)
def _told(day: date, starts: int | None, zone: str, place: str) -> dict[str, Any]:
    return {"day": day.isoformat(), "starts": starts, "zone": zone, "place": place}
