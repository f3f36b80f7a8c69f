"""The versions of a protocol: where each is in force, what one changes, adding one, and its assumptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.paging import Asked
from planner.persistence.studies import ProtocolVersion, versions_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.problems import InputProblem, InvalidInput, NotFound, PlannerError
from planner.request_log import request_id
from planner.services.access import find_study
from planner.services.amendments import effective_versions
from planner.services.lists import list_sites
from planner.services.studies import add_version, confirm_assumptions
from planner.web.studies.differences import differences
from planner.web.studies.forms import FORM_ERRORS, Form, long_text, sent
from planner.web.studies.shown import Shown, shown_study, texts_of
from schedules.protocol_file import ReadProtocol

pages = Blueprint("versions", __name__)
LARGEST_PROTOCOL = 4_000_000
HERE = "/studies/<study>/versions"


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version, who confirmed its assumptions, and where it is in force: site, approved on, in force from."""

    row: ProtocolVersion
    read: ReadProtocol
    confirmed_by: str | None
    sites: tuple[tuple[str, date, date], ...]


@pages.get(HERE)
@needs(Permission.STUDIES_READ)
def show(study: str) -> Response:
    """Show the versions, and what one of them changes."""
    return installation().store.read(lambda session: _page(session, study, Form(()), 200))


@pages.get(f"{HERE}/<version>")
@needs(Permission.STUDIES_READ)
def text(study: str, version: str) -> Response:
    """Give the text of a version, as it was handed in."""
    row = installation().store.read(lambda session: _row(session, study, version))
    name = f"{study}-{''.join(letter if letter.isalnum() or letter in '.-' else '-' for letter in version)}.yaml"
    disposition = f'attachment; filename="{name.encode("ascii", "replace").decode()}"'
    return Response(row.source, content_type="text/yaml; charset=utf-8", headers={"Content-Disposition": disposition})


@pages.post(HERE)
@needs(Permission.STUDIES_WRITE, whole=True, largest=2 * LARGEST_PROTOCOL)
def add(study: str) -> ResponseReturnValue:
    """Add the text of a version."""
    form = Form(("source", "source_file"), open="add")

    def work(uow: UnitOfWork) -> str:
        found = find_study(uow.session, scope(), study, lock=True, whole=True)
        return add_version(uow, found, form.value("source")).version

    try:
        form.values["source"] = [long_text("source", LARGEST_PROTOCOL)]
        _require_text(form)
        version = installation().store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        return _again(study, form, error)
    return redirect(url_for("studies.versions.show", study=study, added=version), 303)


@pages.post(f"{HERE}/<version>/confirmation")
@needs(Permission.STUDIES_CONFIRM, whole=True)
def confirm(study: str, version: str) -> ResponseReturnValue:
    """Confirm the assumptions of a version, for whoever has read them."""
    form = sent("read")
    form.open = f"confirm {version}"

    def work(uow: UnitOfWork) -> None:
        found = find_study(uow.session, scope(), study, lock=True, whole=True)
        confirm_assumptions(uow, found, version)

    try:
        if not form.value("read"):
            raise InvalidInput([InputProblem("read", "it is not ticked", "read the assumptions first, then tick this")])
        installation().store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        return _again(study, form, error)
    return redirect(url_for("studies.versions.show", study=study, confirmed=version), 303)


def _require_text(form: Form) -> None:
    said = form.value("source")
    if not said.strip():
        raise InvalidInput([InputProblem("source", "there is no text", "choose a file, or paste the protocol's text")])
    if len(said) > LARGEST_PROTOCOL:
        form.values["source"] = [""]
        raise InvalidInput([InputProblem("source", "the text is too long", f"send at most {LARGEST_PROTOCOL:,} bytes")])


def _again(study: str, form: Form, error: PlannerError) -> Response:
    """The page once more, with what was typed and what is wrong with it."""
    for problem in error.problems:
        line, colon, column = problem.place.partition(":")
        if colon and line.isdecimal() and column.isdecimal():
            form.errors.setdefault("source", []).append(f"Line {line}: {problem.wrong}; {problem.remedy}.")
    placed = bool(form.errors)
    status = int(error.status) if placed else form.take(error, version="source")
    return installation().store.read(lambda session: _page(session, study, form, status))


def _row(session: Session, study: str, version: str) -> ProtocolVersion:
    found = find_study(session, scope(), study)
    row = next((row for row in versions_of(session, found.id) if row.version == version), None)
    if row is None:
        raise NotFound([InputProblem("version", "the study has no such version", "choose one of its versions")])
    return row


def _page(session: Session, study: str, form: Form, status: int) -> Response:
    found = shown_study(session, study)
    lines = _lines(session, found)
    made = render_template(
        "studies/versions.html", study=found, lines=lines, form=form, compared=_compared(lines),
        added=request.args.get("added"), confirmed=request.args.get("confirmed"),
    )  # fmt: skip
    return make_response(made, status)


def _lines(session: Session, found: Shown) -> list[VersionLine]:
    """The versions, the newest first."""
    rows, texts = versions_of(session, found.row.id), texts_of(session, found)
    names = names_of(session, [row.confirmed_by for row in rows])
    sites = {row.code: row.name for row in list_sites(session, scope(), Asked(200)).rows}
    held = effective_versions(session, scope(), found.code)
    return [
        VersionLine(
            row, read, names.get(row.confirmed_by or 0),
            tuple((sites.get(code, code), approved, since) for code, version, approved, since in held
                  if version == row.version),
        )
        for row, read in zip(rows, texts, strict=True)
    ][::-1]  # fmt: skip


def _compared(lines: list[VersionLine]) -> dict[str, Any] | None:
    """Two versions and what the newer one changes; the last two unless others are asked for. None for only one."""
    known = {line.row.version: line for line in lines}
    if len(lines) < 2:
        return None
    newer = known.get(request.args.get("to", ""), lines[0])
    earlier = [line for line in lines if line.row.position < newer.row.position] or [lines[-1]]
    older = known.get(request.args.get("from", ""), earlier[0])
    found = differences(older.read.protocol, newer.read.protocol)
    return {"older": older.row.version, "newer": newer.row.version, "found": found}
