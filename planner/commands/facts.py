"""`planner facts check`: whether a history can be true, by itself and under its protocol; its facts with their ids."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from planner.commands.output import show, write
from planner.commands.planning import Request, Study, read_study
from planner.problems import visible
from schedules.errors import HistoryError
from schedules.fact_kinds import NAMES, content
from schedules.history import Enrolled, Fact, Given, Void
from schedules.history_checks import check_history
from schedules.record import fact_id, live_facts

_SHOWN_APART = ("date", "id", "recorded", "by", "note")


def check_facts(request: Request) -> None:
    """Say that a history has no problem, or raise all of them; and list its facts: voiding one needs its id."""
    study = read_study(request, to_plan=False)
    try:
        check_history(study.design, study.history)
        if _has_day_1(study):
            study.plan(study.history)  # only a plan shows whether the path leads to what happened
    except HistoryError:
        show(lambda width: _listed(study.history.facts))
        raise
    count = len(study.history.facts)
    write(f"{visible(request.history or '')}: no problems ({count} fact{'' if count == 1 else 's'})\n")
    show(lambda width: _listed(study.history.facts))


def _has_day_1(study: Study) -> bool:
    facts = live_facts(study.history.facts)
    return any(isinstance(fact, Given) or (isinstance(fact, Enrolled) and fact.day_1) for fact in facts)


def _listed(facts: tuple[Fact, ...]) -> Iterator[RenderableType]:
    """Every fact in the order of the file, with the id that it was given or that is made from its content."""
    if not facts:
        return
    counts = {fact_id(fact) for fact in live_facts(facts)} | {fact_id(f) for f in facts if isinstance(f, Void)}
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(justify="right", style="dim", min_width=4)
    rows.add_column(no_wrap=True)
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    rows.add_row("Line", Text("Id", "dim"), Text("Date", "dim"), Text("Fact", "dim"))
    for fact in facts:
        voided = "" if fact_id(fact) in counts else " (voided)"
        line = str(fact.origin.line) if fact.origin else ""
        rows.add_row(line, Text(fact_id(fact)), str(fact.date), Text(f"{_words(fact)}{voided}"))
    yield rows


def _words(fact: Fact) -> str:
    """The fact as `--what-if` takes it, without what stands in the columns before: ``given visit=… activity=vsli``."""
    told = [name for name, _ in content(fact) if name not in _SHOWN_APART]
    return " ".join([NAMES[type(fact)], *(f"{name}={_value(getattr(fact, name))}" for name in told)])


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{','.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
