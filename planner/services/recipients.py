"""Brings into step whom notifications may reach, by what, from when until when, with what participants agreed to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.message import Address, Recipient
from notifications.recipients import CALENDAR, RecipientRow, keep_recipient, resume_recipient, stop_recipient
from planner.clock import local_day
from planner.persistence.contact_consents import ContactConsent, consents_of, in_force
from planner.persistence.facts import FactRow
from planner.persistence.participants import Contact, Participant
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.fact_records import stored_fact
from schedules.history import Fact
from schedules.participant_view import contact_ended
from schedules.record import live_facts

CAREGIVER = "caregiver"
#: the facts that say whether somebody may be contacted at all
_ENDS = ("died", "withdrew", "void")


@dataclass(frozen=True, slots=True)
class Kept:
    """A participant's recipients as they are kept: the participant, and whoever cares for them."""

    own: RecipientRow
    caregiver: RecipientRow | None

    def rows(self) -> Iterator[RecipientRow]:
        """Each of them."""
        yield self.own
        if self.caregiver is not None:
            yield self.caregiver


def reference_of(participant_id: int, whom: str = "") -> str:
    """What notifications call a participant, such as p17, or the caregiver of one: p17.caregiver."""
    return f"p{participant_id}.{whom}" if whom else f"p{participant_id}"


def participant_of(reference: str) -> tuple[int, bool]:
    """Whose a recipient is, and whether it is the caregiver."""
    number, _, whom = reference.removeprefix("p").partition(".")
    return int(number), whom == CAREGIVER


def recipient_row(session: Session, participant_id: int, whom: str = "") -> RecipientRow | None:
    """The recipient that a participant, or their caregiver, is; None if there is none yet."""
    return session.scalar(select(RecipientRow).where(RecipientRow.reference == reference_of(participant_id, whom)))


def keep_recipients(uow: UnitOfWork, participant: Participant, facts: Iterable[Fact] | None = None) -> Kept:
    """Bring a participant's recipients to their contact details, their consents, and whether they may be contacted.

    ``facts`` are those that count, where the caller has them; otherwise they are looked up.
    """
    session = uow.session
    contact = session.get(Contact, participant.id)
    site = session.get_one(SiteRow, participant.site_id)
    spans = agreed_spans(consents_of(session, participant.id), site.zone, local_day(uow.now, site.zone))
    own = _keep(uow, participant, contact, site, "", tuple(_addresses(contact, spans)))
    cares = tuple(_caregivers_addresses(contact, spans))
    caregiver = recipient_row(session, participant.id, CAREGIVER)
    if cares or caregiver is not None:
        caregiver = _keep(uow, participant, contact, site, CAREGIVER, cares)
    kept = Kept(own, caregiver)
    _stop_or_resume(uow, participant, kept, contact, ending_facts(session, participant.id) if facts is None else facts)
    return kept


def _keep(
    uow: UnitOfWork, participant: Participant, contact: Contact | None, site: SiteRow, whom: str,
    addresses: tuple[Address, ...],
) -> RecipientRow:  # fmt: skip
    wanted = Recipient(
        reference=reference_of(participant.id, whom), study_id=participant.study_id, site_id=participant.site_id,
        language=contact.language if contact else "en", zone=(contact.zone if contact else "") or site.zone,
        addresses=addresses,
    )  # fmt: skip
    return keep_recipient(uow.session, wanted, uow.now)


def _stop_or_resume(
    uow: UnitOfWork, participant: Participant, kept: Kept, contact: Contact | None, facts: Iterable[Fact]
) -> None:
    """Nothing goes to anybody from a death, a withdrawal or an erasure on; what was voided counts no more."""
    why = contact_ended(facts) or ("erased" if contact is not None and contact.erased_at is not None else "")
    for row in kept.rows():
        if why and (row.may_be_contacted or row.stopped_why != why):
            stop_recipient(uow.session, row.reference, why, uow.now)
            uow.tells(participant.id)
        elif not why and not row.may_be_contacted:
            resume_recipient(uow.session, row.reference, uow.now)
            uow.tells(participant.id)


def ending_facts(session: Session, participant_id: int) -> list[Fact]:
    """The facts about a participant that count and that say whether they may be contacted at all."""
    query = select(FactRow).where(FactRow.participant_id == participant_id, FactRow.kind.in_(_ENDS))
    return live_facts([stored_fact(row) for row in session.scalars(query.order_by(FactRow.id))])


# -- addresses ----------------------------------------------------------------------------------


def _addresses(contact: Contact | None, spans: dict[str, tuple[datetime, datetime | None]]) -> Iterator[Address]:
    mail = contact and contact.email_index
    for channel, digest in (("sms", contact and contact.phone_index), ("email", mail), (CALENDAR, mail)):
        if contact is None or not digest or contact.preferences.get(channel) is False or channel not in spans:
            continue
        since, until = spans[channel]
        yield Address(channel=channel, digest=digest, since=since, until=until)


def _caregivers_addresses(
    contact: Contact | None, spans: dict[str, tuple[datetime, datetime | None]]
) -> Iterator[Address]:
    """A caregiver is reached by text, and only while the participant agrees to that."""
    if contact is not None and contact.caregiver_index and CAREGIVER in spans:
        since, until = spans[CAREGIVER]
        yield Address(channel="sms", digest=contact.caregiver_index, since=since, until=until)


def agreed_spans(consents: list[ContactConsent], zone: str, today: date) -> dict[str, tuple[datetime, datetime | None]]:
    """By channel from when until when (exclusive; None: without an end) something may be sent: now, or next.

    A consent begins and ends with a day of the site; spans that follow each other without a gap are one.
    """
    found = {}
    for channel in {row.channel for row in consents}:
        span = _span_of([row for row in consents if row.channel == channel], today)
        if span is not None:
            found[channel] = _midnight(span[0], zone), _midnight(span[1], zone) if span[1] else None
    return found


def _span_of(consents: list[ContactConsent], today: date) -> tuple[date, date | None] | None:
    """The first span of days that is not over today, its end exclusive."""
    turns = {row.since for row in consents} | {row.until + timedelta(days=1) for row in consents if row.until}
    begun: date | None = None
    for day, following in pairwise([*sorted(turns), None]):
        assert day is not None  # noqa: S101 - only the last one is none, and no pair begins with it
        if not in_force(consents, day):
            begun = None
            continue
        begun = begun or day
        ends_here = following is None or not in_force(consents, following)
        if ends_here and (following is None or following > today):
            return begun, following
    return None


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
