"""Settings of a study: open or closed, values of parameters, sites, attempts to reach somebody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.paging import Asked
from planner.persistence.studies import Study, parameter_values
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput
from planner.request_log import request_id
from planner.services.access import find_site, find_study
from planner.services.contact_attempts import want_attempts
from planner.services.lists import list_sites
from planner.services.studies import join_site, refuse_other_settings, set_open, supply_parameters
from planner.services.study_overview import study_line
from planner.web.office.parts import address_of
from planner.web.studies.forms import FORM_ERRORS, Form, sent
from planner.web.studies.shown import Shown, shown_study, texts_of
from schedules.protocol import Parameter
from schedules.protocol_file import ReadProtocol

pages = Blueprint("settings", __name__)
HERE = "/studies/<study>/settings"
DONE = {
    "state": "Whether the study takes new participants is set.", "attempts": "The number of attempts is set.",
    "values": "The values are set, and everybody is planned with them in the coming hour.",
    "site": "The site takes part.",
}  # fmt: skip
Change = Callable[[UnitOfWork, Study], None]


@pages.get(HERE)
@needs(Permission.STUDIES_READ)
def show(study: str) -> Response:
    """Show the settings."""
    return installation().store.read(lambda session: _page(session, study, Form(()), 200))


@pages.post(f"{HERE}/state")
@needs(Permission.STUDIES_WRITE, whole=True)
def state(study: str) -> ResponseReturnValue:
    """Open the study to new participants, or close it to them."""
    form = sent("open")
    return _save(study, form, "state", lambda uow, found: set_open(uow, found, form.value("open") == "yes"))


@pages.post(f"{HERE}/attempts")
@needs(Permission.STUDIES_WRITE, whole=True)
def attempts(study: str) -> ResponseReturnValue:
    """Say how many attempts to reach somebody are wanted before they are lost to follow-up."""
    form = sent("wanted")
    return _save(study, form, "attempts", lambda uow, found: want_attempts(uow, found, form.number("wanted")))


@pages.post(f"{HERE}/values")
@needs(Permission.STUDIES_WRITE, whole=True)
def values(study: str) -> ResponseReturnValue:
    """Give parameters the values that are not as before."""
    names = tuple(name for name in request.form if name.startswith("value-"))[:500]
    form = sent(*names)

    def change(uow: UnitOfWork, found: Study) -> None:
        known = _parameters(texts_of(uow.session, Shown(found, uow.now)))
        before = {name: row.value for name, row in parameter_values(uow.session, found.id).items()}
        given = _given(form, known)
        changed = {name: value for name, value in given.items() if before.get(name) != value}
        if not changed:
            raise InvalidInput([InputProblem("values", "nothing is other than before", "write a value first")])
        supply_parameters(uow, found, changed)

    places = {f"values/{name.removeprefix('value-')}": name for name in names}
    return _save(study, form, "values", change, places)


@pages.post(f"{HERE}/sites")
@needs(Permission.STUDIES_WRITE, whole=True)
def sites(study: str) -> ResponseReturnValue:
    """Let a site take part."""
    form = sent("site")

    def change(uow: UnitOfWork, found: Study) -> None:
        join_site(uow, found, find_site(uow.session, scope(), form.value("site")))

    return _save(study, form, "site", change)


def _given(form: Form, known: Mapping[str, Parameter]) -> dict[str, Any]:
    """The values that were written, each as its example is. Raises InvalidInput."""
    found, problems = {}, []
    for name, item in known.items():
        text = form.value(f"value-{name}")
        if not text:
            continue
        try:
            found[name] = _as_the_example(item.example, text)
        except ValueError:
            problems.append(InputProblem(f"values/{name}", "this is no number", f"write e.g. {item.example}"))
    if problems:
        raise InvalidInput(problems)
    return found


def _as_the_example(example: Any, text: str) -> Any:
    if isinstance(example, list | tuple):
        return [line.strip() for line in text.splitlines() if line.strip()]
    if isinstance(example, bool):
        return text.lower() in ("yes", "true")
    return int(text) if isinstance(example, int) else float(text) if isinstance(example, float) else text


def _parameters(texts: tuple[ReadProtocol, ...]) -> dict[str, Parameter]:
    return {name: item for read in texts for name, item in read.protocol.parameters.items()}


def _save(
    study: str, form: Form, what: str, change: Change, places: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    form.open = what

    def work(uow: UnitOfWork) -> None:
        found = find_study(uow.session, scope(), study, lock=True, whole=True)
        refuse_other_settings(uow.session, found, form.revision())
        change(uow, found)

    try:
        installation().store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        status = form.take(error, **(places or {}))
        return installation().store.read(lambda session: _page(session, study, form, status))
    return redirect(url_for("studies.settings.show", study=study, done=what), 303)


def _page(session: Session, study: str, form: Form, status: int) -> Response:
    found = shown_study(session, study)
    line = study_line(session, scope(), found.row, found.now)
    taking_part = {site.code for site in line.sites}
    others = [row for row in list_sites(session, scope(), Asked(200)).rows if row.code not in taking_part]
    made = render_template(
        "studies/settings.html", study=found, line=line, form=form, others=others,
        parameters=_parameters(texts_of(session, found)), values=parameter_values(session, found.row.id),
        done=DONE.get(request.args.get("done", "")), set_up=address_of("office.studies.show_one", study=study),
        rules=address_of("office.rules.ask", study=study) if found.may_whole("messages:write") else None,
    )  # fmt: skip
    return make_response(made, status)
