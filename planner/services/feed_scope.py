"""What a feed may show: never more than whoever made it may see, and nothing any more once they may see nothing.

A participant's own is theirs, not its maker's: it goes on, and somebody is asked whether it needs another link.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.tasks import NewTask, ask, settle_task
from planner.persistence.feeds import PARTICIPANT, ROLES, Feed, touch_owned
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import Grant, User
from planner.services.access import EVERYTHING, Scope
from planner.services.recipients import keep_recipients

#: why a link was withdrawn
REVOKED, ROTATED, ROLE_ENDED, USER_DISABLED = "revoked", "rotated", "role-ended", "user-disabled"
#: what a study's coordinators are asked about a participant's calendar
CALENDAR_LINK = "calendar-link"


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
    settle_task(uow.session, _occasion(feed), "the link was withdrawn", uow.now)


def _occasion(feed: Feed) -> str:
    return f"{CALENDAR_LINK}.f{feed.id}"


def _leave_to_its_participant(uow: UnitOfWork, feed: Feed, why: str) -> None:
    """The link goes on, looked after by whoever may; its maker may have kept it, so that somebody is asked."""
    participant = uow.session.get_one(Participant, feed.participant_id)
    maker, feed.owner_id = feed.owner_id, None
    words = (
        "Whoever made the link of this participant's calendar works here no more, and may have kept it. "
        "Give the participant another one, or say here that this one stays."
    )
    task = NewTask(
        study_id=participant.study_id, site_id=participant.site_id, kind=CALENDAR_LINK, occasion=_occasion(feed),
        recipient_id=keep_recipients(uow, participant).own.id, words=words,
    )  # fmt: skip
    ask(uow.session, task, uow.now)
    before = {"owner_id": maker, "why": why}
    uow.audit("feed.left-by-its-maker", f"feed:{feed.id}", study_id=participant.study_id, before=before)


def scope_changed(uow: UnitOfWork, user: User) -> None:
    """After a role of a user came or went, or the user may not sign in any more: their feeds follow.

    A participant's own goes on.
    """
    uow.session.flush()
    scope = owner_scope(uow.session, user.id)
    why = ROLE_ENDED if user.disabled_at is None else USER_DISABLED
    mine = select(Feed).where(Feed.owner_id == user.id, Feed.revoked_at.is_(None)).order_by(Feed.id)
    for feed in uow.session.scalars(mine.with_for_update(key_share=True)):
        if not is_within(uow.session, feed, scope):
            (_leave_to_its_participant if feed.audience == PARTICIPANT else withdraw)(uow, feed, why)
    uow.session.flush()
    touch_owned(uow.session, user.id, uow.now)
