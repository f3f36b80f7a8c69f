"""The charts that show what a report counts: lateness, retention, enrolment. They are masked as the report is."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reports.charts.chart import Cell, Chart, chart
from planner.reports.people_figures import DIED, IN_STUDY, LEFT, TRANSPLANTED
from planner.reports.report import EVERYBODY, Curve, Measure, Report, Row

#: the charts that are made of one measure of the same name
MEASURED = ("lateness", "retention", "enrolment")
LATENESS = ("days late", "visits", "share")
RETENTION = ("group", "curve", "day", "share", "low", "high", "at risk", "events", "censored")
ENROLMENT = ("what", "of", "enrolled", "in all", "planned")
MONTH, COHORT = "month", "cohort"
#: so many groups have a picture of their own, beside that of everybody
MOST_GROUPS = 6
#: the curves as they are called in the chart, by how their labels end in the report
CURVES = {IN_STUDY: IN_STUDY, LEFT: LEFT, DIED: DIED, TRANSPLANTED: TRANSPLANTED}


def chart_of_report(report: Report, name: str) -> Chart:
    """One of MEASURED. Raises KeyError for another name, and for a report without that measure."""
    makers = {"lateness": lateness, "retention": retention, "enrolment": enrolment}
    return makers[name](report.measure(name))


def charts_of_report(report: Report) -> list[Chart]:
    """Those of MEASURED whose measures the report has."""
    known = {measure.id for measure in report.measures}
    return [chart_of_report(report, name) for name in MEASURED if name in known]


def _of_all(measure: Measure) -> list[Row]:
    return [row for row in measure.rows if row.group == EVERYBODY]


# -- lateness -----------------------------------------------------------------------------------


def lateness(measure: Measure) -> Chart:
    """How many visits were so many days late; a masked number of days is left out."""
    found = [row for row in _of_all(measure) if row.label and row.n is not None]
    rows = sorted((int(row.label), int(row.n or 0), row.share) for row in found)
    median = next((row.value for row in _of_all(measure) if not row.label), None)
    total = sum(row[1] for row in rows)
    on_the_day = sum(row[1] for row in rows if row[0] == 0)
    said = f"{total} visits by how many days they were late; below 0 they were early. {on_the_day} were on the day."
    if median is not None:
        said += f" The median is {median:g}."
    return chart("lateness", LATENESS, rows, said, "No visit with a window has taken place yet.")


# -- retention ----------------------------------------------------------------------------------


def retention(measure: Measure) -> Chart:
    """Who is still in the study by days since enrolment, and the ends that compete."""
    counted = {row.group: row for row in measure.rows}
    groups = [group for group, row in counted.items() if row.of or row.masked]
    curves = [(group, name, curve) for group in groups for name in CURVES for curve in measure.curves
              if curve.group == group and curve.label.endswith(f": {name}") and curve.points]  # fmt: skip
    rows = [row for _, name, curve in curves for row in _steps(name, curve)]
    said = _retained(counted.get(EVERYBODY), [(name, curve) for group, name, curve in curves if group == EVERYBODY])
    others = [counted[group] for group in groups if group != EVERYBODY]
    return chart("retention", RETENTION, rows, said + _of_groups(others), "Nobody is enrolled yet.")


def _steps(name: str, curve: Curve) -> Iterator[tuple[Cell, ...]]:
    for point in curve.points:
        share = (point.value, point.low, point.high)
        yield (curve.group, name, point.day, *share, point.at_risk, point.events, point.censored)


def _of_groups(rows: list[Row]) -> str:
    """How many of each group are still in the study, and whether all of them are drawn."""
    told = [f"{row.group} {row.n:g} of {row.of:g}" for row in rows[:MOST_GROUPS] if row.n is not None]
    said = f" By group: {', '.join(told)}." if told else ""
    left = len(rows) - MOST_GROUPS
    return said + (f" {left} further groups are in the table alone." if left > 0 else "")


def _retained(row: Row | None, curves: list[tuple[str, Curve]]) -> str:
    said = "The part of the participants who are still in the study, by days since enrolment."
    if row is not None and row.n is not None:
        said += f" {row.n:g} of {row.of:g} are in it now."
    for name, curve in curves:
        last = curve.points[-1]
        if last.value is not None:
            said += f" {name.capitalize()} by day {last.day}: {last.value:.0%}."
    return said


# -- enrolment ----------------------------------------------------------------------------------


def enrolment(measure: Measure) -> Chart:
    """Participants enrolled by month and in all, and by cohort against the number planned."""
    months = {row.label: row for row in _of_all(measure) if _is_month(row.label)}
    cohorts = [row for row in _of_all(measure) if row.label.startswith("cohort ")]
    planned = _plan(measure, cohorts)
    rows = [*_months(months, planned), *(_cohort(row) for row in cohorts)]
    enrolled = next((row.n for row in _of_all(measure) if not row.label), None)
    said = "Participants enrolled by month, and in all."
    if enrolled is not None:
        said += f" {enrolled:g} are enrolled" + (f" of {planned} planned." if planned else ".")
    return chart("enrolment", ENROLMENT, rows if months else (), said, "Nobody is enrolled yet.")


def _plan(measure: Measure, cohorts: list[Row]) -> int | None:
    """How many are planned in all: what the cohorts add up to, unless some are in none of them."""
    enrolled = next((row.n for row in _of_all(measure) if not row.label), None)
    if enrolled is None or enrolled != sum(row.n or 0 for row in cohorts):
        return None
    return sum(int(row.of or 0) for row in cohorts)


def _is_month(label: str) -> bool:
    return len(label) == 7 and label[:4].isdigit()


def _months(known: dict[str, Row], planned: int | None) -> Iterator[tuple[Cell, ...]]:
    """Every month from the first to the last; in one without anybody nothing is added."""
    so_far: int | None = 0
    for month in _between(min(known), max(known)) if known else ():
        row = known.get(month)
        n = 0 if row is None else None if row.n is None else int(row.n)
        so_far = None if so_far is None or n is None else so_far + n
        yield (MONTH, month, n, so_far, planned)


def _between(first: str, last: str) -> Iterator[str]:
    year, month = int(first[:4]), int(first[5:])
    while (found := f"{year:04}-{month:02}") <= last:
        yield found
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _cohort(row: Row) -> tuple[Cell, ...]:
    n, of = (None if each is None else int(each) for each in (row.n, row.of))
    return (COHORT, row.label.removeprefix("cohort "), n, None, of)
