"""What can be wrong with what somebody asked for: where, what, and what would be right.

Services raise these errors; the pages show them in the form, the API as problem details (RFC 9457).
Whatever was typed is shown back only after ``shown``: shortened, and without characters that hide.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any, ClassVar

LONGEST_SHOWN = 40
_KEPT = "\n\t\u200c\u200d"  # the last two are parts of words, of Persian and Hindi ones for example


@dataclass(frozen=True, slots=True)
class InputProblem:
    """One thing that is wrong: the field or parameter it is about, what is wrong, and the remedy."""

    place: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.wrong}; {self.remedy}"


class PlannerError(Exception):
    """Base of every error that the planner answers with; all its problems are said at once."""

    status: ClassVar[int] = HTTPStatus.BAD_REQUEST
    name: ClassVar[str] = "invalid-input"
    title: ClassVar[str] = "Something in the request is wrong"
    meaning: ClassVar[str] = "A field has a value that cannot be used. Nothing was changed; correct it and ask again."

    def __init__(self, problems: Iterable[InputProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InvalidInput(PlannerError):
    """A field of the request has a value that cannot be used."""


class UnknownProtocol(PlannerError):
    """The library has no protocol of that name."""

    status = HTTPStatus.NOT_FOUND
    name = "unknown-protocol"
    title = "There is no such protocol"
    meaning = "The library has no protocol of the name in the address. The list of protocols has those that it has."


class ValuesMissing(PlannerError):
    """The protocol cannot be planned yet: parameters have no value."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    name = "values-missing"
    title = "The protocol cannot be planned yet"
    meaning = (
        "The protocol's text leaves some values open, so nothing can be planned before they are supplied. "
        "To look at a calendar all the same, ask for made-up example values; they are marked as such everywhere."
    )


class NotFound(PlannerError):
    """What was asked for is not there, or not for this person: the two look alike."""

    status = HTTPStatus.NOT_FOUND
    name = "not-found"
    title = "There is no such thing"
    meaning = "What the address names does not exist, or is outside what you may see. Check the address."


class Conflict(PlannerError):
    """Somebody else was faster, or what is asked contradicts what is already so. ``changed`` says what."""

    status = HTTPStatus.CONFLICT
    name = "conflict"
    title = "Somebody else has changed this"
    meaning = "It is not as it was when you looked. Nothing was changed; look again and decide anew."

    def __init__(self, problems: Iterable[InputProblem], changed: Any = None) -> None:
        super().__init__(problems)
        self.changed = changed


class ChairTaken(Conflict):
    """The chair, or every chair, is taken at that hour."""

    name = "chair-taken"
    title = "The chair is taken"
    meaning = "Somebody else has the chair at that hour. Nothing was booked; choose another hour or another chair."


class Refused(PlannerError):
    """The facts contradict each other or the protocol; or a rule of the study forbids it."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    name = "refused"
    title = "This cannot be"
    meaning = "What was sent contradicts what is known, or the protocol. Nothing was changed; each problem says more."


class NotAllowed(PlannerError):
    """The person may see this and may not do that."""

    status = HTTPStatus.FORBIDDEN
    name = "not-allowed"
    title = "You may not do this"
    meaning = "Your role does not include this. Ask an administrator of the study."


class NotSignedIn(PlannerError):
    """Nobody is signed in, or the token is none."""

    status = HTTPStatus.UNAUTHORIZED
    name = "not-signed-in"
    title = "Sign in first"
    meaning = "The request says not who is asking. Sign in, or send a bearer token that is still valid."


class Unavailable(PlannerError):
    """The database cannot be used just now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    name = "unavailable"
    title = "The planner cannot reach its data"
    meaning = "The database is locked, full, read-only or gone. Nothing was changed; try again in a moment."


#: Every kind of error that has a page of its own, by its name.
KINDS: dict[str, type[PlannerError]] = {
    kind.name: kind
    for kind in (
        InvalidInput, UnknownProtocol, ValuesMissing, NotFound, Conflict, ChairTaken, Refused, NotAllowed,
        NotSignedIn, Unavailable,
    )
}  # fmt: skip


#: What an HTTP status says of its own: a title, what is wrong, and the remedy.
HTTP_WORDS = {
    400: ("The request cannot be read", "the request is malformed", "check the address, and ask again"),
    404: ("There is nothing at this address", "no page has this address", "check the address, or begin at /"),
    405: (
        "This address cannot be used that way",
        "the method is not allowed here",
        "use one of those that Allow lists",
    ),
    413: ("The request is too large", "the request has too much content", "send less"),
    414: (
        "The address is too long",
        "the address has too many characters",
        "ask for less at once; write closed days as spans",
    ),
    415: (
        "The body is of another type",
        "the route takes another type of body",
        "send JSON as Content-Type: application/json, and tables as text/csv",
    ),
    500: (
        "The planner failed",
        "something went wrong that is not your doing",
        "nothing was changed; try again, and report it if it happens again",
    ),
}


def problem_details(status: int, title: str, problems: Sequence[InputProblem], kind: str) -> dict[str, Any]:
    """The members of an RFC 9457 problem document; ``problems`` has the place and the remedy of each."""
    detail = ". ".join(f"{problem.wrong}; {problem.remedy}" for problem in problems)
    listed = [asdict(problem) for problem in problems]
    return {"type": kind, "title": title, "status": int(status), "detail": detail, "problems": listed}


def shown(text: str) -> str:
    """What was typed, for a message: visible characters only, on one line, not too long."""
    line = " ".join(visible(text).split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[: LONGEST_SHOWN - 1]}…"


def visible(text: str) -> str:
    """The text with a replacement character for each one that hides, reverses what follows or commands a terminal."""
    return text if text.isprintable() else "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} and character not in _KEPT
    return "\N{REPLACEMENT CHARACTER}" if hidden else character
