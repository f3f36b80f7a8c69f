"""Calendar feeds: links that phones, Outlook, Google and Apple calendars subscribe to."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response, request
from pydantic import Field
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import asking, installation, needs, reading, scope, writing
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, Body, Name, Number, PageQuery, Path
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.services import feeds as service

api = resource("feeds", "Calendars that apps subscribe to by a link, and which app has seen which change.")


class FetchAnswer(Answer):
    """What one app has fetched of a feed."""

    app: str
    first_at: datetime
    last_at: datetime
    count: int
    up_to_date: bool = Field(description="Whether it has seen the newest change.")


class FeedAnswer(Answer):
    """A feed. Its link is shown once, when it is made."""

    id: int
    audience: str
    study: str | None
    site: str | None
    participant: str | None
    label: str
    owner: str | None = Field(description="Whose scope limits it; none for one that an operator made.")
    options: dict[str, Any]
    zone: str
    state: str = Field(description="active, expired or withdrawn.")
    why: str = Field(description="Why it was withdrawn: revoked, rotated, role-ended, user-disabled.")
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    revision: int
    changed_at: datetime = Field(description="When what it shows changed last.")
    fetches: list[FetchAnswer] = Field(description="The newest first; none if nobody has ever fetched it.")
    not_seen_by: list[str] = Field(description="The apps that have not seen the newest change yet.")


class LinkAnswer(Answer):
    """A feed with its link, which nobody can look up later."""

    feed: FeedAnswer
    link: str = Field(description="For Outlook and most other apps; whoever has it sees the calendar.")
    page: str = Field(description="A page with the links for each kind of app, and a code for phones.")


class NewFeed(Body):
    """A feed to make. What it may be about depends on the audience."""

    audience: Literal[service.AUDIENCES]  # type: ignore[valid-type]
    label: str = Field(default="", max_length=service.LONGEST_LABEL, examples=["Infusion centre, room 2"])
    study: Name | None = None
    site: Name | None = None
    participant: Number | None = None
    windows: bool = Field(default=False, description="Whether each visit's window is an event of its own.")
    busy_only: bool = Field(default=False, description="For shared rooms: that somebody is busy, and nothing else.")
    alarm_minutes: list[int] = Field(default=[], max_length=service.MOST_ALARMS, examples=[[60]])
    bring: str = Field(default="", max_length=service.LONGEST_BRING, examples=["your diary and your tablets"])
    days: int | None = Field(default=None, ge=1, le=service.MOST_DAYS, description="How long the link is good.")


class FeedPath(Path):
    """A feed."""

    feed: int = Field(ge=1, le=2**62)


class FeedsQuery(PageQuery):
    """Which feeds."""

    status: list[Literal[service.STATES]] = Field(  # type: ignore[valid-type]
        default=[], description="Only those that are so; behind: an app has not seen the newest change yet."
    )


FeedPage = page_of(FeedAnswer)


@api.get("/feeds", responses={200: FeedPage}, operation_id="list_feeds")
@needs(Permission.FEEDS_READ)
def list_all(query: FeedsQuery) -> Response:
    """List your feeds and those about what you look after, with the apps that fetch them."""

    def work(session: Session) -> Any:
        states = tuple(query.status)
        found = service.list_feeds(session, scope(), _me(), states, clock.now(), asked(query))
        return FeedPage(items=[_shown(row) for row in found.rows], next=found.next)

    return reading(work)


@api.post("/feeds", responses={201: LinkAnswer}, operation_id="make_feed")
@needs(Permission.FEEDS_WRITE)
def make(body: NewFeed) -> Response:
    """Make a feed, and show its link, this once. It never shows more than you may see."""
    said = body.model_dump()
    command = service.MakeFeed(**{**said, "alarm_minutes": tuple(said["alarm_minutes"])})

    def work(uow: UnitOfWork) -> LinkAnswer:
        return _linked(uow.session, service.make_feed(uow, installation().designs, scope(), command))

    return writing(work, lambda shown: shown, 201)


@api.get("/feeds/<int:feed>", responses={200: FeedAnswer}, operation_id="show_feed")
@needs(Permission.FEEDS_READ)
def show(path: FeedPath) -> Response:
    """Show a feed: how it stands, and which app has fetched which change."""

    def work(session: Session) -> FeedAnswer:
        found = service.find_feed(session, scope(), _me(), path.feed)
        return _shown(service.show_feed(session, found, clock.now()))

    return reading(work)


@api.post("/feeds/<int:feed>/revocation", responses={200: FeedAnswer}, operation_id="revoke_feed")
@needs(Permission.FEEDS_WRITE)
def revoke(path: FeedPath) -> Response:
    """Withdraw a link. For 30 days the calendar says so, then it is gone."""

    def work(uow: UnitOfWork) -> FeedAnswer:
        found = service.find_feed(uow.session, scope(), _me(), path.feed, lock=True)
        service.revoke_feed(uow, found)
        return _shown(service.show_feed(uow.session, found, uow.now))

    return writing(work, lambda shown: shown)


@api.post("/feeds/<int:feed>/rotation", responses={201: LinkAnswer}, operation_id="rotate_feed")
@needs(Permission.FEEDS_WRITE)
def rotate(path: FeedPath) -> Response:
    """Give the same calendar another link, and withdraw the old one."""

    def work(uow: UnitOfWork) -> LinkAnswer:
        found = service.find_feed(uow.session, scope(), _me(), path.feed, lock=True)
        return _linked(uow.session, service.rotate_feed(uow, found))

    return writing(work, lambda shown: shown, 201)


def _me() -> int:
    return asking().person.user_id


def _linked(session: Session, linked: service.Linked) -> LinkAnswer:
    settings = installation().settings
    page = f"{settings.public_url or request.url_root.rstrip('/')}/calendars/{linked.token}"
    shown = _shown(service.show_feed(session, linked.feed, clock.now()))
    return LinkAnswer(feed=shown, link=f"{page}.ics", page=page)


def _shown(listed: service.Listed) -> FeedAnswer:
    feed = listed.feed
    names = (
        "id", "audience", "label", "options", "zone", "made_at", "expires_at", "revoked_at", "revision", "changed_at",
    )  # fmt: skip
    behind = {fetch.app for fetch in listed.behind}
    return FeedAnswer(
        **{name: getattr(feed, name) for name in names}, study=listed.study, site=listed.site,
        participant=listed.participant, owner=listed.owner, state=listed.state, why=feed.revoked_why,
        fetches=[
            FetchAnswer(
                app=fetch.app, first_at=fetch.first_at, last_at=fetch.last_at, count=fetch.count,
                up_to_date=fetch.app not in behind,
            )
            for fetch in listed.fetches
        ],
        not_seen_by=sorted(behind),
    )  # fmt: skip
