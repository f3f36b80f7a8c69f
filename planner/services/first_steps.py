"""How far a new installation has come: the steps from nothing to the first participant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from notifications.rules import RulesRow
from planner.persistence.cohorts import CohortRow
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.users import Grant, User
from planner.services.study_setup import StudySetup, study_setup
from planner.services.users import Role


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What is there. ``setup`` is of the newest study; None where there is none."""

    administrator: bool
    site: bool
    setup: StudySetup | None
    cohort: bool
    coordinator: bool
    reminders: bool
    participant: bool

    @property
    def done(self) -> bool:
        """Whether nothing that is needed is left to do."""
        ready = self.setup is not None and not self.setup.missing
        return self.administrator and self.site and ready and self.coordinator and self.participant


def first_steps(session: Session) -> FirstSteps:
    """How far the installation has come."""
    study = session.scalar(select(Study).order_by(Study.id.desc()).limit(1))
    of_study = study.id if study is not None else 0
    return FirstSteps(
        administrator=has_administrator(session), site=_any(session, select(SiteRow.id)),
        setup=study_setup(session, study) if study is not None else None,
        cohort=_any(session, select(CohortRow.id).where(CohortRow.study_id == of_study)),
        coordinator=_has_role(session, Role.COORDINATOR),
        reminders=_any(session, select(RulesRow.study_id).where(RulesRow.study_id == of_study, RulesRow.enabled)),
        participant=_any(session, select(Participant.id)),
    )  # fmt: skip


def has_administrator(session: Session) -> bool:
    """Whether anybody may let others in: without one nobody can begin."""
    return _has_role(session, Role.ADMINISTRATOR, Grant.study_id.is_(None), Grant.site_id.is_(None))


def _has_role(session: Session, role: Role, *more: ColumnElement[bool]) -> bool:
    query = select(Grant.id).join(User, User.id == Grant.user_id).where(User.disabled_at.is_(None))
    return _any(session, query.where(Grant.role == role.value, Grant.ended_at.is_(None), *more))


def _any(session: Session, query: Select[Any]) -> bool:
    return session.scalar(query.limit(1)) is not None
