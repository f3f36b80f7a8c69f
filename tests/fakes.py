"""Stand-ins of our own for what is outside: a provider that takes texts, or does with them what it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifications.message import Outgoing, Receipt, Sent, Verdict

#: what may become of a message: taken, and the answer is lost; not taken, and the answer is lost
LOST_AFTER, LOST_BEFORE = "lost-after", "lost-before"


@dataclass(slots=True)
class FakeProvider:
    """A channel whose provider lives in memory. ``plan`` says what becomes of the next messages; then all are taken."""

    clock: Callable[[], datetime]
    name: str = "sms"
    timeout: timedelta = timedelta(seconds=10)
    plan: list[str | Verdict | Receipt] = field(default_factory=list)
    taken: list[Sent] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    redacted: list[str] = field(default_factory=list)
    #: whether it forgets a text when it is asked to
    forgets: bool = True
    #: how long a message is missing in the list; None: the list cannot be had
    lag: timedelta | None = timedelta(0)
    #: called as each request comes in
    meanwhile: Callable[[Outgoing], None] = lambda _: None

    def send(self, outgoing: Outgoing) -> Receipt:
        """Take a message, or not."""
        self.outgoing.append(outgoing)
        self.meanwhile(outgoing)
        fate = self.plan.pop(0) if self.plan else Verdict.ACCEPTED
        if isinstance(fate, Receipt):
            return fate
        if fate in (LOST_AFTER, Verdict.ACCEPTED):
            number = self._take(outgoing)
            if fate == Verdict.ACCEPTED:
                return Receipt(verdict=Verdict.ACCEPTED, provider_id=number)
        if fate in (LOST_AFTER, LOST_BEFORE):
            return Receipt(verdict=Verdict.UNKNOWN, words="no answer in time")
        return Receipt(verdict=Verdict(fate), error_code="made-up", words="made up")

    def find(self, to: str, since: datetime) -> list[Sent] | None:
        """What was taken for that number."""
        if self.lag is None:
            return None
        listed = [sent for sent in self.taken if sent.to == to and since <= sent.at <= self.clock() - self.lag]
        return listed[::-1]

    def redact(self, provider_id: str) -> bool:
        """Forget a text, or not."""
        self.redacted.append(provider_id)
        return self.forgets

    def texts(self) -> list[str]:
        """What was taken, oldest first."""
        return [sent.text for sent in self.taken]

    def _take(self, outgoing: Outgoing) -> str:
        number = f"SM{len(self.taken):032x}"
        self.taken.append(
            Sent(provider_id=number, to=outgoing.to, text=outgoing.text, at=self.clock(), state="accepted")
        )
        return number
