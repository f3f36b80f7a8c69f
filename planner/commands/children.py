"""The web server and the worker of a demo, as child processes that begin and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
#: how long the web server may take until it answers, and the children until they have ended
TO_ANSWER, TO_END = 60.0, 10.0
_BETWEEN = 0.1


class Children:
    """The processes; as a context they are started, and ended whatever happens."""

    def __init__(self, port: int, environment: Mapping[str, str]) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._environment = dict(environment)
        self._commands = {
            "web server": [*_gunicorn(), "--bind", f"127.0.0.1:{port}", "--chdir", str(ROOT), "wsgi:app"],
            "worker": [sys.executable, "-m", "planner.cli", "worker"],
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Children:
        """Start them, each in a session of its own: Ctrl-C reaches this process alone, which then ends them."""
        try:
            for name, command in self._commands.items():
                self._running[name] = subprocess.Popen(  # noqa: S603 - commands of our own
                    command, env=self._environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True
                )
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them, kindly and then not."""
        self._end()

    def wait_until_it_answers(self) -> None:
        """Return once the web server answers. Raises SystemExit if it does not, or a child ends."""
        until = time.monotonic() + TO_ANSWER
        while not self._answers():
            self._require_alive()
            if time.monotonic() > until:
                raise SystemExit(f"the web server has not answered within {TO_ANSWER:.0f} seconds")
            time.sleep(_BETWEEN)
        self._require_alive()

    def wait(self) -> None:
        """Wait until a child ends, which it should not; raises SystemExit then."""
        while True:
            self._require_alive()
            time.sleep(_BETWEEN)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=2) as answer:  # noqa: S310 - it is http
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _require_alive(self) -> None:
        for name, process in self._running.items():
            code = process.poll()
            if code is not None:
                how = f"with exit code {code}" if code >= 0 else f"by signal {-code}"
                raise SystemExit(f"the {name} has ended {how}; what it said stands above")

    def _end(self) -> None:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)
        for process in self._running.values():
            with suppress(ProcessLookupError):
                process.terminate()
        until = time.monotonic() + TO_END
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, until - time.monotonic()))
            with suppress(ProcessLookupError):  # whoever is left of its session, its own children too
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _gunicorn() -> list[str]:
    command = [sys.executable, "-m", "gunicorn"]
    # Our own limit on addresses is lower, and has words.
    options = ["--worker-class", "gthread", "--threads", "4", "--log-level", "warning", "--limit-request-line", "8190"]
    options += ["--graceful-timeout", "3"]
    # Newer versions open a control socket in the home folder, which may be read-only.
    said = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False)  # noqa: S603
    return [*command, *options, *(["--no-control-socket"] if "--no-control-socket" in said.stdout else [])]
