"""What a feed may show: never more than whoever made it may see, and nothing any more once they may see nothing."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.feeds import ROLES, Feed, touch_owned
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import Grant, User
from planner.services.access import EVERYTHING, Scope

#: why a link was withdrawn
REVOKED, ROTATED, ROLE_ENDED, USER_DISABLED = "revoked", "rotated", "role-ended", "user-disabled"


def owner_scope(session: Session, owner_id: int | None) -> Scope:
    """What a feed's owner may see now; everything where an operator made it."""
    if owner_id is None:
        return EVERYTHING
    query = select(Grant.study_id, Grant.site_id).join(User, User.id == Grant.user_id)
    theirs = (Grant.user_id == owner_id, Grant.ended_at.is_(None), Grant.role.in_(ROLES), User.disabled_at.is_(None))
    return Scope(tuple((study_id, site_id) for study_id, site_id in session.execute(query.where(*theirs))))


def is_within(session: Session, feed: Feed, scope: Scope) -> bool:
    """Whether somebody with that scope may have this feed."""
    site_id = feed.site_id
    if feed.participant_id is not None:
        site_id = session.get_one(Participant, feed.participant_id).site_id
    if feed.study_id is not None and site_id is not None:
        return scope.covers(feed.study_id, site_id)
    if feed.study_id is not None:
        return scope.covers_whole(feed.study_id)
    return scope.covers_site(site_id) if site_id is not None else bool(scope.pairs)


def withdraw(uow: UnitOfWork, feed: Feed, why: str) -> None:
    """End a link: for a while it says so, then nothing."""
    feed.revoked_at, feed.revoked_why = uow.now, why
    feed.revision, feed.changed_at = feed.revision + 1, uow.now
    uow.audit(f"feed.{why}", f"feed:{feed.id}", study_id=feed.study_id or 0, before={"label": feed.label})


def scope_changed(uow: UnitOfWork, user: User) -> None:
    """After a role of a user came or went, or the user may not sign in any more: their feeds follow."""
    uow.session.flush()
    scope = owner_scope(uow.session, user.id)
    why = ROLE_ENDED if user.disabled_at is None else USER_DISABLED
    mine = select(Feed).where(Feed.owner_id == user.id, Feed.revoked_at.is_(None)).order_by(Feed.id)
    for feed in uow.session.scalars(mine.with_for_update(key_share=True)):
        if not is_within(uow.session, feed, scope):
            withdraw(uow, feed, why)
    uow.session.flush()
    touch_owned(uow.session, user.id, uow.now)
