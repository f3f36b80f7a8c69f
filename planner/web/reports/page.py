"""The report of a study: the form, the figures with their definitions, and the files that are made of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import installation, needs, scope
from planner.auth.permissions import Permission
from planner.presenting.plan_json import to_json
from planner.problems import InvalidInput, PlannerError, Refused, ValuesMissing
from planner.reports.as_csv import report_csv
from planner.reports.definitions import MEASURES
from planner.reports.heading import heading
from planner.reports.making import make_report
from planner.reports.report import Report, report_data
from planner.services.access import find_study
from planner.web.reports.asked import BREAKDOWNS, Ask, ask_of, options_of
from planner.web.reports.chart_view import of_measures, of_visits
from planner.web.reports.figures_view import QUICK, SLOW, sections_of, top_of
from planner.web.reports.outputs import OUTPUTS
from planner.web.studies.shown import Shown, shown_study

pages = Blueprint("page", __name__)
ONE = "/studies/<study>/report"
#: what is said on the page itself; everything else is a page of its own
_SAID = (InvalidInput, Refused, ValuesMissing)


@pages.get(ONE)
@needs(Permission.DEVIATIONS_READ)
def show(study: str) -> ResponseReturnValue:
    """Show a report. What takes long (everything of a past moment, doses) comes after the page, or with ``all``."""
    ask, whole = ask_of(study), "all" in request.args
    measures = MEASURES if whole else QUICK
    with installation().store.database.at_one_moment() as session:
        shown = shown_study(session, study)
        try:
            options = options_of(session, shown.row, installation().designs.of(session, shown.row))
            report = None if ask.past and not whole else _made(session, ask, *measures)
            if report is None:
                _check(session, ask)
        except _SAID as error:
            return _with_problems(session, shown, ask, error)
    return _page(shown, ask, 200, options=options, whole=whole, **_of(ask, report))


def _with_problems(session: Session, shown: Shown, ask: Ask, error: PlannerError) -> Response:
    """The form with what is wrong with it; without its choices where there is no protocol that gives them."""
    status = ask.form.take(error)
    try:
        options = options_of(session, shown.row, installation().designs.of(session, shown.row))
    except _SAID:
        options = None
    return _page(shown, ask, status, options=options, whole=False, **_of(ask, None))


def _page(shown: Shown, ask: Ask, status: int, **said: Any) -> Response:
    made = render_template(
        "reports/report.html", study=shown, ask=ask, form=ask.form, breakdowns=BREAKDOWNS, outputs=OUTPUTS, **said
    )
    return make_response(made, status)


@pages.get(f"{ONE}/figures")
@needs(Permission.DEVIATIONS_READ)
def figures(study: str) -> ResponseReturnValue:
    """The figures that take longer, to be put into the page: of doses, or all of them where a past moment is asked."""
    ask = ask_of(study)
    with installation().store.database.at_one_moment() as session:
        report = _made(session, ask, *(MEASURES if ask.past else SLOW))
    name = "reports/_whole.html" if ask.past else "reports/_slow.html"
    return render_template(name, ask=ask, outputs=OUTPUTS, whole=True, **_of(ask, report))


@pages.get(f"{ONE}.csv")
@needs(Permission.DEVIATIONS_READ)
def as_csv(study: str) -> Response:
    """The report as CSV; with a byte order mark, without which spreadsheets garble letters such as é."""
    report = _all_of(study)
    return _file(report, report_csv(report).encode("utf-8-sig"), "text/csv; charset=utf-8", "csv")


@pages.get(f"{ONE}.json")
@needs(Permission.DEVIATIONS_READ)
def as_json(study: str) -> Response:
    """The report as JSON."""
    report = _all_of(study)
    return _file(report, to_json(report_data(report)).encode(), "application/json", "json")


def _all_of(study: str) -> Report:
    with installation().store.database.at_one_moment() as session:
        return _made(session, ask_of(study), *MEASURES)


def _file(report: Report, content: bytes, kind: str, ending: str) -> Response:
    name = f"report-{report.study}-{report.as_of:%Y%m%dT%H%M%SZ}.{ending}"
    return Response(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _made(session: Session, ask: Ask, *measures: str) -> Report:
    return make_report(session, installation().designs, scope(), ask.wanted(*measures), clock.now())


def _check(session: Session, ask: Ask) -> None:
    """Raise what making the report would raise."""
    find_study(session, scope(), ask.study)
    make_report(session, installation().designs, scope(), ask.wanted("enrolment"), clock.now())


def _of(ask: Ask, report: Report | None) -> dict[str, Any]:
    """What a template needs of a report, if there is one yet."""
    if report is None:
        return {"report": None, "about": [], "top": [], "sections": [], "pictures": [], "measured": {}}
    return {
        "report": report, "about": heading(report, in_words=True), "top": list(top_of(report)),
        "sections": list(sections_of(report)),
        "pictures": of_visits(ask, report.participants) if report.participants and report.mask_below <= 1 else [],
        "measured": of_measures(ask, report),
    }  # fmt: skip
