"""An application on a port of this machine, for tests that use it as a browser or a calendar app would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LONGEST = 60


@contextmanager
def served(app: WSGIApplication, handler: type[WSGIRequestHandler] = WSGIRequestHandler) -> Iterator[str]:
    """The application on a free port, one thread a request; its address."""
    answering = Answering(app)
    server = make_server("127.0.0.1", 0, answering, threaded=True, request_handler=handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        answering.wait_until_done()
        server.server_close()


class Answering:
    """An application whose answers are read and closed before they go out, and which says when all are.

    werkzeug's server leaves a file open if whoever asked for it has gone, as a browser does that leaves a page; and the
    next test must not have its database to share with whatever a page of the last still asks for.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._under_way = 0
        self._changed = Condition()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._count(1)
        try:
            body: Any = self._app(environ, start_response)
            try:
                return [b"".join(body)]
            finally:
                if hasattr(body, "close"):
                    body.close()
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._changed:
            self._under_way += more
            self._changed.notify_all()

    def wait_until_done(self) -> None:
        """Wait for the answers that are under way."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._under_way, LONGEST), "an answer does not end"
