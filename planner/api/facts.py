"""Facts: everything that happens to a participant, and what would move if it did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from flask import Response
from pydantic import ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from planner import clock
from planner.api.fact_schemas import OF_THE_PLANNER
from planner.api.requests import expected_revision, installation, needs, reading, scope, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, Note, ParticipantPath
from planner.auth.permissions import Permission
from planner.persistence.facts import facts_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import User
from planner.presenting.plan_diff import changes_data
from planner.problems import InputProblem, InvalidInput
from planner.services.access import Scope, find_participant, find_study
from planner.services.designs import Designs
from planner.services.fact_records import fact_content, fact_data, read_facts
from planner.services.facts import Recorded, RecordFacts, preview_facts, record_facts
from planner.services.facts_of_care import record_appointments, record_doses
from schedules.fact_kinds import KINDS, NAMES

api = resource("facts", "What happened to participants: recorded, never changed; a mistake is voided by another fact.")
MOST_AT_ONCE = 200

Recording = Callable[[UnitOfWork, Designs, Scope, RecordFacts], Recorded]
KindName = Literal[tuple(KINDS)]  # type: ignore[valid-type]


class FactBody(Body):
    """One fact: its kind, its day, and what else facts of its kind say (docs/reference/facts.md)."""

    model_config = ConfigDict(extra="allow")

    fact: KindName  # type: ignore[valid-type]
    date: str | int = Field(description="The day that it is about, at the site; for some kinds a month will do.")


class NewFacts(Body):
    """Facts about one participant, recorded together or not at all."""

    facts: list[FactBody] = Field(min_length=1, max_length=MOST_AT_ONCE)
    why: Note = Field(default="", description="Why this is recorded, or recorded late; for the audit.")
    booking_reason: Note = Field(
        default="", description="Why an appointment is outside its window or inside a spacing, where it is."
    )


class FactAnswer(Answer):
    """A fact as it was recorded."""

    model_config = ConfigDict(extra="allow")

    id: str
    fact: str
    recorded: datetime | None = None
    by: str | None = Field(default=None, description="Who recorded it.")


class RecordedAnswer(Answer):
    """What came of recording, or would come of it."""

    revision: int = Field(description="The participant's revision afterwards.")
    facts: list[FactAnswer]
    changes: dict[str, Any] | None = Field(
        description="Every visit, gate and deviation that is not as before, as it was and as it is; null without plan."
    )


class FactList(Answer):
    """All facts about a participant, in the order in which they were recorded."""

    revision: int
    facts: list[FactAnswer]


@api.get("/studies/<study>/participants/<number>/facts", responses={200: FactList}, operation_id="list_facts")
@needs(Permission.FACTS_READ)
def list_all(path: ParticipantPath) -> Response:
    """List the facts about a participant, voided ones too."""

    def work(session: Session) -> FactList:
        study = find_study(session, scope(), path.study)
        participant = find_participant(session, scope(), study, path.number)
        rows = facts_of(session, participant.id)
        known = {row.recorded_by for row in rows if row.recorded_by is not None}
        names = {user.id: user.name for user in session.scalars(select(User).where(User.id.in_(known)))}
        said = [FactAnswer(**fact_data(row, names.get(row.recorded_by or 0))) for row in rows]
        return FactList(revision=participant.revision, facts=said)

    return reading(work)


@api.post("/studies/<study>/participants/<number>/facts", responses={201: RecordedAnswer}, operation_id="record_facts")
@needs(Permission.FACTS_WRITE)
def record(path: ParticipantPath, body: NewFacts) -> Response:
    """Record facts: the calendar, its revisions, the deviations and the audit follow in the same transaction.

    With If-Match, only if nobody has changed the participant since that revision.
    """
    return _record(path, body)


@api.post(
    "/studies/<study>/participants/<number>/bookings", responses={201: RecordedAnswer}, operation_id="record_bookings"
)
@needs(Permission.BOOKINGS_WRITE)
def book(path: ParticipantPath, body: NewFacts) -> Response:
    """Record facts about appointments alone (booked, rebooked, booking_cancelled), as an infusion centre may."""
    return _record(path, body, record_appointments)


@api.post("/studies/<study>/participants/<number>/doses", responses={201: RecordedAnswer}, operation_id="record_doses")
@needs(Permission.DOSES_WRITE)
def give(path: ParticipantPath, body: NewFacts) -> Response:
    """Record what an infusion centre knows: doses (given, start and stop on the site's clock), who came (attended).

    A void may take back such a fact, and no other.
    """
    return _record(path, body, record_doses)


@api.post(
    "/studies/<study>/participants/<number>/facts/preview",
    responses={200: RecordedAnswer}, operation_id="preview_facts",
)  # fmt: skip
@needs(Permission.FACTS_READ)
def preview(path: ParticipantPath, body: NewFacts) -> Response:
    """Show every date that recording these facts would move. Nothing is recorded."""
    planner, command = installation(), _command(path, body)
    return reading(lambda session: _shown(preview_facts(session, planner.designs, scope(), command, clock.now())))


def _record(path: ParticipantPath, body: NewFacts, recording: Recording = record_facts) -> Response:
    planner, command = installation(), _command(path, body)
    return writing(lambda uow: _shown(recording(uow, planner.designs, scope(), command)), lambda made: made, 201, _etag)


def _command(path: ParticipantPath, body: NewFacts) -> RecordFacts:
    problems = [
        InputProblem(f"/facts/{at}/{name}", "who recorded it and when is not for you to say", "leave it out")
        for at, fact in enumerate(body.facts)
        for name in sorted((fact.model_extra or {}).keys() & set(OF_THE_PLANNER))
    ]
    if problems:
        raise InvalidInput(problems)
    said = [{name: value for name, value in fact.model_dump().items() if value is not None} for fact in body.facts]
    return RecordFacts(
        study=path.study, participant=path.number, facts=read_facts(said), expected=expected_revision(),
        why=body.why, booking_reason=body.booking_reason[:500],
    )  # fmt: skip


def _shown(found: Recorded) -> RecordedAnswer:
    facts = [
        FactAnswer(id=str(fact.id), fact=NAMES[type(fact)], recorded=fact.recorded, **fact_content(fact))
        for fact in found.facts
    ]
    changes = found.changes
    return RecordedAnswer(
        revision=found.revision, facts=facts, changes=changes_data(changes) if changes is not None else None
    )


def _etag(made: RecordedAnswer) -> dict[str, str]:
    return {"ETag": f'"{made.revision}"'}
