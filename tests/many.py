"""Many made-up people with one due message each, written at once: for what counts, or is measured, over many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.message import Reached
from notifications.outbox import MessageRow
from notifications.recipients import AddressRow, RecipientRow
from notifications.rules import RulesRow
from notifications.wording import adopt_shipped
from planner.persistence.database import Database
from tests.clinic import RULES, SITE, STUDY, ZONE, digest_of

#: rows in one statement
_AT_ONCE = 5_000
#: of these one shares the phone of the one before
SHARED = 10


def number_of(recipient_id: int) -> str:
    """A made-up number; every tenth person has the one of the person before."""
    return f"+1212{recipient_id - (1 if recipient_id % SHARED == 0 else 0):07}"


class ManyBook:
    """The book of their numbers."""

    def reach(self, session: Session, recipient_ids: Collection[int], channel: str) -> Mapping[int, Reached]:
        """Where they are reached."""
        return {one: Reached(number_of(one), digest_of(number_of(one))) for one in recipient_ids}

    def digest(self, address: str) -> str:
        """The digest of a number."""
        return digest_of(address)


def open_study(database: Database, now: datetime) -> None:
    """A study that sends at any hour."""

    def work(session: Session) -> None:
        rules = {"hours": {"opens": 0, "closes": 0}}
        session.add(RulesRow(study_id=STUDY, rules=rules, changed_at=now, **RULES))
        adopt_shipped(session, STUDY, None, now, codes=["en"])

    database.transact(work)


def fill(database: Database, first: int, count: int, now: datetime, **message: Any) -> None:
    """So many people, each with a visit in some days and a reminder that is due; ``message`` changes that."""
    for start in range(first, first + count, _AT_ONCE):
        ids = range(start, min(start + _AT_ONCE, first + count))
        database.transact(lambda session, ids=ids: _fill(session, ids, now, message))  # type: ignore[misc]


def _fill(session: Session, ids: Collection[int], now: datetime, message: dict[str, Any]) -> None:
    session.execute(insert(RecipientRow), [_recipient(each, now) for each in ids])
    session.execute(insert(AddressRow), [_address(each, now) for each in ids])
    session.execute(insert(AppointmentRow), [_appointment(each, now) for each in ids])
    session.execute(insert(MessageRow), [message_of(each, now) | message for each in ids])


def _recipient(number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": number, "study_id": STUDY, "site_id": SITE, "reference": f"p{number}", "language": "en", "zone": ZONE,
        "may_be_contacted": True, "stopped_why": "", "changed_at": now,
    }  # fmt: skip


def _address(number: int, now: datetime) -> dict[str, Any]:
    return {
        "recipient_id": number, "channel": "sms", "study_id": STUDY, "digest": digest_of(number_of(number)),
        "since": now - timedelta(days=9), "suspended_why": "",
    }  # fmt: skip


def _appointment(number: int, now: datetime) -> dict[str, Any]:
    """Spread over a month and the hours of a day."""
    day: date = now.date() + timedelta(days=3 + number % 30)
    starts = 8 * 60 + number // SHARED % 16 * 30
    told = {"day": day.isoformat(), "starts": starts, "zone": ZONE, "place": "Elm clinic"}
    return {
        "id": number, "study_id": STUDY, "site_id": SITE, "recipient_id": number, "reference": "induction.c1.d8",
        "version": 1, "cancelled": False, "withheld": False, "day": day, "starts": starts, "zone": ZONE,
        "starts_at": datetime(day.year, day.month, day.day, 20, tzinfo=UTC), "place": "Elm clinic",
        "phone": "+1 212 555 0199", "told": told, "told_version": 1, "answer": "", "changed_at": now,
    }  # fmt: skip


def message_of(number: int, now: datetime) -> dict[str, Any]:
    """The row of their message."""
    return {
        "study_id": STUDY, "site_id": SITE, "recipient_id": number, "appointment_id": number, "appointment_version": 1,
        "template": "reminder", "timing": "3d", "channel": "sms", "occasion": f"a{number}.v1.reminder.3d.sms",
        "state": "planned", "planned_at": now, "due_at": now, "expires_at": now + timedelta(days=2), "attempts": 0,
        "looks": 0, "error_code": "", "reason": "", "changed_at": now,
    }  # fmt: skip
