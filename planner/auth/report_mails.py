"""What somebody may read of reports that are mailed: no more than they may at that moment."""

from __future__ import annotations

from sqlalchemy.orm import Session

from planner.auth.permissions import Permission, roles_with
from planner.persistence.users import User
from planner.services.access import Scope
from planner.services.users import person_of


def reading_scope(session: Session, user: User) -> Scope:
    """Where a user may read reports now; nowhere once they are no user any more."""
    if user.disabled_at is not None:
        return Scope(())
    return person_of(session, user).may_as(*roles_with(Permission.DEVIATIONS_READ))
