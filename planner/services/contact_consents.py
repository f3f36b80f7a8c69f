"""What participants have agreed to be sent: given, ended, and as it is on a day. Nothing is sent without it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.contact_consents import ContactConsent, consents_of, in_force
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, Refused
from planner.services.access import Scope, find_participant, find_study
from planner.services.reminders import contact_changed
from planner.services.texts import missing_or_too_long, not_one_of

CHANNELS = ("sms", "email", "calendar", "caregiver")
LONGEST_HOW = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeToContact:
    """A participant agrees to be sent something by a channel. ``since`` is today at the site if left out."""

    study: str
    participant: str
    channel: str
    how: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndContactConsent:
    """A participant does not want to be sent anything more by a channel. ``since`` is today at the site if left out."""

    study: str
    participant: str
    channel: str
    how: str
    since: date | None = None


def agree_to_contact(uow: UnitOfWork, scope: Scope, command: AgreeToContact) -> ContactConsent:
    """Record what a participant has agreed to. Raises NotFound, or InvalidInput with every problem."""
    study = find_study(uow.session, scope, command.study)
    participant = find_participant(uow.session, scope, study, command.participant, lock=True)
    since = command.since or _today(uow, participant)
    problems = list(_problems(command))
    if command.until is not None and command.until < since:
        problems.append(InputProblem("until", "the consent would end before it begins", "write a later day"))
    if problems:
        raise InvalidInput(problems)
    return _add(uow, participant, command.channel, since, command.how, agreed=True, until=command.until)


def end_contact_consent(uow: UnitOfWork, scope: Scope, command: EndContactConsent) -> ContactConsent:
    """Record that a participant wants nothing more by a channel. Raises Refused where they had not agreed to it."""
    study = find_study(uow.session, scope, command.study)
    participant = find_participant(uow.session, scope, study, command.participant, lock=True)
    problems = list(_problems(command))
    if problems:
        raise InvalidInput(problems)
    since = command.since or _today(uow, participant)
    if command.channel not in _not_over(consents_of(uow.session, participant.id), since):
        wrong = f"there is no consent to {command.channel} that could end on {since}"
        raise Refused([InputProblem("channel", wrong, "look at what the participant has agreed to")])
    return _add(uow, participant, command.channel, since, command.how, agreed=False)


def end_contact_consents(uow: UnitOfWork, participant: Participant, how: str) -> None:
    """End all that a participant has agreed to, from today on: there is nothing left to reach them by."""
    # nobody agrees to anything meanwhile that would stay
    uow.session.execute(select(Participant.id).where(Participant.id == participant.id).with_for_update())
    today = _today(uow, participant)
    for channel in sorted(_not_over(consents_of(uow.session, participant.id), today)):
        _add(uow, participant, channel, today, how[:LONGEST_HOW], agreed=False)


def contact_consents(session: Session, scope: Scope, study_code: str, number: str) -> list[ContactConsent]:
    """All that a participant has ever said about being sent anything, in the order in which it was recorded."""
    study = find_study(session, scope, study_code)
    return consents_of(session, find_participant(session, scope, study, number).id)


def may_be_sent(session: Session, participant: Participant, day: date) -> dict[str, ContactConsent]:
    """By channel the consent by which a participant may be sent something on that day; other channels may not."""
    return in_force(consents_of(session, participant.id), day)


def _not_over(consents: list[ContactConsent], day: date) -> set[str]:
    """The channels by which something could be sent on that day or later."""
    days = {day, *(row.since for row in consents if row.since > day)}
    return {channel for one in days for channel in in_force(consents, one)}


def _problems(command: AgreeToContact | EndContactConsent) -> Iterable[InputProblem]:
    yield from not_one_of("channel", command.channel, CHANNELS)
    remedy = "write e.g. on the consent form, by word of mouth, by a reply to a message"
    yield from missing_or_too_long("how", command.how, remedy, LONGEST_HOW)


def _today(uow: UnitOfWork, participant: Participant) -> date:
    return local_day(uow.now, uow.session.get_one(SiteRow, participant.site_id).zone)


def _add(
    uow: UnitOfWork,
    participant: Participant,
    channel: str,
    since: date,
    how: str,
    *,
    agreed: bool,
    until: date | None = None,
) -> ContactConsent:
    row = ContactConsent(
        study_id=participant.study_id, participant_id=participant.id, channel=channel, agreed=agreed, since=since,
        until=until, how=how.strip(), recorded_by=uow.actor.user_id, recorded_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    action = "contact-consent.given" if agreed else "contact-consent.ended"
    after = {"channel": channel, "since": str(since), "until": str(until) if until else None, "how": row.how}
    uow.audit(action, f"participant:{participant.number}", study_id=participant.study_id, after=after)
    contact_changed(uow, participant)
    return row
