"""`planner facts check`: whether a history can be true, by itself and under its protocol."""

from __future__ import annotations

from planner.commands.output import write
from planner.commands.planning import Request, Study, read_study
from schedules.history import Enrolled, Given
from schedules.history_checks import check_history
from schedules.record import live_facts


def check_facts(request: Request) -> None:
    """Say that a history has no problem; with any, all of them are raised."""
    study = read_study(request, to_plan=False)
    check_history(study.design, study.history)
    if _has_day_1(study):
        study.plan(study.history)  # only a plan shows whether the path leads to what happened
    count = len(study.history.facts)
    write(f"{request.history}: no problems ({count} fact{'' if count == 1 else 's'})\n")


def _has_day_1(study: Study) -> bool:
    facts = live_facts(study.history.facts)
    return any(isinstance(fact, Given) or (isinstance(fact, Enrolled) and fact.day_1) for fact in facts)
