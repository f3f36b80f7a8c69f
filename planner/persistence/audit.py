"""Who did what, when and why: append-only, each entry sealed by the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any, cast

from sqlalchemy import Index, String, Table, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.bulk import Bulk
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
        return self.noted().sealed(self.seq, self.previous)

    def noted(self) -> Note:
        """What it says, without its place in the chain."""
        return Note(
            chain=self.chain, at=self.at, actor=self.actor, action=self.action, subject=self.subject,
            before=_text(self.before), after=_text(self.after), why=self.why, request_id=self.request_id,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What an entry will say, before it has its place in the chain; ``before`` and ``after`` as JSON text."""

    chain: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: str | None
    after: str | None
    why: str
    request_id: str

    def sealed(self, seq: int, previous: str) -> str:
        """The digest of the entry at that place: of all that it says as JSON, in the one form that we write."""
        said = (
            f'{{"action":{_quoted(self.action)},"actor":{_quoted(self.actor)},"after":{self.after or "null"},'
            f'"at":"{self.at.astimezone(UTC).isoformat()}","before":{self.before or "null"},"chain":{self.chain},'
            f'"previous":"{previous}","request_id":{_quoted(self.request_id)},"seq":{seq},'
            f'"subject":{_quoted(self.subject)},"why":{_quoted(self.why)}}}'
        )
        return hashlib.sha256(said.encode()).hexdigest()


_COLUMNS = (
    "chain", "seq", "at", "actor", "action", "subject", "before", "after", "why", "request_id", "previous", "digest",
)  # fmt: skip
_PAGE = 5_000
_quoted = encode_basestring


def _text(value: Any) -> str | None:
    return None if value is None else json_text(value)


class AuditHead(Base):
    """The newest entry of a chain. Locked by whoever appends: two entries cannot follow the same one."""

    __tablename__ = "audit_head"
    chain: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    seq: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))


def locked_head(session: Session, chain: int) -> AuditHead | None:
    """The head of a chain, locked until the transaction ends."""
    return session.scalar(select(AuditHead).where(AuditHead.chain == chain).with_for_update())


def append(session: Session, chain: int, notes: Sequence[Note]) -> None:
    """Append entries to a chain, each sealed by the one before it; its head stays locked until the transaction ends."""
    head = locked_head(session, chain)
    if head is None:
        head = AuditHead(chain=chain, seq=0, digest=GENESIS)
        session.add(head)
        session.flush()
    bulk = Bulk(session.connection())
    for start in range(0, len(notes), _PAGE):
        rows = []
        for note in notes[start : start + _PAGE]:
            seq, previous = head.seq + 1, head.digest
            head.seq, head.digest = seq, note.sealed(seq, previous)
            rows.append(
                (
                    chain, seq, note.at, note.actor, note.action, note.subject, note.before, note.after, note.why,
                    note.request_id, previous, head.digest,
                )
            )  # fmt: skip
        bulk.insert(cast(Table, AuditEntry.__table__), _COLUMNS, rows)
    session.flush()
