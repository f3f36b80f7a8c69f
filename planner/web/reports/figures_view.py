"""The figures of a report in words: n of N, per cent, intervals, what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from planner.reports.definitions import NEEDS
from planner.reports.report import DAYS_SHOWN, EVERYBODY, Curve, Measure, Report, Row, at_risk_on

#: under which heading which measures stand; those of doses are counted from facts and take longer
SECTIONS = {
    "visits": ("Visits", ("attendance", "window", "lateness")),
    "people": ("Participants", ("retention", "enrolment", "observation")),
    "deviations": ("Deviations", ("deviations", "deviations-by-site", "deviations-by-month")),
    "reaching": ("Reaching people", ("contact", "reminders")),
    "doses": ("Doses and activities", ("activities", "relative-dose", "dose-intensity", "home", "pill-counts")),
}
SLOW = tuple(name for name in NEEDS if NEEDS[name] == "care")
QUICK = tuple(name for name in NEEDS if NEEDS[name] != "care")
#: what stands at the top, where it is counted
_TOP = {"attendance": "Visits attended", "window": "Within the window", "retention": "Still in the study"}
#: measures of which every single number is drawn, and folded away as a table
_FOLDED = ("lateness",)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. ``range``: where its interval begins, where it is, and where it ends, in per cent."""

    group: str
    label: str
    counted: str
    percent: str
    interval: str
    range: tuple[float, float, float] | None
    value: str
    more: str


@dataclass(frozen=True, slots=True)
class CurveLine:
    """A curve on some days: the part, and how many are at risk."""

    group: str
    label: str
    on: tuple[tuple[int, str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A measure as its page shows it; ``folded`` are the lines that need not be seen at once."""

    measure: Measure
    lines: tuple[Line, ...]
    folded: tuple[Line, ...]
    curves: tuple[CurveLine, ...]
    grouped: bool

    def has(self, column: str) -> bool:
        """Whether any line says something there."""
        return any(getattr(line, column) for line in (*self.lines, *self.folded))


@dataclass(frozen=True, slots=True)
class Top:
    """A figure at the top of the page."""

    label: str
    figure: str
    beside: str
    measure: str


def sections_of(report: Report) -> Iterator[tuple[str, str, list[Shown]]]:
    """The measures of a report under their headings: an id, the heading, and the measures; none that is empty."""
    known = {measure.id: measure for measure in report.measures}
    grouped = report.filters.by != EVERYBODY
    for name, (heading, measures) in SECTIONS.items():
        found = [_shown(known[each], grouped) for each in measures if each in known]
        if found:
            yield name, heading, found


def top_of(report: Report) -> Iterator[Top]:
    """What is asked first of a report."""
    for measure in report.measures:
        first = next(iter(measure.rows), None)
        if first is None:
            continue
        line = _line(first)
        if measure.id in _TOP:
            beside = f"{line.counted}{f', 95 %: {line.interval}' if line.interval else ''}" or line.more
            yield Top(_TOP[measure.id], line.percent or "–", beside, measure.id)
        elif measure.id == "lateness":
            beside = f"{line.more}" if line.value else line.more
            yield Top("Days late, the median", line.value or "–", beside, measure.id)
        elif measure.id == "deviations":
            yield Top("Deviations", line.counted or "–", line.more, measure.id)


def _shown(measure: Measure, grouped: bool) -> Shown:
    lines = [(row, _line(row)) for row in measure.rows]
    folds = measure.id in _FOLDED
    return Shown(
        measure,
        tuple(line for row, line in lines if not (folds and row.label)),
        tuple(line for row, line in lines if folds and row.label),
        tuple(_curves(measure.curves)),
        grouped,
    )


def _line(row: Row) -> Line:
    known = row.low is not None and row.high is not None and row.share is not None
    more = [row.note] if row.note else []
    more += [f"{name} {plain(value)}" for name, value in row.more if value is not None]
    return Line(
        group="all" if row.group == EVERYBODY else row.group,
        label=row.label,
        counted=_counted(row),
        percent="" if row.share is None else _percent(row.share),
        interval="" if row.low is None or row.high is None else f"{row.low:.1%} to {row.high:.1%}",
        range=(100 * (row.low or 0), 100 * (row.share or 0), 100 * (row.high or 0)) if known else None,
        value="" if row.value is None else plain(row.value),
        more="; ".join(more),
    )


def _counted(row: Row) -> str:
    if row.n is None:
        return ""
    return plain(row.n) if row.of is None else f"{plain(row.n)} of {plain(row.of)}"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def plain(value: float) -> str:
    """A number without needless digits: 12, 0.83, 1,250."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}".rstrip("0").rstrip(".")


def _curves(curves: Iterable[Curve]) -> Iterator[CurveLine]:
    for curve in curves:
        last = curve.points[-1].day if curve.points else -1
        days = tuple(_on(curve, day) for day in DAYS_SHOWN if day <= last)
        yield CurveLine("all" if curve.group == EVERYBODY else curve.group, curve.label, days)


def _on(curve: Curve, day: int) -> tuple[int, str, int | None]:
    point = [each for each in curve.points if each.day <= day][-1]
    return day, "" if point.value is None else f"{point.value:.1%}", at_risk_on(curve.points, day)
