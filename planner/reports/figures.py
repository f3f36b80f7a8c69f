"""The figures about visits, deviations and how people were reached, from the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from planner.reports.evidence import (
    CANDIDATE,
    CONFIRMED,
    DISMISSED,
    MISSED,
    OCCURRED,
    QUERY,
    DeviationCell,
    Evidence,
    VisitCell,
)
from planner.reports.report import EVERYBODY, Measure, Row
from planner.reports.rows import days, groups, measure, share

_LEFT_OUT = "dismissed deviations"


def _visits(evidence: Evidence, group: str) -> Iterator[tuple[VisitCell, int]]:
    return ((cell, count) for cell, count in evidence.visits.items() if group in (EVERYBODY, cell.group))


def _visit_groups(evidence: Evidence) -> list[str]:
    return groups(cell.group for cell in evidence.visits)


def attendance(evidence: Evidence) -> Measure:
    """Visits that took place, of those that were due."""
    rows = []
    for group in _visit_groups(evidence):
        outcomes = Counter[str]()
        for cell, count in _visits(evidence, group):
            outcomes[cell.outcome] += count
        rows.append(share(group, outcomes[OCCURRED], outcomes[OCCURRED] + outcomes[MISSED]))
    left_out = Counter[str]()
    for cell, count in evidence.visits.items():
        left_out[cell.outcome] += count
    return measure("attendance", "share", rows, {k: v for k, v in left_out.items() if k not in (OCCURRED, MISSED)})


def window(evidence: Evidence) -> Measure:
    """Visits within their window, of those that took place."""
    rows = []
    for group in _visit_groups(evidence):
        off = Counter[int]()
        for cell, count in _visits(evidence, group):
            if cell.outcome == OCCURRED and cell.days_off is not None:
                off[cell.days_off] += count
        early, late = (sum(n for d, n in off.items() if d * sign > 0) for sign in (-1, 1))
        rows.append(share(group, off[0], off.total(), none="none took place", early=early, late=late))
    return measure("window", "share", rows, _unmeasured(evidence))


def _unmeasured(evidence: Evidence) -> dict[str, int]:
    without = sum(n for cell, n in evidence.visits.items() if cell.outcome == OCCURRED and cell.days_off is None)
    return {"took place, and was too old by Day 1 or has no window": without}


def lateness(evidence: Evidence) -> Measure:
    """By how many days visits were late: the median, and how many by each number of days."""
    rows = []
    for group in _visit_groups(evidence):
        late = Counter[int]()
        for cell, count in _visits(evidence, group):
            if cell.outcome == OCCURRED and cell.late is not None:
                late[cell.late] += count
        rows.append(days(group, late, late.total()))
        rows += [share(group, late[day], late.total(), label=str(day)) for day in sorted(late)]
    return measure("lateness", "days", rows, _unmeasured(evidence), unit="days")


def activities(evidence: Evidence) -> Measure:
    """Activities done, of those planned at visits that took place."""
    rows = []
    for group in groups(group for group, _ in evidence.activities):
        counts: dict[str, list[int]] = {}
        for (of, label), (done, planned) in evidence.activities.items():
            if group in (EVERYBODY, of):
                before = counts.setdefault(label, [0, 0])
                counts[label] = [before[0] + done, before[1] + planned]
        totals = [sum(each[place] for each in counts.values()) for place in (0, 1)]
        rows.append(share(group, totals[0], totals[1], none="none planned"))
        rows += [share(group, counts[label][0], counts[label][1], label) for label in sorted(counts)]
    return measure("activities", "share", rows)


# -- deviations ---------------------------------------------------------------------------------


def deviations(evidence: Evidence) -> Measure:
    """Deviations by kind."""
    found = groups(cell.group for cell in evidence.deviations)
    rows = [row for group in found for row in _by(evidence, group, "kind")]
    return measure("deviations", "count", rows, _dismissed(evidence))


def deviations_by_site(evidence: Evidence) -> Measure:
    """Deviations by site."""
    return measure("deviations-by-site", "count", _by(evidence, EVERYBODY, "site"), _dismissed(evidence))


def deviations_by_month(evidence: Evidence) -> Measure:
    """Deviations by month."""
    return measure("deviations-by-month", "count", _by(evidence, EVERYBODY, "month"), _dismissed(evidence))


def _dismissed(evidence: Evidence) -> dict[str, int]:
    return {_LEFT_OUT: sum(n for cell, n in evidence.deviations.items() if cell.standing == DISMISSED)}


def _by(evidence: Evidence, group: str, what: str) -> Iterator[Row]:
    """All of a group, then by what they are about."""
    cells = [(cell, n) for cell, n in evidence.deviations.items() if group in (EVERYBODY, cell.group)]
    yield _count(group, "", cells)
    for label in sorted({getattr(cell, what) for cell, _ in cells if cell.standing != DISMISSED}):
        yield _count(group, label or "none", [(cell, n) for cell, n in cells if getattr(cell, what) == label])


def _count(group: str, label: str, cells: list[tuple[DeviationCell, int]]) -> Row:
    standing = Counter[str]()
    for cell, count in cells:
        standing[cell.standing] += count
    important = sum(n for cell, n in cells if cell.important and cell.standing in (CANDIDATE, CONFIRMED))
    more = {
        "important": important, "confirmed": standing[CONFIRMED], "candidates": standing[CANDIDATE],
        "queries": standing[QUERY],
    }  # fmt: skip
    counted = standing[CONFIRMED] + standing[CANDIDATE]
    return Row(group=group, label=label, n=counted, more=tuple((name, float(n)) for name, n in more.items()))


# -- reaching people ----------------------------------------------------------------------------


def contact(evidence: Evidence) -> Measure:
    """How long after a missed visit somebody was reached."""
    rows = []
    for group in groups(cell.group for cell in evidence.contacts):
        cells = [(cell, n) for cell, n in evidence.contacts.items() if group in (EVERYBODY, cell.group)]
        waited = Counter[int]()
        for cell, count in cells:
            if cell.days is not None:
                waited[cell.days] += count
        rows.append(days(group, waited, sum(n for _, n in cells)))
    return measure("contact", "days", rows, unit="days")


def reminders(evidence: Evidence) -> Measure:
    """What became of reminders, and of the visits that they were about."""
    rows: list[Row] = []
    for group in groups(cell.group for cell in evidence.reminders):
        cells = [(cell, n) for cell, n in evidence.reminders.items() if group in (EVERYBODY, cell.group)]
        every = sum(n for _, n in cells)
        rows.append(share(group, sum(n for cell, n in cells if cell.delivered), every, "delivered", "none reminded"))
        rows.append(share(group, sum(n for cell, n in cells if cell.confirmed), every, "confirmed", "none reminded"))
        sorts = {
            "attended": cells,
            "attended, of those confirmed": [(c, n) for c, n in cells if c.confirmed],
            "attended, of those delivered and not confirmed": [(c, n) for c, n in cells if c.delivered > c.confirmed],
            "attended, of those neither delivered nor confirmed": [
                (c, n) for c, n in cells if not c.delivered and not c.confirmed
            ],
        }
        for label, some in sorts.items():
            rows.append(share(group, sum(n for c, n in some if c.attended), sum(n for _, n in some), label, "none"))
    return measure("reminders", "share", rows)
