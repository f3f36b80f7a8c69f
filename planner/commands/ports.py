"""Whether a port can be listened on: said before anything is started, in one line."""

from __future__ import annotations

import errno
import socket
import sys
from typing import NoReturn


def free_port(written: str) -> int:
    """The port. Ends the program with exit code 2 and a line that names another one if it cannot be used."""
    if not (written.isascii() and written.isdecimal()) or not 0 < int(written) < 65536:
        _end(f"{written!r} is no port; write a number: make demo PORT=8001")
    port = int(written)
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            other = port + 1 if port < 65535 else 8001
            why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            _end(f"port {port} {why}; choose another: make demo PORT={other}")
    return port


def _end(why: str) -> NoReturn:
    sys.stderr.write(f"{why}\n")
    raise SystemExit(2)
