"""The server of the tests leaves nothing open, whoever goes away."""

import socket
import struct
from collections.abc import Iterator
from threading import Event
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from tests.serving import served

GONE_AT_ONCE = struct.pack("ii", 1, 0)


def test_a_file_is_closed_though_the_browser_that_asked_for_it_has_gone() -> None:
    class File:
        closed = Event()
        gone = Event()

        def __iter__(self) -> Iterator[bytes]:
            yield b"content"
            self.gone.wait(0.2)

        def close(self) -> None:
            self.closed.set()

    file = File()
    with served(Response(file, headers={"Content-Length": "7"}, direct_passthrough=True)) as address:
        with socket.create_connection((urlsplit(address).hostname, urlsplit(address).port)) as browser:
            browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, GONE_AT_ONCE)
            browser.sendall(b"GET / HTTP/1.1\r\nHost: planner\r\n\r\n")
            while b"content" not in browser.recv(1024):
                """Until the answer has come."""
        file.gone.set()
        assert file.closed.wait(5)
