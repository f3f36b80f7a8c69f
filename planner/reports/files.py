"""A report as a file, in whatever form somebody wants it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from planner.presenting.plan_json import to_json
from planner.reports.as_csv import report_csv
from planner.reports.charts.chart import Chart
from planner.reports.charts.on_pages import charts_on_pages
from planner.reports.making import Wanted, make_report
from planner.reports.report import Report, report_data
from planner.services.access import Scope
from planner.services.designs import Designs

FileForm = Literal["json", "csv", "xlsx", "pdf"]
_TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
#: forms that are no text, and that nobody wants on a screen
BINARY = ("xlsx", "pdf")


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report as bytes, with its MIME type and a name of plain letters for it."""

    name: str
    mimetype: str
    content: bytes


def make_file(
    session: Session, designs: Designs, scope: Scope, wanted: Wanted, form: FileForm, now: datetime
) -> ReportFile:
    """Make a report and write it. Raises what ``make_report`` raises."""
    made = make_report(session, designs, scope, wanted, now)
    others = charts_on_pages(session, designs, scope, wanted, now) if form == "pdf" else ()
    return report_file(made, form, others)


def report_file(report: Report, form: FileForm, others: Sequence[Chart] = ()) -> ReportFile:
    """The report as a file of that form; ``others`` are charts for pages. The same input gives the same bytes."""
    name = f"report-{report.as_of:%Y%m%dT%H%M%SZ}.{form}"
    content = _pdf(report, others) if form == "pdf" else _MAKERS[form](report)
    return ReportFile(name, _TYPES[form], content)


# What makes the forms that need a library of their own is loaded with the first of them.


def _xlsx(report: Report) -> bytes:
    from planner.reports.as_xlsx import report_xlsx

    return report_xlsx(report)


def _pdf(report: Report, others: Sequence[Chart]) -> bytes:
    from planner.reports.as_pdf import report_pdf

    return report_pdf(report, others)


_MAKERS: dict[str, Callable[[Report], bytes]] = {
    "json": lambda report: to_json(report_data(report)).encode(),
    "csv": lambda report: report_csv(report).encode(),
    "xlsx": _xlsx,
}
