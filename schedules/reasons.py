"""Why a visit stands on its day, in sentences; made only when somebody asks."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from schedules.scheduled import GateState, ScheduledVisit, Status
from schedules.wording import day_words, days_words, span_words

_HOW = {
    "given": "was given on",
    "attended": "took place on",
    "booked": "is booked for",
    "planned": "is planned for",
    "nominal": "is due on",
    "event": "was on",
    "expected": "is expected on",
    "start": "is planned for",
}


class Basis(NamedTuple):
    """What a visit's nominal day is counted from: what, its day (an ordinal), how it is known, how long after.

    ``cause`` is a sentence about anything that moved its due day (a hold, a delay, a late decision).
    """

    what: str
    day: int | None
    how: str
    by: str = ""
    cause: str = ""


def explain(visit: ScheduledVisit) -> tuple[str, ...]:
    """The sentences that lead from the protocol to the visit's day."""
    sentences = [_counted(visit), visit.basis.cause, _outcome(visit)]
    sentences += [conflict.text for conflict in visit.conflicts]
    sentences += list(visit.notes)
    if visit.tentative and visit.is_open:
        sentences.append("tentative: it lies beyond a decision or a record that is still open")
    return tuple(sentence for sentence in sentences if sentence)


def explain_gate(gate: GateState) -> tuple[str, ...]:
    """Why a gate is due on its day, and what the plan follows."""
    labels = dict(gate.options)
    if gate.answered_by is not None:
        return (f"answered by the decision at {gate.answered_by}",)
    if gate.decided_on is not None and gate.outcome is not None:
        return (f"decided on {day_words(gate.decided_on)}: {labels[gate.outcome]}",)
    due = (f"due on {day_words(gate.due)}, the last open day before the next day 1",) if gate.due else ()
    if gate.default is None:
        return (*due, "nothing is planned beyond it until it is decided")
    return (*due, f'until it is decided the plan follows "{labels[gate.default]}"')


def _counted(visit: ScheduledVisit) -> str:
    basis = visit.basis
    if basis.day is None or visit.nominal is None:
        return f"{basis.what} {basis.how}"
    start = f"{basis.what} {_HOW[basis.how]} {day_words(basis.day)}"
    return f"{start}; {_signed(basis.by)} = {day_words(visit.nominal)}" if basis.by else start


def _signed(by: str) -> str:
    return f"- {by[1:]}" if by.startswith("-") else f"+ {by}"


def _outcome(visit: ScheduledVisit) -> str:
    if visit.actual is not None:
        return _done(visit, visit.actual)
    if visit.status in _FALLEN_AWAY:
        return _FALLEN_AWAY[visit.status]
    if visit.target is None or visit.due is None:
        return ""
    if visit.status is Status.BOOKED:
        return f"it is booked for {day_words(visit.target)}"
    return _moved(visit, visit.due, visit.target)


_FALLEN_AWAY = {
    Status.CANCELLED: "",
    Status.OMITTED: "it was left out",
    Status.MISSED: "it was missed",
    Status.HELD: "it waits for the end of the hold",
    Status.SUSPENDED: "the participant is lost to follow-up",
}


def _done(visit: ScheduledVisit, actual: date) -> str:
    assert visit.opens is not None  # noqa: S101 - what took place has a window
    assert visit.closes is not None  # noqa: S101
    took_place = f"it took place on {day_words(actual)}"
    if visit.opens <= actual <= visit.closes:
        return f"{took_place}, within {span_words(visit.opens, visit.closes)}"
    off = (visit.opens - actual).days if actual < visit.opens else (actual - visit.closes).days
    side = "before" if actual < visit.opens else "after"
    return f"{took_place}, {days_words(off)} {side} its window, {span_words(visit.opens, visit.closes)}"


def _moved(visit: ScheduledVisit, due: date, target: date) -> str:
    limits = visit.limits
    if target == due or limits is None:
        return ""
    step = 1 if target > due else -1
    days = range(due.toordinal(), target.toordinal(), step)
    in_the_way = [why for day in days if (why := limits.why_not(day)) is not None]
    found = f"{day_words(target)} is the nearest day within {span_words(limits.first, limits.last)}"
    return "; ".join([*dict.fromkeys(in_the_way), found])
