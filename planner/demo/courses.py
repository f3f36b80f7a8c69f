"""What a made-up participant's course through a study is described by: only what is not as planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

#: a fact as a history file has it; days are numbers, counted from the day on which it is recorded
FactSaid = Mapping[str, Any]
#: among facts: an attempt to reach the participant, which is no fact of the history
TRIED = "tried"


@dataclass(frozen=True, slots=True)
class Turn:
    """What happened at a visit, where it was not what the plan has.

    ``facts`` are recorded in place of what was planned (None: as planned; empty: nobody records anything), ``days``
    after the planned day; ``then`` follows, each entry so many days after that.
    """

    facts: tuple[FactSaid, ...] | None = None
    days: int = 0
    then: tuple[tuple[int, tuple[FactSaid, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One participant. Day 1 is planned ``weeks`` before the week of today (negative: to come), on a ``weekday``.

    ``gates`` are the outcomes that are not the default; None leaves a gate to be decided. ``results`` are those of
    response assessments, by visit. A course that ``fails`` ends with the screening, for that reason. ``books``: whether
    appointments are made ahead, and moved when they no longer fit. ``lately`` is what happened besides, each entry so
    many days before today. At the visit ``without_ok`` doses were given that nobody had released.

    Whoever ``keeps_diary`` has a page of their own, and notes down on most evenings what they took at home; what is
    ``asked`` there besides is that a helper is texted, or to be away. ``consent_ends``: how long after today nothing
    may be sent to them any more.
    """

    study: str
    number: str
    weeks: int
    weekday: int = 0
    arm: str | None = None
    cohort: str | None = None
    version: str = "1.0"
    levels: Mapping[str, str] = field(default_factory=dict)
    turns: Mapping[str, Turn] = field(default_factory=dict)
    gates: Mapping[str, str | None] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)
    fails: str = ""
    enrolled_before: int = 3
    books: bool = True
    lately: tuple[tuple[int, tuple[FactSaid, ...]], ...] = ()
    without_ok: str = ""
    screened_before: int = 19  # time for a screening visit two weeks before Day 1
    keeps_diary: bool = False
    asked: str = ""
    consent_ends: timedelta | None = None

    @property
    def site(self) -> str:
        """The site of the number's first part."""
        return {"01": "north", "02": "south"}[self.number.partition("-")[0]]


def said(kind: str, **values: Any) -> FactSaid:
    """A fact, without its day."""
    return {"fact": kind, **values}


def tried(channel: str, outcome: str, **values: str) -> FactSaid:
    """Somebody tried to reach the participant."""
    return said(TRIED, channel=channel, outcome=outcome, **values)


def ended(reason: str, *facts: FactSaid) -> tuple[FactSaid, ...]:
    """The end of treatment, with what went with it."""
    return (*facts, said("treatment_ended", reason=reason))


MISSED = Turn((said("visit_missed", reason="travel"),))
UNRECORDED = Turn(())


def late(days: int) -> Turn:
    """As planned, but so many days late (negative: early)."""
    return Turn(days=days)


def without(activity: str, reason: str, *given: str) -> Turn:
    """A drug is left out of a visit and the others are given."""
    doses = (said("given", activity=other) for other in given)
    return Turn((said("omitted", activity=activity, reason=reason), *doses))


def reduced(activity: str, to: str, *given: str) -> Turn:
    """From this visit on a drug is given at a lower level, and the others as before."""
    doses = (said("given", activity=other) for other in given)
    low = said("given", activity=activity, level=to)
    return Turn((said("reduced", activity=activity, to=to, reason="toxicity"), low, *doses))


def held_cycle(cycle: str, reason: str, recheck: int, resume: int | None = None) -> Turn:
    """The participant came, and the cycle did not begin; without ``resume`` nobody knows yet when it will."""
    hold = said("cycle_held", cycle=cycle, reason=reason, recheck=recheck)
    return Turn((said("attended"), {**hold, "resume": resume} if resume is not None else hold))


def after(days: int, *facts: FactSaid) -> Turn:
    """As planned, and so many days later something else."""
    return Turn(then=((days, facts),))
