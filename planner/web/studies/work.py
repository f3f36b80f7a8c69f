"""Work that takes long: the list of it, how far it is and how it ended, asking it to stop, going on with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.long_work import needed_for
from planner.auth.permissions import Permission
from planner.persistence.long_work import LongWork, counts_of, lines_of
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.problems import InputProblem, NotFound
from planner.request_log import request_id
from planner.services.access import find_study, not_allowed
from planner.services.long_work import (
    GOES_ON,
    KINDS,
    UNDER_WAY,
    AskFor,
    ask_for,
    changed_since,
    find_work,
    go_on,
    standing,
    want_stop,
)
from planner.services.long_work import list_work as listed_work
from planner.web.frame import may
from planner.web.studies.effect_view import EffectLine, effect_of
from planner.web.studies.forms import FORM_ERRORS, Form, sent
from planner.web.studies.shown import Shown, shown_study

pages = Blueprint("work", __name__)
HERE = "/studies/<study>/progress"
ONE = f"{HERE}/<int:work>"
MOST_LISTED = 50
PER_PAGE = 40
#: a worker that looks every two seconds would have begun by then
SLOW_TO_BEGIN = 20
STATES = {
    "waiting": "waiting for a worker", "running": "running", "done": "done", "failed": "failed", "stopped": "stopped",
    "cut-off": "cut off",
}  # fmt: skip
#: what an export may be of, and the permission that each needs
EXPORTS = {"visits": Permission.PARTICIPANTS_READ, "deviations": Permission.DEVIATIONS_READ}


@dataclass(frozen=True, slots=True)
class WorkView:
    """A piece of work as its page shows it."""

    row: LongWork
    state: str
    asked_by: str
    #: the name of the site that it is about alone
    site: str | None
    counts: dict[str, int]
    lines: tuple[EffectLine, ...]
    page: int
    late: bool

    @property
    def under_way(self) -> bool:
        """Whether the page has to be looked at again."""
        return self.state in UNDER_WAY

    @property
    def goes_on(self) -> bool:
        """Whether it can be gone on with where it was."""
        return self.state in GOES_ON

    @property
    def found(self) -> int:
        """How many things it found."""
        return sum(self.counts.values())

    @property
    def more(self) -> bool:
        """Whether there are things that the next page shows."""
        return self.page * PER_PAGE < self.found

    @property
    def kind(self) -> str:
        """What people call it."""
        return KINDS[self.row.kind]


@pages.get(HERE)
@needs(Permission.FACTS_READ)
def show(study: str) -> Response:
    """Show the newest work of the study, and what can be asked for."""
    return installation().store.read(lambda session: _list_page(session, study, Form(()), 200))


@pages.get(ONE)
@needs(Permission.FACTS_READ)
def one(study: str, work: int) -> Response:
    """Show one piece of work: how far it is, and what it found."""
    return installation().store.read(lambda session: work_page(session, study, work, Form(("why",)), 200))


@pages.post(f"{ONE}/stop")
@needs(Permission.FACTS_READ)
def stop(study: str, work: int) -> ResponseReturnValue:
    """Ask work to stop after the part that it is at."""
    return _change(study, work, want_stop)


@pages.post(f"{ONE}/again")
@needs(Permission.FACTS_READ)
def again(study: str, work: int) -> ResponseReturnValue:
    """Go on with work where it was."""
    return _change(study, work, go_on)


@pages.post(f"{HERE}/planning")
@needs(Permission.STUDIES_WRITE, whole=True)
def plan_again(study: str) -> ResponseReturnValue:
    """Ask for everybody to be planned again; ``agreed`` also to dates that only a newer engine moves."""
    agreed = request.form.get("agreed") == "yes"
    return _ask(study, AskFor(kind="replan", asked={"agreed": agreed} if agreed else {}))


@pages.post(f"{HERE}/export")
@needs(Permission.PARTICIPANTS_READ, whole=True)
def export(study: str) -> ResponseReturnValue:
    """Ask for a file with all visits, or with all deviations."""
    what = request.form.get("what", "visits")
    if what not in EXPORTS:
        raise NotFound([InputProblem("what", "there is no such export", "choose visits or deviations")])
    return _ask(study, AskFor(kind="export", asked={"what": what}))


@pages.get(f"{ONE}/file")
@needs(Permission.PARTICIPANTS_READ)
def file(study: str, work: int) -> Response:
    """Give the file that an export made."""

    def look(session: Session) -> tuple[bytes, str]:
        row = find_work(session, scope(), study, work)
        _require_theirs(row)
        if row.kind != "export" or row.payload is None:
            wrong = "the file is not made yet, or was removed after a week"
            raise NotFound([InputProblem("work", wrong, "ask for the export again")])
        return row.payload, f"{study}-{row.asked['what']}-{row.id}.csv"

    content, name = installation().store.read(look)
    disposition = f'attachment; filename="{name}"'
    return Response(content, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})


def _ask(study: str, wanted: AskFor) -> ResponseReturnValue:
    def work(uow: UnitOfWork) -> int:
        found = find_study(uow.session, scope(), study, whole=True)
        _require(needed_for(wanted.kind, wanted.asked), found.id)
        return ask_for(uow, found, wanted).id

    try:
        number = installation().store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        form = Form(())
        status = form.take(error)
        return installation().store.read(lambda session: _list_page(session, study, form, status))
    return redirect(url_for("studies.work.one", study=study, work=number), 303)


def _require(permission: Permission, study_id: int) -> None:
    who = asking()
    if not (may(who, permission) and who.scope(permission).covers_whole(study_id)):
        raise not_allowed("in all of the study")


def _require_theirs(row: LongWork) -> None:
    """Raise NotAllowed unless whoever asks may ask for such work where this one is."""
    permission = needed_for(row.kind, row.asked)
    if not _is_theirs(row):
        raise not_allowed(f"({permission.value})")


def _is_theirs(row: LongWork) -> bool:
    permission, who = needed_for(row.kind, row.asked), asking()
    where = who.scope(permission)
    covers = where.covers_whole(row.study_id) if row.site_id is None else where.covers(row.study_id, row.site_id)
    return may(who, permission) and covers


def _change(study: str, work: int, change: Any) -> ResponseReturnValue:
    def do(uow: UnitOfWork) -> None:
        row = find_work(uow.session, scope(), study, work, lock=True)
        _require_theirs(row)
        change(uow, find_study(uow.session, scope(), study), row)

    form = sent("why")
    try:
        installation().store.write(asking().actor, clock.now(), do, request_id())
    except FORM_ERRORS as error:
        status = form.take(error)
        return installation().store.read(lambda session: work_page(session, study, work, form, status))
    return redirect(url_for("studies.work.one", study=study, work=work), 303)


# -- the pages ----------------------------------------------------------------------------------


def _list_page(session: Session, study: str, form: Form, status: int) -> Response:
    found = shown_study(session, study)
    rows = listed_work(session, scope(), found.row, MOST_LISTED)
    known = [(one, standing(one.row, found.now)) for one in rows]
    exports = [what for what, permission in EXPORTS.items() if found.may_whole(permission)]
    made = render_template(
        "studies/work_list.html", study=found, works=known, kinds=KINDS, states=STATES, exports=exports, form=form,
    )  # fmt: skip
    return make_response(made, status)


def work_page(session: Session, study: str, work: int, form: Form, status: int) -> Response:
    """The page of one piece of work; ``form`` is the one by which what was looked at is done."""
    found = shown_study(session, study)
    row = find_work(session, scope(), study, work)
    view = _view(session, found, row)
    if request.headers.get("HX-Request") and not view.under_way:  # whoever watched it sees all that it found
        return Response(status=204, headers={"HX-Refresh": "true"})
    known = {
        "study": found,
        "work": view,
        "states": STATES,
        "form": form,
        "theirs": _is_theirs(row),
        "changed": changed_since(session, row),
    }
    made = make_response(render_template("studies/work.html", **known), status)
    made.headers["Vary"] = "HX-Request"
    return made


def _view(session: Session, found: Shown, row: LongWork) -> WorkView:
    state, page = standing(row, found.now), _page_number()
    counts = counts_of(session, row.id)
    lines = [] if state in UNDER_WAY else lines_of(session, row.id, (), (page - 1) * PER_PAGE, PER_PAGE)
    late = state == "waiting" and (found.now - row.asked_at).total_seconds() > SLOW_TO_BEGIN
    name = names_of(session, [row.asked_by]).get(row.asked_by, "")
    site = session.get_one(SiteRow, row.site_id).name if row.site_id is not None else None
    return WorkView(row, state, name, site, counts, tuple(effect_of(line) for line in lines), page, late)


def _page_number() -> int:
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
