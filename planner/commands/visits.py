"""`planner why` and `planner feasible`: one visit, how its date came about and where it may be booked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from planner.commands.output import show, write
from planner.commands.planning import Request, read_study
from planner.presenting.plan_json import to_json, visit_data
from planner.presenting.protocol_table import clock_words
from planner.presenting.short_days import short_day, short_span
from planner.presenting.study import Study
from planner.presenting.visit_names import find_visit
from planner.presenting.visit_words import distance_words, started, timed
from schedules.feasible_days import FeasibleDay, RefusedDay, feasible_days, refused_days
from schedules.scheduled import Conflict, ScheduledVisit
from schedules.statuses import STATUS_MEANINGS, Status
from schedules.wording import day_words, days_words, list_words, state_words


def show_why(request: Request, name: str, form: str) -> None:
    """Say in sentences how a visit's date came about."""
    study = read_study(request)
    planned = study.plan(study.imagined)
    visit = find_visit(planned, name)
    if form == "json":
        write(to_json(visit_data(visit, planned.day_1)))
    else:
        show(lambda width: _why(visit, study, _today(study, request)))


def show_feasible(request: Request, name: str, form: str) -> None:
    """Say where a visit may be booked, best first, and why not on the other days of its window."""
    study = read_study(request)
    visit = find_visit(study.plan(study.imagined), name)
    days = bookable_days(visit, _today(study, request))
    if form == "json":
        write(to_json(feasible_data(visit, days)))
    else:
        show(lambda width: _feasible(visit, days))


def _today(study: Study, request: Request) -> date | None:
    """The day of the plan, before which nobody can book; None for a start date alone, before which nothing is past."""
    return study.as_of if study.imagined.facts or request.as_of else None


# -- why ----------------------------------------------------------------------------------------


def _why(visit: ScheduledVisit, study: Study, today: date | None) -> Iterator[RenderableType]:
    yield _title(visit)
    rows = Table.grid(padding=(0, 2))
    for place, sentence in enumerate(visit.why, start=1):
        rows.add_row(f"  {place}.", Text(sentence))
    yield rows
    yield from _by_the_clock(visit, study)
    yield Text()
    yield _facts(visit, today)
    for conflict in visit.conflicts:
        yield from _proposals(conflict)


def _by_the_clock(visit: ScheduledVisit, study: Study) -> Iterator[RenderableType]:
    """What is done by the clock; with the hours once somebody recorded when the dose that they count from began."""
    facts, day = study.recorded(study.imagined), visit.actual or study.as_of
    for base, times in groupby(timed(visit), key=lambda each: each.base):
        start = started(visit, base, facts, study.site_on(day).zone)
        began = f", which began at {start:%H:%M}" if start else ""
        yield Text(f"\n  By the clock, from {base or 'the arrival'}{began}")
        rows = Table.grid(padding=(0, 2, 0, 0))
        rows.add_column(width=2)
        for each in times:
            hour = [_hour(each.on_the_clock(start), start)] if start else []
            within = clock_words(each.within) if each.within else ""
            rows.add_row("", *hour, each.activity, distance_words(each.at), within)
        yield rows


def _hour(then: datetime, start: datetime) -> str:
    return f"{then:%H:%M}" if then.date() == start.date() else f"{then:%H:%M} on {short_day(then.date())}"


def _title(visit: ScheduledVisit) -> Text:
    return Text.assemble((visit.spec.label, "bold"), (f"  {visit.key}", "dim"))


def _facts(visit: ScheduledVisit, today: date | None) -> Table:
    """The four dates and the status: what the protocol says, what is left of it, where the visit stands."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim")
    due = f", due {short_day(visit.due)}" if visit.due and visit.due != visit.nominal else ""
    status = state_words(visit.status.value)
    window = f"{short_day(visit.opens)} to {short_day(visit.closes)}" if visit.opens else "—"
    days = [day for day in visit.feasible if today is None or day >= today]
    rows.add_row("  Nominal", f"{short_day(visit.nominal)}{due}")
    rows.add_row("  Window", window)
    rows.add_row("  Feasible", Text(f"{', '.join(_spans(days))} ({days_words(len(days))})" if days else "none"))
    rows.add_row("  Target", short_day(visit.target))
    rows.add_row("  Status", Text(f"{status}, {visit.certainty}. {STATUS_MEANINGS[visit.status]}"))
    return rows


def _spans(days: list[date]) -> Iterator[str]:
    """The days, with those that follow each other taken together."""
    start = 0
    for place, day in enumerate(days):
        if place + 1 == len(days) or (days[place + 1] - day).days > 1:
            yield short_span(days[start], day)
            start = place + 1


def _proposals(conflict: Conflict) -> Iterator[RenderableType]:
    ways = [f"its earliest safe day is {short_day(conflict.earliest_safe)}"] if conflict.earliest_safe else []
    ways += ["it can be left out (fact: omitted)"] if conflict.may_omit else []
    late = f"; a decision is overdue from {short_day(conflict.overdue_from)}" if conflict.overdue_from else ""
    kind = conflict.kind.replace("-", " ")
    words = f"{list_words(ways, 'or')}{late}" if ways else late.removeprefix("; ")
    style = "bold red" if conflict.blocks else "yellow"
    yield Text.assemble(
        ("\nTo decide" if conflict.blocks else "\nTo know", style), f" ({kind}): {words or conflict.text}"
    )


# -- feasible -----------------------------------------------------------------------------------


class Days(NamedTuple):
    """The days of a visit on which it may be booked, best first, and the others with what stands in the way."""

    best: list[FeasibleDay]
    refused: list[RefusedDay]


def bookable_days(visit: ScheduledVisit, today: date | None) -> Days:
    """The feasible days from ``today`` on; those before it are past. None: nothing is past."""
    found = feasible_days(visit)
    past = [each.day for each in found if today is not None and each.day < today]
    why = f"it is past: the plan is as of {day_words(today)}" if today else ""
    refused = [*refused_days(visit), *(RefusedDay(day, why) for day in past)]
    return Days([each for each in found if each.day not in past], sorted(refused, key=lambda each: each.day))


def feasible_data(visit: ScheduledVisit, days: Days) -> dict[str, object]:
    """The feasible and the refused days as plain data."""
    best = [
        {"date": found.day.isoformat(), "distance": found.distance, "reasons": list(found.reasons)}
        for found in days.best
    ]
    refused = [{"date": found.day.isoformat(), "why": found.why} for found in days.refused]
    due = visit.due.isoformat() if visit.due else None
    return {"key": visit.key, "label": visit.spec.label, "due": due, "status": visit.status.value,
            "feasible": best, "refused": refused}  # fmt: skip


def _feasible(visit: ScheduledVisit, days: Days) -> Iterator[RenderableType]:
    yield _title(visit)
    now = f"now {state_words(visit.status.value)}" if visit.status is not Status.NEEDS_DECISION else "needs a decision"
    yield Text(f"due {short_day(visit.due)}, {now}" if visit.due else now)
    best, refused = days
    yield Text(f"\n{'It may be booked on, best first' if best else _none_left(visit, bool(refused))}", "bold")
    yield from _dated((f"{place:>4}.", found.day, "; ".join(found.reasons)) for place, found in enumerate(best, 1))
    if refused:
        yield Text("\nNot on", "bold")
        yield from _dated(("", found.day, found.why) for found in refused)
    if not best:
        for conflict in visit.conflicts:
            yield from _proposals(conflict)


def _dated(lines: Iterable[tuple[str, date, str]]) -> Iterator[RenderableType]:
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(width=5)
    for number, day, words in lines:
        rows.add_row(number, Text(short_day(day), justify="right"), Text(words))
    if rows.row_count:
        yield rows


def _none_left(visit: ScheduledVisit, narrowed: bool) -> str:
    if narrowed:
        return "No day is possible"
    said = "; ".join(conflict.text for conflict in visit.conflicts) or STATUS_MEANINGS[visit.status]
    return f"There is nothing to book: {said}"
