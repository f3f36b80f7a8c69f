"""What a mail with a report says. It names nobody, and no figure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from planner.persistence.report_mails import ReportSchedule
from planner.persistence.studies import Study
from planner.reports.mail_periods import days_of
from planner.reports.mail_times import Rhythm


class Words(NamedTuple):
    """The subject and the text of a mail."""

    subject: str
    text: str


def text_of(study: Study, schedule: ReportSchedule, due_at: datetime) -> Words:
    """What stands in the mail."""
    rhythm = Rhythm(schedule.rhythm, schedule.day, schedule.hour, schedule.zone).words()
    filters = "; ".join(f"{name} {value}" for name, value in schedule.filters.items() if name != "period") or "none"
    lines = [
        f"The report on the study {study.code} is attached.",
        "",
        f"Data as of: {due_at.isoformat(timespec='seconds')}",
        *_period(schedule, due_at),
        f"Filters: {filters}",
        f"Figures of fewer than {schedule.mask_below} are masked; it shows no single participants.",
        "It is about the sites that you may see. The same report can be made again for this moment at any time.",
        "",
        f"It goes out {rhythm}, to users of the study whose role includes its reports.",
        "Whoever set it up, or an administrator, can end it.",
    ]
    return Words(f"Report on {study.code}, {due_at:%Y-%m-%d}", "\n".join(lines) + "\n")


def _period(schedule: ReportSchedule, due_at: datetime) -> list[str]:
    period = schedule.filters.get("period")
    if period is None:
        return []
    days = days_of(period, due_at, schedule.zone)
    return [f"Period: {days.since} to {days.until}"]
