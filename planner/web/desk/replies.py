"""Something that a coordinator has to look at because of messages: what was written, and that it is done."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from notifications.inbox import InboundRow
from notifications.tasks import TaskRow
from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.problems import Conflict, InvalidInput, PlannerError
from planner.request_log import request_id
from planner.services.access import find_study
from planner.services.tasks import (
    LONGEST_NOTE,
    Told,
    covers_everybody,
    find_loose_task,
    find_task,
    finish_loose_task,
    finish_task,
    opened,
    told_of,
)
from planner.web.words import sentence

pages = Blueprint("replies", __name__)
HERE, LOOSE = "/studies/<study>/tasks/<int:task>", "/tasks/<int:task>"


@pages.get(HERE)
@needs(Permission.MESSAGES_READ)
def show(study: str, task: int) -> ResponseReturnValue:
    """Show what is to be looked at."""
    return installation().store.read(lambda session: _page(session, study, task, "", None))


@pages.post(HERE)
@needs(Permission.MESSAGES_WRITE)
def finish(study: str, task: int) -> ResponseReturnValue:
    """Say that it is done, and how."""
    return _finish(study, task, lambda uow, note: finish_task(uow, scope(), study, task, note))


@pages.get(LOOSE)
@needs(Permission.MESSAGES_READ)
def show_loose(task: int) -> ResponseReturnValue:
    """Show what is to be looked at and belongs to no study."""
    return installation().store.read(lambda session: _page(session, None, task, "", None))


@pages.post(LOOSE)
@needs(Permission.MESSAGES_WRITE)
def finish_loose(task: int) -> ResponseReturnValue:
    """Say that it is done, and how."""
    return _finish(None, task, lambda uow, note: finish_loose_task(uow, scope(), task, note))


def _finish(study: str | None, task: int, work: Callable[[UnitOfWork, str], Told]) -> ResponseReturnValue:
    note = request.form.get("note", "").replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
    planner = installation()
    try:
        planner.store.write(asking().actor, clock.now(), lambda uow: work(uow, note), request_id())
    except (InvalidInput, Conflict) as error:
        wrong = error
        return planner.store.read(lambda session: _page(session, study, task, note, wrong))
    return redirect(url_for("desk.today.show"), 303)


def _found(session: Session, study: str | None, task: int) -> tuple[TaskRow, bool, bool]:
    """The task, whether whoever looks may read what was written, and whether they may say that it is done."""
    who = asking()
    reads, writes = who.scope(Permission.CONTACTS_READ), who.scope(Permission.MESSAGES_WRITE)
    if study is None:
        return find_loose_task(session, scope(), task), covers_everybody(session, reads), bool(writes.pairs)
    found = find_study(session, scope(), study)
    row = find_task(session, scope(), found, task)
    site = row.site_id or 0
    return row, reads.covers(found.id, site), writes.covers(found.id, site)


def _page(session: Session, study: str | None, task: int, note: str, wrong: PlannerError | None) -> Response:
    row, reads, writes = _found(session, study, task)
    told = told_of(session, [row])[0]
    inbound = session.get(InboundRow, row.inbound_id) if row.inbound_id is not None else None
    made = render_template(
        "desk/reply.html", study=study, row=row, told=told, note=note, longest=LONGEST_NOTE, inbound=inbound,
        text=opened(installation().keys, inbound) if inbound is not None and reads else None, reads=reads,
        may_finish=writes and row.done_at is None, done_by=names_of(session, [row.done_by]).get(row.done_by or 0),
        here=request.path, error=sentence("; ".join(f"{one.wrong}; {one.remedy}" for one in wrong.problems))
        if wrong else "",
    )  # fmt: skip
    return make_response(made, int(wrong.status) if wrong else 200)
