"""Calendar apps and their libraries as readers: what they show of a calendar's text.

Each runs in a process of its own and takes many calendars at once. Where one is not installed, ``missing`` says so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.clients import khal

HERE = Path(__file__).resolve().parent
NPM = HERE.parents[1] / ".clients" / "npm"
SECONDS = 300


class Shown(NamedTuple):
    """What an app shows of one event; ``start`` is an instant in UTC, or the day of an all-day event."""

    start: date
    status: str
    summary: str


class Read(NamedTuple):
    """A calendar as an app has read it: its events by UID, and what it finds wrong with the text."""

    events: dict[str, Shown]
    complaints: tuple[str, ...]

    @property
    def starts(self) -> dict[str, date]:
        """The starts by UID."""
        return {uid: event.start for uid, event in self.events.items()}


@dataclass(frozen=True)
class Reader:
    """An app: its name, why it cannot read here (empty if it can), and how it reads a list of texts."""

    name: str
    missing: Callable[[], str]
    read: Callable[[Sequence[str]], list[Read]]

    def __str__(self) -> str:
        return self.name


def _run(command: Sequence[str], texts: Sequence[str]) -> list[Read]:
    done = subprocess.run(
        command, input=json.dumps(list(texts)), capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}"
    return [as_read(calendar) for calendar in json.loads(done.stdout)]


def as_read(calendar: dict[str, Any]) -> Read:
    """A calendar as the programs in this folder print it."""
    events = {
        uid: Shown(_start(event["start"]), event["status"], event["summary"])
        for uid, event in calendar["events"].items()
    }
    return Read(events, tuple(calendar["complaints"]))


def _start(value: float | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)


@cache
def _no_libical() -> str:
    there = subprocess.run([sys.executable, HERE / "read_libical.py", "--there"], check=False).returncode == 0
    return "" if there else "no libical on this machine: see scripts/calendar-clients"


def _read_with_libical(texts: Sequence[str]) -> list[Read]:
    return _run([sys.executable, str(HERE / "read_libical.py")], texts)


def _in_node(package: str) -> Reader:
    def missing() -> str:
        if shutil.which("node") is None:
            return f"no node: it runs {package}"
        there = (NPM / "node_modules" / package).is_dir()
        return "" if there else f"no {package} in {NPM}: see scripts/calendar-clients"

    def read(texts: Sequence[str]) -> list[Read]:
        return _run(["node", str(HERE / "read_in_node.mjs"), package, str(NPM)], texts)

    return Reader(package, missing, read)


def _read_with_khal(texts: Sequence[str]) -> list[Read]:
    """With vdirsyncer from a file, so that khal gets the events as it would, one by one."""
    found = []
    for text in texts:
        with TemporaryDirectory(prefix="planner-khal-") as folder:
            file = Path(folder) / "calendar.ics"
            file.write_bytes(text.encode())
            app = khal.Khal(Path(folder) / "app", {"type": "singlefile", "path": str(file)})
            app.refresh()
            found.append(as_read({"events": app.events(), "complaints": []}))
    return found


LIBICAL = Reader("libical", _no_libical, _read_with_libical)
ICAL_JS = _in_node("ical.js")
#: ignores VTIMEZONE and goes by the machine's own rules: reported, not required
NODE_ICAL = _in_node("node-ical")
KHAL = Reader("khal", khal.missing, _read_with_khal)
EVERY = (KHAL, ICAL_JS, LIBICAL, NODE_ICAL)
