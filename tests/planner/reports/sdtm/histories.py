"""Made-up participants without a database: their datasets, and what the rules have to know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from planner.persistence.participants import Participant
from planner.reports.evidence import Person
from planner.reports.judged import Judged
from planner.reports.report import ChainHead
from planner.reports.sdtm.as_dataset_json import dataset_json
from planner.reports.sdtm.datasets import NAMES, Datasets, Domains, Heading
from planner.services.designs import StudyDesign
from planner.services.deviations import subject_of
from planner.services.histories import Life
from schedules.history import Died, Fact, FoundAgain, History, LostToFollowUp, Withdrew
from schedules.record import live_facts
from schedules.scheduled import Plan
from tests import builders
from tests.planner.reports.sdtm.rules import Read, Taker, read
from tests.strategies import Case

STUDY = "made-up"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
HEADING = Heading(STUDY, 1, "A made-up study", NOW, None, ChainHead(0, "0" * 64))


@dataclass
class Made:
    """The datasets of some cases of one study, and what the rules know of each participant."""

    cases: Sequence[Case]
    takers: dict[str, Taker] = field(default_factory=dict)

    def domains(self) -> Domains:
        """The datasets, with every deviation confirmed that is important or of an even number of letters."""
        made = Datasets(STUDY, self.cases[0].design)
        for place, case in enumerate(self.cases):
            number = f"01-{place:03}"
            life, plan = life_of(case, number), case.plan()
            person = Person(id=1, number=number, site="site", arm=plan.arm, cohort=None, versions=(), today=case.as_of)
            judged = {
                subject_of(number, each.id): Judged("confirmed" if confirms(each.id) else "dismissed", each.important)
                for each in (*plan.deviations, *plan.queries)
            }
            made.add(person, life, plan, judged)
            self.takers[f"{STUDY}-{number}"] = taker_of(case.facts, plan)
        return made.finished(HEADING)

    def read(self) -> Read:
        """The same as their Dataset-JSON says it."""
        domains = self.domains()
        return read(["".join(dataset_json(domains, name, NOW)) for name in NAMES], self.takers)


def confirms(identity: str) -> bool:
    """Whether the made-up coordinator confirms it: about every other one."""
    return len(identity) % 2 == 0


def life_of(case: Case, number: str) -> Life:
    """The participant of a case, as services know one."""
    ids = {site.id: place for place, site in enumerate(case.design.sites)}
    study = StudyDesign(1, STUDY, 1, case.design, ids, dict.fromkeys(ids, "UTC"), (), False)
    history = History(case.facts, builders.DAY_1, case.arm)
    row = Participant(id=1, number=number, revision=1, screen_failed=False, planned_on=None)
    return Life(study, row, (), history, case.design.sites[0].id)


def taker_of(facts: Sequence[Fact], plan: Plan) -> Taker:
    """What the rules have to know, from the facts."""
    began = [visit for visit in plan.visits if visit.actual and visit.spec.stage == "treatment" and visit.spec.name]
    treated = [visit for visit in began if not visit.key.startswith("unscheduled.")]
    confirmed = tuple(each.date for each in (*plan.deviations, *plan.queries) if confirms(each.id))
    arm = (plan.arm or "").upper().replace("-", " ")
    return Taker(arm, plan.day_1 if treated else None, over(live_facts(facts)), confirmed)


def over(live: Sequence[Fact]) -> date:
    """The day of the final disposition, by the participant's own facts: death, leaving for good, or lost for good.

    Who left the visits and agreed to be called has not left for good.
    """
    days = [date.max]
    callable_ = any(isinstance(fact, Withdrew) and "contact" in fact.remains for fact in live)
    for fact in live:
        if isinstance(fact, Died):
            days.append(fact.last_day)
        if isinstance(fact, Withdrew) and (fact.scope == "contact" or (fact.scope == "visits" and not callable_)):
            days.append(fact.date)
        if isinstance(fact, LostToFollowUp) and not found_since(live, fact.date):
            days.append(fact.date)
    return min(days)


def found_since(live: Sequence[Fact], day: date) -> bool:
    """Whether somebody who was lost on a day was found on it or later."""
    return any(isinstance(fact, FoundAgain) and fact.date >= day for fact in live)
