"""A report as a file, in whatever form somebody wants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from planner.presenting.plan_json import to_json
from planner.reports.as_csv import report_csv
from planner.reports.report import Report, report_data

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


def report_file(report: Report, form: FileForm) -> ReportFile:
    """The report as a file of that form; the same report gives the same bytes."""
    name = f"report-{report.as_of:%Y%m%dT%H%M%SZ}.{form}"
    return ReportFile(name, _TYPES[form], _MAKERS[form](report))


# What makes the forms that need a library of their own is loaded with the first of them.


def _xlsx(report: Report) -> bytes:
    from planner.reports.as_xlsx import report_xlsx

    return report_xlsx(report)


def _pdf(report: Report) -> bytes:
    from planner.reports.as_pdf import report_pdf

    return report_pdf(report)


_MAKERS: dict[str, Callable[[Report], bytes]] = {
    "json": lambda report: to_json(report_data(report)).encode(),
    "csv": lambda report: report_csv(report).encode(),
    "xlsx": _xlsx,
    "pdf": _pdf,
}
