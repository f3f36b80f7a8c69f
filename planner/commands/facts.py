"""`planner facts check`: whether a history can be true, by itself and under its protocol; its facts with their ids."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from planner.commands.output import show, write
from planner.commands.planning import Request, read_study
from planner.presenting.plan_table import NARROW
from planner.presenting.study import Study
from planner.problems import visible
from schedules.errors import HistoryError
from schedules.fact_kinds import NAMES, content
from schedules.history import Enrolled, Fact, Given, Void
from schedules.history_checks import check_history
from schedules.record import fact_id, live_facts

MOST_IN_TABLE = 1_000  # a table of more takes seconds; they are listed without folding long ones
_SHOWN_APART = ("date", "id", "recorded", "by", "note")


def check_facts(request: Request) -> None:
    """Say that a history has no problem, or raise all of them; and list its facts: voiding one needs its id."""
    study = read_study(request, to_plan=False)
    try:
        check_history(study.design, study.history)
        if _has_day_1(study):
            study.plan(study.history)  # only a plan shows whether the path leads to what happened
    except HistoryError:
        _list(study.history.facts)
        raise
    count = len(study.history.facts)
    write(f"{visible(request.history or '')}: no problems ({count} fact{'' if count == 1 else 's'})\n")
    _list(study.history.facts)


def _has_day_1(study: Study) -> bool:
    facts = live_facts(study.history.facts)
    return any(isinstance(fact, Given) or (isinstance(fact, Enrolled) and fact.day_1) for fact in facts)


def _list(facts: tuple[Fact, ...]) -> None:
    """Every fact in the order of the file, with the id that it was given or that is made from its content."""
    rows = list(_rows(facts))
    if len(rows) > MOST_IN_TABLE:
        width = max(len(name) for _, name, _, _ in rows)
        write("".join(f"{line:>4}  {name:<{width}}  {day:<10}  {words}\n" for line, name, day, words in rows))
    elif rows:
        show(lambda width: _table(rows) if width >= NARROW else _stacked(rows))


def _rows(facts: tuple[Fact, ...]) -> Iterator[tuple[str, str, str, str]]:
    counts = {fact_id(fact) for fact in live_facts(facts)} | {fact_id(f) for f in facts if isinstance(f, Void)}
    for fact in facts:
        name = fact_id(fact)
        voided = "" if name in counts else " (voided)"
        yield str(fact.origin.line) if fact.origin else "", name, str(fact.date), f"{_words(fact)}{voided}"


def _table(facts: list[tuple[str, str, str, str]]) -> Iterator[RenderableType]:
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(justify="right", style="dim", min_width=4)
    rows.add_column(no_wrap=True)
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    rows.add_row("Line", Text("Id", "dim"), Text("Date", "dim"), Text("Fact", "dim"))
    for line, name, day, words in facts:
        rows.add_row(line, Text(name), day, Text(words))
    yield rows


def _stacked(facts: list[tuple[str, str, str, str]]) -> Iterator[RenderableType]:
    """On a narrow screen each fact below its line, id and date: a table would break it inside its words."""
    for line, name, day, words in facts:
        yield Text(f"{line:>4}  {name}  {day}", "dim")
        yield Padding(Text(words), (0, 0, 0, 6))


def _words(fact: Fact) -> str:
    """The fact as `--what-if` takes it, without what stands in the columns before: ``given visit=… activity=vsli``."""
    told = [name for name, _ in content(fact) if name not in _SHOWN_APART]
    return " ".join([NAMES[type(fact)], *(f"{name}={_value(getattr(fact, name))}" for name in told)])


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{','.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
