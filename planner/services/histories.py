"""A participant's facts as the engine wants them, and the plan that follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Protocol

from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.facts import FactRow, facts_of, facts_of_each
from planner.persistence.participants import Participant
from planner.problems import InputProblem, Refused
from planner.services.designs import StudyDesign
from planner.services.fact_records import stored_fact
from planner.services.standing import Carer, carer_of
from schedules.course import Course
from schedules.errors import DateOutOfRange, DesignError, HistoryError
from schedules.history import Booked, Enrolled, Fact, History, Rebooked, Transferred
from schedules.history_checks import check_history, check_path
from schedules.plan import plan
from schedules.record import live_facts
from schedules.scheduled import Plan


class Person(Protocol):
    """What of a participant's row is no fact about them: the row itself, or somebody who has none yet."""

    @property
    def id(self) -> int:
        """The row's."""

    @property
    def number(self) -> str:
        """The screening number."""

    @property
    def revision(self) -> int:
        """How often something was changed."""

    @property
    def screen_failed(self) -> bool:
        """Whether screening ended without an enrolment."""

    @property
    def planned_on(self) -> date | None:
        """The date for which the visits were planned last; none if never."""


@dataclass(frozen=True, eq=False)
class Life:
    """One participant's facts in their study, and where they are seen on which day."""

    study: StudyDesign
    participant: Person
    rows: tuple[FactRow, ...]
    history: History
    home: str

    def with_facts(self, facts: tuple[Fact, ...]) -> Life:
        """The same with further facts."""
        return Life(self.study, self.participant, self.rows, self.history.and_also(*facts), self.home)

    @cached_property
    def live(self) -> tuple[Fact, ...]:
        """The facts that still count, in order."""
        return tuple(live_facts(self.history.facts))

    @cached_property
    def carer(self) -> Carer:
        """Says which drugs, how long and how much observation a visit is."""
        return carer_of(self.study.protocols, self.live, self.study.carers)

    def moves(self) -> list[tuple[date, str]]:
        """From which day on the participant is seen where; the first entry holds from the beginning."""
        return self._moves

    @cached_property
    def _moves(self) -> list[tuple[date, str]]:
        return moves_of(self.live, self.home)

    def today(self, now: datetime) -> date:
        """The date at the site that sees the participant now."""
        moves = self.moves()
        day = local_day(now, self.study.zones[moves[0][1]])
        if len(moves) == 1:
            return day
        return local_day(now, self.study.zones[site_on(moves, day)])

    def course(self, now: datetime) -> Course:
        """What the facts say of today. Raises Refused for facts that cannot be."""
        return self.course_as_of(self.today(now))

    def course_as_of(self, day: date) -> Course:
        """What the facts say as of a day. Raises Refused for facts that cannot be."""
        with _refusing():
            return Course(self.study.design, self.history, day, list(self.history.facts))

    def plan(self, now: datetime) -> Plan | None:
        """The plan of today; None while there is no Day 1 to plan from. Raises Refused for facts that cannot be."""
        return self.plan_as_of(self.today(now))

    def plan_as_of(self, day: date, known_at: datetime | None = None) -> Plan | None:
        """The plan as of a day. Raises Refused for facts that cannot be."""
        with _refusing():
            check_history(self.study.design, self.history)
            if not self._has_day_1():
                return None
            made = plan(self.study.design, self.history, day, known_at)
            check_path(self.history, made)
        return made

    def _has_day_1(self) -> bool:
        enrolled = any(isinstance(fact, Enrolled) and fact.day_1 for fact in self.live)
        return enrolled or self.history.planned_start is not None


@contextmanager
def _refusing() -> Iterator[None]:
    """What the engine says of facts that cannot be, as a problem that people are told."""
    try:
        yield
    except HistoryError as error:
        raise Refused(InputProblem("facts", p.wrong, p.right) for p in error.problems) from None
    except (DesignError, DateOutOfRange) as error:
        wrong, _, right = str(error).partition("; ")
        raise Refused([InputProblem("facts", wrong, right or "correct the facts, or the study")]) from None


def life_of(session: Session, study: StudyDesign, participant: Participant) -> Life:
    """Everything that is known of a participant."""
    return life_of_rows(study, participant, facts_of(session, participant.id))


def lives_of(session: Session, study: StudyDesign, participants: Sequence[Participant]) -> list[Life]:
    """The same of several participants of the study, in their order; in one query."""
    facts = facts_of_each(session, [participant.id for participant in participants])
    return [life_of_rows(study, participant, facts[participant.id]) for participant in participants]


def life_of_rows(study: StudyDesign, participant: Participant, known: Sequence[FactRow]) -> Life:
    """What these facts say of a participant, and no others: those by a moment, say."""
    rows = tuple(known)
    facts = tuple(stored_fact(row) for row in rows)
    home = next(code for code, site_id in study.site_ids.items() if site_id == participant.home_site_id)
    # Who failed screening will have no Day 1: a plan would only ask for visits that nobody makes.
    start = None if participant.screen_failed else participant.planned_day_1
    history = History(facts, start, participant.planned_arm, home)
    return Life(study, participant, rows, history, home)


def site_of(life: Life, fact: Booked | Rebooked) -> str:
    """Where an appointment is: at the site that it names, else at that of its day by what was recorded before it."""
    if fact.site is not None:
        return fact.site
    before = (each for each in life.live if not isinstance(each, Transferred) or _is_older(each, fact))
    return site_on(moves_of(before, life.home), fact.date)


def _is_older(fact: Fact, than: Fact) -> bool:
    return fact.recorded is None or than.recorded is None or fact.recorded <= than.recorded


def moves_of(live: Iterable[Fact], home: str) -> list[tuple[date, str]]:
    """From which day on somebody is seen where by the facts that count; ``home`` where the enrolment does not say."""
    live = list(live)
    enrolled = next((fact.site for fact in live if isinstance(fact, Enrolled) and fact.site), home)
    moves = [(fact.date, fact.site) for fact in live if isinstance(fact, Transferred)]
    return [(date.min, enrolled), *moves]


def site_on(moves: list[tuple[date, str]], day: date) -> str:
    """Where the participant is seen on that day."""
    if len(moves) == 1:
        return moves[0][1]
    return [site for since, site in moves if since <= day][-1]
