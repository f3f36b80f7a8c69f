"""Whether what is stored is what the facts say, and whether the facts are those that were recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.audit import AuditEntry
from planner.persistence.bookings import SLOT_MINUTES, Booking, ChairSlot
from planner.persistence.care import CareRow
from planner.persistence.deviations import deviations_of
from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.persistence.types import json_text
from planner.persistence.visits import gates_of, visits_of
from planner.services.care_records import FORM
from planner.services.chairs import days_of_visits, held_visits
from planner.services.designs import Designs
from planner.services.fact_records import fact_data, stored_fact
from planner.services.histories import Life, life_of
from planner.services.projection import UNJUDGED, care_content, deviation_values, gate_values, visit_values
from schedules.scheduled import Plan

_AT_ONCE = 1_000


def verify_visits(session: Session, designs: Designs) -> Iterator[str]:
    """Say of every stored visit, gate, deviation, appointment and chair that is not as the facts have it what is wrong.

    Participants whose study has changed since they were planned last wait to be planned again; they are left out.
    """
    for study in session.scalars(select(Study).order_by(Study.id)):
        design = designs.of(session, study)
        everybody = select(Participant).where(Participant.study_id == study.id).order_by(Participant.id)
        for participant in session.scalars(everybody):
            if participant.planned_on is None or participant.planned_revision != study.revision:
                continue
            life = life_of(session, design, participant)
            plan = life.plan_as_of(participant.planned_on)
            moves = life.moves()
            wanted = {visit.key: visit_values(life, moves, visit) for visit in plan.visits} if plan else {}
            stored = {key: row for key, row in visits_of(session, participant.id).items() if not row.gone}
            name = f"{study.code}/{participant.number}"
            for compared in (_gates, _deviations, _appointments, _care):
                yield from compared(session, life, plan, name)
            yield from (f"{name}: {key} is stored and not planned" for key in sorted(stored.keys() - wanted.keys()))
            yield from (f"{name}: {key} is planned and not stored" for key in sorted(wanted.keys() - stored.keys()))
            for key in sorted(stored.keys() & wanted.keys()):
                values = wanted[key]
                differing = [aspect for aspect, value in values.items() if getattr(stored[key], aspect) != value]
                if differing:
                    yield f"{name}: {key} differs in {', '.join(differing)}"
    yield from verify_chairs(session)


def verify_chairs(session: Session) -> Iterator[str]:
    """Say of every chair that is not taken by the open appointments, for as long as they take, or is by others."""
    taken: dict[int, set[tuple[int, date, int, int]]] = {}
    for slot in session.scalars(select(ChairSlot)).yield_per(_AT_ONCE):
        taken.setdefault(slot.booking_id, set()).add((slot.site_id, slot.day, slot.chair, slot.starts))
    query = select(Booking, Participant.number).join(Participant, Participant.id == Booking.participant_id)
    held = (Booking.ended_at.is_(None), Booking.chair.is_not(None))
    for row, number in session.execute(query.where(*held).order_by(Booking.id)):
        if taken.pop(row.id, set()) != _quarters(row):
            yield f"{number}: {row.visit_key} does not hold chair {row.chair} on {row.day} for as long as it takes"
    yield from (f"chairs are taken by booking {booking}, which is not open" for booking in sorted(taken))


def _quarters(row: Booking) -> set[tuple[int, date, int, int]]:
    first = row.starts - row.starts % SLOT_MINUTES
    quarters = range(first, row.starts + row.minutes, SLOT_MINUTES)
    return {(row.site_id, row.day, row.chair or 0, quarter) for quarter in quarters}


def _care(session: Session, life: Life, plan: Plan | None, name: str) -> Iterator[str]:
    """Where what reports count of doses and activities is stored, and is not what the facts say."""
    row = session.get(CareRow, life.participant.id)
    if row is not None and row.form == FORM and row.content != care_content(life, plan):
        yield f"{name}: what is stored of doses and activities differs"


def _gates(session: Session, life: Life, plan: Plan | None, name: str) -> Iterator[str]:
    """Where the stored gates are not those of the plan."""
    wanted = {gate.key: gate_values(life, gate) for gate in plan.gates} if plan else {}
    stored = {key: row for key, row in gates_of(session, life.participant.id).items() if not row.gone}
    yield from (f"{name}: the gate {key} is stored and not planned" for key in sorted(stored.keys() - wanted.keys()))
    yield from (f"{name}: the gate {key} is planned and not stored" for key in sorted(wanted.keys() - stored.keys()))
    for key in sorted(stored.keys() & wanted.keys()):
        differing = [aspect for aspect, value in wanted[key].items() if getattr(stored[key], aspect) != value]
        if differing:
            yield f"{name}: the gate {key} differs in {', '.join(differing)}"


def _deviations(session: Session, life: Life, plan: Plan | None, name: str) -> Iterator[str]:
    """Where the deviations said to be found are not those of the plan; what people judged of them is theirs."""
    found = {one.id: deviation_values(life, one) for one in (*plan.deviations, *plan.queries)} if plan else {}
    stored = {key: row for key, row in deviations_of(session, life.participant.id).items() if row.found}
    yield from (f"{name}: the deviation {key} is stored and not found" for key in sorted(stored.keys() - found.keys()))
    yield from (f"{name}: the deviation {key} is found and not stored" for key in sorted(found.keys() - stored.keys()))
    for key in sorted(stored.keys() & found.keys()):
        row, values = stored[key], found[key]
        # One that was opened again is a candidate and keeps what people said of it until it is found again.
        theirs = () if row.state in UNJUDGED and row.revision == 1 else ("state", "important")
        differing = [n for n, value in values.items() if n not in theirs and getattr(row, n) != value]
        if differing:
            yield f"{name}: the deviation {key} differs in {', '.join(differing)}"


def _appointments(session: Session, life: Life, plan: Plan | None, name: str) -> Iterator[str]:
    """Where the open appointments are not those of the facts."""
    wanted = {visit.key: visit.booking.id for visit in held_visits(plan) if visit.booking is not None}
    mine = select(Booking).where(Booking.participant_id == life.participant.id, Booking.ended_at.is_(None))
    rows = {row.visit_key: row for row in session.scalars(mine)}
    came = days_of_visits(plan)
    for key in sorted(wanted.keys() | rows.keys()):
        kept = key in rows and key not in wanted and came.get(key) == rows[key].day
        if not kept and (key not in rows or rows[key].fact_id != wanted.get(key)):
            yield f"{name}: the appointment of {key} is not as the facts have it"


def verify_facts(session: Session) -> Iterator[str]:
    """Say of every stored fact that the audit has otherwise or not at all, and of every one that is not there any more.

    The database refuses to change a fact; whoever owns the database can get around that, but not around the chain.
    """
    for study in session.scalars(select(Study).order_by(Study.id)):
        said = _audited(session, study.id)
        query = select(FactRow, Participant.number).join(Participant, Participant.id == FactRow.participant_id)
        for row, number in session.execute(query.where(FactRow.study_id == study.id).order_by(FactRow.id)):
            name = f"{study.code}/{number}: the fact {row.fact_id}"
            recorded = said.pop((number, row.fact_id), None)
            if recorded is None:
                yield f"{name} is not in the audit"
            elif recorded != _sealed(fact_data(row)) or row.day != stored_fact(row).day:
                yield f"{name} is not what was recorded"
        yield from (f"{study.code}/{number}: the fact {fact} is in the audit and not stored" for number, fact in said)


def _audited(session: Session, study_id: int) -> dict[tuple[str, str], bytes]:
    """What the audit of a study has of each fact, by the participant's number and the fact's name."""
    query = select(AuditEntry.subject, AuditEntry.after).where(AuditEntry.chain == study_id)
    found: dict[tuple[str, str], bytes] = {}
    for subject, facts in session.execute(query.where(AuditEntry.action == "facts.recorded")).yield_per(_AT_ONCE):
        number = subject.removeprefix("participant:")
        found |= {(number, str(fact["id"])): _sealed(fact) for fact in facts}
    return found


def _sealed(fact: dict[str, Any]) -> bytes:
    return hashlib.sha256(json_text(fact).encode()).digest()
