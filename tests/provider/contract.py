"""Twilio's own description of its API, as a judge between our client and the simulated provider.

Prism stands between the two, and refuses every request and every answer that the description does not allow.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import urllib3

PRISM = Path(__file__).resolve().parents[2] / ".prism" / "node_modules" / ".bin" / "prism"
DESCRIPTION = Path("twilio") / "twilio_api_v2010.json"
LISTS = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
PAGES = ("uri", "first_page_uri", "next_page_uri", "previous_page_uri")
SECONDS = 60
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def missing(reference_data: Path) -> str:
    """Why the contract cannot be checked on this machine; nothing if it can."""
    if not (reference_data / DESCRIPTION).is_file():
        return f"no description of Twilio's API at {reference_data / DESCRIPTION}"
    if shutil.which("node") is None:
        return "no node: it runs prism"
    return "" if PRISM.is_file() else f"no prism at {PRISM}: see scripts/prism"


def description(reference_data: Path) -> dict[str, Any]:
    """Twilio's description, with its one contradiction mended.

    It calls the addresses of a list's pages ``uri``, which means whole ones; in its own examples they are relative, as
    Twilio sends them.
    """
    read: dict[str, Any] = json.loads((reference_data / DESCRIPTION).read_text("utf-8"))
    listed = read["paths"][LISTS]["get"]["responses"]["200"]["content"]["application/json"]
    for page in listed["examples"].values():
        assert page["value"]["uri"].startswith("/")
    for name in PAGES:
        assert listed["schema"]["properties"][name]["format"] == "uri"
        listed["schema"]["properties"][name]["format"] = "uri-reference"
    return read


@dataclass(slots=True)
class Judge:
    """Prism while it runs, and what it has said."""

    url: str
    said: list[str] = field(default_factory=list)
    listens: Event = field(default_factory=Event)
    marks: int = 0

    def hear(self, running: subprocess.Popen[str]) -> None:
        """Take down what it says, to its end."""
        assert running.stdout is not None
        for line in running.stdout:
            self.said.append(_COLOURS.sub("", line.rstrip()))
            if "Prism is listening" in line:
                self.listens.set()
        self.listens.set()

    def settle(self) -> None:
        """Wait until all that was judged so far was also said: what it says comes later than its answers."""
        self.marks += 1
        mark = f"/mark-{self.marks} "
        urllib3.request("GET", self.url + mark.rstrip())
        until = monotonic() + SECONDS
        while not any(mark in line and "terminated" in line for line in self.said):
            assert monotonic() < until, "prism says nothing any more"
            sleep(0.01)

    @property
    def calls(self) -> int:
        """How many requests it has judged."""
        return sum("Request received" in line and "/mark-" not in line for line in self.said)

    @property
    def violations(self) -> list[str]:
        """What was not within the contract, or could not be judged."""
        return [line for line in self.said if "Request terminated with error" in line and "/mark-" not in line]

    @property
    def undescribed(self) -> int:
        """How many answers the description is silent about: it has no errors."""
        return sum("Unable to match the returned status code" in line for line in self.said)


@contextmanager
def judging(reference_data: Path, upstream: str, folder: Path) -> Iterator[Judge]:
    """Prism in front of a provider, for as long as the context lasts."""
    mended = folder / "twilio.json"
    mended.write_text(json.dumps(description(reference_data)), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(PRISM), "proxy", "-h", "127.0.0.1", "-p", str(port), "--errors", str(mended), upstream]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        judge = Judge(f"http://127.0.0.1:{port}")
        hearing = Thread(target=judge.hear, args=(running,), daemon=True)
        hearing.start()
        try:
            assert judge.listens.wait(SECONDS), "prism does not listen"
            assert running.poll() is None, "\n".join(judge.said[-20:])
            yield judge
        finally:
            running.terminate()
            running.wait(10)
            hearing.join(10)
