"""A participant's own page: the next visit first, all visits, their calendar, and their answer to each visit."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from planner import clock
from planner.auth.door import installation
from planner.persistence.unit_of_work import UnitOfWork
from planner.request_log import request_id
from planner.services.home_answers import answer_visit, own_calendar
from planner.services.home_doors import AtHome
from planner.services.home_pages import HomePage, home_page
from planner.web.feed_links import feed_links
from planner.web.home.entrance import inside, shown
from planner.web.home.texts import texts_in

pages = Blueprint("page", __name__)


@pages.get("")
@inside
def show(seen: AtHome) -> ResponseReturnValue:
    """Show the next visit, and what to know before it."""
    return _page(seen, "next", changed=request.args.get("changed") == "yes")


@pages.get("/visits")
@inside
def visits(seen: AtHome) -> ResponseReturnValue:
    """Show all visits."""
    return _page(seen, "visits", changed=request.args.get("changed") == "yes")


@pages.post("/answer")
@inside
def answer(seen: AtHome) -> ResponseReturnValue:
    """Take in that they will come, or that they need another time."""
    planner = installation()
    appointment, version, said = _number("appointment"), _number("version"), request.form.get("answer", "")

    def work(uow: UnitOfWork) -> bool:
        return answer_visit(uow, planner.keys, seen, appointment, version, said)

    done = planner.store.write(seen.actor, clock.now(), work, request_id())
    back = "home.page.visits" if request.form.get("back") == "visits" else "home.page.show"
    return redirect(url_for(back, changed=None if done else "yes", _anchor=f"visit-{appointment}"), 303)


@pages.get("/calendar")
@inside
def calendar(seen: AtHome) -> ResponseReturnValue:
    """Show how to have the visits in one's own calendar."""
    planner = installation()
    token = planner.store.read(lambda session: own_calendar(session, planner.keys, seen))
    return _page(seen, "calendar", links=feed_links(token) if token is not None else None)


def read_page(seen: AtHome) -> HomePage:
    """What stands on somebody's page now."""
    planner, now = installation(), clock.now()
    return planner.store.read(lambda session: home_page(session, planner.designs, seen, now))


def _page(seen: AtHome, name: str, **values: Any) -> Response:
    page = read_page(seen)
    return shown(name, texts_in(page.language), page=page, **values)


def _number(name: str) -> int:
    """A number of a form; 0, which nothing has, for anything else."""
    said = request.form.get(name, "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 18 else 0
