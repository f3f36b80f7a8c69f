"""Finds the study, site and participant that an address names; what is out of a person's scope is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from planner.persistence.participants import Participant, participant_by_number
from planner.persistence.sites import SiteRow, site_by_code
from planner.persistence.studies import Study, StudySite, study_by_code
from planner.persistence.visits import VisitRow
from planner.problems import InputProblem, NotAllowed, NotFound, shown

Pairs = tuple[tuple[int | None, int | None], ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where somebody may do a thing: pairs of a study and a site, None in either place standing for all.

    ``seen`` is what they may know of at all, where that is more: what lies outside it looks as if it did not exist,
    what lies between the two is refused.
    """

    pairs: Pairs
    seen: Pairs | None = None

    def covers(self, study_id: int, site_id: int | None = None) -> bool:
        """Whether a study (at a site, or anywhere in it) is within the scope."""
        return _covers(self.pairs, study_id, site_id)

    def covers_whole(self, study_id: int) -> bool:
        """Whether a study is within the scope at all of its sites."""
        return any(study in (None, study_id) and site is None for study, site in self.pairs)

    def sees(self, study_id: int, site_id: int | None = None) -> bool:
        """Whether its owner may know of a study, or of what is at a site of it."""
        return _covers(self._seen, study_id, site_id)

    def covers_site(self, site_id: int) -> bool:
        """Whether something of a site is within the scope, in whatever study."""
        return any(site in (None, site_id) for _, site in self.pairs)

    def sees_site(self, site_id: int) -> bool:
        """Whether its owner may know of a site."""
        return any(site in (None, site_id) for _, site in self._seen)

    def seen_sites(self, study_id: int) -> set[int] | None:
        """At which sites alone its owner may know of a study; None where it is at all of them."""
        sites = {site for study, site in self._seen if study in (None, study_id)}
        return None if None in sites else {site for site in sites if site is not None}

    def names_sites(self) -> bool:
        """Whether what lies within the scope depends on the site, and not on the study alone."""
        return any(site is not None for _, site in self.pairs)

    def everything(self) -> bool:
        """Whether nothing is outside the scope."""
        return (None, None) in self.pairs

    @property
    def _seen(self) -> Pairs:
        return self.pairs if self.seen is None else self.seen


def _covers(pairs: Pairs, study_id: int, site_id: int | None) -> bool:
    return any(
        study in (None, study_id) and (site is None or site_id is None or site == site_id) for study, site in pairs
    )


#: what operators on the command line and the planner itself see
EVERYTHING = Scope(((None, None),))


def find_study(session: Session, scope: Scope, code: str, lock: bool = False, whole: bool = False) -> Study:
    """The study of that code; ``whole`` asks for a scope of all its sites.

    Raises NotFound, also for one that the asker may not know of, and NotAllowed for one that they may only look at.
    """
    study = study_by_code(session, code, lock)
    if study is None or not scope.sees(study.id) or not _takes_part(session, study.id, scope.seen_sites(study.id)):
        raise NotFound([InputProblem("study", f'there is no study "{shown(code)}"', "check its code")])
    if not (scope.covers_whole(study.id) if whole else scope.covers(study.id)):
        raise not_allowed(f"in the study {study.code}")
    return study


def _takes_part(session: Session, study_id: int, sites: set[int] | None) -> bool:
    """Whether any of these sites, or, if None, whether any or none, takes part in the study."""
    if sites is None:
        return True
    query = select(StudySite.site_id).where(StudySite.study_id == study_id, StudySite.site_id.in_(sites))
    return session.scalar(query.limit(1)) is not None


def require_own_site(session: Session, scope: Scope, site: SiteRow) -> None:
    """Raise NotAllowed unless the site takes part in a study that the scope has there, or the scope has all studies.

    Whoever has a study at all of its sites may look at every site, so that one can join; and change none but those.
    """
    theirs = {study for study, at in scope.pairs if at in (None, site.id)}
    query = select(StudySite.study_id).where(StudySite.site_id == site.id, StudySite.study_id.in_(theirs - {None}))
    if None not in theirs and session.scalar(query.limit(1)) is None:
        raise not_allowed(f"at the site {site.code}")


def find_site(session: Session, scope: Scope, code: str) -> SiteRow:
    """The site of that code. Raises NotFound and NotAllowed, as for a study."""
    site = site_by_code(session, code)
    if site is None or not scope.sees_site(site.id):
        raise NotFound([InputProblem("site", f'there is no site "{shown(code)}"', "check its code")])
    if not scope.covers_site(site.id):
        raise not_allowed(f"at the site {site.code}")
    return site


def find_participant(session: Session, scope: Scope, study: Study, number: str, lock: bool = False) -> Participant:
    """The participant of that number, locked against other writers if asked. Raises NotFound and NotAllowed."""
    found = participant_by_number(session, study.id, number, lock)
    if found is None or not scope.sees(study.id, found.site_id):
        wrong = f'there is no participant "{shown(number)}" in this study'
        raise NotFound([InputProblem("participant", wrong, "check the screening number")])
    if not scope.covers(study.id, found.site_id):
        raise not_allowed(f"with participants of {study.code} at that site")
    return found


def require_everything(scope: Scope) -> None:
    """Raise NotAllowed unless nothing is outside the scope."""
    if not scope.everything():
        raise not_allowed("without a role in all studies at all sites")


def not_allowed(where: str) -> NotAllowed:
    """What somebody is told who may look and not touch."""
    return NotAllowed([InputProblem("role", f"your role does not include this {where}", "ask an administrator")])


def within(scope: Scope, study: ColumnElement[int] | Any, site: ColumnElement[int] | Any) -> ColumnElement[bool]:
    """The scope as a condition on the columns that have the study's and the site's number."""
    if scope.everything():
        return true()
    pairs = [and_(*_same(study, study_id), *_same(site, site_id)) for study_id, site_id in scope.pairs]
    return or_(false(), *pairs)


def _same(column: Any, value: int | None) -> list[ColumnElement[bool]]:
    return [true()] if value is None else [column == value]


def find_visit(session: Session, participant: Participant, key: str) -> VisitRow:
    """The participant's visit of that key, also one that has left the plan. Raises NotFound."""
    found = session.get(VisitRow, (participant.id, key))
    if found is None:
        wrong = f'there is no visit "{shown(key)}" of this participant'
        raise NotFound([InputProblem("visit", wrong, "look at the participant's visits")])
    return found
