"""What people call a visit: its key, its label, or how its label begins."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from planner.presenting.study import Study
from schedules.errors import HistoryError, Problem, ScheduleError, VisitNotFound
from schedules.history import Fact
from schedules.keys import parse_key
from schedules.plan import plan
from schedules.scheduled import Plan, ScheduledVisit
from schedules.wording import list_words, quoted


def find_visit(plan: Plan, name: str) -> ScheduledVisit:
    """The visit of that key, or of that label (or its beginning: C1D24) if no other has it. Raises VisitNotFound."""
    wanted = name.casefold()
    found = [visit for visit in plan.visits if visit.key == name]
    found = found or [visit for visit in plan.visits if visit.spec.label.casefold() == wanted]
    found = found or [visit for visit in plan.visits if visit.spec.label.casefold().startswith(f"{wanted} ")]
    if len(found) == 1:
        return found[0]
    if found:
        keys = list_words((visit.key for visit in found), "or")
        raise VisitNotFound(f"{len(found)} visits are called {quoted(name)}; name one by its key: {keys}")
    raise VisitNotFound(f"the plan has no visit {quoted(name)}; {_hint(plan, name)}")


def _hint(plan: Plan, name: str) -> str:
    if any(name == gate.key for gate in plan.gates):
        return f"{name} is a decision; `planner plan` shows how it stands, under Decisions"
    labels = {visit.spec.label.casefold(): visit.spec.label for visit in plan.visits}
    known = {**labels, **{visit.key: visit.key for visit in plan.visits}}
    near = [known[each] for each in get_close_matches(name.casefold()[:120], known, n=3, cutoff=0.5)]
    if near:
        return f"did you mean {list_words(near, 'or')}?"
    some = ", ".join(visit.key for visit in plan.visits[:12])
    return f"its visits are {some or 'none'}{' …' if len(plan.visits) > 12 else ''}"


def with_keys(study: Study) -> Study:
    """The study with the keys of the visits that its what-ifs name by their labels.

    Raises HistoryError where no visit, or more than one, is called so.
    """
    found: tuple[Fact, ...] = ()
    for fact in study.what_ifs:
        found = (*found, _with_key(study, fact, found))
    return replace(study, what_ifs=found)


def _with_key(study: Study, fact: Fact, before: tuple[Fact, ...]) -> Fact:
    name = getattr(fact, "visit", None)
    if name is None or parse_key(name) is not None:
        return fact
    try:
        planned = plan(study.design, study.history.and_also(*before), study.as_of, study.known_at)
    except ScheduleError:
        return fact  # what is wrong with the history is told when it is planned
    try:
        return replace(fact, visit=find_visit(planned, name).key)  # type: ignore[call-arg]
    except VisitNotFound as error:
        wrong, _, right = str(error).partition("; ")
        where = (fact.origin.file, fact.origin.line, fact.origin.column) if fact.origin else ("--what-if", 1, 1)
        raise HistoryError([Problem(*where, wrong, right)]) from None
