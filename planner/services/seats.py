"""Who sits in which chair of a site when: for which drugs, on whose word, and how far it has come.

A handful of queries, however many appointments there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from planner.persistence.bookings import Booking
from planner.persistence.checklists import ChecklistItem
from planner.persistence.dose_oks import DoseOk
from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.users import names_of
from planner.persistence.visits import VisitRow
from planner.services.access import Scope, within
from planner.services.checklists import ARRIVED, activity_of
from planner.services.designs import Designs, StudyDesign
from planner.services.dose_oks import renamer_of
from planner.services.fact_records import stored_fact
from planner.services.identities import Identity, identities_of
from planner.services.keyring import Keys
from schedules.arms import dose_levels_of
from schedules.dose_levels import Reduction, reduced_since, reduction_on
from schedules.fact_kinds import NAMES
from schedules.history import Attended, Enrolled, Fact, Given, Held, Omitted, Reduced, Void
from schedules.record import live_facts

_KINDS = tuple(NAMES[kind] for kind in (Attended, Enrolled, Given, Held, Omitted, Reduced, Void))
_WAITS = ("planned", "due")


@dataclass(frozen=True, slots=True)
class Ok:
    """OK to treat: who said it, when, and on what. ``revoked_why`` where it was taken back, or refused at once."""

    by: str
    at: datetime
    results: tuple[str, ...]
    note: str
    revoked_why: str | None
    refused: bool


@dataclass(frozen=True, slots=True)
class Drug:
    """One drug of an appointment: what was ordered, whether it may be given, and what came of it.

    ``level`` is the dose level that holds on the day, ``reduction`` what made it so, and ``before`` the level that it
    had until then, empty where none is known; ``prepare`` the minutes before the appointment at which the pharmacy has
    it ready, 0 where the protocol does not say; ``premedication`` what is given ahead of it. ``given`` is empty while
    no dose is recorded; ``left_out`` says why there will be none.
    """

    name: str
    label: str
    level: str
    reduction: Reduction | None
    before: str
    minutes: int
    observes: int
    prepare: int
    premedication: str
    advice: str
    ok: Ok | None
    given: tuple[Given, ...]
    left_out: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """When somebody was there, and who saw them."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Seat:
    """One appointment. ``booking.starts`` are minutes after midnight; one of 24 hours has no hour yet."""

    booking: Booking
    participant: Participant
    study: str
    visit: VisitRow
    drugs: tuple[Drug, ...]
    identity: Identity | None
    arrival: Arrival | None
    came: Attended | None

    @property
    def timed(self) -> bool:
        """Whether it has an hour."""
        return self.booking.minutes < 24 * 60

    @property
    def ends(self) -> int:
        """Minutes after midnight at which it is over."""
        return self.booking.starts + self.booking.minutes

    @property
    def stands(self) -> str:
        """expected, arrived, running, over or not-dosed."""
        doses = [dose for drug in self.drugs for dose in drug.given]
        if doses:
            open_still = any(dose.start and not dose.stop for dose in doses)
            waits = any(not drug.given and not drug.left_out for drug in self.drugs)
            return "running" if open_still or waits else "over"
        if self.came is not None or (self.drugs and all(drug.left_out for drug in self.drugs)):
            return "not-dosed" if self.drugs else "over"
        return "arrived" if self.arrival is not None else "expected"


@dataclass(frozen=True, slots=True)
class Looking:
    """Whoever looks, with what: ``scope`` is what they may see, ``names`` where they may know who sits in a chair."""

    session: Session
    designs: Designs
    keys: Keys
    scope: Scope
    names: Scope | None = None


def seats_between(looking: Looking, site: SiteRow, first: date, last: date) -> list[Seat]:
    """The appointments at a site from a day to another, by day, hour and chair."""
    query = _bookings().where(
        within(looking.scope, Booking.study_id, Booking.site_id), Booking.site_id == site.id,
        Booking.day.between(first, last),
    )  # fmt: skip
    return _seats(looking, query)


def seat_of(looking: Looking, participant: Participant, key: str) -> Seat | None:
    """The appointment that a participant has for a visit; None where there is none that holds."""
    query = _bookings().where(Booking.participant_id == participant.id, Booking.visit_key == key)
    return next(iter(_seats(looking, query)), None)


def without_an_appointment(looking: Looking, site: SiteRow, day: date) -> list[tuple[str, str, VisitRow]]:
    """Study, number and visit of those who are to have a drug on that day, and have no chair for it."""
    query = (
        select(Study.code, Participant.number, VisitRow)
        .join(Participant, Participant.id == VisitRow.participant_id)
        .join(Study, Study.id == VisitRow.study_id)
        .where(
            within(looking.scope, VisitRow.study_id, VisitRow.site_id), VisitRow.site_id == site.id,
            VisitRow.target == day, VisitRow.status.in_(_WAITS), VisitRow.booked == "", VisitRow.doses != [],
            VisitRow.gone.is_(False), VisitRow.setting != "remote",
        )
        .order_by(Study.code, Participant.number)
    )  # fmt: skip
    return [(study, number, visit) for study, number, visit in looking.session.execute(query)]


def _bookings() -> Select[Any]:
    shown: tuple[Any, ...] = (Booking, Participant, Study, VisitRow)
    query: Select[Any] = (
        select(*shown)
        .join(Participant, Participant.id == Booking.participant_id)
        .join(Study, Study.id == Booking.study_id)
        .join(VisitRow, (VisitRow.participant_id == Booking.participant_id) & (VisitRow.key == Booking.visit_key))
        .where(Booking.ended_at.is_(None))
        .order_by(Booking.day, Booking.starts, Booking.chair, Booking.id)
    )
    return query


def _seats(looking: Looking, query: Select[Any]) -> list[Seat]:
    rows = looking.session.execute(query).all()
    ids = {participant.id for _, participant, _, _ in rows}
    if not ids:
        return []
    known = _Known(looking, ids)
    names = looking.names
    named = {one.participant_id for one, *_ in rows if names is not None and names.covers(one.study_id, one.site_id)}
    identities = identities_of(looking.session, looking.keys, named) if named else {}
    designs = {study.id: looking.designs.of(looking.session, study) for _, _, study, _ in rows}
    return [
        known.seat(booking, participant, study.code, visit, designs[study.id], identities.get(participant.id))
        for booking, participant, study, visit in rows
    ]


class _Known:
    """What was said and done about these participants, looked up once for all of them."""

    def __init__(self, looking: Looking, ids: Collection[int]) -> None:
        session = looking.session
        facts: dict[int, list[Fact]] = defaultdict(list)
        query = select(FactRow).where(FactRow.participant_id.in_(ids), FactRow.kind.in_(_KINDS)).order_by(FactRow.id)
        for row in session.scalars(query):
            facts[row.participant_id].append(stored_fact(row))
        self._facts = {who: live_facts(found) for who, found in facts.items()}
        self._oks: dict[tuple[int, str, str], DoseOk] = {}
        for ok in session.scalars(select(DoseOk).where(DoseOk.participant_id.in_(ids)).order_by(DoseOk.id)):
            self._oks[ok.participant_id, ok.visit_key, ok.drug] = ok
        self._arrived = {(row.participant_id, row.visit_key): row for row in session.scalars(_arrivals(ids))}
        self._days = _days_of_reduced(session, self._facts)
        users = [ok.given_by for ok in self._oks.values()] + [row.ticked_by for row in self._arrived.values()]
        self._names = names_of(session, users)

    def seat(
        self, booking: Booking, participant: Participant, study: str, visit: VisitRow, design: StudyDesign,
        identity: Identity | None,
    ) -> Seat:  # fmt: skip
        """The appointment with everything that belongs to it."""
        facts = self._facts.get(participant.id, [])
        rename = renamer_of(design, facts)
        theirs = [fact for fact in facts if _is_about(fact, booking.day, rename, visit.key)]
        came = next((fact for fact in theirs if isinstance(fact, Attended)), None)
        levels, begun = self._reductions(participant, facts, rename), _levels_at_first(design, facts)
        doses = iter(visit.doses)
        drugs = []
        for name in visit.activities:
            activity = activity_of(design, participant, name)
            if activity is None or not activity.is_dose:
                continue
            label, level = next(doses, (activity.label, ""))
            reduction = reduction_on(booking.day, levels[name])
            given = tuple(fact for fact in theirs if isinstance(fact, Given) and fact.activity == name)
            drugs.append(
                Drug(
                    name, label, reduction.to if reduction else level, reduction,
                    _level_before(reduction, levels[name], begun.get(name, "")), activity.minutes,
                    activity.observe_minutes, activity.prepare_minutes, activity.premedication or "",
                    activity.advice or "",
                    self._ok(participant.id, visit.key, name), given, "" if given else _left_out(theirs, name),
                )
            )  # fmt: skip
        return Seat(booking, participant, study, visit, tuple(drugs), identity, self._arrival(booking), came)

    def _ok(self, who: int, key: str, drug: str) -> Ok | None:
        row = self._oks.get((who, key, drug))
        if row is None:
            return None
        results = tuple(f"{one['name']} {one['value']} {one['unit']}".strip() for one in row.results)
        return Ok(
            self._names.get(row.given_by, ""), row.given_at, results, row.note, row.revoked_why, row.refused
        )  # fmt: skip

    def _arrival(self, booking: Booking) -> Arrival | None:
        row = self._arrived.get((booking.participant_id, booking.visit_key))
        if row is None or row.ticked_at is None:
            return None
        return Arrival(row.ticked_at, self._names.get(row.ticked_by or 0, ""))

    def _reductions(
        self, participant: Participant, facts: Sequence[Fact], rename: Callable[[str], str]
    ) -> dict[str, list[Reduction]]:
        found: dict[str, list[Reduction]] = defaultdict(list)
        for fact in facts:
            if isinstance(fact, Reduced):
                days = self._days.get((participant.id, rename(fact.visit)), (None, None))
                since = reduced_since(fact.date, *days)
                found[fact.activity].append(Reduction(fact.date, since, fact.to, fact.reason))
        return found


def _levels_at_first(design: StudyDesign, facts: Sequence[Fact]) -> dict[str, str]:
    """The dose level of each drug with which somebody was enrolled."""
    enrolled = next((fact for fact in facts if isinstance(fact, Enrolled)), None)
    return dose_levels_of(enrolled, (version.protocol for version in design.versions))


def _level_before(reduction: Reduction | None, all_of_them: Sequence[Reduction], at_first: str) -> str:
    """The level that a drug had until it was reduced to what holds now."""
    if reduction is None:
        return ""
    earlier = [each for each in all_of_them if (each.decided, each.since) < (reduction.decided, reduction.since)]
    last = reduction_on(reduction.since, earlier)
    return last.to if last is not None else at_first


def _arrivals(ids: Collection[int]) -> Select[Any]:
    return select(ChecklistItem).where(ChecklistItem.participant_id.in_(ids), ChecklistItem.item == ARRIVED[0])


def _days_of_reduced(
    session: Session, facts: dict[int, list[Fact]]
) -> dict[tuple[int, str], tuple[date | None, date | None]]:
    """When the visits stand from which on somebody has less of a drug."""
    who = {participant for participant, known in facts.items() if any(isinstance(fact, Reduced) for fact in known)}
    if not who:
        return {}
    query = select(VisitRow.participant_id, VisitRow.key, VisitRow.nominal, VisitRow.actual).where(
        VisitRow.participant_id.in_(who), VisitRow.doses != [], VisitRow.gone.is_(False)
    )
    return {(participant, key): (nominal, actual) for participant, key, nominal, actual in session.execute(query)}


def _is_about(fact: Fact, day: date, rename: Callable[[str], str], key: str) -> bool:
    """Whether a fact is about this appointment: that they came, or that it waits, may be of an earlier one."""
    visit = getattr(fact, "visit", None)
    if visit is None or rename(visit) != key:
        return False
    return fact.day == day if isinstance(fact, Attended) else not isinstance(fact, Held) or fact.day >= day


def _left_out(facts: Sequence[Fact], drug: str) -> str:
    """Why a drug is not given at the visit that these facts are about; nothing where it is to be given."""
    for fact in reversed(facts):
        if isinstance(fact, Omitted | Held) and fact.activity in (None, drug):
            return f"{'left out' if isinstance(fact, Omitted) else 'waits'}: {fact.reason.replace('-', ' ')}"
        if isinstance(fact, Attended) and drug in fact.not_done:
            return fact.note or "not given"
    return ""
