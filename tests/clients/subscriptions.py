"""Apps that have subscribed to a calendar by its address, and refresh it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import urllib3

from tests.clients.khal import Khal
from tests.clients.readers import KHAL, Reader, Shown, as_read


class Subscription(Protocol):
    """An app with one calendar."""

    def refresh(self) -> None:
        """Ask the server for what has changed."""

    def shown(self) -> list[Shown]:
        """What it shows, earliest first."""


def subscribe(reader: Reader, url: str, folder: Path) -> Subscription:
    """An app subscribes to a calendar. vdirsyncer does it for khal; libraries are handed what was fetched."""
    if reader == KHAL:
        return _Synced(Khal(folder / "khal", {"type": "http", "url": url}))
    return _Fetched(reader, url)


def _in_order(shown: list[Shown]) -> list[Shown]:
    return sorted(shown, key=lambda event: (event.start.isoformat(), event.summary))


@dataclass
class _Synced:
    app: Khal

    def refresh(self) -> None:
        self.app.refresh()

    def shown(self) -> list[Shown]:
        return _in_order(list(as_read({"events": self.app.events(), "complaints": []}).events.values()))


@dataclass
class _Fetched:
    """Asks with the tag of what it has, as apps do; what it has stays when the server says that it is the newest."""

    reader: Reader
    url: str
    tag: str = ""
    text: str = ""

    def refresh(self) -> None:
        headers = {"If-None-Match": self.tag, "Accept-Encoding": "gzip"} if self.tag else {"Accept-Encoding": "gzip"}
        answer = urllib3.request("GET", self.url, headers=headers)
        assert answer.status in (200, 304), answer.status
        if answer.status == 200:
            self.tag, self.text = answer.headers["ETag"], answer.data.decode()

    def shown(self) -> list[Shown]:
        (read,) = self.reader.read([self.text])
        assert not read.complaints
        return _in_order(list(read.events.values()))
