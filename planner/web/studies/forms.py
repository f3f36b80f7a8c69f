"""A form of these pages: what was typed, what is wrong with each field, and what is wrong with all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import request

from planner.problems import Conflict, InputProblem, InvalidInput, PlannerError, Refused
from planner.web.desk.fact_form import typed
from planner.web.words import sentence
from schedules.scalars import read_date

#: what a form can be told is wrong; whatever else goes wrong is a page of its own
FORM_ERRORS = (InvalidInput, Refused, Conflict)


@dataclass(slots=True)
class Form:
    """The fields of a form by their names. ``open``: which of several forms of a page it is."""

    fields: tuple[str, ...]
    values: dict[str, Sequence[str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    open: str = ""

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return next(iter(self.values.get(name, ())), "")

    def chosen(self, name: str) -> Sequence[str]:
        """What is ticked."""
        return self.values.get(name, ())

    def wrong(self, name: str) -> list[str]:
        """What is wrong with a field."""
        return self.errors.get(name, [])

    @property
    def failed(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.errors or self.general)

    def take(self, error: PlannerError, **places: str) -> int:
        """Keep what is wrong next to its field, or above all; ``places`` are fields by what a service calls them.

        Gives the status that the page answers with.
        """
        for problem in error.problems:
            name = places.get(problem.place, problem.place)
            words = sentence(f"{problem.wrong}; {problem.remedy}")
            if name in self.fields:
                self.errors.setdefault(name, []).append(words)
            elif words not in self.general:
                self.general.append(words)
        self.general += [_changed(one) for one in _changes(error)]
        return int(error.status)

    def day(self, name: str) -> date:
        """The day that was typed. Raises InvalidInput."""
        try:
            return read_date(self.value(name))
        except ValueError:
            wrong = "this is no day" if self.value(name) else "no day is said"
            raise InvalidInput([InputProblem(name, wrong, "write it as 2026-01-31")]) from None

    def number(self, name: str) -> int | None:
        """The number that was typed, if any was. Raises InvalidInput."""
        text = self.value(name)
        if not text:
            return None
        if not text.isascii() or not text.isdecimal() or len(text) > 9:
            raise InvalidInput([InputProblem(name, "this is no number", "write digits only")])
        return int(text)

    def revision(self) -> int | None:
        """The revision that whoever fills it in had seen."""
        text = self.value("expected")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def sent(*fields: str) -> Form:
    """A form as it was sent; what is no field of it is left out."""
    values = typed(dict(request.form.lists()))
    return Form(fields, {name: said for name, said in values.items() if name in (*fields, "expected")})


def long_text(name: str, most: int) -> str:
    """A field with a text that may be long, or the file that was sent in its stead. Raises InvalidInput."""
    file = request.files.get(f"{name}_file")
    data: bytes | None = file.read(most + 1) if file is not None and file.filename else None
    if data is None:
        return request.form.get(name, "").replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")[: most + 1]
    try:
        return data.decode("utf-8-sig").replace("\0", "\N{REPLACEMENT CHARACTER}")
    except UnicodeDecodeError:
        wrong = "the file is no text in UTF-8"
        raise InvalidInput([InputProblem(f"{name}_file", wrong, "save it as UTF-8, and choose it again")]) from None


def _changes(error: PlannerError) -> list[dict[str, Any]]:
    changed = error.changed if isinstance(error, Conflict) else None
    return list(changed.get("changes", ())) if isinstance(changed, dict) else []


def _changed(one: dict[str, Any]) -> str:
    """``By An Administrator: state, size.``: what somebody else changed meanwhile."""
    return sentence(f"by {one.get('by') or 'the planner'}: {', '.join(one.get('fields', ())) or one.get('what', '')}")
