"""Everything but the last check: texts, addresses, hours and caps of the messages that a worker has claimed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.attempts import AT_ONCE, CAPPED, DIARY, Attempt, Outcome
from notifications.bulk import update_many
from notifications.errors import ForbiddenWord, NotificationsError, NotSignedOff, RulesRefused, UnknownZone
from notifications.local_time import instant_of, zone_of
from notifications.message import AddressBook, OwnWords, Reached, no_words
from notifications.outbox import MESSAGES, MessageRow, State
from notifications.quiet_hours import allowed_until, next_allowed
from notifications.recipients import AddressRow, RecipientRow
from notifications.rules import Rules, RulesRow, rules_of
from notifications.segments import count
from notifications.wording import Values, approved_wording, render, spoken, subject

#: which texts say when and where to come; what their reader then believes is kept with them
TELLING = frozenset({"reminder", "moved", "cancelled"})
#: nobody is written to so often that it matters
_NO_CAP = 1_000_000
_COLUMNS = (
    MessageRow.id, MessageRow.token, MessageRow.study_id, MessageRow.site_id, MessageRow.recipient_id,
    MessageRow.channel, MessageRow.template, MessageRow.attempts, MessageRow.expires_at, MessageRow.appointment_id,
    MessageRow.appointment_version, RecipientRow.language, RecipientRow.zone, AppointmentRow.version,
    AppointmentRow.cancelled, AppointmentRow.day, AppointmentRow.starts, AppointmentRow.zone.label("there"),
    AppointmentRow.place, AppointmentRow.phone, AddressRow.digest.label("agreed"), MessageRow.reason, MessageRow.code,
)  # fmt: skip
_CLAIMED = (
    select(*_COLUMNS)
    .join_from(MessageRow, RecipientRow, RecipientRow.id == MessageRow.recipient_id)
    .outerjoin(AppointmentRow, AppointmentRow.id == MessageRow.appointment_id)
    .outerjoin(
        AddressRow, (AddressRow.recipient_id == MessageRow.recipient_id) & (AddressRow.channel == MessageRow.channel)
    )
    .where(MessageRow.id.in_(bindparam("ids", expanding=True)))
    .order_by(MessageRow.due_at, MessageRow.id)
)
#: the number that is kept is not the one that they agreed to: it may be being changed just now, or something is wrong
_ANOTHER = "the number or address that is kept is another one than they agreed to"
_CHANGING = timedelta(seconds=5)
_WRITTEN = ("id", "digest", "text", "wording", "segments", "says")


class _Not(Exception):
    """The message is not sent now: it comes to stand elsewhere, and perhaps a person has to look."""

    def __init__(self, state: State, reason: str, task: str = "", about: str = "", due_at: datetime | None = None):
        super().__init__(reason)
        self.state, self.reason, self.task, self.about, self.due_at = state, reason, task, about, due_at


@dataclass(frozen=True, slots=True)
class Batch:
    """What can be sent after its last check, in its order, and what is not sent now."""

    attempts: list[Attempt]
    outcomes: list[Outcome]


def prepare(
    session: Session, ids: Sequence[int], book: AddressBook, now: datetime, own_words: OwnWords = no_words
) -> Batch:
    """Write the texts of claimed messages, in the transaction that claims them: they are kept before they are sent."""
    preparing = _Preparing(session, book, now, own_words)
    rows: Sequence[Row[Any]] = session.execute(_CLAIMED, {"ids": list(ids)}).all()  # type: ignore[assignment]
    preparing.look_up(rows)
    batch = Batch([], [])
    for row in rows:
        try:
            batch.attempts.append(preparing.attempt(row))
        except _Not as why:
            batch.outcomes.append(_outcome(row, why, now))
    _write(session, batch.attempts)
    return batch


def _outcome(row: Row[Any], why: _Not, now: datetime) -> Outcome:
    return Outcome(
        id=row.id, token=row.token, state=why.state, at=now, reason=why.reason, due_at=why.due_at, counted=False,
        task=why.task, about=why.about,
    )  # fmt: skip


def _write(session: Session, attempts: Iterable[Attempt]) -> None:
    rows = [(each.id, each.digest, each.text, each.wording, each.segments, each.says) for each in attempts]
    update_many(session, MESSAGES, _WRITTEN, rows)


class _Preparing:
    """What the messages of one batch share, looked up once."""

    def __init__(self, session: Session, book: AddressBook, now: datetime, own_words: OwnWords) -> None:
        self._session, self._book, self._now, self._own_words = session, book, now, own_words
        self._words: dict[int, tuple[str, ...]] = {}
        self._reached: dict[str, Mapping[int, Reached]] = {}
        self._rules: dict[int, tuple[Rules, datetime | None] | str] = {}
        self._wordings: dict[tuple[int, str, str], tuple[str, str, str] | str] = {}
        self._hours: dict[tuple[int, str], tuple[datetime, datetime, datetime, datetime]] = {}

    def look_up(self, rows: Sequence[Row[Any]]) -> None:
        for channel in {row.channel for row in rows}:
            ids = {row.recipient_id for row in rows if row.channel == channel}
            self._reached[channel] = self._book.reach(self._session, ids, channel)

    def attempt(self, row: Row[Any]) -> Attempt:
        if row.appointment_version is not None and row.appointment_version != row.version:
            raise _Not(State.CANCELLED, "the appointment has changed")
        reached = self._reached[row.channel].get(row.recipient_id)
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
        text = self._text(row, source, spoken_in, rules, wording)
        per_day, per_week = _caps(row.template, rules)
        return Attempt(
            id=row.id, token=row.token, study_id=row.study_id, site_id=row.site_id, recipient_id=row.recipient_id,
            channel=row.channel, template=row.template, attempts=row.attempts, expires_at=row.expires_at,
            appointment_id=row.appointment_id, appointment_version=row.appointment_version, address=reached.address,
            digest=reached.digest, text=text, subject=subject(row.language), wording=wording, segments=_segments(text),
            says=_says(row), language=row.language, zone=row.zone, rules_at=rules_at, closes=closes, day_from=day_from,
            week_from=week_from, per_day=per_day, per_week=per_week,
        )  # fmt: skip

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
        key = row.study_id, row.template, row.language
        if key not in self._wordings:
            try:
                found = approved_wording(self._session, *key)
                name = f"{found.template}/{found.language}/{found.version}"
                self._wordings[key] = found.source, spoken(found.language, row.language), name
            except NotSignedOff:
                self._wordings[key] = "the wording is not signed off"
        known = self._wordings[key]
        if isinstance(known, str):
            raise _Not(State.HELD, known, "held", f"wording.s{row.study_id}.{row.template}.{row.language}")
        return known

    def _words_of(self, study_id: int) -> tuple[str, ...]:
        if study_id not in self._words:
            self._words[study_id] = tuple(self._own_words(self._session, study_id))
        return self._words[study_id]

    def _text(self, row: Row[Any], source: str, language: str, rules: Rules, wording: str) -> str:
        values = Values(
            place=row.place or rules.alias, phone=row.phone or rules.urgent_phone, day=row.day, starts=row.starts,
            urgent_phone=rules.urgent_phone, emergency_phone=rules.emergency_phone, code=row.code or "",
        )  # fmt: skip
        try:
            return _rendered(source, language, values, self._words_of(row.study_id))
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
    """What its reader will believe, as ``AppointmentRow.content`` writes it."""
    if row.template not in TELLING or row.appointment_id is None:
        return None
    if row.cancelled:
        return {"cancelled": True}
    return {"day": row.day.isoformat(), "starts": row.starts, "zone": row.there, "place": row.place}
