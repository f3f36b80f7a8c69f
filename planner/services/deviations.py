"""What people say of deviations: confirmed, classified, reported, closed, or dismissed with a reason; and signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.deviations import DeviationRow
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InputProblem, InvalidInput, NotFound
from planner.services.access import Scope, find_participant, find_study

#: from which state to which, by what one does
STEPS = {
    "confirm": (("query", "candidate", "lapsed"), "confirmed"),
    "classify": (("confirmed", "classified"), "classified"),
    "report": (("classified", "reported"), "reported"),
    "close": (("classified", "reported"), "closed"),
    "dismiss": (("query", "candidate", "lapsed", "confirmed"), "dismissed"),
    "reopen": (("dismissed", "closed"), "candidate"),
}
#: every state that a deviation can be in
STATES = ("query", "candidate", "lapsed", "confirmed", "classified", "reported", "closed", "dismissed")
#: what a signature is under: whoever changes it takes the signature off
SIGNED = ("important", "category", "cause", "action")
_LONGEST = {"category": 100, "cause": 4_000, "action": 4_000, "reported_to": 200, "reason": 4_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeDeviation:
    """One step with a deviation: ``confirm``, ``classify``, ``report``, ``close``, ``dismiss`` or ``reopen``.

    ``expected`` is the revision that the person had seen.
    """

    study: str
    participant: str
    identity: str
    step: str
    expected: int | None = None
    important: bool | None = None
    category: str | None = None
    cause: str | None = None
    action: str | None = None
    aware_since: date | None = None
    reported_on: date | None = None
    reported_to: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignDeviation:
    """A signature and what it means; ``expected`` is the deviation's revision that the person had read."""

    study: str
    participant: str
    identity: str
    meaning: str
    expected: int | None = None


def judge_deviation(uow: UnitOfWork, scope: Scope, command: JudgeDeviation) -> DeviationRow:
    """Take one step with a deviation; a signature stays only under what was signed.

    Raises NotFound, InvalidInput, or Conflict where it has gone another way or an important one is closed unsigned.
    """
    study = find_study(uow.session, scope, command.study)
    participant = find_participant(uow.session, scope, study, command.participant, lock=True)
    row = _find(uow, participant.id, command.identity)
    today = local_day(uow.now, uow.session.get_one(SiteRow, participant.site_id).zone)
    _check(row, command, today)
    before = _data(row)
    row.state = STEPS[command.step][1]
    for name in ("important", "category", "cause", "action", "aware_since", "reported_on", "reported_to", "reason"):
        value = getattr(command, name)
        if value is not None:
            setattr(row, name, value)
    if command.step == "reopen" or any(before[name] != getattr(row, name) for name in SIGNED):
        row.signed_by, row.signed_at, row.signed_as = None, None, None
    row.revision += 1
    uow.audit(
        f"deviation.{command.step}", subject_of(participant.number, row.identity), study_id=study.id, before=before,
        after=_data(row), why=command.reason or "",
    )  # fmt: skip
    return row


def sign_deviation(uow: UnitOfWork, scope: Scope, command: SignDeviation) -> DeviationRow:
    """The investigator's signature under a classified deviation; who calls has asked for the password again.

    Raises NotFound, InvalidInput, or Conflict where it is not classified, is signed, or is not what was seen any more.
    """
    study = find_study(uow.session, scope, command.study)
    participant = find_participant(uow.session, scope, study, command.participant, lock=True)
    row = _find(uow, participant.id, command.identity)
    _refuse_what_changed(row, command.expected)
    if row.state not in ("classified", "reported", "closed"):
        raise Conflict([InputProblem("state", f"it is {row.state}", "classify it before it is signed")], _data(row))
    if row.signed_at is not None:
        raise Conflict([InputProblem("state", "it is signed already", "nothing is left to do")], _data(row))
    meaning = command.meaning.strip()
    if not meaning or len(meaning) > 200:
        raise InvalidInput([InputProblem("meaning", "what the signature means is missing", "write e.g. reviewed")])
    row.signed_by, row.signed_at, row.signed_as = uow.actor.user_id, uow.now, meaning
    row.revision += 1
    subject = subject_of(participant.number, row.identity)
    uow.audit("deviation.signed", subject, study_id=study.id, after={**_data(row), "meaning": meaning})
    return row


def subject_of(number: str, identity: str) -> str:
    """What the audit calls a deviation of the participant of that number."""
    return f"participant:{number}/deviation:{identity}"[:200]


def deviation_of(session: Session, participant: Participant, deviation_id: int) -> DeviationRow:
    """The participant's deviation of that number. Raises NotFound."""
    row = session.get(DeviationRow, deviation_id)
    if row is None or row.participant_id != participant.id:
        raise _no_such_deviation()
    return row


def _find(uow: UnitOfWork, participant_id: int, identity: str) -> DeviationRow:
    row = (
        uow.session.query(DeviationRow)
        .filter(DeviationRow.participant_id == participant_id, DeviationRow.identity == identity)
        .one_or_none()
    )
    if row is None:
        raise _no_such_deviation()
    return row


def _no_such_deviation() -> NotFound:
    return NotFound([InputProblem("deviation", "there is no such deviation", "look at the participant's deviations")])


def _check(row: DeviationRow, command: JudgeDeviation, today: date) -> None:
    if command.step not in STEPS:
        raise InvalidInput([InputProblem("step", "there is no such step", f"choose one of {', '.join(STEPS)}")])
    _refuse_what_changed(row, command.expected)
    allowed, _ = STEPS[command.step]
    if row.state not in allowed:
        wrong = f"it is {row.state}, and only what is {' or '.join(allowed)} can take this step"
        steps = [step for step, (states, _) in STEPS.items() if row.state in states]
        raise Conflict([InputProblem("step", wrong, f"from here it can take: {', '.join(steps)}")], _data(row))
    problems = [*_missing(command), *_impossible_days(row, command, today)]
    if problems:
        raise InvalidInput(problems)
    if command.step == "close" and _lacks_its_signature(row, command):
        remedy = "the investigator signs it first; without one it can be classified as not important"
        raise Conflict([InputProblem("step", "it is important and nobody has signed it", remedy)], _data(row))


def _lacks_its_signature(row: DeviationRow, command: JudgeDeviation) -> bool:
    """Whether an important deviation would be closed without the investigator's signature under what is said of it."""
    said = {name: getattr(command, name) for name in SIGNED}
    changed = any(value not in (None, getattr(row, name)) for name, value in said.items())
    important = row.important if command.important is None else command.important
    return bool(important) and (changed or row.signed_at is None)


def _impossible_days(row: DeviationRow, command: JudgeDeviation, today: date) -> Iterator[InputProblem]:
    """Nobody is aware of something, or has reported it, on a day that has not come, nor reports it before they know."""
    for name in ("aware_since", "reported_on"):
        day = getattr(command, name)
        if day is not None and day > today:
            yield InputProblem(name, f"{day} has not come yet at the site ({today})", "correct the day")
    aware = command.aware_since or row.aware_since
    if command.reported_on is not None and aware is not None and command.reported_on < aware:
        yield InputProblem("reported_on", f"it was known only on {aware}", "correct the day, or aware_since")


def _refuse_what_changed(row: DeviationRow, expected: int | None) -> None:
    if expected is not None and expected != row.revision:
        problem = InputProblem("If-Match", f"it is at revision {row.revision} now", "look at it again")
        raise Conflict([problem], _data(row))


def _missing(command: JudgeDeviation) -> list[InputProblem]:
    wanted = {
        "dismiss": ("reason",), "reopen": ("reason",), "classify": ("important", "category"),
        "report": ("reported_on", "reported_to"),
    }  # fmt: skip
    found = [
        InputProblem(name, f"{name} is missing", "say it with this step")
        for name in wanted.get(command.step, ())
        if getattr(command, name) in (None, "")
    ]
    found += [
        InputProblem(name, f"{name} is too long", f"write at most {longest} characters")
        for name, longest in _LONGEST.items()
        if len(getattr(command, name) or "") > longest
    ]
    return found


def _data(row: DeviationRow) -> dict[str, object]:
    names = ("state", *SIGNED, "reported_to", "reason", "revision", "signed_by", "signed_as")
    days = ("aware_since", "reported_on")
    return {name: getattr(row, name) for name in names} | {
        name: str(getattr(row, name)) if getattr(row, name) else None for name in days
    }
