"""The ledger of numbers and addresses that said stop: what counts, whatever a provider believes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from notifications.columns import Id, Instant, NotificationsBase, code
from notifications.outbox import MessageRow, State, move_pending
from notifications.recipients import AddressRow, RecipientRow, addresses_of
from notifications.tasks import NewTask, ask


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


def stop(session: Session, channel: str, digest: str, source: str, now: datetime, detail: str = "") -> bool:
    """That number wants nothing more: what is pending to it is suppressed, and each study's site is told.

    Whether it is news: a number that has said stop already stays as it is.
    """
    row = _locked(session, channel, digest)
    if row is not None and (row.until is None or row.until > now):
        return False
    if row is None:
        row = OptOut(channel=channel, digest=digest)
        session.add(row)
    row.since, row.until = now, None
    session.add(OptOutEvent(channel=channel, digest=digest, at=now, stopped=True, source=source, detail=detail[:200]))
    session.flush()
    mine = [MessageRow.channel == channel, MessageRow.recipient_id.in_(_whose(channel, digest))]
    move_pending(session, mine, State.SUPPRESSED, "they have said stop", now, "dispatch")
    _tell_sites(session, channel, digest, now)
    return True


def start(session: Session, channel: str, digest: str, source: str, now: datetime, detail: str = "") -> bool:
    """That number wants messages again: what was suppressed and is still of use is planned. Whether it is news."""
    row = _locked(session, channel, digest)
    if row is None or (row.until is not None and row.until <= now):
        return False
    row.until = now
    session.add(OptOutEvent(channel=channel, digest=digest, at=now, stopped=False, source=source, detail=detail[:200]))
    session.flush()
    mine = [MessageRow.channel == channel, MessageRow.recipient_id.in_(_whose(channel, digest))]
    useful = [*mine, MessageRow.expires_at > now, MessageRow.provider_id.is_(None)]
    move_pending(session, useful, State.PLANNED, "", now, "dispatch", (State.SUPPRESSED,))
    return True


def has_stopped(session: Session, channel: str, digest: str, now: datetime) -> bool:
    """Whether that number has said stop, and not start since."""
    row = session.get(OptOut, (channel, digest))
    return row is not None and (row.until is None or row.until > now)


def _locked(session: Session, channel: str, digest: str) -> OptOut | None:
    return session.get(OptOut, (channel, digest), with_for_update={"key_share": True}, populate_existing=True)


def _whose(channel: str, digest: str) -> Select[int]:
    return select(AddressRow.recipient_id).where(AddressRow.channel == channel, AddressRow.digest == digest)


def _tell_sites(session: Session, channel: str, digest: str, now: datetime) -> None:
    ids = [row.recipient_id for row in addresses_of(session, channel, digest)]
    for recipient in session.scalars(select(RecipientRow).where(RecipientRow.id.in_(ids)).order_by(RecipientRow.id)):
        words = f"They want no more messages ({channel}): tell them of their visits another way."
        task = NewTask(
            study_id=recipient.study_id, site_id=recipient.site_id, kind="opted-out", recipient_id=recipient.id,
            occasion=f"opted-out.r{recipient.id}.{channel}.{now.isoformat()}", words=words,
        )  # fmt: skip
        ask(session, task, now)
