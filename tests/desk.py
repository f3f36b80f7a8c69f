"""The pages as people meet them: somebody of a role who is signed in, reads pages and sends their forms."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from planner import clock
from planner.auth.door import Needs, needs_of
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.users import WebSession
from planner.services.users import Role, digest
from planner.web.door import SESSION, TOKEN
from tests.planner.api.callers import user


@dataclass(slots=True)
class Desk:
    """Somebody's browser."""

    client: FlaskClient
    _token: str = field(default="")

    @property
    def token(self) -> str:
        """What the forms of this browser repeat."""
        if not self._token:
            found = re.search(rf'name="{TOKEN}" value="(\w+)"', self.client.get("/").text)
            assert found is not None, "no page shows a form"
            self._token = found[1]
        return self._token

    def html(self, path: str, status: int = 200) -> str:
        """A page as it is sent."""
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, text_of(answer.text)[:600])
        return answer.text

    def text(self, path: str, status: int = 200) -> str:
        """The words of a page."""
        return text_of(self.html(path, status))

    def send(self, path: str, **fields: str | list[str]) -> TestResponse:
        """Send a form, as a page of ours does."""
        return self.client.post(path, data={TOKEN: self.token, **fields})


def text_of(page: str) -> str:
    """The words of a page, without its tags and what nobody sees."""
    words = re.sub(r"<head>.*?</head>|<svg.*?</svg>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(words).split())


def session_of(store: Store, role: Role | None, study: str | None = None, site: str | None = None) -> str:
    """The secret of a session of somebody of that role."""
    who, secret = user(store, clock.now(), role, study, site), secrets.token_urlsafe(32)

    def work(uow: UnitOfWork) -> None:
        uow.session.add(WebSession(digest=digest(secret), user_id=who.id, began_at=uow.now, seen_at=uow.now))

    store.write(SYSTEM, clock.now(), work)
    return secret


def desk_of(
    app: Flask, store: Store, role: Role | None = Role.COORDINATOR, study: str | None = None, site: str | None = None
) -> Desk:
    """Somebody of that role, signed in."""
    client = app.test_client()
    client.set_cookie(SESSION, session_of(store, role, study, site))
    return Desk(client)


def routes_of(app: Flask, *parts: str) -> Iterator[tuple[str, Needs | None]]:
    """Each way to ask for a page of these parts, such as ``GET /today``, and what it needs."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(parts):
            with app.app_context():
                needed = needs_of(rule.endpoint)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield f"{method} {rule.rule}", needed


def status_of(who: Desk, route: str, names: Mapping[str, str], token: str | None = None) -> int:
    """What comes of asking for a page: ``names`` stand in its address, and what has none there is not to be found."""
    method, _, rule = route.partition(" ")
    path = re.sub(r"<(?:int:)?(\w+)>", lambda found: names.get(found[1], "999999"), rule)
    data = {TOKEN: token if token is not None else who.token} if method == "POST" else None
    return who.client.open(path, method=method, data=data).status_code
