"""The WSGI application that calendar apps meet: it answers /calendars/<token>.ics, and hands on everything else.

Nothing here imports the pages, the API or the planning engine: what makes a calendar is handed in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

from planner.calendars.apps import app_of
from planner.calendars.bodies import Bodies, Body, body_of
from planner.calendars.conditions import is_not_after, names_tag, takes_gzip
from planner.calendars.fetches import Fetches
from planner.calendars.lookup import Found, Unreachable
from planner.calendars.naming import PRIVATE, Headers, Named, Names, headed

Environ = dict[str, Any]
Start = Callable[..., Any]
WSGI = Callable[[Environ, Start], Iterable[bytes]]

PREFIX, SUFFIX = "/calendars/", ".ics"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,128}")
#: in what is no request of anybody
_OURS = "planner.ours"
_CALENDAR = ("Content-Type", "text/calendar; charset=utf-8")
_WORDS = {
    "404 Not Found": "There is no such calendar. Check the link, or ask for a new one.",
    "405 Method Not Allowed": "A calendar can only be read.",
    "410 Gone": "This calendar link was withdrawn. Remove the calendar from your app, and ask for a new link.",
    "503 Service Unavailable": "The calendar cannot be read just now. Nothing has changed; try again in a minute.",
}


class Finder(Protocol):
    """Finds a feed by the digest of its link. Raises Unreachable."""

    def __call__(self, digest: str) -> Found | None:
        """The feed; None if there is none."""

    def close(self) -> None:
        """Let go of what is held open."""


class Maker(Protocol):
    """Makes the bytes of a calendar, with the revision that they are of. Raises Unreachable."""

    def __call__(self, feed_id: int, now: datetime) -> tuple[int, bytes]:
        """The calendar as it stands now."""

    def withdrawn(self, feed_id: int, since: datetime) -> bytes:
        """What is shown of one whose link was withdrawn then."""

    def is_of(self) -> str:
        """What else than the feed the bytes depend on: the versions of what makes them."""


class Front:
    """Answers for calendars; the rest is ``behind``. ``count`` is told every status, ``said`` every trouble."""

    def __init__(
        self,
        behind: WSGI,
        find: Finder,
        make: Maker,
        fetches: Fetches,
        bodies: Bodies,
        now: Callable[[], datetime],
        count: Callable[[str, str], None] = lambda _method, _status: None,
        said: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        self._behind, self._find, self._make, self._fetches, self._bodies = behind, find, make, fetches, bodies
        self._now, self._count, self._said = now, count, said
        self._names = Names()

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if not (path.startswith(PREFIX) and path.endswith(SUFFIX)):
            return self._behind(environ, start_response)
        method = environ["REQUEST_METHOD"]
        status, headers, content = self._answer(method, path[len(PREFIX) : -len(SUFFIX)], environ)
        self._count(method, status[:3])
        start_response(status, headers)
        return [] if method == "HEAD" else [content]

    def close(self) -> None:
        """Write which apps fetched what, and write no more."""
        self._fetches.close()
        self._find.close()

    def look(self, token: str) -> bytes | None:
        """The calendar of a link as an app would get it; it counts as no fetch. None if there is none."""
        status, _, content = self._answer("GET", token, {_OURS: True})
        return content if status.startswith("200") else None

    @property
    def fetches(self) -> Fetches:
        """Which apps fetched what, as far as it has not been written yet."""
        return self._fetches

    @property
    def bodies(self) -> Bodies:
        """The calendars that are kept."""
        return self._bodies

    def _answer(self, method: str, token: str, environ: Environ) -> tuple[str, Headers, bytes]:
        if method not in ("GET", "HEAD"):
            return _plain("405 Method Not Allowed", ("Allow", "GET, HEAD"))
        if not _TOKEN.fullmatch(token):
            return _plain("404 Not Found")
        try:
            found = self._find(hashlib.sha256(token.encode()).hexdigest())
            return self._answer_found(found, environ) if found is not None else _plain("404 Not Found")
        except Exception as error:  # noqa: BLE001 - whatever it is, the app is to come back, and keep what it has
            self._said(str(error) if isinstance(error, Unreachable) else type(error).__name__)
            return _plain("503 Service Unavailable", ("Retry-After", "60"))

    def _answer_found(self, found: Found, environ: Environ) -> tuple[str, Headers, bytes]:
        now = self._now()
        called = self._names.of(found, now, self._make.is_of())
        if called.gone:
            return _plain("410 Gone")
        packed = takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        tag, headers = called.packed if packed else called.plain
        if _OURS not in environ:
            self._fetches.note(found.id, app_of(environ.get("HTTP_USER_AGENT", "")), found.revision, now)
        if _has_it(environ, tag, called.changed):
            return "304 Not Modified", headers, b""
        body = self._bodies.get(found.id, called.tag) or self._made(called, now)
        if body.tag != called.tag:  # somebody has changed it in between: it is called otherwise now
            headers = headed(f"{body.tag}-gzip" if packed else body.tag)[1]
        return _whole(body, packed, headers)

    def _made(self, called: Named, now: datetime) -> Body:
        found = called.found
        if called.ended is not None:
            body = body_of(called.tag, self._make.withdrawn(found.id, called.ended))
        else:
            revision, plain = self._make(found.id, now)
            body = body_of(called.tag.replace(str(found.revision), str(revision), 1), plain)
        self._bodies.keep(found.id, body)
        return body


def _has_it(environ: Environ, tag: str, changed: datetime | None) -> bool:
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known is not None:
        return names_tag(known, tag)
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    return since is not None and changed is not None and is_not_after(changed, since)


def _whole(body: Body, packed: bool, headers: Headers) -> tuple[str, Headers, bytes]:
    content = body.packed if packed else body.plain
    more: Headers = [_CALENDAR, ("Content-Length", str(len(content)))]
    if packed:
        more.append(("Content-Encoding", "gzip"))
    return "200 OK", headers + more, content


def _plain(status: str, *more: tuple[str, str]) -> tuple[str, Headers, bytes]:
    content = f"{_WORDS[status]}\n".encode()
    about: Headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(content)))]
    return status, [*PRIVATE, *about, *more], content
