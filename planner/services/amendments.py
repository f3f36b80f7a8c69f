"""Amendments take effect site by site: every participant there comes under the new version, with what that moves.

The engine decides by ``amendment_applied`` facts which version holds for whom from which day on; here they are
recorded, for everybody whom it concerns. What is new in a version that asks for consent again waits for the consent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.participants import Participant
from planner.persistence.site_versions import SiteVersion, site_versions_of
from planner.persistence.sites import SiteRow
from planner.persistence.studies import ProtocolVersion, Study, StudySite, versions_of
from planner.persistence.unit_of_work import Actor, Store, UnitOfWork
from planner.problems import InputProblem, InvalidInput, NotFound, PlannerError, Refused, shown
from planner.services.access import EVERYTHING, Scope, find_site, find_study
from planner.services.designs import Designs, StudyDesign
from planner.services.facts import Recorded, RecordFacts, preview_facts, record_for
from planner.services.histories import Life, life_of
from planner.services.projection import status_of
from planner.services.reconsents import reconsent_log
from schedules.history import AmendmentApplied, Consented, Died, Enrolled
from schedules.record import live_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeEffective:
    """A protocol version was approved at a site on a day, and is in effect there from another day on."""

    study: str
    site: str
    version: str
    approved_on: date
    effective_on: date
    #: why, in words of whoever does it; for the audit
    why: str = ""


@dataclass(frozen=True, slots=True)
class Some:
    """Some of the participants at a site: so many at ``most``, from the one behind the number ``after`` on."""

    after: int
    most: int


@dataclass(frozen=True, slots=True)
class Amended:
    """A participant who comes under the version on ``since``, and what that moves (``recorded.changes``)."""

    participant: str
    since: date
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class AmendmentReport:
    """What an amendment came to at a site, or would come to.

    ``waits``: it is in effect only later, and nobody has moved yet. ``failed`` are those of whom no plan can be made
    under it, each with the reason. ``to_reconsent`` are those who are under it and have still to consent again.
    """

    site: str
    version: str
    effective_on: date
    waits: bool
    amended: tuple[Amended, ...]
    failed: tuple[tuple[str, str], ...]
    to_reconsent: tuple[str, ...]


def amendment_effective(uow: UnitOfWork, designs: Designs, scope: Scope, command: MakeEffective) -> AmendmentReport:
    """Put a version into effect at a site, and plan the participants there anew. Done again, it moves who was missed.

    Before its day it is only noted. Raises NotFound, InvalidInput, or Refused: for a version whose assumptions nobody
    has confirmed, and for another day once somebody has come under it.
    """
    study, site = note_amendment(uow, designs, scope, command)
    return move(uow, designs, study, site, command)


def note_amendment(uow: UnitOfWork, designs: Designs, scope: Scope, command: MakeEffective) -> tuple[Study, SiteRow]:
    """Say from which day on a version is in effect at a site, and move nobody yet. Raises what doing it all does."""
    study, site = require_amendment(uow.session, designs, scope, command, uow.now)
    _, version = _find(uow.session, scope, study, command)
    _note(uow, designs.of(uow.session, study), study, site, version, command)
    return study, site


def require_amendment(
    session: Session, designs: Designs, scope: Scope, command: MakeEffective, now: datetime
) -> tuple[Study, SiteRow]:
    """The study and the site of an amendment that can be. Raises NotFound, InvalidInput or Refused where it cannot."""
    study = find_study(session, scope, command.study)
    site, _ = _find(session, scope, study, command)
    today = local_day(now, site.zone)
    if command.approved_on > today:
        wrong = f"{command.approved_on} has not come yet at the site ({today})"
        raise InvalidInput([InputProblem("approved_on", wrong, "write the day on which it was approved")])
    _refuse_another_order(session, designs.of(session, study), site, command)
    return study, site


def preview_amendment(
    session: Session, designs: Designs, scope: Scope, command: MakeEffective, now: datetime, some: Some | None = None
) -> AmendmentReport:
    """What putting a version into effect would move, seen from its day; nothing is changed. With ``some``, of them."""
    study = find_study(session, scope, command.study)
    site, _ = _find(session, scope, study, command)
    design = designs.of(session, study)
    asked = _outstanding(session, designs, study, site, command.version, now) if some is None else []
    asks = design.design.versions[design.design.version_index(command.version)].reconsent
    waits = command.effective_on > local_day(now, site.zone)
    at = datetime.combine(command.effective_on, time(12), ZoneInfo(site.zone)) if waits else now
    amended, failed = [], []
    for life, fact in _concerned(session, design, site, command, now, some=some):
        number = life.participant.number
        try:
            recorded = preview_facts(session, designs, EVERYTHING, _recording(study, life, fact), at)
        except PlannerError as error:
            failed.append((number, str(error)))
            continue
        amended.append(Amended(number, fact.date, recorded))
        if asks and not _has_consented(life, command.version):
            asked.append(number)
    return AmendmentReport(
        site.code, command.version, command.effective_on, waits, tuple(amended), tuple(failed), tuple(asked)
    )


def apply_due_amendments(store: Store, designs: Designs, actor: Actor, now: datetime) -> list[AmendmentReport]:
    """Move everybody who should be under a version that is in effect at their site and is not: for every night."""
    due = store.read(lambda session: list(_due(session, now)))
    reports = [store.write(actor, now, partial(_move_due, designs, command)) for command in due]
    return [report for report in reports if report.amended or report.failed]


def _move_due(designs: Designs, command: MakeEffective, uow: UnitOfWork) -> AmendmentReport:
    study = find_study(uow.session, EVERYTHING, command.study)
    return move(uow, designs, study, find_site(uow.session, EVERYTHING, command.site), command)


def effective_versions(session: Session, scope: Scope, study_code: str) -> list[tuple[str, str, date, date]]:
    """Which version is in effect where: site, version, approved on, effective on; the oldest version first."""
    study = find_study(session, scope, study_code)
    codes = {site.id: site.code for site in session.scalars(select(SiteRow))}
    return [
        (codes[row.site_id], version, row.approved_on, row.effective_on)
        for row, version in site_versions_of(session, study.id)
        if scope.covers(study.id, row.site_id)
    ]


def _due(session: Session, now: datetime) -> Iterator[MakeEffective]:
    for study in session.scalars(select(Study).order_by(Study.id)):
        for row, version in site_versions_of(session, study.id):
            site = session.get_one(SiteRow, row.site_id)
            if row.effective_on <= local_day(now, site.zone):
                yield MakeEffective(
                    study=study.code, site=site.code, version=version, approved_on=row.approved_on,
                    effective_on=row.effective_on,
                )  # fmt: skip


def _find(session: Session, scope: Scope, study: Study, command: MakeEffective) -> tuple[SiteRow, ProtocolVersion]:
    site = find_site(session, scope, command.site)
    if session.get(StudySite, (study.id, site.id)) is None or not scope.covers(study.id, site.id):
        raise NotFound([InputProblem("site", f'the study has no site "{shown(command.site)}"', "check its code")])
    version = next((row for row in versions_of(session, study.id) if row.version == command.version), None)
    if version is None:
        wrong = f'the study has no version "{shown(command.version)}"'
        raise NotFound([InputProblem("version", wrong, "add its text first")])
    if version.confirmed_at is None:
        wrong = "nobody has confirmed the version's assumptions"
        raise Refused([InputProblem("version", wrong, "read them, and confirm them first")])
    if command.effective_on < command.approved_on:
        wrong = "it would be in effect before it is approved"
        raise InvalidInput([InputProblem("effective_on", wrong, "write the day of the approval, or a later one")])
    return site, version


def _refuse_another_order(session: Session, design: StudyDesign, site: SiteRow, command: MakeEffective) -> None:
    """Raise Refused where an older version would come after a newer one: whoever is enrolled then would be under it."""
    index = design.design.version_index(command.version)
    for row, version in site_versions_of(session, design.study_id):
        other = design.design.version_index(version)
        early = other > index and row.effective_on < command.effective_on
        if row.site_id == site.id and (early or (other < index and row.effective_on > command.effective_on)):
            order = f"version {version} is in effect there from {row.effective_on} on, and is {_age(other > index)}"
            raise Refused([InputProblem("effective_on", order, "versions take effect in the order they were added")])


def _age(newer: bool) -> str:
    return "newer" if newer else "older"


def _note(
    uow: UnitOfWork, design: StudyDesign, study: Study, site: SiteRow, version: ProtocolVersion, command: MakeEffective
) -> None:
    """Keep where the version holds from when on; other days only while nobody at the site is under it."""
    query = select(SiteVersion).where(SiteVersion.site_id == site.id, SiteVersion.version_id == version.id)
    row = uow.session.scalar(query.with_for_update())
    after = {"site": site.code, "version": version.version, "approved_on": str(command.approved_on),
             "effective_on": str(command.effective_on)}  # fmt: skip
    if row is None:
        row = SiteVersion(
            study_id=study.id, site_id=site.id, version_id=version.id, approved_on=command.approved_on,
            effective_on=command.effective_on, recorded_by=uow.actor.user_id, recorded_at=uow.now,
        )  # fmt: skip
        uow.session.add(row)
        uow.session.flush()
        uow.audit("protocol.effective", f"study:{study.code}", study_id=study.id, after=after, why=command.why)
        return
    known = (row.approved_on, row.effective_on)
    if known == (command.approved_on, command.effective_on):
        return
    if row.effective_on != command.effective_on and _anybody_under(uow.session, design, site, command):
        wrong = f"participants are under it since {row.effective_on}"
        raise Refused([InputProblem("effective_on", wrong, "void their amendments first")])
    row.approved_on, row.effective_on = command.approved_on, command.effective_on
    before = {"approved_on": str(known[0]), "effective_on": str(known[1])}
    uow.audit("protocol.effective", f"study:{study.code}", study_id=study.id, before=before, after=after,
              why=command.why)  # fmt: skip


def _anybody_under(session: Session, design: StudyDesign, site: SiteRow, command: MakeEffective) -> bool:
    for participant in _at(session, design, site):
        live = live_facts(life_of(session, design, participant).history.facts)
        if any(isinstance(fact, AmendmentApplied) and fact.version == command.version for fact in live):
            return True
    return False


def next_of(session: Session, study: Study, site: SiteRow, some: Some) -> list[int]:
    """The numbers of the rows of ``some`` participants whom the site sees now."""
    query = select(Participant.id).where(Participant.study_id == study.id, Participant.site_id == site.id)
    return list(session.scalars(query.where(Participant.id > some.after).order_by(Participant.id).limit(some.most)))


def _at(
    session: Session, design: StudyDesign, site: SiteRow, lock: bool = False, some: Some | None = None
) -> list[Participant]:
    """The participants whom the site sees now, always in the same order: two writers wait one way round."""
    query = select(Participant).where(Participant.study_id == design.study_id, Participant.site_id == site.id)
    query = query.order_by(Participant.id)
    if some is not None:
        query = query.where(Participant.id > some.after).limit(some.most)
    return list(session.scalars(query.with_for_update() if lock else query))


def move(
    uow: UnitOfWork, designs: Designs, study: Study, site: SiteRow, command: MakeEffective, some: Some | None = None
) -> AmendmentReport:
    """Bring everybody (or ``some``) at the site who is under an older version under this one; each wholly or not."""
    waits = command.effective_on > local_day(uow.now, site.zone)
    amended, failed = [], []
    design = designs.of(uow.session, study)
    for life, fact in () if waits else _concerned(uow.session, design, site, command, uow.now, True, some):
        participant = uow.session.get_one(Participant, life.participant.id)
        try:
            with uow.trying():
                recorded = record_for(uow, design, study, participant, _recording(study, life, fact, command.why))
            amended.append(Amended(participant.number, fact.date, recorded))
        except PlannerError as error:
            failed.append((participant.number, str(error)))
    asked = _outstanding(uow.session, designs, study, site, command.version, uow.now) if some is None else []
    return AmendmentReport(
        site.code, command.version, command.effective_on, waits, tuple(amended), tuple(failed), tuple(asked)
    )


def _outstanding(
    session: Session, designs: Designs, study: Study, site: SiteRow, version: str, now: datetime
) -> list[str]:
    log = reconsent_log(session, designs, Scope(((study.id, site.id),)), study.code, now, version)
    return [entry.participant for entry in log if entry.outstanding]


def _concerned(
    session: Session, design: StudyDesign, site: SiteRow, command: MakeEffective, now: datetime, lock: bool = False,
    some: Some | None = None,
) -> Iterator[tuple[Life, AmendmentApplied]]:  # fmt: skip
    """Whoever is in the study at the site under an older version, with the fact that brings them under this one."""
    wanted, today = design.design.version_index(command.version), local_day(now, site.zone)
    for participant in _at(session, design, site, lock, some):
        life = life_of(session, design, participant)
        live = live_facts(life.history.facts)
        enrolled = next((fact for fact in live if isinstance(fact, Enrolled)), None)
        if enrolled is None or any(isinstance(fact, Died) for fact in live):
            continue
        names = [fact.version for fact in live if isinstance(fact, Enrolled | AmendmentApplied)]
        came = [day for day, _ in life.moves() if day <= today][-1]
        older = all(design.design.version_index(name) < wanted for name in names if name)
        if older and wanted and _is_going_on(life, now):
            yield life, AmendmentApplied(date=max(command.effective_on, enrolled.date, came), version=command.version)


def _is_going_on(life: Life, now: datetime) -> bool:
    """Whether the participant is in the study; where no plan can be made, recording more says what is wrong."""
    try:
        plan = life.plan(now)
    except PlannerError:
        return True
    status = status_of(life, plan)
    if status == "withdrawn":  # contacts may remain
        return plan is not None and any(visit.is_open for visit in plan.visits)
    return status not in ("completed", "screen-failed")


def _has_consented(life: Life, version: str) -> bool:
    live = live_facts(life.history.facts)
    return any(isinstance(fact, Consented) and fact.version == version for fact in live)


def _recording(study: Study, life: Life, fact: AmendmentApplied, said: str = "") -> RecordFacts:
    why = f"version {fact.version} is in effect at the site{f': {said}' if said else ''}"
    return RecordFacts(
        study=study.code, participant=life.participant.number, facts=(fact,), why=why, booking_reason=why
    )
