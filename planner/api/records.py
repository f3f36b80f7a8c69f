"""Tables taken in, and the audit given out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request
from pydantic import Field
from sqlalchemy.orm import Session

from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, PageQuery, StudyPath
from planner.auth.permissions import Permission
from planner.persistence.audit import AuditEntry
from planner.services.imports import MOST_BYTES, import_facts
from planner.services.lists import list_audit

api = resource("records", "Tables taken in, and the audit.")


class ImportedAnswer(Answer):
    """What a table brought."""

    participants: int = Field(description="How many are new.")
    facts: int = Field(description="How many were recorded.")


class AuditQuery(PageQuery):
    """Which part of the audit."""

    subject: str | None = Field(default=None, max_length=200, description="Such as participant:01-014.")


class AuditAnswer(Answer):
    """One thing that somebody did; its digest seals it and all before it."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: Any
    after: Any
    why: str
    request_id: str
    previous: str
    digest: str


AuditPage = page_of(AuditAnswer)
_TABLE = {"content": {"text/csv": {"schema": {"type": "string"}}}, "required": True}


@api.post("/studies/<study>/imports", responses={201: ImportedAnswer}, operation_id="import_facts", request_body=_TABLE)
@needs(Permission.IMPORTS_WRITE, whole=True, takes="text/csv", largest=MOST_BYTES + 1)
def take_in(path: StudyPath) -> Response:
    """Take in a table of facts (CSV, UTF-8), a row a fact: all of it, or nothing and every bad line."""
    planner, table = installation(), request.get_data()
    return writing(
        lambda uow: import_facts(uow, planner.designs, scope(), path.study, table),
        lambda done: ImportedAnswer(participants=done.participants, facts=done.facts),
        201,
    )


@api.get("/studies/<study>/audit", responses={200: AuditPage}, operation_id="list_audit")
@needs(Permission.AUDIT_READ, whole=True)
def audit(path: StudyPath, query: AuditQuery) -> Response:
    """List what was done in a study, oldest first."""
    return _audit(path.study, query)


@api.get("/audit", responses={200: AuditPage}, operation_id="list_audit_of_installation")
@needs(Permission.AUDIT_READ, everything=True)
def audit_of_installation(query: AuditQuery) -> Response:
    """List what belongs to no study, oldest first: who signed in, got a role, a token, set up or closed a site."""
    return _audit(None, query)


def _audit(study: str | None, query: AuditQuery) -> Response:
    def work(session: Session) -> Any:
        found = list_audit(session, scope(), study, query.subject, asked(query))
        return AuditPage(items=[_shown(row) for row in found.rows], next=found.next)

    return reading(work)


def _shown(row: AuditEntry) -> AuditAnswer:
    return AuditAnswer.model_validate(row)
