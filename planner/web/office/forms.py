"""A form of the office: what was typed, what is kept where nothing was, and what is wrong next to which field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from planner import clock
from planner.auth.door import asking, installation
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InputProblem, InvalidInput, NotFound, PlannerError, Refused
from planner.request_log import request_id
from planner.services.users import revoke_token
from planner.web.desk.fact_form import typed
from planner.web.words import sentence

T = TypeVar("T")


@dataclass(slots=True)
class Form:
    """One form of a page; its name begins the ids of its fields. ``kept`` is shown where nothing was typed."""

    name: str
    kept: Mapping[str, Any] = field(default_factory=dict)
    values: dict[str, Sequence[str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    sent: bool = False

    def id(self, name: str) -> str:
        """What the page calls a field."""
        return f"{self.name}-{name}"

    def value(self, name: str) -> str:
        """What was typed into a field, or else what is kept."""
        if self.sent:
            return next(iter(self.values.get(name, ())), "")
        kept = self.kept.get(name)
        return "" if kept is None else str(kept)

    def chosen(self, name: str) -> Sequence[str]:
        """What is ticked."""
        return self.values.get(name, ()) if self.sent else tuple(self.kept.get(name, ()))

    def number(self, name: str) -> int | None:
        """A field as a whole number; None where it is empty. Raises InvalidInput."""
        text = self.value(name)
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            raise InvalidInput([InputProblem(name, "this is no whole number", "write it in digits")])
        return int(text)

    @property
    def wrong(self) -> bool:
        """Whether something is wrong with it."""
        return bool(self.errors or self.general)

    @property
    def wrong_at(self) -> dict[str, list[str]]:
        """What is wrong, by the ids of the fields."""
        return {self.id(name): words for name, words in self.errors.items()}

    def take(self, error: PlannerError, fields: Sequence[str]) -> None:
        """Keep what is wrong, next to the field that it is about; whoever reads it has seen the newest revision."""
        if isinstance(error, Conflict):
            self.values.pop("expected", None)
        for problem in error.problems:
            words, place = sentence(f"{problem.wrong}; {problem.remedy}"), problem.place.replace("/", "-")
            if place in fields:
                self.errors.setdefault(place, []).append(words)
            else:
                self.general.append(words)


def sent_form(name: str, secret: Sequence[str] = ()) -> Form:
    """The form that was just sent; what is secret is not shown again."""
    values = {field: found for field, found in typed(dict(request.form.lists())).items() if field not in secret}
    return Form(name, values=values, sent=True)


def end_token_of(uow: UnitOfWork, user_id: int, token: int) -> None:
    """Make a token worthless. Raises Conflict where it is so already, which its page then says."""
    try:
        revoke_token(uow, user_id, token)
    except NotFound as error:  # two windows, or two clicks
        raise Conflict(error.problems) from None


def save(
    form: Form,
    fields: Sequence[str],
    work: Callable[[UnitOfWork], T],
    then: Callable[[T], str],
    again: Callable[[Form, int], Response],
) -> ResponseReturnValue:
    """Do what a form asks for, and go on; or show it again, with what is wrong at the fields that it has."""
    try:
        made = installation().store.write(asking().actor, clock.now(), work, request_id())
    except (InvalidInput, Conflict, Refused) as error:
        form.take(error, fields)
        return again(form, int(error.status))
    return redirect(then(made), 303)
