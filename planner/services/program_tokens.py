"""Tokens of one's programs, as a person makes them: named, for a time, and with no more than they may do themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import User
from planner.problems import InputProblem, InvalidInput
from planner.services.texts import missing_or_too_long
from planner.services.users import make_token

LONGEST_LABEL, MOST_DAYS, USUAL_DAYS = 100, 366, 90


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token for a program. ``label`` says which; ``scopes`` what it may do; ``days`` how long, from 1 to 366."""

    label: str
    scopes: tuple[str, ...]
    days: int


def make_program_token(uow: UnitOfWork, user: User, allowed: Collection[str], command: NewToken) -> str:
    """The secret of a new token, shown once. ``allowed``: what the person may do. Raises InvalidInput."""
    problems = [
        *missing_or_too_long("label", command.label, "say which program it is for", LONGEST_LABEL),
        *_problems(allowed, command),
    ]
    if problems:
        raise InvalidInput(problems)
    return make_token(uow, user, command.label.strip(), command.scopes, command.days)


def _problems(allowed: Collection[str], command: NewToken) -> Iterator[InputProblem]:
    if not 1 <= command.days <= MOST_DAYS:
        yield InputProblem("days", "this is no time that a token can last", f"write 1 to {MOST_DAYS} days")
    if not command.scopes:
        yield InputProblem("scopes", "it could do nothing", "tick what the program is to do")
    elif not set(command.scopes) <= set(allowed):
        yield InputProblem("scopes", "you may not do all of that yourself", "tick only what is offered")
