"""Finds the study, site and participant that an address names; what is out of a person's scope is not there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from planner.persistence.participants import Participant, participant_by_number
from planner.persistence.sites import SiteRow, site_by_code
from planner.persistence.studies import Study, study_by_code
from planner.persistence.visits import VisitRow
from planner.problems import InputProblem, NotFound, shown


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may see: pairs of a study and a site, None in either place standing for all."""

    pairs: tuple[tuple[int | None, int | None], ...]

    def covers(self, study_id: int, site_id: int | None = None) -> bool:
        """Whether a study (at a site, or anywhere in it) is within the scope."""
        return any(
            study in (None, study_id) and (site is None or site_id is None or site == site_id)
            for study, site in self.pairs
        )

    def covers_site(self, site_id: int) -> bool:
        """Whether something of a site is within the scope, in whatever study."""
        return any(site in (None, site_id) for _, site in self.pairs)

    def everything(self) -> bool:
        """Whether nothing is outside the scope."""
        return (None, None) in self.pairs


#: what operators on the command line and the planner itself see
EVERYTHING = Scope(((None, None),))


def find_study(session: Session, scope: Scope, code: str, lock: bool = False) -> Study:
    """The study of that code. Raises NotFound, also for one outside the scope."""
    study = study_by_code(session, code, lock)
    if study is None or not scope.covers(study.id):
        raise NotFound([InputProblem("study", f'there is no study "{shown(code)}"', "check its code")])
    return study


def find_site(session: Session, scope: Scope, code: str) -> SiteRow:
    """The site of that code. Raises NotFound, also for one outside the scope."""
    site = site_by_code(session, code)
    if site is None or not scope.covers_site(site.id):
        raise NotFound([InputProblem("site", f'there is no site "{shown(code)}"', "check its code")])
    return site


def find_participant(session: Session, scope: Scope, study: Study, number: str, lock: bool = False) -> Participant:
    """The participant of that number, locked against other writers if asked. Raises NotFound."""
    found = participant_by_number(session, study.id, number, lock)
    if found is None or not scope.covers(study.id, found.site_id):
        wrong = f'there is no participant "{shown(number)}" in this study'
        raise NotFound([InputProblem("participant", wrong, "check the screening number")])
    return found


def find_visit(session: Session, participant: Participant, key: str) -> VisitRow:
    """The participant's visit of that key, also one that has left the plan. Raises NotFound."""
    found = session.get(VisitRow, (participant.id, key))
    if found is None:
        wrong = f'there is no visit "{shown(key)}" of this participant'
        raise NotFound([InputProblem("visit", wrong, "look at the participant's visits")])
    return found
