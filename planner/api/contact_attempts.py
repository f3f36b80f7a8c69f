"""Attempts to reach participants: logged, struck where one was a mistake, and whether they are enough."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner.api.requests import needs, reading, scope, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, Line, Moment, Note, ParticipantPath, Words
from planner.auth.permissions import Permission
from planner.persistence.contact_attempts import ContactAttempt
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.services.contact_attempts import (
    CHANNELS,
    OUTCOMES,
    WHOM,
    LogAttempt,
    effort_for,
    log_attempt,
    strike_attempt,
)

api = resource("contact-attempts", "Attempts to reach participants, counted before somebody is lost to follow-up.")
_FIELDS = (
    "id", "tried_at", "whom", "channel", "outcome", "note", "tried_by", "recorded_at", "struck_at", "struck_why",
)  # fmt: skip


class AttemptAnswer(Answer):
    """One attempt to reach a participant."""

    id: int
    tried_at: datetime
    whom: str
    channel: str
    outcome: str
    note: str
    tried_by: str = Field(description="Who tried, where that is not who recorded it.")
    recorded_by: str | None
    recorded_at: datetime
    struck_at: datetime | None = Field(description="When it was struck as a mistake; it counts no more then.")
    struck_why: str | None


class EffortAnswer(Answer):
    """All attempts to reach a participant, and whether they are enough."""

    attempts: list[AttemptAnswer]
    in_vain: int = Field(description="How many count: those since somebody was reached last.")
    wanted: int | None = Field(description="How many the study wants before a loss to follow-up; null if not said.")
    is_enough: bool = Field(description="Whether the participant may be recorded as lost to follow-up.")


class NewAttempt(Body):
    """An attempt to reach a participant, once it was made."""

    tried_at: Moment = Field(examples=["2026-01-31T14:30:00Z"])
    whom: Literal[WHOM] = "participant"  # type: ignore[valid-type]
    channel: Literal[CHANNELS]  # type: ignore[valid-type]
    outcome: Literal[OUTCOMES]  # type: ignore[valid-type]
    note: Note = ""
    tried_by: Line | None = Field(default=None, description="Who tried, where that is not you.")


class Strike(Body):
    """Why an attempt was logged by mistake."""

    why: Words


class AttemptPath(ParticipantPath):
    """An attempt to reach a participant."""

    attempt: int = Field(ge=1, le=2**62)


@api.get(
    "/studies/<study>/participants/<number>/contact-attempts",
    responses={200: EffortAnswer}, operation_id="list_contact_attempts",
)  # fmt: skip
@needs(Permission.CONTACTS_READ)
def list_all(path: ParticipantPath) -> Response:
    """List the attempts to reach a participant, earliest first, struck ones too; in one piece, as people make them."""

    def work(session: Session) -> EffortAnswer:
        effort = effort_for(session, scope(), path.study, path.number)
        names = names_of(session, (row.recorded_by for row in effort.attempts))
        return EffortAnswer(
            attempts=[_shown(row, names) for row in effort.attempts], in_vain=effort.in_vain, wanted=effort.wanted,
            is_enough=effort.is_enough,
        )  # fmt: skip

    made = reading(work)
    made.headers["Cache-Control"] = "no-store"
    return made


@api.post(
    "/studies/<study>/participants/<number>/contact-attempts",
    responses={201: AttemptAnswer}, operation_id="log_contact_attempt",
)  # fmt: skip
@needs(Permission.CONTACTS_WRITE)
def record(path: ParticipantPath, body: NewAttempt) -> Response:
    """Log an attempt to reach a participant."""
    said = body.model_dump()
    command = LogAttempt(study=path.study, participant=path.number, **{**said, "tried_by": said["tried_by"] or ""})
    return writing(lambda uow: _named(uow, log_attempt(uow, scope(), command)), lambda shown: shown, 201)


@api.post(
    "/studies/<study>/participants/<number>/contact-attempts/<int:attempt>/strike",
    responses={200: AttemptAnswer}, operation_id="strike_contact_attempt",
)  # fmt: skip
@needs(Permission.CONTACTS_WRITE)
def strike(path: AttemptPath, body: Strike) -> Response:
    """Strike an attempt that was logged by mistake: it stays on record, and counts no more."""

    def work(uow: UnitOfWork) -> AttemptAnswer:
        return _named(uow, strike_attempt(uow, scope(), path.study, path.number, path.attempt, body.why))

    return writing(work, lambda shown: shown)


def _named(uow: UnitOfWork, row: ContactAttempt) -> AttemptAnswer:
    return _shown(row, names_of(uow.session, [row.recorded_by]))


def _shown(row: ContactAttempt, names: dict[int, str]) -> AttemptAnswer:
    return AttemptAnswer(recorded_by=names.get(row.recorded_by or 0), **{name: getattr(row, name) for name in _FIELDS})
