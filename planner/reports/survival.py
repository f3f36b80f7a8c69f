"""How many are still there: Kaplan-Meier, and Aalen-Johansen where several ends compete. Days are whole numbers.

Somebody may come under observation late (``entry`` > 0): they are at risk from the day after. On one day events come
before censorings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import exp, log, sqrt
from typing import NamedTuple

from planner.reports.intervals import Z
from planner.reports.report import Point


class Followed(NamedTuple):
    """One participant: under observation from ``entry`` to ``exit`` days after the enrolment; ``end`` is what happened
    on that day, empty where they were only followed so far."""

    entry: int
    exit: int
    end: str = ""


class Step(NamedTuple):
    """A day on which something happened: at risk just before it, what happened how often, who was censored on it."""

    day: int
    at_risk: int
    ends: Counter[str]
    censored: int


def steps_of(followed: Iterable[Followed]) -> list[Step]:
    """The days on which anything happened to those who were under observation at all, in order."""
    watched = [each for each in followed if each.exit > each.entry]
    entries, exits = Counter(each.entry for each in watched), Counter(each.exit for each in watched)
    ends: dict[int, Counter[str]] = {}
    for each in watched:
        ends.setdefault(each.exit, Counter())[each.end] += 1
    found, at_risk, waiting = [], 0, sorted(entries)
    for day in sorted(exits):
        while waiting and waiting[0] < day:
            at_risk += entries[waiting.pop(0)]
        counted = Counter({end: many for end, many in ends[day].items() if end})
        found.append(Step(day, at_risk, counted, ends[day].get("", 0)))
        at_risk -= exits[day]
    return found


def kaplan_meier(followed: Sequence[Followed]) -> tuple[Point, ...]:
    """The part to whom no end has happened yet, with intervals by Greenwood on the log-log scale."""
    points = [_start(followed, 1.0)]
    alive, variance = 1.0, 0.0
    for step in steps_of(followed):
        events = step.ends.total()
        alive *= 1 - events / step.at_risk
        if step.at_risk > events:
            variance += events / (step.at_risk * (step.at_risk - events))
        low, high = _log_log(alive, variance)
        points.append(Point(step.day, step.at_risk, events, step.censored, alive, low, high))
    return tuple(points)


def _start(followed: Iterable[Followed], value: float) -> Point:
    """Day 0 of a curve, with how many were under observation from the first day."""
    return Point(0, sum(each.entry == 0 < each.exit for each in followed), 0, 0, value, value, value)


def _log_log(alive: float, variance: float) -> tuple[float, float]:
    if not 0 < alive < 1:
        return alive, alive
    spread = Z * sqrt(variance) / log(alive)
    low, high = (exp(-exp(log(-log(alive)) + sign * spread)) for sign in (-1, 1))
    return low, high


def aalen_johansen(followed: Sequence[Followed], end: str) -> tuple[Point, ...]:
    """The part to whom this end has happened, where the others compete with it.

    Intervals by the delta method, on the log-log scale of the part to whom it has not.
    """
    steps = steps_of(followed)
    points, alive, happened = [_start(followed, 0.0)], 1.0, 0.0
    before: list[float] = []
    values: list[float] = []
    for place, step in enumerate(steps):
        before.append(alive)
        happened += alive * step.ends[end] / step.at_risk
        alive *= 1 - step.ends.total() / step.at_risk
        values.append(happened)
        variance = _variance(steps[: place + 1], before, values, end) if step.ends else None
        low, high = _interval(happened, variance) if variance is not None else (points[-1].low, points[-1].high)
        points.append(Point(step.day, step.at_risk, step.ends[end], step.censored, happened, low, high))
    return tuple(points)


def _variance(steps: Sequence[Step], before: Sequence[float], values: Sequence[float], end: str) -> float:
    """The variance of the newest value (Marubini and Valsecchi 1995, 10.9)."""
    newest, found = values[-1], 0.0
    for step, alive, value in zip(steps, before, values, strict=True):
        risk, every, these = step.at_risk, step.ends.total(), step.ends[end]
        still = newest - value
        if risk > every:
            found += still * still * every / (risk * (risk - every))
        found += alive * alive * these * (risk - these) / risk**3
        found -= 2 * still * alive * these / (risk * risk)
    return max(0.0, found)


def _interval(happened: float, variance: float) -> tuple[float, float]:
    if not 0 < happened < 1:
        return happened, happened
    spread = Z * sqrt(variance) / (happened * log(happened))
    low, high = sorted(happened ** exp(sign * spread) for sign in (-1, 1))
    return low, high
