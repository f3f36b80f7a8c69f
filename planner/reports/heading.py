"""What stands at the head of every report: of what and when it is, and by which seal it can be checked."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reports.report import EVERYBODY, Report

_MADE_FROM = {
    "projection": "the stored plans, and facts",
    "facts": "the facts that were known at that moment, planned again",
}


def heading(report: Report) -> list[tuple[str, str]]:
    """What it is about, each with its name."""
    chain = f"entry {report.chain.seq}, {report.chain.digest}"
    return [
        ("study", f"{report.study}: {report.title}"),
        ("data as of", report.as_of.isoformat(timespec="seconds")),
        ("made from", _MADE_FROM[report.made_from]),
        ("audit chain", chain),
        ("engine", report.engine),
        ("participants", str(report.participants)),
        ("filters", "; ".join(_filters(report)) or "none"),
        ("masked", f"figures of fewer than {report.mask_below}" if report.mask_below > 1 else "nothing"),
        *(("note", note) for note in report.notes),
    ]


def _filters(report: Report) -> Iterator[str]:
    said = report.filters
    for name in ("site", "arm", "cohort", "since", "until", "version"):
        value = getattr(said, name)
        if value is not None:
            yield f"{name} {value}"
    if said.by != EVERYBODY:
        yield f"by {said.by}"
