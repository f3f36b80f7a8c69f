"""Participants come into a study: screened, with their number; what else happens to them are facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from planner.persistence.participants import Participant, participant_by_number
from planner.persistence.screening import ScreeningOutcome
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study, StudySite, versions_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InputProblem, InvalidInput, Refused
from planner.services.access import Scope, find_participant, find_site, find_study
from planner.services.chairs import sync_bookings
from planner.services.designs import Designs
from planner.services.histories import Life, life_of
from planner.services.projection import project

_NUMBER = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Somebody who may join: their screening number, their site, and the Day 1 and arm to plan with meanwhile."""

    study: str
    site: str
    number: str
    planned_day_1: date | None = None
    planned_arm: str | None = None


class ScreeningDesk:
    """Whether somebody may come into a study. What is the same for everybody is looked up once, for one transaction."""

    def __init__(self, session: Session, scope: Scope, study: Study) -> None:
        self._session, self._scope, self._study = session, scope, study
        self._of_study = list(_study_problems(session, study))
        self._sites: dict[str, SiteRow] = {}
        self._taking_part: dict[int, bool] = {}

    def knows(self, site_code: str) -> bool:
        """Whether nothing has to be looked up any more for somebody who begins at that site."""
        return site_code in self._sites

    def admit(self, number: str, site_code: str) -> SiteRow:
        """The site at which somebody begins. Raises NotFound for no such site, InvalidInput with what forbids it."""
        site = self._sites.get(site_code)
        if site is None:
            site = self._sites[site_code] = find_site(self._session, self._scope, site_code)
        problems = [*_number_problems(number), *self._of_study]
        if not self._takes_part(site):
            problems.append(
                InputProblem("site", f"{site.name} takes no part in this study", "choose a site of the study")
            )
        if problems:
            raise InvalidInput(problems)
        return site

    def _takes_part(self, site: SiteRow) -> bool:
        if site.id not in self._taking_part:
            part = self._session.get(StudySite, (self._study.id, site.id)) is not None
            self._taking_part[site.id] = part and self._scope.covers(self._study.id, site.id)
        return self._taking_part[site.id]


def screen(uow: UnitOfWork, designs: Designs, scope: Scope, command: Screen) -> Participant:
    """Take somebody into the screening log. Raises InvalidInput, NotFound, Conflict if the number is taken."""
    study = find_study(uow.session, scope, command.study)
    site = ScreeningDesk(uow.session, scope, study).admit(command.number, command.site)
    if participant_by_number(uow.session, study.id, command.number) is not None:
        wrong = f"there is a participant {command.number} in this study already"
        raise Conflict([InputProblem("number", wrong, "choose the next free number")])
    participant = Participant(
        study_id=study.id, number=command.number, home_site_id=site.id, site_id=site.id, status="screening",
        planned_day_1=command.planned_day_1, planned_arm=command.planned_arm, revision=0, screen_failed=False,
        created_at=uow.now,
    )  # fmt: skip
    uow.session.add(participant)
    uow.session.flush()
    life = life_of(uow.session, designs.of(uow.session, study), participant)
    project(uow, life, life.plan(uow.now), life.today(uow.now))
    note_screening(uow, study.id, site.code, command)
    return participant


def note_screening(uow: UnitOfWork, study_id: int, site: str, command: Screen) -> None:
    """Say in the audit that somebody was taken in."""
    after = {"site": site, "planned_day_1": str(command.planned_day_1 or ""), "planned_arm": command.planned_arm}
    uow.audit("participant.screened", f"participant:{command.number}", study_id=study_id, after=after)


def _plan_again(uow: UnitOfWork, life: Life) -> None:
    """Chairs of somebody who has failed are free at once; of somebody who has not after all they are taken again."""
    plan = life.plan(uow.now)
    project(uow, life, plan, life.today(uow.now))
    sync_bookings(uow, life, plan, reason="screening goes on")


def take_failure_back(
    uow: UnitOfWork, designs: Designs, scope: Scope, study_code: str, number: str, reason: str
) -> Participant:
    """Go on with a screening that was closed by mistake.

    Raises Refused for one that was not closed, ChairTaken where somebody else has an appointment's chair meanwhile.
    """
    study = find_study(uow.session, scope, study_code)
    participant = find_participant(uow.session, scope, study, number, lock=True)
    if not participant.screen_failed:
        wrong = f"{number} has not failed screening"
        raise Refused([InputProblem("participant", wrong, "nothing is to be taken back")])
    if not reason.strip():
        raise InvalidInput([InputProblem("reason", "the reason is missing", "say what was wrong")])
    outcome = uow.session.get_one(ScreeningOutcome, participant.id)
    before = {"date": str(outcome.decided_on), "reason": outcome.reason}
    uow.session.delete(outcome)
    participant.screen_failed = False
    participant.revision += 1
    _plan_again(uow, life_of(uow.session, designs.of(uow.session, study), participant))
    uow.audit("participant.screening-reopened", f"participant:{number}", study_id=study.id, before=before, why=reason)
    return participant


def _number_problems(number: str) -> list[InputProblem]:
    if _NUMBER.fullmatch(number) and len(number) <= 40:
        return []
    wrong = "a screening number is made of letters, digits, hyphens, dots and underscores"
    return [InputProblem("number", wrong, "write e.g. 01-014; never a name")]


def _study_problems(session: Session, study: Study) -> Iterator[InputProblem]:
    if study.state != "open":
        yield InputProblem("study", "the study is closed to new participants", "ask its coordinator")
    versions = versions_of(session, study.id)
    if not versions:
        yield InputProblem("study", "the study has no protocol yet", "add a protocol version first")
    elif all(version.confirmed_at is None for version in versions):
        wrong = "nobody has confirmed the protocol's assumptions"
        yield InputProblem("study", wrong, "read them, and confirm them first")


def fail_screening(
    uow: UnitOfWork, designs: Designs, scope: Scope, study_code: str, number: str, day: date, reason: str
) -> Participant:
    """Close a screening without an enrolment. Raises Refused for somebody who has been enrolled."""
    study = find_study(uow.session, scope, study_code)
    participant = find_participant(uow.session, scope, study, number, lock=True)
    if participant.status not in ("screening", "screen-failed"):
        wrong = f"{number} has been enrolled"
        raise Refused([InputProblem("participant", wrong, "record how the treatment ended, or void the enrolment")])
    if not reason.strip():
        raise InvalidInput([InputProblem("reason", "the reason is missing", "say which criterion was not met")])
    life = life_of(uow.session, designs.of(uow.session, study), participant)
    if day > life.today(uow.now):
        wrong = f"{day} has not come yet at the site ({life.today(uow.now)})"
        raise Refused([InputProblem("date", wrong, "correct the day")])
    participant.screen_failed = True
    participant.revision += 1
    uow.session.merge(
        ScreeningOutcome(
            participant_id=participant.id, study_id=study.id, decided_on=day, reason=reason, recorded_at=uow.now
        )
    )
    _plan_again(uow, life_of(uow.session, designs.of(uow.session, study), participant))
    uow.audit(
        "participant.screen-failed", f"participant:{number}", study_id=study.id, after={"date": str(day)}, why=reason
    )
    return participant
