"""A simulated phone: what would have been texted is kept in a table and shown on a page; nothing leaves the machine.

The default of a fresh checkout. A message takes the whole way that it would take through a provider: it is accepted,
can be found again by its number, and is reported as delivered afterwards (``tell``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import Index, String, Text, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from notifications.columns import Id, Instant, NotificationsBase, code
from notifications.message import Outgoing, Receipt, Sent, StatusReport, Transactions, Verdict
from notifications.outbox import State

log = logging.getLogger(__name__)

MOST_SHOWN = 200
MOST_TOLD = 100
#: so many reports that cannot be taken keep the others back
MOST_LOOKED_AT = 1_000


class HandsetMessage(NotificationsBase):
    """A text on a simulated phone. The number is not kept, only its keyed digest."""

    __tablename__ = "handset_message"
    __table_args__ = (
        Index("ix_handset_message_digest", "digest", "channel", "id"),
        Index(
            "ix_handset_message_untold", "id",
            postgresql_where=text("told_at IS NULL"), sqlite_where=text("told_at IS NULL"),
        ),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(code(20))
    digest: Mapped[str] = mapped_column(String(64))
    #: of the attempt that sent it: the same attempt twice is the same text
    token: Mapped[str] = mapped_column(String(40), unique=True)
    subject: Mapped[str] = mapped_column(String(200), default="")
    #: what it says, until it is redacted
    text: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    #: when it was reported as delivered
    told_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def provider_id(self) -> str:
        """What the handset calls it."""
        return f"handset-{self.id}"


class Handset:
    """A channel that puts texts on simulated phones. ``digest`` is the address book's, ``clock`` says the time."""

    def __init__(
        self,
        transactions: Transactions,
        digest: Callable[[str], str],
        clock: Callable[[], datetime],
        name: str = "sms",
        timeout: timedelta = timedelta(seconds=10),
    ) -> None:
        self.name = name
        self.timeout = timeout
        self._transactions = transactions
        self._digest = digest
        self._clock = clock

    def send(self, outgoing: Outgoing) -> Receipt:
        """Put a text on the phone. Raises nothing: where the database fails nobody knows whether it is there."""
        if outgoing.deadline is not None and monotonic() > outgoing.deadline:
            return Receipt(verdict=Verdict.NOT_TAKEN, words="it took too long to begin")
        try:
            kept = self._transactions.transact(lambda session: self._keep(session, outgoing))
        except Exception:
            log.exception("handset: a text could not be kept")
            return Receipt(verdict=Verdict.UNKNOWN, words="the database failed")
        return Receipt(verdict=Verdict.ACCEPTED, provider_id=kept)

    def find(self, to: str, since: datetime) -> list[Sent] | None:
        """What is on that phone since then, newest first; None where the database cannot be asked."""
        try:
            with self._transactions.reading() as session:
                rows = texts_on(session, self.name, self._digest(to))
        except Exception:
            log.exception("handset: texts could not be looked up")
            return None
        return [
            Sent(
                provider_id=row.provider_id, to=to, text=row.text or "", at=row.at,
                state=State.ACCEPTED if row.told_at is None else State.DELIVERED,
            )
            for row in rows
            if row.at >= since
        ]  # fmt: skip

    def redact(self, provider_id: str) -> bool:
        """Remove a text from the phone, but for when it came; whether it is gone."""
        number = provider_id.removeprefix("handset-")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return False
        emptied = update(HandsetMessage).where(HandsetMessage.id == int(number)).values(text=None, subject="")
        try:
            self._transactions.transact(lambda session: session.execute(emptied))
        except Exception:
            log.exception("handset: a text could not be redacted")
            return False
        return True

    def tell(self, take: Callable[[Session, StatusReport], object]) -> int:
        """Report as delivered what was not reported yet, each in the transaction that takes the report; how many.

        One that cannot be taken is reported again the next time, and keeps no other one back.
        """
        untold = select(HandsetMessage.id).where(HandsetMessage.told_at.is_(None), HandsetMessage.channel == self.name)
        with self._transactions.reading() as session:
            ids = session.scalars(untold.order_by(HandsetMessage.id).limit(MOST_LOOKED_AT)).all()
        told = 0
        for number in ids:
            told += self._told(number, take)
            if told == MOST_TOLD:
                break
        return told

    def _told(self, number: int, take: Callable[[Session, StatusReport], object]) -> bool:
        try:
            return self._transactions.transact(lambda session: self._tell(session, number, take))
        except Exception:
            log.exception("handset: the report on text %d could not be taken", number)
            return False

    def _tell(self, session: Session, number: int, take: Callable[[Session, StatusReport], object]) -> bool:
        untold = select(HandsetMessage).where(HandsetMessage.id == number, HandsetMessage.told_at.is_(None))
        row = session.scalar(untold.with_for_update(skip_locked=True))
        if row is None:
            return False
        take(session, _delivered(row))
        row.told_at = self._clock()
        return True

    def _keep(self, session: Session, outgoing: Outgoing) -> str:
        found = session.scalar(select(HandsetMessage).where(HandsetMessage.token == outgoing.token))
        if found is None:
            found = HandsetMessage(
                channel=self.name, digest=self._digest(outgoing.to), token=outgoing.token,
                subject=outgoing.subject[:200], text=outgoing.text, at=self._clock(),
            )  # fmt: skip
            session.add(found)
            session.flush()
        return found.provider_id


def texts_on(session: Session, channel: str, digest: str, limit: int = MOST_SHOWN) -> list[HandsetMessage]:
    """The texts on one phone, newest first: what the page of the simulated phone shows."""
    on = select(HandsetMessage).where(HandsetMessage.digest == digest, HandsetMessage.channel == channel)
    return list(session.scalars(on.order_by(HandsetMessage.id.desc()).limit(limit)))


def _delivered(row: HandsetMessage) -> StatusReport:
    return StatusReport(
        channel=row.channel, provider_id=row.provider_id, token=row.token, state=State.DELIVERED, status="delivered"
    )
