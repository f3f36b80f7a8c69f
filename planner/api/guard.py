"""The door of the API: who asks, whether they may, whether what they send can be read; before any route runs."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from planner.auth.asking import not_signed_in
from planner.auth.door import Needs, let_in, said_needs
from planner.problems import InputProblem, InvalidInput, shown


def check() -> None:
    """Refuse whoever is not signed in, may not, or sends what cannot be read: in this order."""
    wanted = said_needs(request.endpoint)
    request.max_content_length = wanted.largest
    if wanted.permission is not None:
        let_in(_bearer(), wanted, request.view_args or {})
    _check_query()
    _check_body(wanted)


def _bearer() -> str:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise not_signed_in("the request says not who is asking")
    return secret.strip()


def _check_query() -> None:
    for name, values in request.args.lists():
        if len(values) > 1 and name != "status":
            raise InvalidInput([InputProblem(shown(name), "it stands in the address twice", "say it once")])
        if any("\0" in text for text in (name, *values)):
            raise InvalidInput([InputProblem(shown(name), "it has a character U+0000", "leave it out")])


def _check_body(wanted: Needs) -> None:
    if request.method not in ("POST", "PUT", "PATCH"):
        return
    if wanted.takes == "application/json":
        if request.content_length and not request.is_json:
            raise UnsupportedMediaType
        if request.content_length or request.is_json:
            request.get_json()
    elif request.mimetype != wanted.takes:
        raise UnsupportedMediaType
