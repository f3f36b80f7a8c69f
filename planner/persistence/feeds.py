"""Calendar feeds: who may subscribe to what, at which revision each is, and which apps have fetched it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    and_,
    bindparam,
    exists,
    false,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, Json, code
from planner.persistence.users import Grant

#: whose feed is about what they were told; all others are about what is planned
PARTICIPANT = "participant"
CENTRE, COORDINATOR, STUDY, SITE = "centre", "coordinator", "study", "site"
#: everybody, where a change concerns all participants of a site
EVERYBODY = None
#: the roles whose scope decides what a feed of theirs shows
ROLES = ("administrator", "coordinator", "investigator", "infusion-centre")


class Feed(Base):
    """A calendar that apps subscribe to by its link. Only a digest of the link's secret is kept.

    ``revision`` grows in each transaction that changes what the feed may show; the answer to most fetches follows
    from it alone. What is None of study, site and participant does not narrow the feed. ``owner_id`` is the user whose
    scope limits it; none for one that an operator made.
    """

    __tablename__ = "feed"
    __table_args__ = (
        Index("ix_feed_participant", "participant_id"),
        Index("ix_feed_owner", "owner_id"),
        Index("ix_feed_audience", "audience", "study_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    #: participant, centre, coordinator, study or site: what is shown of a visit
    audience: Mapped[str] = mapped_column(String(16))
    study_id: Mapped[int | None] = mapped_column(ForeignKey("study.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    label: Mapped[str] = mapped_column(String(100))
    #: windows, busy_only: true or false; alarm_minutes before a visit; bring: what a participant is to bring
    options: Mapped[dict[str, Any]] = mapped_column(Json)
    #: IANA name: on this clock its days begin, and what is too old falls out of it
    zone: Mapped[str] = mapped_column(String(64))
    #: SHA-256 of the secret, 64 hexadecimal digits
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    #: when the link was withdrawn, and in a word why: revoked, rotated, role-ended, user-disabled
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_why: Mapped[str] = mapped_column(String(20), default="")
    #: the feed that took its place under another link
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("feed.id"))
    revision: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(Instant)


class FeedFetch(Base):
    """How one calendar app has fetched one feed: when first and last, which revision it has seen, how often."""

    __tablename__ = "feed_fetch"
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), primary_key=True, autoincrement=False)
    #: what the app calls itself, in a word or two: Outlook, Google Calendar, Thunderbird
    app: Mapped[str] = mapped_column(code(40), primary_key=True)
    first_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)
    revision: Mapped[int]
    count: Mapped[int]


class Place(NamedTuple):
    """Where something changed that staff may see: in which study, at which site, of which participant."""

    study_id: int
    site_id: int
    participant_id: int | None


def touch_feeds(session: Session, places: Iterable[Place], told: Collection[int], now: datetime) -> None:
    """Begin the next revision of exactly the feeds that show something of these places, or to these participants.

    The feeds are locked in the order of their numbers, and after everything else but the audit: two writers wait for
    each other only one way round.
    """
    concerned = [*map(_shows, sorted(places, key=repr)), *_told(told)]
    if concerned:
        _move_on(session, or_(*concerned), now)


def touch_owned(session: Session, owner_id: int, now: datetime) -> None:
    """Begin the next revision of what a user's scope limits: it is another scope now."""
    _move_on(session, and_(Feed.owner_id == owner_id, Feed.audience != PARTICIPANT), now)


def _move_on(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    found = select(Feed.id).where(which, Feed.revoked_at.is_(None)).order_by(Feed.id)
    ids = list(session.scalars(found.with_for_update(key_share=True)))
    if ids:
        moved = update(Feed).where(Feed.id.in_(ids)).values(revision=Feed.revision + 1, changed_at=now)
        session.execute(moved.execution_options(synchronize_session=False))


def _shows(place: Place) -> ColumnElement[bool]:
    """Whether a feed of staff shows what is there."""
    one = true() if place.participant_id is EVERYBODY else _narrows(Feed.participant_id, place.participant_id)
    mine = exists().where(
        Grant.user_id == Feed.owner_id, Grant.ended_at.is_(None), Grant.role.in_(ROLES),
        _narrows(Grant.study_id, place.study_id), _narrows(Grant.site_id, place.site_id),
    )  # fmt: skip
    return and_(
        Feed.audience != PARTICIPANT, _narrows(Feed.study_id, place.study_id), _narrows(Feed.site_id, place.site_id),
        one, or_(Feed.owner_id.is_(None), mine),
    )  # fmt: skip


def _narrows(column: Any, value: int) -> ColumnElement[bool]:
    return or_(column.is_(None), column == value)


def _told(told: Collection[int]) -> list[ColumnElement[bool]]:
    return [and_(Feed.audience == PARTICIPANT, Feed.participant_id.in_(sorted(told)))] if told else []


def has_own_feed(session: Session, participant_id: int) -> bool:
    """Whether a participant has a calendar of their own."""
    query = select(Feed.id).where(*_told([participant_id]), Feed.revoked_at.is_(None))
    return session.scalar(query.limit(1)) is not None


#: Adds to what is known of an app's fetches; the newest revision that it has seen stays.
_NOTE = text(
    "INSERT INTO feed_fetch (feed_id, app, first_at, last_at, revision, count)"
    " VALUES (:feed_id, :app, :first_at, :last_at, :revision, :count)"
    " ON CONFLICT (feed_id, app) DO UPDATE SET count = feed_fetch.count + excluded.count,"
    " last_at = CASE WHEN excluded.last_at > feed_fetch.last_at THEN excluded.last_at ELSE feed_fetch.last_at END,"
    " revision = CASE WHEN excluded.revision > feed_fetch.revision THEN excluded.revision ELSE feed_fetch.revision END"
).bindparams(bindparam("first_at", type_=Instant()), bindparam("last_at", type_=Instant()))


def note_fetches(session: Session, rows: Collection[dict[str, Any]]) -> None:
    """Add what was fetched since, many at once, always in one order."""
    in_order = sorted(rows, key=lambda row: (row["feed_id"], row["app"]))
    if in_order:
        session.execute(_NOTE, in_order)


def fetches_of(session: Session, feed_ids: Collection[int]) -> dict[int, list[FeedFetch]]:
    """What is known of the fetches of these feeds, the newest first."""
    found: dict[int, list[FeedFetch]] = {one: [] for one in feed_ids}
    query = select(FeedFetch).where(FeedFetch.feed_id.in_(feed_ids) if feed_ids else false())
    for row in session.scalars(query.order_by(FeedFetch.last_at.desc(), FeedFetch.app)):
        found[row.feed_id].append(row)
    return found
