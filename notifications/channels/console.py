"""Prints what would be sent, for whoever sets an installation up. Nothing leaves the machine."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import TextIO

from notifications.message import Outgoing, Receipt, Sent, Verdict


class Console:
    """A channel that prints. Of a number or an address only its end is printed: terminals are kept and copied."""

    def __init__(self, name: str = "sms", stream: TextIO | None = None) -> None:
        self.name = name
        self.timeout = timedelta(seconds=10)
        self._stream = stream

    def send(self, outgoing: Outgoing) -> Receipt:
        """Print one message. A terminal that is gone has perhaps shown it: nobody knows."""
        stream = self._stream or sys.stdout
        subject = f"{outgoing.subject}\n" if outgoing.subject else ""
        try:
            stream.write(f"--- {self.name} to {ending(outgoing.to)} ({outgoing.language})\n{subject}{outgoing.text}\n")
            stream.flush()
        except (OSError, ValueError):
            return Receipt(verdict=Verdict.UNKNOWN, words="the terminal is gone")
        return Receipt(verdict=Verdict.ACCEPTED, provider_id=f"console-{outgoing.token}")

    def find(self, to: str, since: datetime) -> list[Sent] | None:
        """Cannot be asked: nothing of what was printed is kept."""
        return None

    def redact(self, provider_id: str) -> bool:
        """Nothing is kept that could be redacted."""
        return True


def ending(address: str) -> str:
    """The last three characters of a number or an address."""
    return "…" + address[-3:]
