"""The report of a study: figures with their definitions, as of now or of any past moment."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from flask import Response
from pydantic import Field

from planner import clock
from planner.api.requests import answer, installation, needs, scope
from planner.api.resource import resource
from planner.api.types import Answer, Day, Moment, Name, Query, StudyPath
from planner.auth.permissions import Permission
from planner.reports.files import make_file
from planner.reports.making import Wanted, make_report
from planner.reports.report import BREAKDOWNS, Filters, report_data

api = resource("reports", "Reports: every figure with its definition, n and N, and what was left out.")
_FILTERS = ("site", "arm", "cohort", "since", "until", "version", "by")


class ReportQuery(Query):
    """What the report is to be about; whatever is left out stands for all."""

    as_of: Moment | None = Field(
        default=None, description="A past moment: the report is made from what was known then."
    )
    site: Name | None = Field(default=None, description="Visits at this site, and participants whom it sees.")
    arm: str | None = Field(default=None, max_length=100)
    cohort: str | None = Field(default=None, max_length=100, description="A cohort of the protocol.")
    since: Day | None = Field(default=None, description="From this day on, by the protocol's day of a visit.")
    until: Day | None = Field(default=None, description="Up to this day, with it.")
    version: str | None = Field(default=None, max_length=100, description="The version in force at the visit.")
    by: Literal[BREAKDOWNS] = Field(default="all", description="Figures for each of these besides.")  # type: ignore[valid-type]
    mask_below: int = Field(default=0, ge=0, le=100, description="Figures of fewer than so many are masked.")
    measures: str = Field(default="", max_length=500, description="Ids with commas between them; all if left out.")
    format: Literal["json", "csv", "xlsx", "pdf"] = Field(
        default="json", description="CSV and a workbook are for spreadsheets, PDF for paper and readers."
    )


class DefinitionAnswer(Answer):
    """What a measure means, what n and N count, and what neither does."""

    what: str
    n: str
    of: str
    left_out: str


class LeftOutAnswer(Answer):
    """How many of something were left out, and why; null where that is masked."""

    why: str
    count: int | None


class FigureAnswer(Answer):
    """One figure: n of N, with the ends of its 95 % interval; null where there is nothing to divide by, or masked."""

    group: str = Field(description="`all`, or a value of the breakdown.")
    label: str = Field(description="What it is about besides: a drug, a kind, a month.")
    n: float | None
    of: float | None
    share: float | None
    low: float | None
    high: float | None
    value: float | None = Field(description="A figure that is no share, such as a median of days.")
    more: dict[str, float | None]
    note: str
    masked: bool


class PointAnswer(Answer):
    """One step of a curve, from `day` on."""

    day: int
    at_risk: int | None
    events: int | None
    censored: int | None
    value: float | None
    low: float | None
    high: float | None


class CurveAnswer(Answer):
    """One curve; its first point is day 0."""

    group: str
    label: str
    points: list[PointAnswer]


class MeasureAnswer(Answer):
    """One measure: its definition, its figures, and what they leave out."""

    id: str
    title: str
    kind: Literal["share", "ratio", "days", "count", "curve"]
    definition: DefinitionAnswer
    unit: str
    rows: list[FigureAnswer]
    curves: list[CurveAnswer]
    left_out: list[LeftOutAnswer]


class ChainHeadAnswer(Answer):
    """The newest entry of the study's audit chain by the moment of the report."""

    seq: int
    digest: str


class FiltersAnswer(Answer):
    """What the report is about; null stands for all."""

    site: str | None
    arm: str | None
    cohort: str | None
    since: date | None
    until: date | None
    version: str | None
    by: str


class ReportAnswer(Answer):
    """A report: the same moment, filters and data give the same one."""

    study: str
    title: str
    as_of: datetime
    made_from: Literal["projection", "facts"]
    chain: ChainHeadAnswer
    engine: str
    filters: FiltersAnswer
    mask_below: int
    participants: int
    measures: list[MeasureAnswer]
    notes: list[str]


@api.get("/studies/<study>/report", responses={200: ReportAnswer}, operation_id="make_report")
@needs(Permission.DEVIATIONS_READ)
def report(path: StudyPath, query: ReportQuery) -> Response:
    """Make a report of a study: attendance, windows, doses, retention, deviations and more.

    The figures are those of the sites that you may see.
    """
    wanted = Wanted(
        study=path.study, filters=Filters(**{name: getattr(query, name) for name in _FILTERS}), as_of=query.as_of,
        mask_below=query.mask_below, measures=tuple(name.strip() for name in query.measures.split(",") if name.strip()),
    )  # fmt: skip
    now, whose, planner = clock.now(), scope(), installation()
    with planner.store.database.at_one_moment() as session:
        if query.format == "json":
            return answer(report_data(make_report(session, planner.designs, whose, wanted, now)))
        file = make_file(session, planner.designs, whose, wanted, query.format, now)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, mimetype=file.mimetype, headers=headers)
