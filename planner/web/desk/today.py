"""Today: who comes, and everything that waits for somebody, each line a link to the form that deals with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.asking import Asking
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.services import today as lists
from planner.services.access import Scope
from planner.services.feeds import feeds_not_seen
from planner.services.today import Day, Found, day_of
from planner.services.watch import loose_tasks
from planner.web.desk import entries, watch_entries
from planner.web.desk.choices import Studies, studies_of
from planner.web.desk.entries import Entry
from planner.web.frame import may

pages = Blueprint("today", __name__)
#: lines of a list on the page of the day, of those that the day is made of, and of one list alone
SHORT, USUAL, LONG = 8, 40, 100
#: pages of a list that can be asked for
_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One list: its heading, what it is about, and what is said where it is empty."""

    heading: str
    about: str
    nothing: str
    permission: Permission
    look_up: Callable[[Day, Any], Found[Any]]
    entry: Callable[[Any, Asking], Entry]


_READ = Permission.PARTICIPANTS_READ
COMES = Kind("Comes today", "By the hour of the appointment.", "Nobody comes today.", _READ, lists.who_comes,
             entries.comes)  # fmt: skip
COMING = Kind("The coming week", "Visits on the days after today.", "Nobody comes in the coming week.", _READ,
              lists.coming_days, entries.comes_later)  # fmt: skip
TO_DO = {
    "overdue": Kind("Overdue without a record", "The window has closed; what happened?", "no visit is overdue", _READ,
                    lists.overdue, entries.overdue),
    "no-day": Kind("Needs another day", "No day is left in the window, or the appointment does not fit.",
                   "every visit has a day", _READ, lists.without_a_day, entries.stuck),
    "decisions": Kind("Decisions", "Gates that are due within a week, or late.", "no decision waits", _READ,
                      lists.decisions, entries.decision),
    "deviations": Kind("Deviations to confirm", "Found by the planner; nobody has looked at them yet.",
                       "no deviation waits to be confirmed", Permission.DEVIATIONS_READ, lists.to_confirm,
                       entries.deviation),
    "replies": Kind("Replies and messages", "What participants wrote, and messages that went wrong.",
                    "no reply is unread", Permission.MESSAGES_READ, lists.replies, entries.reply),
    "loose": Kind("Of no study", "Replies from numbers that nobody is known by, and what is wrong with sending.",
                  "nothing waits that belongs to no study", Permission.MESSAGES_READ, loose_tasks, entries.loose),
    "unconfirmed": Kind("Not confirmed", "Appointments of the next four days that nobody has answered to.",
                        "every appointment is confirmed", Permission.MESSAGES_READ, lists.unconfirmed,
                        entries.unconfirmed),
    "windows": Kind("Windows", "Open today or close within three days, without an appointment.",
                    "no window opens or closes", _READ, lists.windows, entries.window),
    "feeds": Kind("Calendars that nobody has fetched", "For two days no app has asked for what is in them now.",
                  "every calendar has been fetched", Permission.FEEDS_READ, lambda day, scope: unseen_feeds(day, scope),
                  watch_entries.feed),
}  # fmt: skip
_ALL = {"comes": COMES, "coming": COMING, **TO_DO}


class Described(Protocol):
    """What a list is called, what it is about, and what is said where it is empty."""

    @property
    def heading(self) -> str:
        """Its heading."""

    @property
    def about(self) -> str:
        """What stands in it."""

    @property
    def nothing(self) -> str:
        """What is said where it is empty."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as it is shown. ``days``: its entries by their day, for lists that go over several.

    ``page``: which part of it, from 1, where it is shown alone.
    """

    name: str
    kind: Described
    entries: Sequence[Entry]
    total: int
    days: dict[date, list[Entry]] = field(default_factory=dict)
    page: int = 1

    @property
    def first(self) -> int:
        """Which of all its entries the first one here is, from 1."""
        return (self.page - 1) * LONG + 1

    @property
    def last(self) -> int:
        """Which of all its entries the last one here is."""
        return self.first + len(self.entries) - 1


def unseen_feeds(day: Day, readable: Scope) -> Found[Any]:
    """Calendars that no app has fetched lately: one's own, and those about what one may see."""
    rows, total = feeds_not_seen(
        day.session, readable, asking().person.user_id, clock.now(), day.study, day.most, day.skip
    )
    return Found(rows, total)


def asked_page() -> int:
    """Which page of a list is asked for, from 1; a page that cannot be is not found."""
    said = request.args.get("page") or "1"
    if not (said.isascii() and said.isdecimal() and len(said) < 6 and 0 < int(said) <= _PAGES):
        abort(404)
    return int(said)


@pages.get("/today")
@needs(Permission.PARTICIPANTS_READ)
def show() -> ResponseReturnValue:
    """Show the day: all lists, or the one that is asked for at length."""
    only = request.args.get("list")
    if only is not None and only not in _ALL:
        abort(404)
    wanted = _ALL if only is None else {only: _ALL[only]}
    who, page = asking(), asked_page() if only else 1
    planner, now = installation(), clock.now()

    def work(session: Session) -> tuple[dict[str, Listed], Studies, list[date], int]:
        studies = studies_of(session, request.args.get("study"))
        day = day_of(session, now, studies.chosen, SHORT if only is None else LONG, (page - 1) * LONG)
        found = {
            name: _listed(name, kind, day, who, page) for name, kind in wanted.items() if may(who, kind.permission)
        }
        return found, studies, sorted(set(day.dates.values())), day.clocks

    found, studies, dates, clocks = planner.store.read(work)
    if not studies.known and may(who, Permission.STUDIES_WRITE) and scope().everything():
        return redirect(url_for("office.overview.start"), 303)
    return render_template(
        "desk/today.html", found=found, to_do=[found[name] for name in TO_DO if name in found], studies=studies,
        dates=dates or [now.date()], clocks=clocks, only=only, address=_address,
        quiet=not any(one.total for one in found.values()) and may(who, Permission.PARTICIPANTS_WRITE),
        further=lambda number: url_for("desk.today.show", list=only, study=studies.chosen, page=number),
    )  # fmt: skip


def _listed(name: str, kind: Kind, day: Day, who: Asking, page: int) -> Listed:
    if name not in TO_DO:
        day = replace(day, most=max(day.most, USUAL))
    found = kind.look_up(day, who.scope(kind.permission))
    shown = [kind.entry(line, who) for line in found.lines]
    days: dict[date, list[Entry]] = {}
    for entry in shown:
        days.setdefault(entry.day or date.max, []).append(entry)
    return Listed(name, kind, shown, found.total, days if name == "coming" else {}, page)


def _address(name: str | None, studies: Studies) -> str:
    return url_for("desk.today.show", list=name, study=studies.chosen)
