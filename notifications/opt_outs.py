"""The ledger of numbers and addresses that said stop: what counts, whatever a provider believes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from notifications.columns import Id, Instant, NotificationsBase, code


class OptOut(NotificationsBase):
    """A number or address that wants nothing more, from ``since`` until ``until`` (none: it still holds).

    By number and not by recipient: who shares a phone shares its stop.
    """

    __tablename__ = "opt_out"
    channel: Mapped[str] = mapped_column(code(20), primary_key=True)
    #: keyed digest of the number or address
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)


class OptOutEvent(NotificationsBase):
    """One stop or start, with who said so: only ever added to."""

    __tablename__ = "opt_out_event"
    __table_args__ = (Index("ix_opt_out_event_digest", "digest", "id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(code(20))
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)
    stopped: Mapped[bool]
    #: reply, provider, or person
    source: Mapped[str] = mapped_column(code(20))
    detail: Mapped[str] = mapped_column(String(200), default="")
