"""Closed days of a site: which there are, whom another one would hit and where they could go, closing and reopening."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.sites import Closure, closures_of, holidays_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, PlannerError
from planner.request_log import log, request_id
from planner.services.access import find_site, require_own_site
from planner.services.closing import Hit, to_rebook, whom_it_hits
from planner.services.replanning import replan_site
from planner.services.sites import CloseSite, close_site, reopen_site
from planner.web.centre.repeats import REPEATS, rule_of, rule_words
from planner.web.centre.site import Place, place_of
from planner.web.desk.fact_form import typed
from planner.web.words import sentence
from schedules.protocol import Resource
from schedules.scalars import read_date

pages = Blueprint("closures", __name__)
HERE = "/infusions/<site>/closures"
RESOURCES = {
    Resource.INFUSION.value: "Infusion unit", Resource.PHARMACY.value: "Pharmacy",
    Resource.LABORATORY.value: "Laboratory", Resource.CLINIC.value: "Clinic",
}  # fmt: skip
_FIELDS = ("first", "last", "repeats", "resources", "reason")
#: how far ahead public holidays are listed
HOLIDAYS_AHEAD = timedelta(days=366)


@dataclass(slots=True)
class ClosureForm:
    """Days to be closed: what was typed, what is wrong with it, and whom it would hit once somebody has looked."""

    values: dict[str, Sequence[str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    hits: list[Hit] | None = None

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return next(iter(self.values.get(name, ())), "")

    def chosen(self, name: str) -> Sequence[str]:
        """What is ticked."""
        return self.values.get(name, ())

    @property
    def digest(self) -> str:
        """Of what the form says and whom it hits: what is saved has to be what was looked at."""
        hit = [[one.study, one.number, one.visit.key, str(one.was)] for one in self.hits or ()]
        said = json.dumps([[list(self.values.get(name, ())) for name in _FIELDS], hit])
        return hashlib.sha256(said.encode()).hexdigest()

    def command(self) -> CloseSite:
        """What the form says. Raises InvalidInput."""
        first, last = self._day("first"), self._day("last")
        if first is None:
            raise InvalidInput([InputProblem("first", "no day is said", "choose the first closed day")])
        repeats = self.value("repeats")
        if repeats not in REPEATS:
            raise InvalidInput([InputProblem("repeats", "there is no such answer", "choose one")])
        return CloseSite(
            first=first, last=last, rule=rule_of(repeats, first, last), resources=tuple(self.chosen("resources")),
            reason=self.value("reason") or "closed",
        )  # fmt: skip

    def _day(self, name: str) -> date | None:
        try:
            return read_date(self.value(name)) if self.value(name) else None
        except ValueError:
            raise InvalidInput([InputProblem(name, "this is no day", "write it as 2026-01-31")]) from None

    def take(self, error: PlannerError) -> None:
        """Keep what is wrong, next to the field that it is about."""
        for problem in error.problems:
            words = sentence(f"{problem.wrong}; {problem.remedy}")
            if problem.place in _FIELDS:
                self.errors.setdefault(problem.place, []).append(words)
            else:
                self.general.append(words)


@pages.get(HERE)
@needs(Permission.SITES_READ)
def show(site: str) -> ResponseReturnValue:
    """Show the closed days that hold, and whose appointment does not fit any more."""
    return installation().store.read(lambda session: _page(session, site, ClosureForm(), 200))


@pages.post(HERE)
@needs(Permission.SITES_CLOSE)
def close(site: str) -> ResponseReturnValue:
    """Show whom the closed days would hit; close them, if that is what was looked at."""
    form = ClosureForm(typed(dict(request.form.lists())))
    save = request.form.get("do") == "save"

    def look(session: Session) -> Response | None:
        status = _look(session, site, form)
        if status == 200 and save and request.form.get("seen") == form.digest:
            return None
        if status == 200 and save:
            form.general.append("Look at whom it hits first, then close.")
        return _page(session, site, form, status)

    shown = installation().store.read(look)
    return shown if shown is not None else _save(site, form)


def _look(session: Session, site: str, form: ClosureForm) -> int:
    place, planner = place_of(session, site), installation()
    try:
        form.hits = whom_it_hits(session, planner.designs, scope(), place.row, form.command(), place.now)
    except InvalidInput as error:
        form.take(error)
        return int(error.status)
    return 200


def _save(site: str, form: ClosureForm) -> ResponseReturnValue:
    def work(uow: UnitOfWork) -> int:
        row = find_site(uow.session, scope(), site)
        require_own_site(uow.session, scope(), row)
        return close_site(uow, row, form.command()).id

    made = installation().store.write(asking().actor, clock.now(), work, request_id())
    _plan_anew(site)
    return redirect(url_for("centre.closures.show", site=site, closed=made), 303)


@pages.post(f"{HERE}/<int:closure>")
@needs(Permission.SITES_CLOSE)
def reopen(site: str, closure: int) -> ResponseReturnValue:
    """Take a closure back."""

    def work(uow: UnitOfWork) -> None:
        row = find_site(uow.session, scope(), site)
        require_own_site(uow.session, scope(), row)
        reopen_site(uow, row, closure)

    installation().store.write(asking().actor, clock.now(), work, request_id())
    _plan_anew(site)
    return redirect(url_for("centre.closures.show", site=site, reopened="1"), 303)


def _plan_anew(site: str) -> None:
    for participant, reason in replan_site(installation(), asking().actor, clock.now(), site):
        log().error("not planned anew", participant=participant, reason=reason)


def _page(session: Session, site: str, form: ClosureForm, status: int) -> Response:
    place = place_of(session, site)
    known: dict[str, Any] = {
        "closures": [row for row in closures_of(session, [place.row.id]) if _is_ahead(row, place)],
        "waiting": to_rebook(session, installation().designs, scope(), place.row, place.now),
        "holidays": [
            one
            for one in holidays_of(session, [place.row.id])
            if place.today <= one.day <= place.today + HOLIDAYS_AHEAD
        ],
        "may_close": place.may(Permission.SITES_CLOSE),
    }
    made = render_template(
        "centre/closures.html", place=place, form=form, resources=RESOURCES, repeats=REPEATS, rule_words=rule_words,
        closed=request.args.get("closed"), reopened=request.args.get("reopened"), **known,
    )  # fmt: skip
    return make_response(made, status)


def _is_ahead(row: Closure, place: Place) -> bool:
    """Whether a closure still closes a day: a rule always may."""
    return row.rule is not None or (row.last or row.first) >= place.today
