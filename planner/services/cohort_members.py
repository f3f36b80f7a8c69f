"""Who belongs to each cohort, who is still observed for dose-limiting toxicity, and what that leaves in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from planner.persistence.cohorts import CohortRow, cohorts_of
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.services.access import EVERYTHING, Scope, find_study
from planner.services.designs import Designs, StudyDesign
from planner.services.histories import lives_of
from planner.services.known_facts import known_of_each
from schedules.arms import dose_levels_of
from schedules.history import AmendmentApplied, Enrolled, Fact
from schedules.protocol import Protocol
from schedules.scheduled import ObservationState
from schedules.wording import day_words

#: with these nobody can say yet whether the participant counts
_UNDECIDED = frozenset({"not-begun", "observing", "incomplete", "ended-early"})


@dataclass(frozen=True, slots=True)
class Member:
    """A participant of a cohort, and where they stand in the observation for dose-limiting toxicity.

    ``observation``: not-begun, observing, incomplete, ended-early, evaluable, to-be-replaced; None where the protocol
    observes nobody of this cohort. ``why`` says the same in a sentence.
    """

    participant: str
    site_id: int
    enrolled_on: date
    observation: str | None
    opens: date | None
    closes: date | None
    why: str


@dataclass(frozen=True, slots=True)
class CohortReport:
    """A cohort, its participants (those one may see), and what is in the way of opening the next one.

    ``enrolled`` counts everybody, ``places`` how many may still join: who is to be replaced takes none.
    """

    position: int
    code: str
    label: str
    part: str
    dose_levels: dict[str, str]
    size: int
    revision: int
    state: str
    enrolled: int
    evaluable: int
    places: int
    members: tuple[Member, ...]
    in_the_way: tuple[str, ...]
    rule: str | None

    @property
    def next_may_open(self) -> bool:
        """Whether nothing is in the way of opening the next cohort; the decision is a person's."""
        return not self.in_the_way


def cohort_list(session: Session, designs: Designs, scope: Scope, study_code: str, now: datetime) -> list[CohortReport]:
    """The cohorts of a study, in the order in which they are opened. Raises NotFound."""
    return cohort_reports(session, designs, find_study(session, scope, study_code), now, scope)


def cohort_reports(
    session: Session, designs: Designs, study: Study, now: datetime, scope: Scope = EVERYTHING
) -> list[CohortReport]:
    """The same of a study that is known: everybody counts, and those within the scope are named."""
    design = designs.of(session, study)
    rows = cohorts_of(session, study.id)
    theirs: list[tuple[CohortRow, Participant, Enrolled]] = []
    for participant, facts in known_of_each(session, EVERYTHING, study, Enrolled, AmendmentApplied) if rows else ():
        enrolled = next((fact for fact in facts if isinstance(fact, Enrolled)), None)
        row = _cohort_of(rows, design, enrolled, facts)
        if enrolled is not None and row is not None:
            theirs.append((row, participant, enrolled))
    states = _observed(session, design, [participant for _, participant, _ in theirs], now)
    members: dict[int, list[Member]] = {row.id: [] for row in rows}
    for row, participant, enrolled in theirs:
        members[row.id].append(_member(participant, enrolled, states.get(participant.id)))
    return [_report(design, study, row, members[row.id], scope) for row in rows]


def _observed(
    session: Session, design: StudyDesign, participants: list[Participant], now: datetime
) -> dict[int, ObservationState]:
    """How the observation of each stands by their plan now; their facts are looked up in one go.

    Only who is observed is planned: as many as the cohorts that are observed have places, a handful in each.
    """
    watched = [participant for participant in participants if participant.observation is not None]
    found: dict[int, ObservationState] = {}
    for life in lives_of(session, design, watched):
        plan = life.plan(now)
        if plan is not None and plan.observation is not None:
            found[life.participant.id] = plan.observation
    return found


@dataclass(frozen=True, slots=True)
class Room:
    """How much room a cohort has for one more. ``places``: how many may still join; ``taken``: how many count."""

    code: str
    label: str
    part: str
    dose_levels: dict[str, str]
    state: str
    size: int
    taken: int

    @property
    def places(self) -> int:
        """How many may still join."""
        return max(0, self.size - self.taken)


def cohort_rooms(session: Session, design: StudyDesign, study: Study) -> list[Room]:
    """The room in each cohort of a study, by the plans as they are kept: everybody counts but who is to be replaced."""
    rows = cohorts_of(session, study.id)
    taken = dict.fromkeys((row.id for row in rows), 0)
    for participant, facts in known_of_each(session, EVERYTHING, study, Enrolled, AmendmentApplied) if rows else ():
        enrolled = next((fact for fact in facts if isinstance(fact, Enrolled)), None)
        row = _cohort_of(rows, design, enrolled, facts)
        if row is not None and participant.observation != "to-be-replaced":
            taken[row.id] += 1
    return [Room(row.code, row.label, row.part, dict(row.dose_levels), row.state, row.size, taken[row.id])
            for row in rows]  # fmt: skip


def _cohort_of(
    rows: list[CohortRow], design: StudyDesign, enrolled: Enrolled | None, facts: list[Fact]
) -> CohortRow | None:
    """The cohort into which somebody was enrolled: the protocol's, at the levels that they have."""
    if enrolled is None:
        return None
    levels = dose_levels_of(enrolled, _versions(design, enrolled, facts))
    fitting = (row for row in rows if row.part == enrolled.cohort)
    return next(
        (row for row in fitting if all(levels.get(drug) == level for drug, level in row.dose_levels.items())), None
    )


def _versions(design: StudyDesign, enrolled: Enrolled, facts: list[Fact]) -> list[Protocol]:
    """The versions that a participant has been under, the first one first."""
    names = [fact.version for fact in facts if isinstance(fact, AmendmentApplied)]
    first = design.design.version_index(enrolled.version) if enrolled.version else 0
    return [design.design.versions[index] for index in (first, *map(design.design.version_index, names))]


def _member(participant: Participant, enrolled: Enrolled, state: ObservationState | None) -> Member:
    if state is None:
        return Member(participant.number, participant.site_id, enrolled.date, None, None, None, "")
    return Member(
        participant.number, participant.site_id, enrolled.date, state.state, state.opens, state.closes, state.why
    )


def _report(design: StudyDesign, study: Study, row: CohortRow, members: list[Member], scope: Scope) -> CohortReport:
    rule = next((v.protocol.observation for v in reversed(design.versions) if v.protocol.observation), None)
    observed = rule is not None and (not rule.cohorts or row.part in rule.cohorts)
    evaluable = sum(member.observation == "evaluable" for member in members)
    counting = sum(member.observation != "to-be-replaced" for member in members)
    named = {member.participant for member in members if scope.covers(study.id, member.site_id)}
    return CohortReport(
        row.position, row.code, row.label, row.part, dict(row.dose_levels), row.size, row.revision, row.state,
        len(members), evaluable, max(0, row.size - counting),
        tuple(member for member in members if member.participant in named),
        tuple(_in_the_way(row, members, named, evaluable if observed else counting, observed)),
        rule.rule if rule is not None and observed else None,
    )  # fmt: skip


def _in_the_way(row: CohortRow, members: list[Member], named: set[str], through: int, observed: bool) -> Iterator[str]:
    """What speaks against opening the next cohort; one that a person has closed need not be full."""
    if row.state == "planned":
        yield "it has not been opened yet"
    for member in members:
        if member.observation in _UNDECIDED:
            name = member.participant if member.participant in named else "a participant of another site"
            until = f", to {day_words(member.closes)}" if member.closes and member.observation == "observing" else ""
            yield f"{name} is {member.observation}{until}"
    if row.state != "closed" and through < row.size:
        yield f"{through} of {row.size} participants are {'evaluable' if observed else 'enrolled'}"
