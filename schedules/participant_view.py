"""What a participant may see: their booked visits, once a person has told them, and nothing that was not told.

What has been decided but not told changes nothing here, so the view is a plan of its own: of the history
without the decisions, findings, holds and ends that the participant has not been told of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from schedules.design import Design
from schedules.history import (
    Booked,
    CycleDelayed,
    CycleHeld,
    Died,
    Fact,
    GateDecided,
    Held,
    History,
    NewTherapy,
    Progressed,
    Rebooked,
    Told,
    TreatmentEnded,
    Withdrew,
)
from schedules.plan import plan
from schedules.record import fact_id, known_by, live_facts
from schedules.scheduled import ScheduledVisit
from schedules.statuses import Status

_TO_BE_TOLD = (GateDecided, CycleHeld, CycleDelayed, Held, TreatmentEnded, Progressed, NewTherapy)


def participant_view(
    design: Design, history: History, as_of: date, known_at: datetime | None = None, releases_bookings: bool = False
) -> tuple[ScheduledVisit, ...]:
    """The visits that the participant may see, earliest first.

    A booking is seen once somebody recorded that the participant was told of it, or at once where the study
    ``releases_bookings`` as they are made. Nothing tentative is seen, and nothing at all after a death or a
    withdrawal from all contact. Raises what ``plan`` raises.
    """
    told = told_visits(design, history, as_of, known_at, releases_bookings)
    return tuple(visit for visit in told if _is_shown(visit))


def told_visits(
    design: Design, history: History, as_of: date, known_at: datetime | None = None, releases_bookings: bool = False
) -> tuple[ScheduledVisit, ...]:
    """Every visit as it would be planned from what the participant was told, also those that they may not see.

    It tells an appointment that was called off from one that took place, or that waits for another day. None at all
    after a death or a withdrawal from all contact.
    """
    facts = live_facts(known_by(history.facts, known_at))
    if contact_ended(facts):
        return ()
    told = {fact.about for fact in facts if isinstance(fact, Told)}
    seen = [fact for fact in facts if _is_known(fact, told, releases_bookings)]
    return plan(design, replace(history, facts=tuple(seen)), as_of).visits


def contact_ended(facts: Iterable[Fact]) -> str:
    """Why nobody may contact the participant any more, by the facts that count: died, withdrew, or nothing."""
    facts = list(facts)
    if any(isinstance(fact, Died) for fact in facts):
        return "died"
    return "withdrew" if any(isinstance(fact, Withdrew) and fact.scope == "contact" for fact in facts) else ""


def _is_known(fact: Fact, told: set[str], releases_bookings: bool) -> bool:
    """Whether the participant knows of a fact: of what happened to them always, of decisions once told."""
    if isinstance(fact, Booked | Rebooked) and not releases_bookings:
        return fact_id(fact) in told
    return not isinstance(fact, _TO_BE_TOLD) or fact_id(fact) in told


def _is_shown(visit: ScheduledVisit) -> bool:
    return visit.status is Status.BOOKED and not visit.tentative
