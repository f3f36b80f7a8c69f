"""What every route of the API does alike: who asks, one transaction, one answer however often it is sent."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from flask import Response, current_app, g, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from planner import clock
from planner.api.answers import json_answer
from planner.auth.asking import Asking
from planner.auth.permissions import Permission
from planner.persistence.idempotency import claim_key, keep_answer
from planner.persistence.unit_of_work import UnitOfWork
from planner.presenting.plan_json import to_json
from planner.problems import InputProblem, InvalidInput, Refused
from planner.request_log import request_id
from planner.services.access import Scope
from planner.services.installation import Installation
from planner.services.users import password_again

T = TypeVar("T")
Data = BaseModel | dict[str, Any] | None
F = TypeVar("F", bound=Callable[..., Any])

LONGEST_KEY = 100
_KEY = re.compile(r"[!-~]{1,100}")
USUAL_BODY = 1_000_000


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route asks of whoever calls it; no permission at all where everybody may. ``largest`` body in bytes."""

    permission: Permission | None
    largest: int = USUAL_BODY
    takes: str = "application/json"
    #: whether it needs the permission at all sites of the study
    whole: bool = False
    #: whether it needs the permission in all studies at all sites
    everything: bool = False
    #: whether a request may be sent again with its key and do nothing twice
    keyed: bool = True


def needs(permission: Permission | None, **said: Any) -> Callable[[F], F]:
    """Say what a route needs. One that does not say is refused to everybody."""

    def marked(view: F) -> F:
        view.__dict__["needs"] = Needs(permission, **said)
        return view

    return marked


def needs_of(endpoint: str | None) -> Needs | None:
    """What the route of that endpoint needs; None if it has not said."""
    view = current_app.view_functions.get(endpoint or "")
    return cast("Needs | None", getattr(view, "needs", None))


def installation() -> Installation:
    """The installation that answers. Raises WrongSchema while its database is of another version."""
    found = cast(Installation, current_app.extensions["installation"])
    found.require_schema()
    return found


def asking() -> Asking:
    """Who asks."""
    return cast(Asking, g.asking)


def scope() -> Scope:
    """Where whoever asks may do what the route is for."""
    return cast(Scope, g.scope)


def reading(work: Callable[[Session], T], headers: Callable[[T], dict[str, str]] | None = None) -> Response:
    """Answer with something that is looked up: data, or a model of it, or nothing."""
    found = installation().store.read(work)
    return answer(cast(Data, found), headers=headers(found) if headers else None)


def tagged(revision: int) -> dict[str, str]:
    """The headers of an answer that If-Match takes again."""
    return {"ETag": f'"{revision}"'}


def answer(data: Data, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON; without data, none."""
    if data is None:
        return Response(status=204, headers=dict(headers or {}))
    plain = data.model_dump(mode="json") if isinstance(data, BaseModel) else data
    made = json_answer(plain)
    made.status_code = status
    made.headers.extend(dict(headers or {}))
    return made


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it is kept with its key."""

    status: int
    data: Any
    headers: dict[str, str] = field(default_factory=dict)


def writing(
    work: Callable[[UnitOfWork], T],
    present: Callable[[T], Data],
    status: int = 200,
    headers: Callable[[T], dict[str, str]] | None = None,
) -> Response:
    """Do some work in one transaction, and answer; sent again with its key, answer the same and do nothing.

    Raises Refused for a key that came with another request before.
    """
    planner, who = installation(), asking()
    key = _key()
    seal = _request_digest(planner) if key else ""

    def inside(uow: UnitOfWork) -> tuple[Given, bool]:
        if key:
            known = claim_key(uow.session, who.person.user_id, key, seal, uow.now)
            if known is not None:
                return _given_before(planner, known.request, known.sealed, seal), True
        result = work(uow)
        uow.session.flush()
        shown = present(result)
        plain = shown.model_dump(mode="json") if isinstance(shown, BaseModel) else shown
        given = Given(204 if plain is None else status, plain, headers(result) if headers else {})
        if key:
            # As text: what is sent again is the same to the letter, also in the order of its keys.
            kept = {"status": given.status, "data": to_json(plain), "headers": given.headers}
            keep_answer(uow.session, who.person.user_id, key, planner.keys.seal(kept))
        return given, False

    given, again = planner.store.write(who.actor, clock.now(), inside, request_id())
    more = {"Idempotency-Replayed": "true"} if again else {}
    return answer(given.data, given.status, {**given.headers, **more})


def _key() -> str:
    """The key that makes a POST safe to send again; none where it came without, or where there is nothing to do."""
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return ""
    if not _KEY.fullmatch(key):
        wrong = "the key is empty, too long, or has characters that no key has"
        raise InvalidInput([InputProblem("Idempotency-Key", wrong, f"send 1 to {LONGEST_KEY} characters from ! to ~")])
    return key


def _request_digest(planner: Installation) -> str:
    """What makes two requests the same: the method, the address with its query, and the body.

    With a key, as it is kept: a body may hold a password, and a plain digest would let it be guessed at leisure.
    """
    head = f"{request.method} {request.full_path}\n".encode()
    return planner.keys.find(hashlib.sha256(head + request.get_data(cache=True)).hexdigest())


def _given_before(planner: Installation, was: str, sealed: bytes, now: str) -> Given:
    if was != now:
        wrong = "this key came with another request before"
        raise Refused([InputProblem("Idempotency-Key", wrong, "make a fresh key for every new request")])
    kept = planner.keys.open(sealed)
    data = json.loads(kept["data"]) if isinstance(kept["data"], str) else kept["data"]
    return Given(kept["status"], data, kept["headers"])


def confirm_password(password: str) -> None:
    """Make sure that it is still whoever signed in. A wrong password counts as a failed sign-in, also by a token.

    Raises InvalidInput, or NotSignedIn once there were too many.
    """
    planner, who = installation(), asking()
    most = planner.settings.sign_in_attempts
    right = planner.store.write(
        who.actor,
        clock.now(),
        lambda uow: password_again(uow, planner.keys, who.person.user_id, password, most),
        request_id(),
    )
    if not right:
        raise InvalidInput([InputProblem("password", "this is not your password", "write the one you sign in with")])


def expected_revision() -> int | None:
    """The revision that whoever asks had seen (If-Match); None if they do not say, or do not mind."""
    said = request.headers.get("If-Match")
    if said is None or said.strip() == "*":
        return None
    digits = said.strip().removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
        wrong = "this is no revision"
        raise InvalidInput([InputProblem("If-Match", wrong, 'send the ETag that came with it, such as "7"')])
    return int(digits)
