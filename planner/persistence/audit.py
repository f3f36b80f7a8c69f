"""Who did what, when and why: append-only, each entry sealed by the one before it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, Json, json_text

#: the chain of what belongs to no study
INSTALLATION = 0
GENESIS = "0" * 64


class AuditEntry(Base):
    """One thing that somebody did. ``chain`` is the study's id, or 0; ``seq`` counts from 1 within it."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "chain", "subject"),)
    chain: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    #: user:7, token:3 of user:7, or the planner itself
    actor: Mapped[str] = mapped_column(String(60))
    #: such as facts.recorded
    action: Mapped[str] = mapped_column(String(60))
    #: such as participant:01-014
    subject: Mapped[str] = mapped_column(String(200))
    before: Mapped[Any | None] = mapped_column(Json)
    after: Mapped[Any | None] = mapped_column(Json)
    why: Mapped[str] = mapped_column(Text, default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))

    def sealed(self) -> str:
        """The digest that this entry must have."""
        said = {
            "chain": self.chain, "seq": self.seq, "at": self.at.astimezone(UTC).isoformat(), "actor": self.actor,
            "action": self.action, "subject": self.subject, "before": self.before, "after": self.after,
            "why": self.why, "request_id": self.request_id, "previous": self.previous,
        }  # fmt: skip
        return hashlib.sha256(json_text(said).encode()).hexdigest()


class AuditHead(Base):
    """The newest entry of a chain. Locked by whoever appends: two entries cannot follow the same one."""

    __tablename__ = "audit_head"
    chain: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    seq: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))


def locked_head(session: Session, chain: int) -> AuditHead | None:
    """The head of a chain, locked until the transaction ends."""
    return session.scalar(select(AuditHead).where(AuditHead.chain == chain).with_for_update())
