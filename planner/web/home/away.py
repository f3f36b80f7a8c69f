"""The days on which a participant cannot come, as they say themselves."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from planner import clock
from planner.auth.door import installation
from planner.problems import InvalidInput, Refused
from planner.request_log import request_id
from planner.services.home_days import AHEAD, own_days, say_away, take_away_back, wrong_with
from planner.services.home_doors import AtHome
from planner.web.home.entrance import inside, shown
from planner.web.home.pages import read_page
from planner.web.home.texts import texts_in
from schedules.scalars import read_date

pages = Blueprint("away", __name__)
_FIELDS = ("first", "last")


@pages.get("/away")
@inside
def show(seen: AtHome) -> ResponseReturnValue:
    """Show the days, and a form for more."""
    return _shown(seen, {}, {})


@pages.post("/away")
@inside
def add(seen: AtHome) -> ResponseReturnValue:
    """Take in days on which they cannot come."""
    planner, typed = installation(), {name: request.form.get(name, "").strip()[:10] for name in _FIELDS}
    first, last = (_day(typed[name]) for name in _FIELDS)
    wrong = wrong_with(first, last, read_page(seen).today)
    if wrong or first is None or last is None:
        return _shown(seen, typed, wrong)
    days = first, last
    try:
        planner.store.write(
            seen.actor, clock.now(), lambda uow: say_away(uow, planner.designs, seen, *days), request_id()
        )
    except (Refused, InvalidInput):
        return _shown(seen, typed, {"last": "away_refused"})
    return redirect(url_for("home.away.show", saved="yes"), 303)


@pages.post("/away/back")
@inside
def take_back(seen: AtHome) -> ResponseReturnValue:
    """Take in that they can come after all."""
    planner, fact, today = installation(), request.form.get("fact", "")[:100], read_page(seen).today
    planner.store.write(
        seen.actor, clock.now(), lambda uow: take_away_back(uow, planner.designs, seen, fact, today), request_id()
    )
    return redirect(url_for("home.away.show", saved="yes"), 303)


def _shown(seen: AtHome, typed: dict[str, str], wrong: dict[str, str]) -> ResponseReturnValue:
    planner, page = installation(), read_page(seen)
    days = planner.store.read(lambda session: own_days(session, planner.designs, seen, page.today))
    return shown(
        "away", texts_in(page.language), 400 if wrong else 200, page=page, days=days, typed=typed, wrong=wrong,
        saved=request.args.get("saved") == "yes" and not wrong, latest=page.today + AHEAD,
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return read_date(text)
    except ValueError:
        return None
