"""To watch: what is of no day in particular and must not be forgotten, each line with the form that deals with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.asking import Asking
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.request_log import request_id
from planner.services.feeds import find_feed, revoke_feed, show_feed
from planner.services.today import Day, Found, day_of
from planner.services.watch import (
    Watched,
    consents_that_end,
    expiring_results,
    in_hospital_now,
    open_holds,
    to_sign_again,
)
from planner.web.desk import watch_entries
from planner.web.desk.choices import Studies, studies_of
from planner.web.desk.entries import Entry
from planner.web.desk.today import LONG, TO_DO, Listed, asked_page, unseen_feeds
from planner.web.frame import may

pages = Blueprint("watch", __name__)
#: lines of a list on the page of all
SHORT = 10


@dataclass(frozen=True, slots=True)
class Kind:
    """One list: its heading, what it is about, and what is said where it is empty."""

    heading: str
    about: str
    nothing: str
    permission: Permission
    look_up: Callable[[Watched], Found[Any]]
    entry: Callable[[Any, Asking], Entry]


_READ, _FEEDS = Permission.PARTICIPANTS_READ, TO_DO["feeds"]
KINDS = {
    "holds": Kind("Holds without an end", "Nobody has said when it goes on.", "nothing waits without a date", _READ,
                  open_holds, watch_entries.hold),
    "sign-again": Kind("Consent forms to sign again", "They have come under a version that asks for it.",
                       "nobody is to sign again", _READ, to_sign_again, watch_entries.sign_again),
    "results": Kind("Results that expire", "Screening of people who have not begun, within two weeks.",
                    "no result of screening expires", _READ, expiring_results, watch_entries.result),
    "hospital": Kind("In hospital", "By what was recorded.", "nobody is in hospital", Permission.CARE_READ,
                     lambda watched: in_hospital_now(watched, clock.now()), watch_entries.stay),
    "consents": Kind("Consents to messages that end", "Within a month, or already.", "no consent to messages ends",
                     Permission.CONTACTS_READ, consents_that_end, watch_entries.ending),
    "feeds": Kind(_FEEDS.heading, _FEEDS.about, _FEEDS.nothing, _FEEDS.permission,
                  lambda watched: unseen_feeds(watched.day, watched.scope), _FEEDS.entry),
}  # fmt: skip


@pages.get("/watch")
@needs(Permission.PARTICIPANTS_READ)
def show() -> str:
    """Show all lists, or the one that is asked for at length."""
    only = request.args.get("list")
    if only is not None and only not in KINDS:
        abort(404)
    who, page = asking(), asked_page() if only else 1

    def work(session: Session) -> tuple[list[Listed], Studies]:
        studies = studies_of(session, request.args.get("study"))
        day = day_of(session, clock.now(), studies.chosen, SHORT if only is None else LONG, (page - 1) * LONG)
        found = [
            _listed(name, kind, day, who, page)
            for name, kind in KINDS.items()
            if only in (None, name) and may(who, kind.permission)
        ]
        return found, studies

    found, studies = installation().store.read(work)
    return render_template(
        "desk/watch.html", found=found, studies=studies, only=only,
        further=lambda number: url_for("desk.watch.show", list=only, study=studies.chosen, page=number),
    )  # fmt: skip


def _listed(name: str, kind: Kind, day: Day, who: Asking, page: int) -> Listed:
    found = kind.look_up(Watched(day, who.scope(kind.permission), installation().designs))
    return Listed(name, kind, [kind.entry(line, who) for line in found.lines], found.total, page=page)


@pages.get("/watch/feeds/<int:feed>")
@needs(Permission.FEEDS_READ)
def feed(feed: int) -> str:
    """Show which apps have fetched a calendar, and when."""

    def work(session: Session) -> str:
        found = find_feed(session, scope(), asking().person.user_id, feed)
        one = show_feed(session, found, clock.now())
        return render_template(
            "desk/feed.html", one=one, entry=watch_entries.feed(one, asking()), writes=may(asking(), _WRITE)
        )

    return installation().store.read(work)


@pages.post("/watch/feeds/<int:feed>")
@needs(Permission.FEEDS_WRITE)
def withdraw(feed: int) -> ResponseReturnValue:
    """Withdraw its link."""

    def work(uow: UnitOfWork) -> None:
        revoke_feed(uow, find_feed(uow.session, scope(), asking().person.user_id, feed, lock=True))

    installation().store.write(asking().actor, clock.now(), work, request_id())
    return redirect(url_for("desk.watch.show", list="feeds"), 303)


_WRITE = Permission.FEEDS_WRITE
