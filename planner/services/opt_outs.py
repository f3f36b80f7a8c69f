"""The ledger of who wants nothing more, by participant; people keep it too: by word of mouth, and numbers verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.opt_outs import OptOutEvent, has_stopped, start, stop
from notifications.recipients import AddressRow, verify_address
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InputProblem, InvalidInput, NotFound
from planner.services.access import Scope, find_participant, find_study
from planner.services.recipients import CAREGIVER, recipient_row, reference_of
from planner.services.texts import missing_or_too_long, not_one_of

_LONGEST_HOW = 200
STEPS = ("stop", "start", "verify")
_WORDS = {"stop": "it had said stop before", "start": "it has not said stop", "verify": "nobody has suspended it"}


@dataclass(frozen=True, slots=True)
class Line:
    """How one number or address of a participant stands, with all that was said about it, earliest first."""

    whom: str
    channel: str
    stopped: bool
    suspended_at: datetime | None
    suspended_why: str
    events: list[OptOutEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOptOut:
    """Somebody has said to a person that they want nothing more, or messages again; or a number was verified."""

    study: str
    participant: str
    step: str
    how: str
    channel: str = "sms"
    caregiver: bool = False


def opt_outs(session: Session, scope: Scope, study_code: str, number: str, now: datetime) -> list[Line]:
    """How each number and address of a participant, and of whoever cares for them, stands. Raises NotFound."""
    study = find_study(session, scope, study_code)
    return list(_lines(session, find_participant(session, scope, study, number), now))


def _lines(session: Session, participant: Participant, now: datetime) -> Iterator[Line]:
    for whom in ("", CAREGIVER):
        for address in _addresses(session, participant, whom):
            said = select(OptOutEvent).where(
                OptOutEvent.channel == address.channel, OptOutEvent.digest == address.digest
            )
            yield Line(
                whom or "participant", address.channel, has_stopped(session, address.channel, address.digest, now),
                address.suspended_at, address.suspended_why, list(session.scalars(said.order_by(OptOutEvent.id))),
            )  # fmt: skip


def change_opt_out(uow: UnitOfWork, scope: Scope, command: ChangeOptOut) -> list[Line]:
    """Stop a number, start it again, or say that it was verified.

    Raises NotFound, InvalidInput where nobody says how it is known, and Conflict where it is so.
    """
    problems = [*not_one_of("step", command.step, STEPS)]
    problems += missing_or_too_long("how", command.how, "write e.g. by word of mouth, on the telephone", _LONGEST_HOW)
    if problems:
        raise InvalidInput(problems)
    study = find_study(uow.session, scope, command.study)
    participant = find_participant(uow.session, scope, study, command.participant, lock=True)
    whom = CAREGIVER if command.caregiver else ""
    address = next((row for row in _addresses(uow.session, participant, whom) if row.channel == command.channel), None)
    if address is None:
        wrong = f"nobody has agreed to be sent anything by {command.channel}"
        raise NotFound([InputProblem("channel", wrong, "look at what they have agreed to")])
    if not _change(uow, command, address, reference_of(participant.id, whom)):
        raise Conflict([InputProblem("step", _WORDS[command.step], "nothing is left to do")])
    after = {"step": command.step, "channel": command.channel, "whom": whom or "participant"}
    subject = f"participant:{participant.number}"
    uow.audit("opt-out.changed", subject, study_id=study.id, after=after, why=command.how)
    return list(_lines(uow.session, participant, uow.now))


def _change(uow: UnitOfWork, command: ChangeOptOut, address: AddressRow, reference: str) -> bool:
    if command.step == "verify":
        return verify_address(uow.session, reference, command.channel, uow.now)
    step = stop if command.step == "stop" else start
    return step(uow.session, command.channel, address.digest, "person", uow.now, command.how)


def _addresses(session: Session, participant: Participant, whom: str) -> list[AddressRow]:
    row = recipient_row(session, participant.id, whom)
    if row is None:
        return []
    query = select(AddressRow).where(AddressRow.recipient_id == row.id).order_by(AddressRow.channel)
    return list(session.scalars(query))
