"""What every route of the API does alike: who asks, one transaction, one answer however often it is sent."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from flask import Response, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from planner import clock
from planner.api.answers import json_answer
from planner.auth.door import Needs as Needs
from planner.auth.door import asking as asking
from planner.auth.door import confirm_password as confirm_password
from planner.auth.door import installation as installation
from planner.auth.door import needs as needs
from planner.auth.door import needs_of as needs_of
from planner.auth.door import scope as scope
from planner.persistence.idempotency import claim_key, keep_answer
from planner.persistence.unit_of_work import UnitOfWork
from planner.presenting.plan_json import to_json
from planner.problems import InputProblem, InvalidInput, Refused
from planner.request_log import request_id
from planner.services.installation import Installation

T = TypeVar("T")
Data = BaseModel | dict[str, Any] | None

LONGEST_KEY = 100
_KEY = re.compile(r"[!-~]{1,100}")


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
