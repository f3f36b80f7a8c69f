"""An application on a port of this machine, for tests that use it as a browser or a calendar app would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@contextmanager
def served(app: WSGIApplication, handler: type[WSGIRequestHandler] = WSGIRequestHandler) -> Iterator[str]:
    """The application on a free port, one thread a request; its address."""
    server = make_server("127.0.0.1", 0, at_once(app), threaded=True, request_handler=handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def at_once(app: WSGIApplication) -> WSGIApplication:
    """The same, whose answers are read and closed before they go out.

    werkzeug's server leaves a file open if whoever asked for it has gone, as a browser does that leaves a page.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body: Any = app(environ, start_response)
        try:
            return [b"".join(body)]
        finally:
            if hasattr(body, "close"):
                body.close()

    return answer
