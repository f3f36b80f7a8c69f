"""Lets whoever sends too much read why it is refused: what is left of their request is read, and thrown away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
#: bytes; who sends more than that is cut off
MOST_THROWN_AWAY = 100_000_000
_PIECE = 65_536


class Drained:
    """A WSGI application that reads requests to their end, also those that it answers without having read them.

    A server that closes a connection on which something still arrives resets it: the answer is lost on its way, and
    all that the sender learns is that the pipe broke. Nothing of what is thrown away is kept.
    """

    def __init__(self, app: WSGI) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer, once nothing of the request is on its way any more."""
        answer = self._app(environ, start_response)
        # Only a server that says so ends its stream where the request ends; of another one too much would be read.
        if environ.get("wsgi.input_terminated") and not _is_without_body(environ):
            _throw_away(environ["wsgi.input"])
        return answer


def _is_without_body(environ: dict[str, Any]) -> bool:
    """Whether nothing can follow: RFC 9112, 6.3. To find that out by reading costs more than most answers."""
    said = "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ
    return environ.get("SERVER_PROTOCOL") in ("HTTP/1.1", "HTTP/1.0") and not said


def _throw_away(stream: Any) -> None:
    left = MOST_THROWN_AWAY
    with suppress(OSError):  # the sender has gone
        while left > 0 and (piece := stream.read(_PIECE)):
            left -= len(piece)
