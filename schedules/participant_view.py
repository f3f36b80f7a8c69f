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
    CycleDelayed,
    CycleHeld,
    Died,
    Fact,
    GateDecided,
    Held,
    History,
    NewTherapy,
    Progressed,
    Told,
    TreatmentEnded,
    Withdrew,
)
from schedules.history_checks import renamer_of
from schedules.known_bookings import known_bookings
from schedules.plan import plan
from schedules.record import fact_id, known_by, live_facts
from schedules.scheduled import ScheduledVisit
from schedules.statuses import Status

#: what a participant knows of only once somebody has told them; the rest happens to them
TO_BE_TOLD = (GateDecided, CycleHeld, CycleDelayed, Held, TreatmentEnded, Progressed, NewTherapy)


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
    known = known_bookings(
        facts, lambda fact: releases_bookings or fact_id(fact) in told, renamer_of(design, facts)
    )  # fmt: skip
    seen = [fact for fact in known if not isinstance(fact, TO_BE_TOLD) or fact_id(fact) in told]
    return plan(design, replace(history, facts=tuple(seen)), as_of).visits


def contact_ended(facts: Iterable[Fact]) -> str:
    """Why nobody may contact the participant any more, by the facts that count: died, withdrew, or nothing."""
    facts = list(facts)
    if any(isinstance(fact, Died) for fact in facts):
        return "died"
    return "withdrew" if any(isinstance(fact, Withdrew) and fact.scope == "contact" for fact in facts) else ""


def _is_shown(visit: ScheduledVisit) -> bool:
    return visit.status is Status.BOOKED and not visit.tentative
