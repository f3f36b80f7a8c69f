"""``python -m tests.provider [PORT]``: serve the simulated provider until it is ended; it prints its port first."""

from __future__ import annotations

import signal
import sys
from threading import Event

from tests.provider.server import Provider


def main() -> None:
    """Serve."""
    done = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: done.set())
    with Provider(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as provider:
        sys.stdout.write(f"{provider.port}\n")
        sys.stdout.flush()
        done.wait()


main()
