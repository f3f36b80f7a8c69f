"""A form as it was typed, and what is wrong with it: each problem at the field that it is about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask import request

from planner.problems import InputProblem, PlannerError
from planner.web.desk.fact_form import typed
from planner.web.words import sentence
from schedules.scalars import read_date


@dataclass(slots=True)
class TypedForm:
    """The values of some fields, by name. ``known`` are the fields at which something can be said to be wrong."""

    known: Collection[str]
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return next(iter(self.values.get(name, ())), "")

    def chosen(self, name: str) -> Sequence[str]:
        """What was ticked of several."""
        return self.values.get(name, ())

    def day(self, name: str, problems: list[InputProblem]) -> date | None:
        """The date in a field; what is none is added to the problems."""
        text = self.value(name)
        try:
            return read_date(text) if text else None
        except ValueError:
            problems.append(InputProblem(name, "this is no date", "write it as 2026-01-31"))
            return None

    def take(self, error: PlannerError) -> None:
        """Keep what is wrong: next to the field that it is about, or above all of them."""
        for problem in error.problems:
            words = sentence(f"{problem.wrong}; {problem.remedy}")
            if problem.place in self.known:
                self.errors.setdefault(problem.place, []).append(words)
            elif words not in self.general:
                self.general.append(words)

    @property
    def digest(self) -> str:
        """Of what the form says: what is saved has to be what was looked at."""
        said = json.dumps([[name, list(self.values.get(name, ()))] for name in sorted(self.known)])
        return hashlib.sha256(said.encode()).hexdigest()


def sent_form(known: Collection[str]) -> TypedForm:
    """The form that was sent."""
    return TypedForm(known, typed(dict(request.form.lists())))
