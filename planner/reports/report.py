"""What a report is: frozen figures with their definitions, of one moment, sealed by the head of the audit chain.

Everything that shows a report (a table, CSV, a page, a spreadsheet, a PDF) is made of this and of nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

#: by what the figures can be broken down; ``all`` is one figure for everybody
BREAKDOWNS = ("all", "site", "arm", "cohort", "month", "version")
#: the value of ``Row.group`` that stands for everybody within the filters
EVERYBODY = "all"
#: where a curve is shown in words or on pages, it is by these days; every step is in JSON, CSV and workbooks
DAYS_SHOWN = (0, 30, 60, 90, 180, 365, 730)

MeasureKind = Literal["share", "ratio", "days", "count", "curve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Whom and what a report is about; None stands for all. ``since`` and ``until`` are days, both included.

    ``version`` is the protocol version in force at the visit. ``by`` is one of BREAKDOWNS.
    """

    site: str | None = None
    arm: str | None = None
    cohort: str | None = None
    since: date | None = None
    until: date | None = None
    version: str | None = None
    by: str = EVERYBODY


@dataclass(frozen=True, slots=True)
class Definition:
    """What a measure means, in sentences: what n counts, what N counts, and what neither does, with the reason."""

    what: str
    n: str
    of: str
    left_out: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many of something were left out of a measure, and why."""

    why: str
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. ``group`` is EVERYBODY or a value of the breakdown, ``label`` what the figure is about besides:
    a drug, a kind of deviation, a month, days late; empty where the measure has one figure for each group.

    ``n`` of ``of``, with ``share`` (0 to 1, for a ratio also more) between ``low`` and ``high``, the ends of its 95 %
    interval; None where there is nothing to divide by, or where the figure is masked. ``value`` is a figure that is no
    share, in the measure's unit, such as a median; ``more`` are further ones by name. ``note`` says in words what is
    special: ``none due``, ``masked: fewer than 5``.
    """

    group: str
    label: str = ""
    n: float | None = None
    of: float | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    value: float | None = None
    more: tuple[tuple[str, float | None], ...] = ()
    note: str = ""
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One step of a curve: ``value`` (0 to 1) from ``day`` on, with its 95 % interval.

    ``at_risk`` were still followed just before that day, ``events`` happened and ``censored`` left on it.
    """

    day: int
    at_risk: int | None
    events: int | None
    censored: int | None
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve of a measure, such as Kaplan-Meier or the incidence of death; its first point is day 0."""

    group: str
    label: str
    points: tuple[Point, ...]


def at_risk_on(points: Sequence[Point], day: int) -> int | None:
    """How many were still followed just before a day, or at the beginning of day 0.

    After the last step nobody is; None where the curve is masked from there on, so that nobody knows.
    """
    after = None if points and points[-1].events is None else 0
    return next((point.at_risk for point in points if point.day >= day), after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure: its definition, its figures, and what they leave out.

    ``kind``: ``share`` (n of N, a part of a whole), ``ratio`` (delivered by planned, may exceed 1), ``days`` (a
    distribution: ``value`` is the median in days), ``count`` (n alone), ``curve`` (``curves`` besides the rows).
    """

    id: str
    title: str
    kind: MeasureKind
    definition: Definition
    unit: str = ""
    rows: tuple[Row, ...] = ()
    curves: tuple[Curve, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The newest entry of the study's audit chain by the moment of the report; 0 and zeros where there is none."""

    seq: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as it was made. The same moment, filters and data give the same report, to the byte.

    ``as_of`` is the moment of the data. ``made_from``: ``projection``, the newest plans as they are stored, or
    ``facts``, planned again from what was known at that moment. ``mask_below``: figures of fewer than so many are
    masked; 0 masks none. ``notes`` say what holds for all measures.
    """

    study: str
    title: str
    as_of: datetime
    made_from: Literal["projection", "facts"]
    chain: ChainHead
    engine: str
    filters: Filters
    mask_below: int
    participants: int
    measures: tuple[Measure, ...]
    notes: tuple[str, ...] = ()

    def measure(self, name: str) -> Measure:
        """The measure of that id. Raises KeyError for one that the report has not."""
        return next((each for each in self.measures if each.id == name), None) or _missing(name)


def _missing(name: str) -> Measure:
    raise KeyError(name)


def report_data(report: Report) -> dict[str, Any]:
    """The report as plain data for JSON: days and instants in ISO 8601, ``more`` as an object."""
    data: dict[str, Any] = _plain(asdict(report))
    for measure in data["measures"]:
        for row in measure["rows"]:
            row["more"] = dict(row["more"])
    return data


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
