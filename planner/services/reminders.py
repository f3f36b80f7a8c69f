"""Keeps what notifications know in step with what is recorded, in the transaction that records it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow, keep_appointments, occasion
from notifications.errors import RulesRefused
from notifications.invitations import keep_invitations
from notifications.outbox import NewMessage, put
from notifications.recipients import RecipientRow, channels_in_force
from notifications.rules import Rules, RulesRow, rules_of
from planner.persistence.bookings import Booking
from planner.persistence.feeds import has_own_feed
from planner.persistence.participants import Contact, Participant
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.appointments import (
    Naming,
    as_it_was,
    has_appointments,
    known_appointments,
    wanted_appointments,
    wants_of,
    wants_of_visit,
)
from planner.services.designs import Designs
from planner.services.histories import Life, life_of
from planner.services.home_ends import end_page
from planner.services.home_prompts import keep_home_prompts, same_prompts
from planner.services.recipients import Kept, keep_recipients, recipient_row
from schedules.history import VisitMissed
from schedules.participant_view import contact_ended

#: how long after an appointment somebody who did not come is written to, where the study asks for it
ASKED_WITHIN = timedelta(days=2)


def rules_row(session: Session, study_id: int) -> RulesRow | None:
    """By which rules a study sends; None if nobody has set any: then it sends nothing, and nothing is kept."""
    return session.get(RulesRow, study_id)


def _readable(row: RulesRow | None) -> Rules | None:
    """A study's rules; None where they cannot be read: that must not keep a death from being recorded.

    What is planned stays as it is then; before it is sent it is held, with a task.
    """
    try:
        return rules_of(row)
    except RulesRefused:
        return None


def keep_in_step(uow: UnitOfWork, life: Life) -> None:
    """After facts: whom of a participant's is reached, and of which appointments they are to know.

    A death or a withdrawal from contact stops everything here, in the transaction that records it. Where the study
    has no rules and the participant no calendar of their own, and where there is neither an appointment nor anybody to
    reach, nothing is looked at any further.
    """
    if why := contact_ended(life.live):
        end_page(uow, uow.session.get_one(Participant, life.participant.id), why)
    row = rules_row(uow.session, life.study.study_id)
    if row is None and not has_own_feed(uow.session, life.participant.id):
        return
    known = recipient_row(uow.session, life.participant.id)
    today = life.today(uow.now)
    coming = has_appointments(uow.session, life.participant.id, known.id if known else None, today)
    if not coming and known is None and uow.session.get(Contact, life.participant.id) is None:
        return
    kept = keep_recipients(uow, uow.session.get_one(Participant, life.participant.id), life.live)
    rules = _readable(row)
    if rules is None:
        return
    if coming:
        _keep(uow, life, kept, rules)
    keep_home_prompts(uow, life, kept, rules)


def _keep(uow: UnitOfWork, life: Life, kept: Kept, rules: Rules) -> None:
    naming = Naming(rules.alias, rules.enabled, rules)
    known = known_appointments(uow.session, kept.own.id, life.today(uow.now))
    wanted = wanted_appointments(uow.session, life, uow.now, naming, known)
    for recipient in kept.rows():
        if keep_appointments(uow.session, rules, recipient, wanted, uow.now):
            uow.tells(life.participant.id)
        if rules.enabled:
            keep_invitations(uow.session, recipient, uow.now)
        if rules.enabled and rules.missed:
            _ask_who_did_not_come(uow, life, recipient)


def _ask_who_did_not_come(uow: UnitOfWork, life: Life, recipient: RecipientRow) -> None:
    """Write, once, to somebody who was told of an appointment these days and missed it; it counts towards the caps."""
    since = life.today(uow.now) - ASKED_WITHIN
    missed = [fact.visit for fact in life.live if isinstance(fact, VisitMissed) and fact.date >= since]
    if not missed or not recipient.may_be_contacted:
        return
    known = select(AppointmentRow).where(
        AppointmentRow.recipient_id == recipient.id, AppointmentRow.reference.in_(missed),
        AppointmentRow.cancelled.is_(False), AppointmentRow.day >= since, AppointmentRow.starts_at <= uow.now,
    )  # fmt: skip
    new = [
        NewMessage(
            study_id=row.study_id, site_id=row.site_id, recipient_id=recipient.id, template="missed", timing="once",
            channel=channel, occasion=occasion(row, "missed", "once", channel), due_at=uow.now,
            expires_at=uow.now + ASKED_WITHIN, appointment_id=row.id, appointment_version=row.version,
        )
        for row in uow.session.scalars(known.order_by(AppointmentRow.id))
        for channel in channels_in_force(uow.session, recipient.id, uow.now)
    ]  # fmt: skip
    put(uow.session, new, uow.now)


def contact_changed(uow: UnitOfWork, participant: Participant) -> None:
    """After a change of how a participant is reached, or of what they agreed to: the same appointments, told anew."""
    row = rules_row(uow.session, participant.study_id)
    if row is None and not has_own_feed(uow.session, participant.id):
        return
    kept = keep_recipients(uow, participant)
    rules = _readable(row)
    if rules is not None:
        _same_again(uow, participant, kept, rules)


def _same_again(uow: UnitOfWork, participant: Participant, kept: Kept, rules: Rules) -> None:
    wants = wants_of(uow.session.get(Contact, participant.id))
    known = known_appointments(uow.session, kept.own.id, uow.now.date()).values()
    wanted = [as_it_was(row, row.withheld, wants_of_visit(rules, row.reference, wants)) for row in known]
    for recipient in kept.rows():
        keep_appointments(uow.session, rules, recipient, wanted, uow.now)
        if rules.enabled:
            keep_invitations(uow.session, recipient, uow.now)
    same_prompts(uow, kept, rules)


def rules_changed(uow: UnitOfWork, designs: Designs, study: Study) -> int:
    """After a change of a study's rules: everybody who has an appointment or can be reached; how many they are."""
    session = uow.session
    concerned = select(Contact.participant_id).where(Contact.study_id == study.id)
    booked = select(Booking.participant_id).where(Booking.study_id == study.id, Booking.ended_at.is_(None))
    query = select(Participant).where(Participant.id.in_(concerned.union(booked))).order_by(Participant.id)
    design = designs.of(session, study)
    count = 0
    for participant in session.scalars(query.with_for_update()):
        keep_in_step(uow, life_of(session, design, participant))
        count += 1
    return count
