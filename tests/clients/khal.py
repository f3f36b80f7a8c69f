"""khal, a calendar for terminals, with vdirsyncer, which brings it subscribed calendars."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).resolve().parents[2] / ".clients" / "python" / "bin"
SECONDS = 120
SINCE, DAYS = "2025-12-30", "740d"
_FIELDS = ("uid", "start", "start-long-full", "all-day", "status", "title")

_VDIRSYNCER = """
[general]
status_path = "{folder}/status"
[pair feed]
a = "theirs"
b = "ours"
collections = null
partial_sync = "revert"
[storage theirs]
read_only = true
{source}
[storage ours]
type = "filesystem"
path = "{folder}/events"
fileext = ".ics"
"""

_KHAL = """
[calendars]
[[feed]]
path = {folder}/events
readonly = True
[sqlite]
path = {folder}/khal.db
[locale]
local_timezone = UTC
default_timezone = UTC
timeformat = %H:%M:%S
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%dT%H:%M:%S
longdatetimeformat = %Y-%m-%dT%H:%M:%S
"""


def missing() -> str:
    """Why they cannot run here; empty if they can."""
    there = (PROGRAMS / "khal").is_file() and (PROGRAMS / "vdirsyncer").is_file()
    return "" if there else f"no khal and vdirsyncer in {PROGRAMS}: see scripts/calendar-clients"


@dataclass(frozen=True)
class Khal:
    """Both in a folder of their own.

    ``source`` is the storage that vdirsyncer reads, in its own words, such as ``http`` with its ``url``.
    """

    folder: Path
    source: Mapping[str, str]

    def refresh(self) -> None:
        """Bring what has changed since the last time."""
        if not self.folder.exists():
            self._set_up()
        self._run("vdirsyncer", "sync")

    def _set_up(self) -> None:
        (self.folder / "events").mkdir(parents=True)
        source = "\n".join(f"{name} = {json.dumps(value)}" for name, value in self.source.items())
        (self.folder / "vdirsyncer").write_text(_VDIRSYNCER.format(folder=self.folder, source=source), "utf-8")
        (self.folder / "khal").write_text(_KHAL.format(folder=self.folder), "utf-8")
        self._run("vdirsyncer", "discover")

    def events(self) -> dict[str, Any]:
        """What khal lists, by UID: ``start`` in seconds since 1970 or as a date, ``status`` and ``summary``.

        vdirsyncer gives what it fetched by HTTP UIDs of its own.
        """
        fields = [word for field in _FIELDS for word in ("--json", field)]
        listed = self._run("khal", "list", "--once", "--notstarted", *fields, SINCE, DAYS)
        return {
            event["uid"]: {"start": _start(event), "status": event["status"], "summary": event["title"]}
            for day in listed.splitlines()
            for event in json.loads(day)
        }

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [PROGRAMS / program, "-c", self.folder / program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, f"{program} {arguments[0]}: {done.stderr or done.stdout}"
        return done.stdout


def _start(event: Mapping[str, str]) -> float | str:
    if event["all-day"] == "True":
        return event["start"]
    return datetime.fromisoformat(event["start-long-full"]).replace(tzinfo=UTC).timestamp()
