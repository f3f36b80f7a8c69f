"""The types that requests and answers are described with."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from planner.problems import visible

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:[Zz]|[+-]\d{2}:\d{2})")


def _read_day(value: Any) -> Any:
    """A day as people and programs write it; a number or a moment is none."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("this is no day of the calendar; write it as 2026-01-31")


def _read_moment(value: Any) -> Any:
    """An instant with its zone or offset: without one nobody knows which instant it is."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            found = datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        else:
            if found.year >= 1900:  # before that it is a slip of the pen, and not every database keeps it
                return found
    raise ValueError("this is no instant; write it as 2026-01-31T14:30:00Z, or with an offset")


def _on_one_line(text: str) -> str:
    """A text without characters that hide, reverse what follows, or command a terminal."""
    if visible(text) != text or "\n" in text or "\t" in text:
        raise ValueError("it has characters that cannot be seen; write it on one line, in letters that can")
    return text


Day = Annotated[date, BeforeValidator(_read_day), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[datetime, BeforeValidator(_read_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_on_one_line)
]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Revision = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Body(BaseModel):
    """What a request says. Fields that nobody knows are refused: a misspelt one would do nothing, in silence."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Query(BaseModel):
    """What is asked for in an address."""

    model_config = ConfigDict(extra="forbid")


class Path(BaseModel):
    """The names in an address."""


class Answer(BaseModel):
    """What is answered. New fields may come; none goes, or changes its meaning."""

    model_config = ConfigDict(from_attributes=True)


class PageQuery(Query):
    """Which part of a list."""

    limit: int = Field(default=50, ge=1, le=500, description="How many at most.")
    cursor: str | None = Field(default=None, max_length=500, description="`next` of the page before.")


class SpanQuery(PageQuery):
    """Which days: from one on, up to another."""

    since: Day | None = Field(default=None, description="From this day on.")
    until: Day | None = Field(default=None, description="Up to this day, with it.")

    @field_validator("until")
    @classmethod
    def _ends_after_it_begins(cls, until: date | None, info: ValidationInfo) -> date | None:
        since = info.data.get("since")
        if since is not None and until is not None and until < since:
            raise ValueError(f"until is before since ({since}); write a later day, or leave one of them out")
        return until


class ProblemItem(Answer):
    """One thing that is wrong."""

    place: str = Field(description="The field, parameter or header that it is about.")
    wrong: str = Field(description="What is wrong.")
    remedy: str = Field(description="What would be right.")


class Problem(Answer):
    """Problem details (RFC 9457), with the place and the remedy of each problem."""

    type: str = Field(description="The address of a page about all problems of this kind, or about:blank.")
    title: str
    status: int
    detail: str
    problems: list[ProblemItem]
    changed: Any = Field(default=None, description="What somebody else has changed meanwhile, where that is so.")


class StudyPath(Path):
    """A study."""

    study: Name = Field(description="The study's code, such as vsli-ino-001.")


class SitePath(Path):
    """A site."""

    site: Name = Field(description="The site's code, such as north-clinic.")


class ParticipantPath(StudyPath):
    """A participant of a study."""

    number: Number = Field(description="The screening number, such as 01-014.")


class VisitPath(ParticipantPath):
    """A visit of a participant."""

    visit: Key = Field(description="The visit's key, such as induction.c1.d8.")
