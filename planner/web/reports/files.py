"""A report as a workbook or as pages, to be taken away."""

from __future__ import annotations

from flask import Blueprint, Response

from planner import clock
from planner.auth.door import installation, needs, scope
from planner.auth.permissions import Permission
from planner.reports.files import FileForm, make_file
from planner.web.reports.asked import ask_of

pages = Blueprint("files", __name__)
ONE = "/studies/<study>/report"


@pages.get(f"{ONE}.xlsx")
@needs(Permission.DEVIATIONS_READ)
def as_xlsx(study: str) -> Response:
    """The report as a workbook."""
    return _file(study, "xlsx")


@pages.get(f"{ONE}.pdf")
@needs(Permission.DEVIATIONS_READ)
def as_pdf(study: str) -> Response:
    """The report as PDF, with its charts."""
    return _file(study, "pdf")


def _file(study: str, form: FileForm) -> Response:
    wanted = ask_of(study).wanted()
    with installation().store.database.at_one_moment() as session:
        made = make_file(session, installation().designs, scope(), wanted, form, clock.now())
    headers = {"Content-Disposition": f'attachment; filename="{study}-{made.name}"'}
    return Response(made.content, mimetype=made.mimetype, headers=headers)
