"""Records what happened: facts, the plan that follows, and everything that hangs on it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from itertools import pairwise
from typing import Any

from sqlalchemy.orm import Session

from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.site_versions import version_at
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.problems import Conflict, InputProblem, Refused, shown
from planner.services.access import EVERYTHING, Scope, find_participant, find_study
from planner.services.chairs import check_bookings, sync_bookings
from planner.services.cohort_levels import at_known_levels, known_cohorts
from planner.services.contact_attempts import require_effort
from planner.services.designs import Designs, StudyDesign, require_values
from planner.services.fact_records import fact_content, fact_data
from planner.services.histories import Life, life_of
from planner.services.projection import project
from planner.services.reminders import keep_in_step
from planner.services.told_of import refuse_what_stays_hidden
from schedules.changes import Changes, compare
from schedules.fact_kinds import NAMES
from schedules.history import (
    Admitted,
    Assessed,
    Attended,
    Booked,
    Consented,
    Died,
    Discharged,
    Enrolled,
    EventOccurred,
    Fact,
    FoundAgain,
    GateDecided,
    Given,
    LostToFollowUp,
    Progressed,
    Rebooked,
    Told,
    Transferred,
    VisitMissed,
    Withdrew,
)
from schedules.scheduled import Plan

#: which version is in effect at a site on a day, if somebody has said so
VersionOn = Callable[[int, date], str | None]
MOST_FACTS = 20_000
#: how many newer facts whoever comes second is told
MOST_TOLD = 200
#: what can only have happened; appointments, holds, transplants and the like may lie ahead
HAPPENED = (
    Admitted, Assessed, Attended, Consented, Died, Discharged, EventOccurred, FoundAgain, GateDecided, Given,
    LostToFollowUp, Progressed, Told, VisitMissed, Withdrew,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """Facts about one participant; ``expected`` is the participant's revision that the person had seen, if any."""

    study: str
    participant: str
    facts: tuple[Fact, ...]
    expected: int | None = None
    why: str = ""
    #: why an appointment is outside its window or inside a spacing, where it is
    booking_reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """What came of recording, or would come of it: the facts with their ids, and what moves.

    ``before`` and ``after`` are None while there is no Day 1 to plan from; ``changes`` while either is.
    """

    participant: str
    revision: int
    facts: tuple[Fact, ...]
    before: Plan | None
    after: Plan | None

    @property
    def changes(self) -> Changes | None:
        """What is not the same in the two plans."""
        return compare(self.before, self.after) if self.before is not None and self.after is not None else None


def preview_facts(session: Session, designs: Designs, scope: Scope, command: RecordFacts, now: datetime) -> Recorded:
    """What recording these facts would move; nothing is changed. Raises what ``record_facts`` raises."""
    study = find_study(session, scope, command.study)
    participant = find_participant(session, scope, study, command.participant)
    found, life = _work_out(session, designs.of(session, study), participant, command, now, scope)
    check_bookings(session, life, found.after, command.booking_reason)
    return found


def record_facts(uow: UnitOfWork, designs: Designs, scope: Scope, command: RecordFacts) -> Recorded:
    """Record facts, plan again, and bring all that hangs on the plan up to date: all or nothing.

    Raises NotFound; Conflict if somebody else has changed the participant since; Refused for facts that cannot be,
    or contradict what is known; ChairTaken.
    """
    study = find_study(uow.session, scope, command.study)
    participant = find_participant(uow.session, scope, study, command.participant, lock=True)
    return record_for(uow, designs.of(uow.session, study), study, participant, command, scope)


def record_for(
    uow: UnitOfWork, design: StudyDesign, study: Study, participant: Participant, command: RecordFacts,
    scope: Scope = EVERYTHING,
) -> Recorded:  # fmt: skip
    """The same for a participant who is known, and locked by this transaction."""
    found, life = _work_out(uow.session, design, participant, command, uow.now, scope)
    rows = [FactRow(**fact_values(uow, life, fact)) for fact in found.facts]
    uow.session.add_all(rows)
    participant.revision = found.revision
    project(uow, life, found.after, life.today(uow.now))
    sync_bookings(uow, life, found.after, command.booking_reason)
    keep_in_step(uow, life)
    note_facts(uow, life, [fact_data(row) for row in rows], command.why)
    return found


def _require_screening(participant: Participant) -> None:
    if participant.screen_failed:
        wrong = f"{participant.number} failed screening"
        right = "screen them again under a new number, or take the failure back if it was a mistake"
        raise Refused([InputProblem("participant", wrong, right)])


def note_facts(uow: UnitOfWork, life: Life, data: list[dict[str, Any]], why: str) -> None:
    """Say in the audit what was recorded."""
    subject = f"participant:{life.participant.number}"
    uow.audit("facts.recorded", subject, study_id=life.study.study_id, after=data, why=why)


def _work_out(
    session: Session, design: StudyDesign, participant: Participant, command: RecordFacts, now: datetime, scope: Scope
) -> tuple[Recorded, Life]:
    life = life_of(session, design, participant)
    _refuse_what_changed(session, life, command)
    _refuse_too_many(life, command.facts)
    _refuse_elsewhere(life, command.facts, scope)
    refuse_the_future(life, command.facts, now)
    require_effort(session, participant, command.facts)
    if any(isinstance(fact, Enrolled) for fact in command.facts):
        _require_screening(participant)
        require_values(design.versions, "enrolment")
    facts = numbered(life, command.facts, now, partial(version_at, session, design.study_id))
    if any(isinstance(fact, Enrolled) for fact in facts):
        facts = at_known_levels(known_cohorts(session, design.study_id), design, facts)
    imagined = life.with_facts(facts)
    before = life.plan(now)
    with placed_in_request(facts):
        after = imagined.plan(now)
    _refuse_to_stay(imagined, facts)
    refuse_what_stays_hidden(imagined, after, facts, life.today(now))
    return Recorded(participant.number, participant.revision + 1, facts, before, after), imagined


@contextmanager
def placed_in_request(facts: Sequence[Fact]) -> Iterator[None]:
    """What the engine says of a new fact by its id, which nobody has seen yet, is said of its place in the request."""
    try:
        yield
    except Refused as error:
        places = {f"{fact.id}: ": f"/facts/{at}" for at, fact in enumerate(facts)}
        raise Refused(_at_its_place(problem, places) for problem in error.problems) from None


def _at_its_place(problem: InputProblem, places: dict[str, str]) -> InputProblem:
    for name, place in places.items():
        if problem.wrong.startswith(name):
            return InputProblem(place, problem.wrong.removeprefix(name), problem.remedy)
    return problem


def _refuse_what_changed(session: Session, life: Life, command: RecordFacts) -> None:
    """Optimistic locking: whoever decided by an older state is told what came after it, and from whom."""
    known, seen = life.participant.revision, command.expected
    if seen is None or seen == known:
        return
    newer = _newest(life.rows, known - seen)
    names = names_of(session, (row.recorded_by for row in newer))
    wrong = f"you had seen revision {seen}, it is at {known} now"
    problem = InputProblem("If-Match", wrong, "look at what changed, and decide anew")
    facts = [fact_data(row, names.get(row.recorded_by or 0)) for row in newer]
    raise Conflict([problem], {"revision": known, "newest_facts": facts})


def _newest(rows: Sequence[FactRow], revisions: int) -> list[FactRow]:
    """What was recorded with the newest revisions: those of one request have one instant."""
    instants = sorted({row.recorded_at for row in rows})[-revisions:] if revisions > 0 else []
    return [row for row in rows if row.recorded_at in instants][-MOST_TOLD:]


def _refuse_too_many(life: Life, facts: Sequence[Fact]) -> None:
    if len(life.rows) + len(facts) > MOST_FACTS:
        most = f"a participant has at most {MOST_FACTS} facts"
        raise Refused([InputProblem("facts", most, "void nothing that is right; ask who runs the planner")])


def _refuse_elsewhere(life: Life, facts: Sequence[Fact], scope: Scope = EVERYTHING) -> None:
    """Nobody is enrolled, moves or comes to a site that takes no part: not even what day it is there is known.

    A site outside the scope is as one that takes no part, but for transfers: a site may hand somebody over to any other
    of the study, and from then on knows no more of them than it knows of others there.
    """
    of_study = list(life.study.site_ids)
    known = [code for code in of_study if scope.sees(life.study.study_id, life.study.site_ids[code])]
    problems = [
        InputProblem(f"/facts/{at}/site", f'no site "{shown(fact.site)}" takes part', f"choose from {', '.join(sites)}")
        for at, fact in enumerate(facts)
        if isinstance(fact, Enrolled | Transferred | Booked | Rebooked) and fact.site is not None
        for sites in (of_study if isinstance(fact, Transferred) else known,)
        if fact.site not in sites
    ]
    if problems:
        raise Refused(problems)


def _refuse_to_stay(imagined: Life, facts: Sequence[Fact]) -> None:
    """A transfer to where somebody is seen anyway is a slip of the pen: another site is meant, or somebody else."""
    stays = {later for earlier, later in pairwise(imagined.moves()) if earlier[1] == later[1]}
    problems = [
        InputProblem(f"/facts/{at}/site", f"on {fact.date} they are seen at {fact.site} anyway", "name the other site")
        for at, fact in enumerate(facts)
        if isinstance(fact, Transferred) and (fact.date, fact.site) in stays
    ]
    if problems:
        raise Refused(problems)


def first_facts(life: Life, facts: Sequence[Fact], now: datetime, version_on: VersionOn) -> tuple[Fact, ...]:
    """The first facts about somebody, as they are kept. Raises what recording them would, but for what plans say."""
    _refuse_too_many(life, facts)
    _refuse_elsewhere(life, facts)
    refuse_the_future(life, facts, now)
    return numbered(life, facts, now, version_on)


def refuse_the_future(life: Life, facts: Sequence[Fact], now: datetime) -> None:
    """Raise Refused for what is said to have happened on a day that has not come: a slip of the pen moves dates."""
    today = life.today(now)
    problems = [
        InputProblem(f"/facts/{at}/date", f"{fact.day} has not come yet at the site ({today})", "correct the day")
        for at, fact in enumerate(facts)
        if isinstance(fact, HAPPENED) and fact.day > today
    ]
    if problems:
        raise Refused(problems)


def numbered(life: Life, facts: Sequence[Fact], now: datetime, version_on: VersionOn) -> tuple[Fact, ...]:
    """The facts with the id and the instant that they are kept with; an enrolment names its site and version."""
    taken = {row.fact_id for row in life.rows} | {fact.id for fact in facts if fact.id}
    found: list[Fact] = []
    number = len(life.rows)
    for fact in facts:
        name = fact.id
        while name is None or (fact.id is None and name in taken):
            number += 1
            name = f"f{number}"
        kept: dict[str, Any] = {"id": name, "recorded": now, "by": None, "origin": None}
        if isinstance(fact, Enrolled):
            kept |= _placed(life, fact, version_on)
        found.append(replace(fact, **kept))
    return tuple(found)


def _placed(life: Life, enrolled: Enrolled, version_on: VersionOn) -> dict[str, Any]:
    """What an enrolment leaves out: the home site, and the version in effect there on its day."""
    site = enrolled.site or life.home
    site_id = life.study.site_ids.get(site)
    version = enrolled.version
    if version is None and site_id is not None:
        version = version_on(site_id, enrolled.date)
    return {"site": site, "version": version}


def fact_values(uow: UnitOfWork, life: Life, fact: Fact) -> dict[str, Any]:
    """What the table keeps of a fact that has its id."""
    return {
        "study_id": life.study.study_id,
        "participant_id": life.participant.id,
        "fact_id": fact.id,
        "kind": NAMES[type(fact)],
        "day": fact.day,
        "recorded_at": uow.now,
        "recorded_by": uow.actor.user_id,
        "content": fact_content(fact),
    }
