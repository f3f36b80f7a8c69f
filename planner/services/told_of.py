"""Whoever is told of an appointment has to see it: on their own page, in their calendar, in what reminds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from planner.problems import InputProblem, Refused
from planner.services.histories import Life
from schedules.fact_kinds import NAMES
from schedules.history import Fact, Told
from schedules.participant_view import TO_BE_TOLD, participant_view
from schedules.record import fact_id
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status

#: in which field a decision says what it is about
_NAMED = ("gate", "visit", "cycle")


def refuse_what_stays_hidden(life: Life, plan: Plan | None, facts: Sequence[Fact], today: date) -> None:
    """Raise Refused for being told of an appointment that follows from a decision which nobody has told them of.

    ``life`` has the new facts, and ``plan`` is its. By what they would know there was no such appointment: their page
    and their calendar would lack it, or say that it was called off.
    """
    about = {fact.about: at for at, fact in enumerate(facts) if isinstance(fact, Told)}
    if not about or plan is None:
        return
    stands = {name: visit for visit in plan.visits if (name := _appointment(visit)) in about}
    if not stands:
        return
    seen = participant_view(life.study.design, life.history, today, releases_bookings=life.study.releases_bookings)
    hidden = sorted(stands.keys() - {_appointment(visit) for visit in seen}, key=about.__getitem__)
    untold = list(_untold_decisions(life))
    if hidden and untold:
        wrong = f"they would not see it, for nobody has told them of what was decided: {', '.join(untold)}"
        remedy = "record with it that they were told of that, too"
        raise Refused([InputProblem(f"/facts/{about[name]}/about", wrong, remedy) for name in hidden])


def _appointment(visit: ScheduledVisit) -> str | None:
    """The name of the fact that made a visit's appointment, if it stands and nothing may still change it."""
    if visit.booking is None or visit.status is not Status.BOOKED or visit.tentative:
        return None
    return fact_id(visit.booking)


def _untold_decisions(life: Life) -> Iterator[str]:
    told = {fact.about for fact in life.live if isinstance(fact, Told)}
    for fact in life.live:
        if isinstance(fact, TO_BE_TOLD) and fact_id(fact) not in told:
            yield f"{_about(fact)} ({fact_id(fact)})"


def _about(fact: Fact) -> str:
    """What a decision is about, as its fact names it; else of what kind it is."""
    return str(next((found for name in _NAMED if (found := getattr(fact, name, None))), None) or _kind(fact))


def _kind(fact: Fact) -> str:
    return NAMES[type(fact)].replace("_", " ")
