"""Attempts to reach participants: logged, struck where one was a mistake, counted before somebody is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from planner.persistence.contact_attempts import ContactAttempt, attempts_of
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InputProblem, InvalidInput, NotFound, Refused
from planner.services.access import Scope, find_participant, find_study
from planner.services.texts import missing_or_too_long, not_one_of, too_long
from schedules.history import Fact, LostToFollowUp

WHOM = ("participant", "caregiver", "physician", "registry")
CHANNELS = ("phone", "sms", "email", "letter", "visit")
OUTCOMES = ("reached", "no-answer", "message-left", "wrong-details", "refused")
#: after these somebody is in touch: what was tried before counts no more
_IN_TOUCH = ("reached", "refused")
MOST_WANTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAttempt:
    """An attempt to reach a participant. ``tried_by`` is who tried, where that is not who records it."""

    study: str
    participant: str
    tried_at: datetime
    channel: str
    outcome: str
    whom: str = "participant"
    note: str = ""
    tried_by: str = ""


@dataclass(frozen=True, slots=True)
class Effort:
    """All attempts to reach a participant, and how many of them count: those since somebody was reached last.

    ``wanted`` is how many the study wants before the participant is lost to follow-up; None if it does not say.
    """

    attempts: tuple[ContactAttempt, ...]
    in_vain: int
    wanted: int | None

    @property
    def is_enough(self) -> bool:
        """Whether so many were in vain that the participant may be recorded as lost to follow-up."""
        return self.in_vain >= (self.wanted or 0)


def log_attempt(uow: UnitOfWork, scope: Scope, command: LogAttempt) -> ContactAttempt:
    """Log an attempt to reach a participant. Raises NotFound, or InvalidInput with every problem."""
    study = find_study(uow.session, scope, command.study)
    participant = find_participant(uow.session, scope, study, command.participant)
    problems = list(_problems(command, uow.now))
    if problems:
        raise InvalidInput(problems)
    row = ContactAttempt(
        study_id=study.id, participant_id=participant.id, tried_at=command.tried_at, whom=command.whom,
        channel=command.channel, outcome=command.outcome, note=command.note.strip(),
        tried_by=command.tried_by.strip(), recorded_by=uow.actor.user_id, recorded_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    uow.audit("contact.attempted", _subject(participant), study_id=study.id, after=_data(row))
    return row


def _problems(command: LogAttempt, now: datetime) -> Iterable[InputProblem]:
    if command.tried_at.tzinfo is None:
        yield InputProblem("tried_at", "the instant has no time zone", "write it with Z or an offset")
    elif command.tried_at > now:
        yield InputProblem("tried_at", "this is still to come", "log an attempt once it was made")
    yield from not_one_of("whom", command.whom, WHOM)
    yield from not_one_of("channel", command.channel, CHANNELS)
    yield from not_one_of("outcome", command.outcome, OUTCOMES)
    yield from too_long("note", command.note)
    yield from too_long("tried_by", command.tried_by, 200)


def strike_attempt(
    uow: UnitOfWork, scope: Scope, study_code: str, number: str, attempt_id: int, why: str
) -> ContactAttempt:
    """Strike an attempt that was logged by mistake: it stays on record and counts no more."""
    study = find_study(uow.session, scope, study_code)
    participant = find_participant(uow.session, scope, study, number, lock=True)
    row = uow.session.get(ContactAttempt, attempt_id)
    if row is None or row.participant_id != participant.id:
        raise NotFound([InputProblem("attempt", "there is no such attempt", "look at the participant's attempts")])
    if row.struck_at is not None:
        raise Conflict([InputProblem("attempt", "it was struck before", "nothing is left to do")])
    problems = list(missing_or_too_long("why", why, "say what was wrong with it"))
    if problems:
        raise InvalidInput(problems)
    row.struck_at, row.struck_why = uow.now, why.strip()
    uow.audit("contact.attempt-struck", _subject(participant), study_id=study.id, before=_data(row), why=why.strip())
    return row


def want_attempts(uow: UnitOfWork, study: Study, wanted: int | None) -> None:
    """Set how many attempts the study's protocol wants before somebody is lost to follow-up; None: it does not say."""
    if wanted is not None and not 1 <= wanted <= MOST_WANTED:
        wrong = "this many attempts are not possible"
        raise InvalidInput([InputProblem("wanted", wrong, f"write 1 to {MOST_WANTED}, or leave it out")])
    before, study.attempts_wanted = study.attempts_wanted, wanted
    study.settings_revision += 1
    said = [{"attempts_wanted": value} for value in (before, wanted)]
    uow.audit("study.attempts-wanted", f"study:{study.code}", study_id=study.id, before=said[0], after=said[1])


def effort_for(session: Session, scope: Scope, study_code: str, number: str) -> Effort:
    """What was tried to reach a participant, and whether it is enough. Raises NotFound."""
    study = find_study(session, scope, study_code)
    return _effort(session, study, find_participant(session, scope, study, number))


def require_effort(session: Session, participant: Participant, facts: Iterable[Fact]) -> None:
    """Raise Refused for a loss to follow-up before as many attempts were logged as the study wants."""
    if not any(isinstance(fact, LostToFollowUp) for fact in facts):
        return
    effort = _effort(session, session.get_one(Study, participant.study_id), participant)
    if not effort.is_enough:
        wrong = f"{effort.in_vain} of the {effort.wanted} attempts that the study wants are logged"
        raise Refused([InputProblem("attempts", wrong, "log the others first, or go on trying")])


def _effort(session: Session, study: Study, participant: Participant) -> Effort:
    attempts = attempts_of(session, participant.id)
    in_vain = 0
    for row in attempts:
        if row.struck_at is None:
            in_vain = 0 if row.outcome in _IN_TOUCH else in_vain + 1
    return Effort(tuple(attempts), in_vain, study.attempts_wanted)


def _subject(participant: Participant) -> str:
    return f"participant:{participant.number}"


def _data(row: ContactAttempt) -> dict[str, object]:
    names = ("id", "whom", "channel", "outcome", "tried_by")
    return {name: getattr(row, name) for name in names} | {"tried_at": row.tried_at.isoformat()}
