"""What somebody may do whose work is done by a worker: no more than they may at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from planner.auth.permissions import Permission, roles_with
from planner.persistence.long_work import LongWork
from planner.persistence.users import User
from planner.services.access import Scope
from planner.services.users import person_of

#: what each kind of work needs, whoever asks for it and does it
_NEEDED = {
    "import-check": Permission.IMPORTS_WRITE,
    "import": Permission.IMPORTS_WRITE,
    "replan": Permission.STUDIES_WRITE,
    "amendment-look": Permission.FACTS_READ,
    "amendment": Permission.STUDIES_WRITE,
    "export": Permission.PARTICIPANTS_READ,
}


def needed_for(kind: str, asked: Mapping[str, Any]) -> Permission:
    """What somebody needs for work of that kind."""
    return Permission.DEVIATIONS_READ if asked.get("what") == "deviations" else _NEEDED[kind]


def scope_of(session: Session, work: LongWork) -> Scope:
    """Where whoever asked for work may do it now; nowhere once they are no user any more."""
    user = session.get_one(User, work.asked_by)
    if user.disabled_at is not None:
        return Scope(())
    return person_of(session, user).may_as(*roles_with(needed_for(work.kind, work.asked)))
