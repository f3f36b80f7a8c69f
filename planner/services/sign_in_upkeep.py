"""Tidies up after people who signed in: sessions that nobody uses any more, failed attempts that count no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import CursorResult, delete, or_, select

from planner.persistence.idempotency import GivenAnswer
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import SignInAttempt, WebSession
from planner.services.users import LOCKED_OUT

#: no session lives longer, whatever shorter limits the installation sets
LONGEST_UNUSED = timedelta(days=1)
LONGEST_SESSION = timedelta(days=7)
#: how long an ended session can still be looked up; that somebody signed in stays in the audit for good
KEPT = timedelta(days=90)
#: how long a request may be sent again with its key and do nothing twice
SENT_AGAIN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class TidiedUp:
    """How many sessions were ended and removed, and how many failed attempts and given answers were forgotten."""

    ended: int
    removed: int
    attempts: int
    answers: int


def tidy_sign_ins(uow: UnitOfWork) -> TidiedUp:
    """End sessions that are too old or unused for too long, remove those that ended long ago, forget old failures."""
    session, now = uow.session, uow.now
    unused = or_(WebSession.seen_at < now - LONGEST_UNUSED, WebSession.began_at < now - LONGEST_SESSION)
    query = select(WebSession).where(WebSession.ended_at.is_(None), unused).with_for_update(skip_locked=True)
    ended = list(session.scalars(query))
    for row in ended:
        row.ended_at = now
    session.flush()
    removed = session.execute(delete(WebSession).where(WebSession.ended_at < now - KEPT))
    attempts = session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - LOCKED_OUT))
    if ended:
        who = sorted({row.user_id for row in ended})
        uow.audit("sessions.expired", "installation", after={"sessions": len(ended), "users": who})
    answers = session.execute(delete(GivenAnswer).where(GivenAnswer.at < now - SENT_AGAIN))
    return TidiedUp(len(ended), _count(removed), _count(attempts), _count(answers))


def _count(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
