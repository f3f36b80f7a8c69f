"""The door of the API: who asks, whether they may, whether what they send can be read; before any route runs."""

from __future__ import annotations

from datetime import timedelta

from flask import g, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import UnsupportedMediaType

from planner import clock
from planner.api.requests import Needs, installation, needs_of
from planner.auth.asking import Asking, not_signed_in, who_asks
from planner.problems import InputProblem, InvalidInput, NotAllowed, NotFound, shown
from planner.services.access import Scope, find_participant, find_site, find_study, not_allowed, require_everything
from planner.services.installation import Installation
from planner.services.users import note_use

#: how much later a use of a session is worth noting
NOTED = timedelta(minutes=1)


def check() -> None:
    """Refuse whoever is not signed in, may not, or sends what cannot be read: in this order."""
    wanted = needs_of(request.endpoint)
    if wanted is None:
        raise NotAllowed([InputProblem("address", "this route does not say who may use it", "report this")])
    request.max_content_length = wanted.largest
    if wanted.permission is not None:
        _check_permission(wanted)
    _check_query()
    _check_body(wanted)


def _check_permission(wanted: Needs) -> None:
    assert wanted.permission is not None  # noqa: S101 - the caller has looked
    secret = _bearer()
    planner = installation()
    settings = planner.settings
    idle, longest = timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)

    def look(session: Session) -> tuple[Asking, Scope]:
        who = who_asks(session, secret, clock.now(), idle, longest)
        where = who.scope(wanted.permission) if wanted.permission else Scope(())
        _check_place(session, where, wanted)
        return who, where

    g.asking, g.scope = planner.store.read(look)
    _note_use(planner)


def _bearer() -> str:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise not_signed_in("the request says not who is asking")
    return secret.strip()


def _check_place(session: Session, where: Scope, wanted: Needs) -> None:
    """Whether they may do it there: what they may not know of is not there, what they may only look at is refused."""
    names = request.view_args or {}
    if any("\0" in str(name) for name in names.values()):
        raise NotFound([InputProblem("address", "no name has a character U+0000", "check the address")])
    if "study" in names:
        study = find_study(session, where, names["study"], whole=wanted.whole)
        if "number" in names:
            find_participant(session, where, study, names["number"])
    elif "site" in names:
        find_site(session, where, names["site"])
    elif wanted.everything:
        require_everything(where)
    elif not where.pairs and wanted.permission is not None and wanted.permission != "self":
        raise not_allowed("anywhere")


def _note_use(planner: Installation) -> None:
    """A session that is used goes on; noted once a minute, not at every request."""
    who: Asking = g.asking
    secret, seen, now = who.secret, who.seen_at, clock.now()
    if secret is not None and seen is not None and now - seen > NOTED:
        planner.store.write(who.actor, now, lambda uow: note_use(uow, secret))


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
