"""How people were reached: after a visit that was missed, and by reminders before one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.outbox import TAKEN, MessageEvent, MessageRow, State
from notifications.recipients import RecipientRow
from notifications.reminders import REMINDER
from planner.clock import local_day
from planner.persistence.contact_attempts import ContactAttempt
from planner.reports.choosing import Choice
from planner.reports.evidence import ContactCell, Evidence, Person, ReminderCell
from planner.reports.known import live_by
from planner.services.designs import StudyDesign
from planner.services.recipients import participant_of
from schedules.history import VisitMissed

_REACHED = "reached"
_CONFIRMED = "confirmed"


def count_contacts(
    session: Session, design: StudyDesign, people: dict[int, Person], moment: datetime, choice: Choice,
    evidence: Evidence,
) -> None:  # fmt: skip
    """Add the visits that were missed, and how long until somebody was reached."""
    reached = _reached(session, design, people, moment)
    for participant_id, facts in live_by(session, design.study_id, moment, VisitMissed).items():
        person = people.get(participant_id)
        if person is None or not choice.has_person(person) or not choice.has_site(person.site):
            continue
        for fact in facts:
            version = person.version_on(fact.date)
            if choice.has_day(fact.date) and choice.filters.version in (None, version):
                after = [day for day in reached[participant_id] if day >= fact.date]
                days = (min(after) - fact.date).days if after else None
                evidence.contacts[ContactCell(choice.group(person, person.site, fact.date, version), days)] += 1


def _reached(
    session: Session, design: StudyDesign, people: dict[int, Person], moment: datetime
) -> dict[int, list[date]]:
    """The days, at their site, on which participants were reached, by what was recorded and not struck by then."""
    query = select(ContactAttempt.participant_id, ContactAttempt.tried_at).where(
        ContactAttempt.study_id == design.study_id, ContactAttempt.outcome == _REACHED,
        ContactAttempt.recorded_at <= moment,
        or_(ContactAttempt.struck_at.is_(None), ContactAttempt.struck_at > moment),
    )  # fmt: skip
    found: dict[int, list[date]] = defaultdict(list)
    for participant_id, tried_at in session.execute(query):
        if participant_id in people:
            found[participant_id].append(local_day(tried_at, design.zones[people[participant_id].site]))
    return found


class _Reminded(NamedTuple):
    day: date
    site_id: int
    delivered: bool
    confirmed: bool


def count_reminders(
    session: Session, design: StudyDesign, people: dict[int, Person], moment: datetime, choice: Choice,
    evidence: Evidence,
) -> None:  # fmt: skip
    """Add the appointments of which somebody was reminded, that were over by a moment."""
    codes = {site_id: code for code, site_id in design.site_ids.items()}
    for (participant_id, key), seen in _reminded(session, design, moment).items():
        person, site = people.get(participant_id), codes.get(seen.site_id, "")
        if person is None or not choice.has_person(person) or not choice.has_site(site):
            continue
        version = person.version_on(seen.day)
        if choice.has_day(seen.day) and choice.filters.version in (None, version):
            group = choice.group(person, site, seen.day, version)
            attended = evidence.actual.get((participant_id, key)) == seen.day
            evidence.reminders[ReminderCell(group, seen.delivered, seen.confirmed, attended)] += 1


def _reminded(session: Session, design: StudyDesign, moment: datetime) -> dict[tuple[int, str], _Reminded]:
    """By participant and visit; of several recipients of one appointment any counts."""
    found: dict[tuple[int, str], _Reminded] = {}
    for reference, key, day, site_id, answer, answered_at, delivered in _rows(session, design, moment):
        whose = participant_of(reference)[0]
        confirmed = answer == _CONFIRMED and answered_at is not None and answered_at <= moment
        before = found.get((whose, key))
        found[whose, key] = _Reminded(
            day, site_id, bool(delivered) or bool(before and before.delivered),
            confirmed or bool(before and before.confirmed),
        )  # fmt: skip
    return found


def _rows(
    session: Session, design: StudyDesign, moment: datetime
) -> Iterator[tuple[str, str, date, int, str, datetime | None, int]]:
    delivered = func.max(case((MessageEvent.state == State.DELIVERED.value, 1), else_=0))
    what = (
        RecipientRow.reference, AppointmentRow.reference, AppointmentRow.day, AppointmentRow.site_id,
        AppointmentRow.answer, AppointmentRow.answered_at,
    )  # fmt: skip
    sent = [state.value for state in TAKEN]  # a worker that had it in its hands may have found that it may not go
    query = (
        select(*what, delivered)
        .select_from(AppointmentRow)
        .join(RecipientRow, RecipientRow.id == AppointmentRow.recipient_id)
        .join(MessageRow, and_(MessageRow.appointment_id == AppointmentRow.id, MessageRow.template == REMINDER))
        .join(MessageEvent, and_(MessageEvent.message_id == MessageRow.id, MessageEvent.state.in_(sent)))
        .where(AppointmentRow.study_id == design.study_id, AppointmentRow.cancelled.is_(False))
        .where(AppointmentRow.starts_at <= moment, MessageEvent.at <= moment)
        .group_by(AppointmentRow.id, *what)
    )
    for row in session.execute(query):
        yield tuple(row)
