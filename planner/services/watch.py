"""What is not of today and must not be forgotten: holds without an end, consents, results that expire, hospital.

Every list is a fixed number of queries for each study, however many participants there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Text, and_, cast, false, func, or_, select
from sqlalchemy.orm import aliased

from notifications.tasks import TaskRow
from planner.persistence.contact_consents import ContactConsent
from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.types import json_text, said
from planner.persistence.visits import VisitRow
from planner.problems import PlannerError
from planner.services.access import Scope, within
from planner.services.designs import Designs, StudyDesign
from planner.services.fact_records import stored_fact
from planner.services.histories import lives_of
from planner.services.tasks import Told
from planner.services.today import Day, Found, Line, Place
from planner.services.whereabouts import stay_today
from schedules.fact_kinds import NAMES
from schedules.history import Admitted, AmendmentApplied, Consented, Died, Discharged, Fact, Held, Transplanted, Void
from schedules.record import live_facts
from schedules.statuses import Status
from schedules.wording import day_words

R = TypeVar("R")
#: a consent that ends within so many days is to be asked for again, a result that expires to be looked at
RENEWED_BEFORE, EXPIRES_WITHIN = timedelta(days=30), timedelta(days=14)
#: of these nothing is asked any more
_OVER = ("died", "withdrawn", "completed", "screen-failed")
_NOT_BEGUN = ("screening", "enrolled")
#: so many people are asked for by their numbers
_FEW = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hold that has no end. ``visit``: what waits; none for a drug taken at home, whose name is ``what`` then."""

    what: str
    visit: str | None
    activity: str | None
    since: date | None
    words: str


@dataclass(frozen=True, slots=True)
class ToRenew:
    """A consent to ask for again: to a protocol version that holds for them, or to being sent something until a day."""

    version: str | None
    channel: str | None
    day: date


@dataclass(frozen=True, slots=True)
class Expiring:
    """A result of screening that is of use for so long. ``expires``: the last day on which it is."""

    label: str
    key: str
    done: date
    expires: date
    day_1: date | None


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody in hospital, since when, and whether for a transplant."""

    since: date
    transplant: bool
    note: str


@dataclass(frozen=True, slots=True)
class Watched:
    """Whom the lists are about: a day, where whoever looks may see participants, and the designs of the studies."""

    day: Day
    scope: Scope
    designs: Designs

    def design(self, study: Study) -> StudyDesign | None:
        """A study's design; none where it cannot be planned with yet."""
        try:
            return self.designs.of(self.day.session, study)
        except PlannerError:
            return None


# -- tasks of no study --------------------------------------------------------------------------


def loose_tasks(day: Day, scope: Scope) -> Found[Line[Told]]:
    """What is to be looked at and belongs to no study: for everybody who looks at messages, whatever their study."""
    if day.study or not scope.pairs:
        return Found([], 0)
    which = (TaskRow.study_id.is_(None), TaskRow.done_at.is_(None))
    total = day.session.scalar(select(func.count()).select_from(TaskRow).where(*which)) or 0
    rows = day.session.scalars(select(TaskRow).where(*which).order_by(TaskRow.id).limit(day.most).offset(day.skip))
    nowhere = Place("", "", "", 0, 0)
    return Found([Line(nowhere, Told(row, None, None, None), row.made_at.date()) for row in rows], total)


# -- holds --------------------------------------------------------------------------------------


def open_holds(watched: Watched) -> Found[Line[Waiting]]:
    """Visits that wait for the end of a hold without one, and drugs taken at home that do; the longest first."""
    lines = [*_held_visits(watched), *_held_at_home(watched)]
    return watched.day.part(sorted(lines, key=lambda line: (line.row.since or date.max, line.place.number)))


def _held_visits(watched: Watched) -> Iterator[Line[Waiting]]:
    held = (VisitRow.status == said(Status.HELD.value), VisitRow.gone.is_(False), VisitRow.nominal.is_not(None))
    for row, place in _placed(watched, VisitRow, VisitRow.site_id, *held):
        held_by = [conflict for conflict in row.conflicts if conflict["kind"] == "held"]
        words = next((str(conflict["text"]) for conflict in held_by or row.conflicts), "")
        yield _line(watched, place, Waiting(row.label, row.key, None, row.nominal, words))


def _held_at_home(watched: Watched) -> Iterator[Line[Waiting]]:
    for participant, place, facts in _known(watched, Held):
        if participant.status in _OVER:
            continue
        for fact in facts:
            if isinstance(fact, Held) and fact.visit is None and fact.activity and fact.resume is None:
                words = f"held on {day_words(fact.date)} ({fact.reason.replace('-', ' ')}), without an end"
                yield _line(watched, place, Waiting(fact.activity, None, fact.activity, fact.date, words))


# -- consents -----------------------------------------------------------------------------------


def to_sign_again(watched: Watched) -> Found[Line[ToRenew]]:
    """Who has come under a version that asks for consent again, and has not signed; who has waited longest first."""
    return watched.day.part(sorted(_to_sign_again(watched), key=lambda line: (line.row.day, line.place.number)))


def consents_that_end(watched: Watched) -> Found[Line[ToRenew]]:
    """Whose consent to being sent something ends soon, or has ended; the first to end first."""
    return watched.day.part(sorted(_ending(watched), key=lambda line: (line.row.day, line.place.number)))


def _to_sign_again(watched: Watched) -> Iterator[Line[ToRenew]]:
    needing: dict[int, set[str]] = {}
    for study in _studies(watched):
        design = watched.design(study)
        versions = design.versions if design is not None else ()
        needing[study.id] = {read.protocol.version for read in versions if read.protocol.reconsent}
    unsigned = _under_one_of({name for names in needing.values() for name in names})
    for participant, place, facts in _known(watched, AmendmentApplied, also=(Consented,), among=unsigned):
        today = watched.day.dates[place.site_id]
        applied = [fact for fact in facts if isinstance(fact, AmendmentApplied) and fact.date <= today]
        signed = {fact.version for fact in facts if isinstance(fact, Consented)}
        if participant.status in _OVER or not applied or applied[-1].version in signed:
            continue
        if applied[-1].version in needing.get(place.study_id, ()):
            yield _line(watched, place, ToRenew(applied[-1].version, None, applied[-1].date))


def _under_one_of(versions: set[str]) -> ColumnElement[bool]:
    """Who is under one of these versions, still takes part, and seems not to have signed for it.

    Facts say the last word, and most people have signed: only of the others, and where something was voided, are they
    read. What a fact says is kept as text in one form only, so that a part of it is found as it stands.
    """
    fact = aliased(FactRow)
    signed = _theirs(fact, fact.kind == NAMES[Consented])
    under = [
        and_(Participant.version == version,
             ~signed.where(cast(fact.content, Text).contains(_written(version), autoescape=True)).exists())
        for version in sorted(versions)
    ]  # fmt: skip
    voided = and_(Participant.version.in_(versions), _theirs(fact, fact.kind == NAMES[Void]).exists())
    return and_(Participant.status.not_in(_OVER), or_(voided, *under))


def _theirs(fact: type[FactRow], *which: Any) -> Select[Any]:
    """Facts about the participant of the query that this stands in."""
    return select(fact.id).where(fact.participant_id == Participant.id, *which).correlate(Participant)


def _written(version: str) -> str:
    """How a fact's content has a version in it."""
    return json_text({"version": version}).strip("{}")


def _ending(watched: Watched) -> Iterator[Line[ToRenew]]:
    """What somebody has said last about a channel is a yes that is over soon, or has been."""
    soon = max(watched.day.dates.values(), default=date.min) + RENEWED_BEFORE
    ends = select(ContactConsent.participant_id).where(ContactConsent.agreed, ContactConsent.until <= soon)
    alive = (Participant.status.not_in(_OVER), ContactConsent.participant_id.in_(ends))
    last: dict[tuple[int, str], tuple[ContactConsent, Place]] = {}
    for row, place in _placed(watched, ContactConsent, Participant.site_id, *alive, order=ContactConsent.id):
        last[row.participant_id, row.channel] = (row, place)
    for row, place in last.values():
        if row.agreed and row.until is not None and row.until <= watched.day.dates[place.site_id] + RENEWED_BEFORE:
            yield _line(watched, place, ToRenew(None, row.channel, row.until))


# -- results ------------------------------------------------------------------------------------


def expiring_results(watched: Watched) -> Found[Line[Expiring]]:
    """Results of screening, of who has not begun, that are of no use soon or no more; the first to expire first."""
    valid = {study.id: _valid_for(watched, study) for study in _studies(watched)}
    named = or_(false(), *(and_(Participant.study_id == study, VisitRow.epoch.in_({epoch for epoch, _ in days}))
                           for study, days in valid.items() if days))  # fmt: skip
    done = (VisitRow.status == Status.DONE.value, VisitRow.gone.is_(False), VisitRow.actual.is_not(None), named)
    lines = []
    # few are in screening: by whose visits they are, and by no index of a site's or a study's visits, they are found
    for row, place in _placed(watched, VisitRow, VisitRow.site_id + 0, *done, Participant.status.in_(_NOT_BEGUN)):
        days = valid[row.study_id].get((row.epoch, row.key.rpartition(".")[2].partition("#")[0]))
        if days is not None and row.actual + days <= watched.day.dates[place.site_id] + EXPIRES_WITHIN:
            lines.append(_line(watched, place, Expiring(row.label, row.key, row.actual, row.actual + days, None)))
    day_1s = _day_1s(watched, lines)
    lines = [replace(line, row=replace(line.row, day_1=day_1s.get(_who(line)))) for line in lines]
    return watched.day.part(sorted(lines, key=lambda line: (line.row.expires, line.place.number)))


def _valid_for(watched: Watched, study: Study) -> dict[tuple[str, str], timedelta]:
    """By epoch and name how long the result of a visit is of use."""
    design = watched.design(study)
    return {
        (name, visit_name): timedelta(days=visit.valid_for.in_days or 0)
        for read in (design.versions if design is not None else ())
        for name, epoch in read.protocol.epochs.items()
        for visit_name, visit in epoch.visits.items()
        if visit.valid_for is not None
    }


def _day_1s(watched: Watched, lines: list[Line[Expiring]]) -> dict[tuple[int, str], date | None]:
    query = select(Participant.study_id, Participant.number, Participant.day_1, Participant.planned_day_1)
    whose = Participant.number.in_({line.place.number for line in lines})
    return {(study, number): day_1 or planned for study, number, day_1, planned in
            watched.day.session.execute(query.where(whose))}  # fmt: skip


def _who(line: Line[Any]) -> tuple[int, str]:
    return line.place.study_id, line.place.number


# -- hospital -----------------------------------------------------------------------------------


def in_hospital_now(watched: Watched, now: datetime) -> Found[Line[Stay]]:
    """Who is in hospital today by the plans; who has been there longest first."""
    known: dict[int, list[tuple[Participant, Place, list[Fact]]]] = defaultdict(list)
    still = _may_be_there(min(watched.day.dates.values(), default=date.min))
    for participant, place, facts in _known(watched, Admitted, Transplanted, also=(Died,), among=still):
        if facts and not any(isinstance(fact, Died) for fact in facts):
            known[place.study_id].append((participant, place, facts))
    lines: list[Line[Stay]] = []
    for study in _studies(watched):
        design, those = watched.design(study), known.get(study.id, [])
        if design is None or not those:
            continue
        lives = lives_of(watched.day.session, design, [participant for participant, *_ in those])
        for life, (_, place, facts) in zip(lives, those, strict=True):
            stay = stay_today(life, facts, watched.day.dates[place.site_id], now)
            if stay is not None:
                lines.append(_line(watched, place, Stay(stay[0], stay[1] == "transplanted", stay[2])))
    return watched.day.part(sorted(lines, key=lambda line: (line.row.since, line.place.number)))


def _may_be_there(today: date) -> ColumnElement[bool]:
    """Who did not leave before that day what they came for; and of whom a fact was voided: the plan tells."""
    came, left, void = aliased(FactRow), aliased(FactRow), aliased(FactRow)
    gone = select(left.id).where(
        left.participant_id == came.participant_id, left.kind == NAMES[Discharged], left.day >= came.day,
        left.day < today,
    ).correlate(came)  # fmt: skip
    stays = _theirs(came, came.kind.in_([NAMES[Admitted], NAMES[Transplanted]]), ~gone.exists())
    return and_(Participant.status != "died", or_(stays.exists(), _theirs(void, void.kind == NAMES[Void]).exists()))


# -- how a list is looked up --------------------------------------------------------------------


def _studies(watched: Watched) -> list[Study]:
    """The studies that the lists are about."""
    query = select(Study).order_by(Study.id)
    rows = watched.day.session.scalars(query.where(Study.code == watched.day.study) if watched.day.study else query)
    return [study for study in rows if watched.scope.covers(study.id)]


def _placed(watched: Watched, table: Any, site_id: Any, *which: Any, order: Any = None) -> Iterator[tuple[Any, Place]]:
    query = (
        select(table, Study.code, Participant.number, SiteRow.code, Participant.study_id, site_id)
        .join(Participant, Participant.id == table.participant_id)
        .join(Study, Study.id == Participant.study_id)
        .join(SiteRow, SiteRow.id == site_id)
        .where(within(watched.scope, Participant.study_id, site_id), *which)
        .order_by(*([order] if order is not None else [Participant.number]))
    )
    query = query.where(Study.code == watched.day.study) if watched.day.study else query
    for row, study, number, site, study_id, place in watched.day.session.execute(query):
        yield row, Place(study, number, site, study_id, place)


def _known(
    watched: Watched, *kinds: type[Fact], also: tuple[type[Fact], ...] = (), among: ColumnElement[bool] | None = None
) -> Iterator[tuple[Participant, Place, list[Fact]]]:
    """Everybody (``among`` whom is said) of whom a fact of these kinds was recorded, with those that still count.

    ``also``: facts of these kinds as well.
    """
    concerned = select(FactRow.participant_id).where(FactRow.kind.in_([NAMES[kind] for kind in kinds]))
    if among is not None:
        concerned = concerned.join(Participant, Participant.id == FactRow.participant_id).where(among)
    wanted = FactRow.kind.in_([NAMES[kind] for kind in (*kinds, *also, Void)])
    rows: dict[int, list[FactRow]] = defaultdict(list)
    places: dict[int, Place] = {}
    # who they are is asked once: to look through all facts is what takes long, and mostly there are few or none
    ids = watched.day.session.scalars(concerned.distinct().limit(_FEW + 1)).all()
    if not ids:
        return
    those: Any = ids if len(ids) <= _FEW else concerned
    which = (wanted, FactRow.participant_id.in_(those))
    for row, place in _placed(watched, FactRow, Participant.site_id, *which, order=FactRow.id):
        rows[row.participant_id].append(row)
        places[row.participant_id] = place
    people = select(Participant).where(Participant.id.in_(those))
    for participant in watched.day.session.scalars(people):
        if participant.id in places:
            yield participant, places[participant.id], live_facts([stored_fact(row) for row in rows[participant.id]])


def _line(watched: Watched, place: Place, row: R) -> Line[R]:
    return Line(place, row, watched.day.dates[place.site_id])
