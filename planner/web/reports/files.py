"""A report as a workbook or as pages, and its SDTM datasets, to be taken away."""

from __future__ import annotations

from flask import Blueprint, Response

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.reports.files import FileForm, make_file
from planner.reports.making import Wanted
from planner.reports.report import Filters
from planner.reports.sdtm.datasets import NAMES
from planner.reports.sdtm.exporting import note_export
from planner.reports.sdtm.files import zipped
from planner.reports.sdtm.keeping import kept_domains
from planner.request_log import request_id
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


@pages.get(f"{ONE}-sdtm.zip")
@needs(Permission.DEVIATIONS_READ)
def as_sdtm(study: str) -> Response:
    """SV, TV and DV of the participants that were chosen, each from first to last; the study's audit says so."""
    asked, planner, now = ask_of(study).wanted(), installation(), clock.now()
    whom = Filters(site=asked.filters.site, arm=asked.filters.arm, cohort=asked.filters.cohort)
    with planner.store.database.at_one_moment() as session:
        wanted = Wanted(study=study, filters=whom, as_of=asked.as_of)
        made = kept_domains(planner.store.database, session, planner.designs, scope(), wanted, now)
    planner.store.write(asking().actor, now, lambda uow: note_export(uow, made, NAMES), request_id())
    name = f"{study}-sdtm-{made.heading.as_of:%Y%m%dT%H%M%SZ}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(zipped(made, now), mimetype="application/zip", headers=headers)


def _file(study: str, form: FileForm) -> Response:
    wanted = ask_of(study).wanted()
    with installation().store.database.at_one_moment() as session:
        made = make_file(session, installation().designs, scope(), wanted, form, clock.now())
    headers = {"Content-Disposition": f'attachment; filename="{study}-{made.name}"'}
    return Response(made.content, mimetype=made.mimetype, headers=headers)
