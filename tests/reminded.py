"""A stored study that reminds: its rules, and participants who are reached and have agreed to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import select

from notifications.appointments import AppointmentRow
from notifications.outbox import MessageRow
from notifications.recipients import AddressRow, RecipientRow
from planner.config import Settings
from planner.persistence.participants import Participant, participant_by_number
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_study
from planner.services.contact_consents import AgreeToContact, EndContactConsent, agree_to_contact, end_contact_consent
from planner.services.contacts import ContactDetails, erase_contact, keep_contact
from planner.services.keyring import Keys, keys_of
from planner.services.recipients import recipient_row
from planner.services.sending import read_study_rules, set_rules
from tests.studies import NOW, STUDY, Trial, begun_study, trial

KEYS: Keys = keys_of(Settings(contact_keys=Fernet.generate_key().decode(), index_key="i" * 32))  # type: ignore[arg-type]
PHONE, CAREGIVERS = "+12125550100", "+12125550150"
RULES = {"enabled": True, "urgent_phone": "+1 212 555 0111", "emergency_phone": "911", "alias": "The clinic"}
DAY_8 = {"fact": "booked", "id": "day-8", "date": "2026-01-12", "visit": "induction.c1.d8", "time": "09:30"}
TOLD = {"fact": "told", "about": "day-8", "date": "2026-01-05"}
DOSED = tuple(
    {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": drug} for drug in ("vsli", "ino")
)
DETAILS = {"phone": PHONE, "email": "made.up@example.org", "caregiver_phone": CAREGIVERS}


def reminding(store: Store, **rules: Any) -> Trial:
    """A study with rules, and one participant who has begun, whose details are kept and who agreed to texts."""

    def fill(store: Store) -> Trial:
        study = trial(store)
        study.enrol()
        study.record("01-001", *DOSED)
        remind(study, **rules)
        keep(study)
        agree(study, "sms")
        return study

    return begun_study(store, f"reminding {rules}", fill)


def remind(study: Trial, now: datetime = NOW, **rules: Any) -> None:
    """Give the study rules."""

    def work(uow: UnitOfWork) -> None:
        set_rules(uow, study.designs, find_study(uow.session, EVERYTHING, STUDY), read_study_rules({**RULES, **rules}))

    study.store.write(SYSTEM, now, work)


def _participant(uow: UnitOfWork, number: str) -> Participant:
    study_id = find_study(uow.session, EVERYTHING, STUDY).id
    found = participant_by_number(uow.session, study_id, number)
    assert found is not None
    return found


def keep(study: Trial, number: str = "01-001", **details: Any) -> None:
    """Keep how to reach a participant."""
    kept = ContactDetails(**{**DETAILS, **details})
    study.store.write(SYSTEM, study.now, lambda uow: keep_contact(uow, KEYS, _participant(uow, number), kept))


def erase(study: Trial, number: str = "01-001") -> None:
    """Erase it."""
    study.store.write(SYSTEM, study.now, lambda uow: erase_contact(uow, _participant(uow, number), "asked for"))


def agree(
    study: Trial, channel: str, number: str = "01-001", since: date | None = None, until: date | None = None
) -> None:
    """Record that a participant agrees to a channel."""
    said = AgreeToContact(study=STUDY, participant=number, channel=channel, how="on paper", since=since, until=until)
    study.store.write(SYSTEM, study.now, lambda uow: agree_to_contact(uow, EVERYTHING, said))


def refuse(study: Trial, channel: str, number: str = "01-001", since: date | None = None) -> None:
    """Record that a participant wants nothing more by a channel."""
    said = EndContactConsent(study=STUDY, participant=number, channel=channel, how="by word of mouth", since=since)
    study.store.write(SYSTEM, study.now, lambda uow: end_contact_consent(uow, EVERYTHING, said))


def recipient(study: Trial, whom: str = "") -> RecipientRow | None:
    """The recipient that the first participant, or their caregiver, is."""
    return study.store.read(lambda session: recipient_row(session, 1, whom))


def addresses(study: Trial, whom: str = "") -> dict[str, AddressRow]:
    """By channel where they may be reached, or could once."""

    def work(session: Any) -> dict[str, AddressRow]:
        row = recipient_row(session, 1, whom)
        query = select(AddressRow).where(AddressRow.recipient_id == (row.id if row else 0))
        return {one.channel: one for one in session.scalars(query)}

    return study.store.read(work)


def appointments(study: Trial, whom: str = "") -> dict[str, AppointmentRow]:
    """What they are told of, by the visit's key."""

    def work(session: Any) -> dict[str, AppointmentRow]:
        row = recipient_row(session, 1, whom)
        query = select(AppointmentRow).where(AppointmentRow.recipient_id == (row.id if row else 0))
        return {one.reference: one for one in session.scalars(query)}

    return study.store.read(work)


def messages(study: Trial, *states: str, whom: str = "") -> list[tuple[str, str, str]]:
    """Template, timing and state of each message to them, by when they are due; only those in these states."""

    def work(session: Any) -> list[tuple[str, str, str]]:
        row = recipient_row(session, 1, whom)
        query = select(MessageRow).where(MessageRow.recipient_id == (row.id if row else 0))
        found = session.scalars(query.order_by(MessageRow.due_at, MessageRow.id))
        return [(one.template, one.timing, one.state) for one in found if not states or one.state in states]

    return study.store.read(work)
