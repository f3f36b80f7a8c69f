"""How requests reach Twilio: with a timeout, and so that it is known whether anything went out.

The client's own way has no timeout, and logs addresses with the numbers in them. Imported only when something is sent:
the client takes a fifth of a second.
"""

from __future__ import annotations

import logging
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import urllib3
from twilio.http import HttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

#: no answer of Twilio's is longer
LONGEST_ANSWER = 4_000_000


class NotHandedOver(Exception):
    """Nothing went out, or not all of it: the provider cannot have it."""


class NoAnswer(Exception):
    """The request went out, and how it ended is not known."""


class Throttled(Exception):
    """The provider takes nothing just now. ``retry_after`` in seconds, where it says so."""

    def __init__(self, code: int, retry_after: int | None) -> None:
        super().__init__(str(code))
        self.code = code
        self.retry_after = retry_after


@dataclass(slots=True)
class Attempt:
    """One request. It must not begin after ``deadline`` (of ``time.monotonic``); ``begun`` once any of it went out."""

    deadline: float
    begun: bool = False

    def begin(self) -> None:
        """Something goes out now. Raises NotHandedOver where it is too late for that."""
        if monotonic() > self.deadline:
            raise NotHandedOver("it took too long to connect, or this process stood still")
        self.begun = True


_ATTEMPT: ContextVar[Attempt] = ContextVar("_ATTEMPT")


@contextmanager
def attempting(attempt: Attempt) -> Iterator[Attempt]:
    """What is requested within is this attempt."""
    token = _ATTEMPT.set(attempt)
    try:
        yield attempt
    finally:
        _ATTEMPT.reset(token)


class _Watched(HTTPConnection):
    """Looks at the clock immediately before anything goes out: a process may have stood still while it connected.

    Header and body go out one after the other, and only the whole is a request: after a body held back, there is none.
    """

    _connecting = False

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if not self._connecting:  # a proxy is asked for a tunnel while connecting
            _ATTEMPT.get().begin()
        super().send(data)


class _WatchedSecure(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _WatchedSecure


def _manager(url: str) -> urllib3.PoolManager:
    """Connections, through the proxy of the environment where there is one for that host."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = urllib.request.getproxies().get(parts.scheme)
    local = host in ("127.0.0.1", "localhost", "::1")
    if proxy and not local and not urllib.request.proxy_bypass(host):
        made: urllib3.PoolManager = urllib3.ProxyManager(proxy, maxsize=8)
    else:
        made = urllib3.PoolManager(maxsize=8)
    made.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return made


class TimedClient(HttpClient):  # type: ignore[misc]
    """What the Twilio client sends its requests with. ``base`` replaces scheme and host of every address."""

    def __init__(self, timeout: float, base: str = "") -> None:
        super().__init__(logging.getLogger(__name__), False, timeout)
        # At its most talkative it logs whole addresses, and those of lists have numbers in them.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
        self._base = urlsplit(base)
        self._connections = _manager(base or "https://api.twilio.com")

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request. Raises NotHandedOver, NoAnswer or Throttled; follows no redirect."""
        answer = self._exchange(method, self._address(uri, params), data, self._headers(headers, auth))
        text = answer.data[:LONGEST_ANSWER].decode("utf-8", "replace")
        if answer.status == 429:
            raise Throttled(429, _seconds(answer.headers.get("Retry-After")))
        return Response(answer.status, text, answer.headers)

    def _exchange(
        self, method: str, address: str, data: dict[str, object] | None, headers: dict[str, str]
    ) -> urllib3.BaseHTTPResponse:
        attempt = _ATTEMPT.get()
        attempt.begun = False
        body = urlencode(data, doseq=True).encode() if data else None
        wait = urllib3.Timeout(total=self.timeout)
        try:
            return self._connections.request(
                method, address, body=body, headers=headers, timeout=wait, retries=False, redirect=False
            )
        except NotHandedOver:
            raise
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as broken:
            raise (NoAnswer if attempt.begun else NotHandedOver)(type(broken).__name__) from None

    def _address(self, uri: str, params: dict[str, object] | None) -> str:
        parts = urlsplit(uri)
        if self._base.netloc:
            parts = parts._replace(scheme=self._base.scheme, netloc=self._base.netloc)
        query = urlencode(params, doseq=True) if params else ""
        return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, query)))))

    @staticmethod
    def _headers(headers: dict[str, str] | None, auth: tuple[str, str] | None) -> dict[str, str]:
        signed = urllib3.make_headers(basic_auth=":".join(auth)) if auth else {}
        return {"Content-Type": "application/x-www-form-urlencoded", **(headers or {}), **signed}


def _seconds(text: str | None) -> int | None:
    """What Retry-After says, as a number of seconds; an hour at most, None where it says a date or nothing."""
    return min(int(text), 3_600) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
