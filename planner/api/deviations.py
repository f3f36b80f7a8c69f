"""Deviations: found by the engine, judged by people, signed by the investigator."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner.api.requests import confirm_password, expected_revision, needs, reading, scope, writing
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, Body, Day, Line, Note, ParticipantPath, SpanQuery
from planner.auth.permissions import Permission
from planner.persistence.deviations import DeviationRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.services.deviations import STATES, STEPS, JudgeDeviation, SignDeviation, judge_deviation, sign_deviation
from planner.services.lists import Wanted, list_deviations

api = resource("deviations", "Deviations and queries: from found to closed, or dismissed with a reason.")
_FIELDS = (
    "identity", "kind", "activity", "day", "days", "text", "state", "found", "important", "category", "cause", "action",
    "aware_since", "reported_on", "reported_to", "reason", "signed_by", "signed_at", "signed_as", "revision",
)  # fmt: skip


class DeviationAnswer(Answer):
    """A deviation, or a query, of one participant."""

    study: str
    number: str
    identity: str = Field(description="The same however often it is found.")
    kind: str
    visit: str | None
    activity: str | None
    day: date | None
    days: int | None = Field(description="By how many days, where that is what is wrong.")
    text: str
    state: str
    found: bool = Field(description="Whether the facts still show it.")
    important: bool = Field(description="As the engine suggests, until a person says.")
    category: str | None
    cause: str | None
    action: str | None
    aware_since: date | None
    reported_on: date | None
    reported_to: str | None
    reason: str | None = Field(description="Why it was dismissed or opened again.")
    signed_by: int | None = Field(description="The number of the investigator who signed.")
    signed_name: str | None = Field(description="Their name.")
    signed_at: datetime | None
    signed_as: str | None = Field(description="What the signature means.")
    revision: int


class DeviationQuery(SpanQuery):
    """Which deviations."""

    study: str | None = Field(default=None, max_length=64)
    site: str | None = Field(default=None, max_length=64)
    number: str | None = Field(default=None, max_length=40)
    status: list[Literal[STATES]] | None = Field(  # type: ignore[valid-type]
        default=None, max_length=20, description="One of these states; may be repeated."
    )


class Judgement(Body):
    """One step with a deviation."""

    identity: str = Field(min_length=1, max_length=300)
    step: Literal[tuple(STEPS)]  # type: ignore[valid-type]
    important: bool | None = None
    category: str | None = Field(default=None, max_length=100)
    cause: Note | None = None
    action: Note | None = None
    aware_since: Day | None = None
    reported_on: Day | None = None
    reported_to: str | None = Field(default=None, max_length=200)
    reason: Note | None = None


class Signature(Body):
    """An electronic signature: what it means, and the password once more."""

    identity: str = Field(min_length=1, max_length=300)
    meaning: Line = Field(examples=["reviewed and approved"])
    password: str = Field(min_length=1, max_length=1_000)


DeviationPage = page_of(DeviationAnswer)


@api.get("/deviations", responses={200: DeviationPage}, operation_id="list_deviations")
@needs(Permission.DEVIATIONS_READ)
def list_all(query: DeviationQuery) -> Response:
    """List deviations and queries by their days."""

    def work(session: Session) -> Any:
        wanted = Wanted(
            study=query.study, site=query.site, number=query.number, statuses=tuple(query.status or ()),
            since=query.since, until=query.until,
        )  # fmt: skip
        found = list_deviations(session, scope(), wanted, asked(query))
        names = names_of(session, (row.signed_by for row, _, _ in found.rows))
        items = [_shown(row, study, number, names) for row, study, number in found.rows]
        return DeviationPage(items=items, next=found.next)

    return reading(work)


@api.post(
    "/studies/<study>/participants/<number>/deviations",
    responses={200: DeviationAnswer}, operation_id="judge_deviation",
)  # fmt: skip
@needs(Permission.DEVIATIONS_WRITE)
def judge(path: ParticipantPath, body: Judgement) -> Response:
    """Confirm, classify, report, close, dismiss or open a deviation again. If-Match takes its revision."""
    command = JudgeDeviation(
        study=path.study, participant=path.number, expected=expected_revision(), **body.model_dump()
    )
    return writing(lambda uow: _named(uow, path, judge_deviation(uow, scope(), command)), lambda shown: shown)


@api.post(
    "/studies/<study>/participants/<number>/deviations/signature",
    responses={200: DeviationAnswer}, operation_id="sign_deviation",
)  # fmt: skip
@needs(Permission.DEVIATIONS_SIGN)
def sign(path: ParticipantPath, body: Signature) -> Response:
    """Sign a classified deviation, as the investigator, with your password. If-Match takes the revision you read."""
    confirm_password(body.password)
    command = SignDeviation(
        study=path.study, participant=path.number, identity=body.identity, meaning=body.meaning,
        expected=expected_revision(),
    )  # fmt: skip
    return writing(lambda uow: _named(uow, path, sign_deviation(uow, scope(), command)), lambda shown: shown)


def _named(uow: UnitOfWork, path: ParticipantPath, row: DeviationRow) -> DeviationAnswer:
    return _shown(row, path.study, path.number, names_of(uow.session, [row.signed_by]))


def _shown(row: DeviationRow, study: str, number: str, names: dict[int, str]) -> DeviationAnswer:
    said = {name: getattr(row, name) for name in _FIELDS}
    return DeviationAnswer(
        study=study, number=number, visit=row.visit_key, signed_name=names.get(row.signed_by or 0), **said
    )
