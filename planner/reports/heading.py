"""What stands at the head of every report: of what and when it is, and by which seal it can be checked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from planner.reports.report import EVERYBODY, Report
from schedules.wording import day_words

_MADE_FROM = {
    "projection": "the stored plans, and facts",
    "facts": "the facts that were known at that moment, planned again",
}


def heading(report: Report, in_words: bool = False) -> list[tuple[str, str]]:
    """What it is about, each with its name; ``in_words``: for whoever reads it, not as programs take it in."""
    chain = f"entry {report.chain.seq}, {report.chain.digest}"
    return [
        ("study", f"{report.study}: {report.title}"),
        ("data as of", _moment(report.as_of, in_words)),
        ("made from", _MADE_FROM[report.made_from]),
        ("audit chain", chain),
        ("engine", report.engine),
        ("participants", str(report.participants)),
        ("filters", "; ".join(_filters(report, in_words)) or "none"),
        ("masked", f"figures of fewer than {report.mask_below}" if report.mask_below > 1 else "nothing"),
        *(("note", note) for note in report.notes),
    ]


def _moment(at: datetime, in_words: bool) -> str:
    there = at.astimezone(UTC)
    return f"{day_words(there.date())}, {there:%H:%M:%S} UTC" if in_words else at.isoformat(timespec="seconds")


def _filters(report: Report, in_words: bool) -> Iterator[str]:
    said = report.filters
    for name in ("site", "arm", "cohort", "since", "until", "version"):
        value = getattr(said, name)
        if value is not None:
            yield f"{name} {day_words(value) if in_words and isinstance(value, date) else value}"
    if said.by != EVERYBODY:
        yield f"by {said.by}"
