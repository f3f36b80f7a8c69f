"""What somebody may read of reports that are mailed: no more than they may at that moment."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from planner.auth.permissions import Permission, roles_with
from planner.persistence.users import Grant, User
from planner.services.access import Scope
from planner.services.users import person_of


def reading_scope(session: Session, user: User) -> Scope:
    """Where a user may read reports now; nowhere once they are no user any more."""
    if user.disabled_at is not None:
        return Scope(())
    return person_of(session, user).may_as(*roles_with(Permission.DEVIATIONS_READ))


def readers_in(session: Session, study_id: int) -> Sequence[User]:
    """Everybody who may read reports of a study now, if only of some of its sites, by their names."""
    roles = [role.value for role in roles_with(Permission.DEVIATIONS_READ)]
    theirs = select(Grant.user_id).where(
        Grant.role.in_(roles), Grant.ended_at.is_(None), or_(Grant.study_id.is_(None), Grant.study_id == study_id)
    )
    query = select(User).where(User.disabled_at.is_(None), User.id.in_(theirs))
    return session.scalars(query.order_by(User.name, User.id)).all()
