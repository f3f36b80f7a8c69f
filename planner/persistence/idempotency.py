"""Answers that were given once, so that a request that is sent again does nothing twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Instant


class GivenAnswer(Base):
    """The answer to one request of one user, by the key that the request came with."""

    __tablename__ = "given_answer"
    __table_args__ = (Index("ix_given_answer_at", "at"),)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    #: SHA-256 of the request: the same key with another request is a mistake
    request: Mapped[str] = mapped_column(String(64))
    #: status, headers and body, encrypted: an answer may hold a token, or how to reach somebody
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Instant)


def claim_key(session: Session, user_id: int, key: str, request: str, now: datetime) -> GivenAnswer | None:
    """Take the key for this transaction; None if it is new, else the row of whoever had it before.

    Two requests with one key at once: the second waits here until the first has ended.
    """
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    values = {"user_id": user_id, "key": key, "request": request, "sealed": b"", "at": now}
    taken = session.execute(
        insert(GivenAnswer).values(values).on_conflict_do_nothing().returning(GivenAnswer.key)
    ).first()
    return None if taken else session.get_one(GivenAnswer, (user_id, key))


def keep_answer(session: Session, user_id: int, key: str, sealed: bytes) -> None:
    """Keep the answer with the key that this transaction has taken."""
    session.get_one(GivenAnswer, (user_id, key)).sealed = sealed
