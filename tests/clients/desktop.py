"""Desktop calendars without a desktop: Thunderbird, driven as its own tests drive it, and Evolution's data server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from tests.clients.readers import Shown, as_read

HERE = Path(__file__).resolve().parent
SECONDS = 60
SYSTEM_PYTHON = "/usr/bin/python3"
_PREFERENCES = {
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mailnews.start_page.enabled": False,
    "calendar.timezone.useSystemTimezone": False,
    "calendar.timezone.local": "UTC",
}


def missing_thunderbird() -> str:
    """Why it cannot run here; empty if it can."""
    return "" if shutil.which("thunderbird") else "no thunderbird: see scripts/desktop-calendars"


def missing_evolution() -> str:
    """Why its data server cannot run here; empty if it can."""
    needed = "import gi; gi.require_version('ECal', '2.0'); from gi.repository import ECal"
    there = Path(SYSTEM_PYTHON).exists() and shutil.which("dbus-run-session")
    if there and subprocess.run([SYSTEM_PYTHON, "-c", needed], capture_output=True, check=False).returncode == 0:
        return ""
    return "no evolution-data-server with gir1.2-ecal-2.0, python3-gi and dbus-daemon: see scripts/desktop-calendars"


@dataclass
class Desktop:
    """A desktop calendar with one subscription."""

    events: dict[str, Shown] = field(default_factory=dict)

    def refresh(self) -> None:
        """Ask the server for what has changed."""
        self.events = as_read({"events": self._refreshed(), "complaints": []}).events

    def shown(self) -> list[Shown]:
        """What it shows, earliest first."""
        return sorted(self.events.values(), key=lambda event: (event.start.isoformat(), event.summary))

    def _refreshed(self) -> dict[str, Any]:
        raise NotImplementedError


def _home() -> tuple[Path, dict[str, str]]:
    """A home folder for one run, and the environment that leads there."""
    home = Path(tempfile.mkdtemp(prefix="planner-calendar-"))
    folders = {"XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache", "XDG_RUNTIME_DIR": "run"}
    folders["XDG_DATA_HOME"] = "data"
    (home / "run").mkdir(mode=0o700)
    said = {name: str(home / folder) for name, folder in folders.items()}
    return home, {**os.environ, **said, "HOME": str(home), "TZ": "UTC", "GSETTINGS_BACKEND": "memory"}


@dataclass
class _Evolution(Desktop):
    process: subprocess.Popen[str] | None = None

    def _refreshed(self) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("refresh\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the data server's reader has ended"
        return dict(json.loads(line))


@contextmanager
def evolution(url: str) -> Iterator[Desktop]:
    """Evolution's data server on a message bus of its own; what it starts ends with the bus."""
    home, env = _home()
    command = ["dbus-run-session", "--", SYSTEM_PYTHON, str(HERE / "read_evolution.py"), url]
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield _Evolution(process=process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(SECONDS)
    shutil.rmtree(home, ignore_errors=True)


@dataclass
class _Thunderbird(Desktop):
    """Speaks Marionette: messages of JSON, each after its length and a colon."""

    connection: socket.socket | None = None
    url: str = ""
    _numbers: Iterator[int] = field(default_factory=count)

    def begin(self) -> None:
        self._hear()
        self.say("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
        self.say("Marionette:SetContext", value="chrome")
        self.say("WebDriver:SetTimeouts", script=SECONDS * 1000)

    def say(self, command: str, **more: Any) -> Any:
        assert self.connection is not None
        said = json.dumps([0, next(self._numbers), command, more]).encode()
        self.connection.sendall(b"%d:%s" % (len(said), said))
        _, _, error, result = self._hear()
        assert error is None, f"{command}: {error}"
        return result

    def _hear(self) -> Any:
        assert self.connection is not None
        with self.connection.makefile("rb", buffering=0) as stream:
            return json.loads(_exactly(stream, int(b"".join(iter(lambda: stream.read(1), b":")))))

    def _refreshed(self) -> dict[str, Any]:
        script = (HERE / "thunderbird.js").read_text("utf-8")
        answer = self.say("WebDriver:ExecuteAsyncScript", script=script, args=[self.url], newSandbox=True)["value"]
        assert "error" not in answer, answer["error"]
        return dict(answer["events"])


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


def _exactly(stream: _Stream, length: int) -> bytes:
    found = b""
    while len(found) < length:
        piece = stream.read(length - len(found))
        assert piece, "Thunderbird has ended"
        found += piece
    return found


@contextmanager
def thunderbird(url: str) -> Iterator[Desktop]:
    """Thunderbird without a window and with a profile of its own."""
    home, env = _home()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    chosen = {**_PREFERENCES, "marionette.port": port}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in chosen.items()]
    (home / "user.js").write_text("".join(lines), "utf-8")
    command = ["thunderbird", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile"]
    with subprocess.Popen(
        [*command, str(home)], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            with _connected(port) as connection:
                app = _Thunderbird(connection=connection, url=url)
                app.begin()
                yield app
                with suppress(OSError, AssertionError):
                    app.say("Marionette:Quit", flags=["eForceQuit"])
            process.wait(SECONDS)
        finally:
            process.kill()
    shutil.rmtree(home, ignore_errors=True)


def _connected(port: int) -> socket.socket:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), SECONDS)
        time.sleep(0.2)
    raise AssertionError("Thunderbird does not listen")
