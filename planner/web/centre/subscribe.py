"""The centre's calendar: a link to subscribe to, and the links that there are."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.feeds import CENTRE
from planner.persistence.paging import Asked
from planner.persistence.unit_of_work import UnitOfWork
from planner.request_log import request_id
from planner.services.feeds import Linked, MakeFeed, find_feed, list_feeds, make_feed, revoke_feed
from planner.web.centre.site import place_of

pages = Blueprint("subscribe", __name__)
MOST = 50


@pages.get("/infusions/<site>/calendar")
@needs(Permission.FEEDS_READ)
def show(site: str) -> str:
    """Show the links to the centre's calendar that whoever looks after it has made, without their secrets."""

    def work(session: Session) -> str:
        place = place_of(session, site)
        found = list_feeds(session, scope(), asking().person.user_id, ("active",), clock.now(), Asked(MOST))
        feeds = [one for one in found.rows if one.feed.audience == CENTRE and one.feed.site_id == place.row.id]
        return render_template(
            "centre/calendar.html", place=place, feeds=feeds, may_make=place.may(Permission.FEEDS_WRITE)
        )

    return installation().store.read(work)


@pages.post("/infusions/<site>/calendar")
@needs(Permission.FEEDS_WRITE)
def make(site: str) -> ResponseReturnValue:
    """Make a link, and lead to the page that shows it, this once."""
    planner = installation()
    command = MakeFeed(audience=CENTRE, site=site)

    def work(uow: UnitOfWork) -> Linked:
        return make_feed(uow, planner.designs, scope(), command)

    linked = planner.store.write(asking().actor, clock.now(), work, request_id())
    return redirect(url_for("feeds.subscribe", token=linked.token), 303)


@pages.post("/infusions/<site>/calendar/<int:feed>")
@needs(Permission.FEEDS_WRITE)
def withdraw(site: str, feed: int) -> ResponseReturnValue:
    """Withdraw a link: for a month the calendar says so, then it is gone."""

    def work(uow: UnitOfWork) -> None:
        revoke_feed(uow, find_feed(uow.session, scope(), asking().person.user_id, feed, lock=True))

    installation().store.write(asking().actor, clock.now(), work, request_id())
    return redirect(url_for("centre.subscribe.show", site=site), 303)
