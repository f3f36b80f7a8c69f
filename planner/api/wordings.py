"""What messages say: a study's wordings, version by version, signed off by a person before anything is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from notifications.rules import WordingRow
from notifications.wording import TEMPLATES, shipped_languages
from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, StudyPath, Words
from planner.auth.permissions import Permission
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.services.access import find_study
from planner.services.wordings import (
    LONGEST,
    adopt_wordings,
    approve_wording,
    missing_wordings,
    preview_wording,
    publish_wording,
    study_wordings,
    withdraw_wording,
)

api = resource("wordings", "What messages say. Only a wording that somebody has signed off is ever sent.")
_FIELDS = ("id", "template", "language", "version", "source", "published_at", "approved_at", "withdrawn_at")
_TEMPLATES = tuple(TEMPLATES)
Template = Literal[_TEMPLATES]  # type: ignore[valid-type]
Language = Annotated[str, Field(min_length=2, max_length=16, examples=["en"])]
Source = Annotated[str, Field(min_length=1, max_length=LONGEST, examples=["This is {{ place }}. Call {{ phone }}."])]


class WordingAnswer(Answer):
    """One version of one text in one language."""

    id: int
    template: str
    language: str
    version: int
    source: str
    published_by: str | None
    published_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    withdrawn_at: datetime | None = Field(description="When it was taken back; the one before it counts again.")


class MissingAnswer(Answer):
    """A text that nobody has signed off in a language."""

    template: str
    language: str


class WordingsAnswer(Answer):
    """All wordings of a study, and which texts of the languages that ship nobody has signed off."""

    wordings: list[WordingAnswer]
    missing: list[MissingAnswer]


class NewWording(Body):
    """A version of a text, as Jinja reads it."""

    template: Template
    language: Language
    source: Source


class Adoption(Body):
    """In which languages the texts that ship are taken over."""

    languages: list[Literal[tuple(shipped_languages())]] = Field(  # type: ignore[valid-type]
        default=[], max_length=20, description="All that ship if left out."
    )


class PreviewBody(Body):
    """A text to look at before it is published."""

    template: Template
    source: Source | None = Field(default=None, description="The one that ships if left out.")
    languages: list[Language] = Field(default=[], max_length=20, description="All that ship if left out.")


class PreviewItem(Answer):
    """A text as somebody of that language would read it, with made-up values."""

    language: str
    text: str
    segments: int = Field(description="How many segments this text takes.")
    at_most: int = Field(description="How many it takes with the longest values.")


class PreviewAnswer(Answer):
    """The text in each language."""

    previews: list[PreviewItem]


class Withdrawal(Body):
    """Why a wording is taken back."""

    why: Words


class WordingPath(StudyPath):
    """A wording of a study."""

    wording: int = Field(ge=1, le=2**62)


@api.get("/studies/<study>/wordings", responses={200: WordingsAnswer}, operation_id="list_wordings")
@needs(Permission.MESSAGES_READ)
def list_all(path: StudyPath) -> Response:
    """List all wordings of a study, and what is missing; in one piece, as there are a few dozen of them."""
    return reading(lambda session: _all(session, find_study(session, scope(), path.study)))


@api.post("/studies/<study>/wordings", responses={201: WordingAnswer}, operation_id="publish_wording")
@needs(Permission.MESSAGES_WRITE, whole=True)
def publish(path: StudyPath, body: NewWording) -> Response:
    """Publish a version of a text; every problem is told. It is sent once somebody has signed it off."""
    designs = installation().designs

    def work(uow: UnitOfWork) -> WordingAnswer:
        row = publish_wording(uow, designs, _study(uow, path), body.template, body.language, body.source)
        return _shown(uow.session, [row])[0]

    return writing(work, lambda shown: shown, 201)


@api.post("/studies/<study>/wordings/shipped", responses={200: WordingsAnswer}, operation_id="adopt_wordings")
@needs(Permission.MESSAGES_APPROVE, whole=True)
def adopt(path: StudyPath, body: Adoption) -> Response:
    """Take over and sign off the texts that ship, where the study has none that is signed off."""
    designs = installation().designs

    def work(uow: UnitOfWork) -> WordingsAnswer:
        study = _study(uow, path)
        adopt_wordings(uow, designs, study, tuple(body.languages))
        return _all(uow.session, study)

    return writing(work, lambda shown: shown)


@api.post("/studies/<study>/wordings/preview", responses={200: PreviewAnswer}, operation_id="preview_wording")
@needs(Permission.MESSAGES_READ, keyed=False)
def preview(path: StudyPath, body: PreviewBody) -> Response:
    """Show a text as people would read it, with how many segments it takes; every problem is told."""
    designs = installation().designs

    def work(session: Session) -> PreviewAnswer:
        study = find_study(session, scope(), path.study)
        found = preview_wording(session, designs, study, body.template, body.source, tuple(body.languages))
        return PreviewAnswer(previews=[PreviewItem.model_validate(one) for one in found])

    return reading(work)


@api.post(
    "/studies/<study>/wordings/<int:wording>/approval", responses={200: WordingAnswer}, operation_id="approve_wording"
)
@needs(Permission.MESSAGES_APPROVE, whole=True)
def approve(path: WordingPath) -> Response:
    """Sign a wording off: it is sent from now on."""
    designs = installation().designs

    def work(uow: UnitOfWork) -> WordingAnswer:
        return _shown(uow.session, [approve_wording(uow, designs, _study(uow, path), path.wording)])[0]

    return writing(work, lambda shown: shown)


@api.post(
    "/studies/<study>/wordings/<int:wording>/withdrawal",
    responses={200: WordingAnswer}, operation_id="withdraw_wording",
)  # fmt: skip
@needs(Permission.MESSAGES_APPROVE, whole=True)
def withdraw(path: WordingPath, body: Withdrawal) -> Response:
    """Take a wording back: the one before it counts again; without one, what was to say it waits for a person."""

    def work(uow: UnitOfWork) -> WordingAnswer:
        return _shown(uow.session, [withdraw_wording(uow, _study(uow, path), path.wording, body.why)])[0]

    return writing(work, lambda shown: shown)


def _study(uow: UnitOfWork, path: StudyPath) -> Study:
    return find_study(uow.session, scope(), path.study, lock=True, whole=True)


def _all(session: Session, study: Study) -> WordingsAnswer:
    rows = study_wordings(session, scope(), study.code)
    gaps = [
        MissingAnswer(template=template, language=language) for template, language in missing_wordings(session, study)
    ]
    return WordingsAnswer(wordings=_shown(session, rows), missing=gaps)


def _shown(session: Session, rows: list[WordingRow]) -> list[WordingAnswer]:
    names = names_of(session, (who for row in rows for who in (row.published_by, row.approved_by)))
    return [
        WordingAnswer(
            published_by=names.get(row.published_by or 0), approved_by=names.get(row.approved_by or 0),
            **{name: getattr(row, name) for name in _FIELDS},
        )
        for row in rows
    ]  # fmt: skip
