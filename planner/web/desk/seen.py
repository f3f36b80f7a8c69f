"""A participant as the pages of the desk look at them: facts, plan, and the names of everything in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, scope
from planner.auth.permissions import Permission
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.services.access import find_participant, find_study
from planner.services.histories import Life, life_of
from schedules.keys import Stay
from schedules.leftovers import UNSCHEDULED
from schedules.protocol import Protocol
from schedules.protocol_file import ReadProtocol
from schedules.scheduled import Plan, ScheduledVisit


def naming_all(read: Sequence[ReadProtocol]) -> Protocol:
    """The newest version of a protocol, with whatever older ones name besides."""
    versions = [each.protocol for each in read]
    newest = versions[-1]
    if len(versions) == 1:
        return newest
    activities = {name: it for version in versions for name, it in version.activities.items()}
    epochs = {name: it for version in versions for name, it in version.epochs.items()}
    return replace(newest, activities=activities, epochs=epochs)


@dataclass(frozen=True, eq=False)
class Seen:
    """One participant: their row, their site, everything that is known of them, and the plan that follows from it."""

    study: Study
    row: Participant
    site: SiteRow
    life: Life
    plan: Plan | None
    today: date
    now: datetime

    @property
    def number(self) -> str:
        """The screening number."""
        return self.row.number

    @cached_property
    def protocol(self) -> Protocol:
        """The newest version, with whatever older ones name besides: visits keep the version they were done under."""
        return naming_all(self.life.study.versions)

    @cached_property
    def stays(self) -> list[Stay]:
        """The epochs and cycles of the plan, in order; what happened outside the schedule is of none."""
        return [stay for stay in dict.fromkeys(visit.spec.stay for visit in self.visits) if stay != UNSCHEDULED]

    @property
    def visits(self) -> tuple[ScheduledVisit, ...]:
        """The visits of the plan; none while there is no Day 1."""
        return self.plan.visits if self.plan is not None else ()

    def stay_words(self, stay: Stay) -> str:
        """``Induction, cycle 2``."""
        label = self.protocol.epochs[stay.epoch].label
        again = f" ({stay.entry})" if stay.entry > 1 else ""
        return f"{label}{again}, cycle {stay.cycle}" if stay.cycle else f"{label}{again}"

    def visit_words(self, key: str | None) -> str:
        """The label of a visit of theirs; the key where the plan has no such visit any more."""
        return next((visit.spec.label for visit in self.visits if visit.key == key), key or "")

    def activity_words(self, name: str | None) -> str:
        """The label of an activity."""
        known = self.protocol.activities.get(name or "")
        return known.label if known is not None else name or ""

    def may(self, permission: Permission) -> bool:
        """Whether whoever asks may do that with this participant."""
        return asking().scope(permission).covers(self.study.id, self.row.site_id)


def look_at(session: Session, study_code: str, number: str) -> Seen:
    """The participant of that number. Raises NotFound, NotAllowed, or Refused for facts that cannot be."""
    study = find_study(session, scope(), study_code)
    row = find_participant(session, scope(), study, number)
    life = life_of(session, installation().designs.of(session, study), row)
    now = clock.now()
    return Seen(study, row, session.get_one(SiteRow, row.site_id), life, life.plan(now), life.today(now), now)
