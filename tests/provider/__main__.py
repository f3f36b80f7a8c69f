"""``python -m tests.provider [PORT]``: serve the simulated provider until it is ended; it prints its port first."""

from __future__ import annotations

import signal
import sys

from tests.provider.server import Provider


def main() -> None:
    """Serve."""
    ends = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before any thread begins; a handler might meet a lock that is held
    with Provider(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as provider:
        sys.stdout.write(f"{provider.port}\n")
        sys.stdout.flush()
        signal.sigwait(ends)


main()
