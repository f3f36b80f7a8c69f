"""Studies: set up, given protocol versions and parameters, joined by sites."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from planner.persistence.sites import SiteRow
from planner.persistence.studies import (
    ParameterValue,
    ProtocolVersion,
    Study,
    StudySite,
    parameter_values,
    study_by_code,
    versions_of,
)
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InputProblem, InvalidInput, Refused, ValuesMissing
from planner.services.designs import load_design, protocol_of
from planner.services.revisions import Edited, refuse_what_changed
from schedules.errors import DesignError, SourceError
from schedules.protocol_file import ReadProtocol, read_protocol

_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: as long as an address takes
LONGEST_VERSION = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateStudy:
    """A new study: its code (small letters, digits, hyphens) and its title."""

    code: str
    title: str
    releases_bookings: bool = False


def create_study(uow: UnitOfWork, command: CreateStudy) -> Study:
    """Set up a study without a protocol yet. Raises InvalidInput, or Conflict if the code is taken."""
    if not _CODE.fullmatch(command.code) or len(command.code) > 64:
        wrong = "a study's code is made of small letters, digits and hyphens"
        raise InvalidInput([InputProblem("code", wrong, "write e.g. vsli-ino-001")])
    if not command.title.strip() or len(command.title) > 300:
        raise InvalidInput([InputProblem("title", "the title is missing or too long", "write 1 to 300 characters")])
    if study_by_code(uow.session, command.code) is not None:
        raise Conflict([InputProblem("code", f"there is a study {command.code} already", "choose another code")])
    study = Study(
        code=command.code, title=command.title.strip(), releases_bookings=command.releases_bookings,
        state="open", revision=1, created_at=uow.now,
    )  # fmt: skip
    uow.session.add(study)
    uow.session.flush()
    uow.audit("study.created", f"study:{study.code}", study_id=study.id, after={"title": study.title})
    return study


def refuse_other_settings(session: Session, study: Study, seen: int | None) -> None:
    """Raise Conflict, with what somebody else set or added, unless the study is as whoever asks had seen it."""
    actions = (
        "protocol.added", "protocol.confirmed", "parameters.supplied", "study.state-set", "study.attempts-wanted",
        "study.site-joined",
    )  # fmt: skip
    subject, revision = f"study:{study.code}", study.settings_revision
    refuse_what_changed(session, Edited(subject=subject, actions=actions, revision=revision, chain=study.id), seen)


def add_version(uow: UnitOfWork, study: Study, source: str) -> ProtocolVersion:
    """Add the text of a protocol version, as it is, for ever. Raises InvalidInput with every problem of the text."""
    read = read_version(source)
    protocol = read.protocol
    if len(protocol.version) > LONGEST_VERSION:
        wrong = f"the version has {len(protocol.version)} characters"
        raise InvalidInput([InputProblem("version", wrong, f"write at most {LONGEST_VERSION}")])
    known = versions_of(uow.session, study.id)
    if known and (theirs := read_version(known[0].source).protocol.protocol) != protocol.protocol:
        wrong = f"this is the protocol {protocol.protocol}, and the study's is {theirs}"
        raise Refused([InputProblem("version", wrong, "set up another study for it")])
    if any(row.version == protocol.version for row in known):
        wrong = f"the study has version {protocol.version} already, and versions never change"
        raise Conflict([InputProblem("version", wrong, "give the new text another version")])
    row = ProtocolVersion(
        study_id=study.id, position=len(known), version=protocol.version, source=source,
        digest=hashlib.sha256(source.encode()).hexdigest(), added_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    study.revision += 1
    study.settings_revision += 1
    uow.session.flush()
    _check_that_versions_fit(uow.session, study)
    uow.audit(
        "protocol.added", f"study:{study.code}", study_id=study.id,
        after={"version": protocol.version, "sha256": row.digest, "assumptions": list(protocol.assumptions)},
    )  # fmt: skip
    return row


def read_version(source: str) -> ReadProtocol:
    """A protocol's text. Raises InvalidInput with the place of every problem."""
    try:
        return protocol_of(source)
    except SourceError as error:
        raise InvalidInput(
            InputProblem(f"{problem.line}:{problem.column}", problem.wrong, problem.right) for problem in error.problems
        ) from None


def _check_that_versions_fit(session: Session, study: Study) -> None:
    try:
        load_design(session, study)
    except DesignError as error:
        wrong, _, right = str(error).partition("; ")
        raise Refused([InputProblem("version", wrong, right or "correct the protocol's text")]) from None
    except ValuesMissing:
        return


def confirm_assumptions(uow: UnitOfWork, study: Study, version: str) -> None:
    """A person has read a version's assumptions and stands by them; nobody is enrolled under it before."""
    row = next((row for row in versions_of(uow.session, study.id) if row.version == version), None)
    if row is None:
        raise Refused([InputProblem("version", "the study has no such version", "choose one of its versions")])
    row.confirmed_by, row.confirmed_at = uow.actor.user_id, uow.now
    study.settings_revision += 1
    uow.audit("protocol.confirmed", f"study:{study.code}", study_id=study.id, after={"version": version})


def supply_parameters(uow: UnitOfWork, study: Study, values: Mapping[str, Any], made_up: bool = False) -> None:
    """Give parameters their values. Raises InvalidInput for unknown names and for values that do not fit."""
    _check_values(uow.session, study, values)
    before = {name: row.value for name, row in parameter_values(uow.session, study.id).items() if name in values}
    for name, value in values.items():
        uow.session.add(ParameterValue(study_id=study.id, name=name, value=value, made_up=made_up, set_at=uow.now))
    study.revision += 1
    study.settings_revision += 1
    uow.audit("parameters.supplied", f"study:{study.code}", study_id=study.id, before=before, after=dict(values))


def _check_values(session: Session, study: Study, values: Mapping[str, Any]) -> None:
    known = {name: row.value for name, row in parameter_values(session, study.id).items()}
    unknown = set(values)
    for row in versions_of(session, study.id):
        declared = protocol_of(row.source).protocol.parameters
        unknown -= set(declared)
        given = {name: value for name, value in {**known, **values}.items() if name in declared}
        try:
            read_protocol(row.source, "protocol", given)
        except SourceError as error:
            raise InvalidInput(InputProblem("values", p.wrong, p.right) for p in error.problems) from None
    if unknown:
        raise InvalidInput(
            InputProblem(f"values/{name}", f"no version has a parameter {name}", "leave it out") for name in unknown
        )


def set_open(uow: UnitOfWork, study: Study, opened: bool) -> None:
    """Open a study to new participants, or close it to them; those who take part go on."""
    before, study.state = study.state, "open" if opened else "closed"
    if before != study.state:
        study.settings_revision += 1
        uow.audit(
            "study.state-set", f"study:{study.code}", study_id=study.id, before={"state": before},
            after={"state": study.state},
        )  # fmt: skip


def join_site(uow: UnitOfWork, study: Study, site: SiteRow) -> None:
    """Let a site take part in a study. The first one to join is the home site."""
    if uow.session.get(StudySite, (study.id, site.id)) is not None:
        raise Conflict([InputProblem("site", f"{site.name} takes part already", "nothing is left to do")])
    count = uow.session.scalar(select(func.count()).where(StudySite.study_id == study.id)) or 0
    uow.session.add(StudySite(study_id=study.id, site_id=site.id, position=count))
    study.revision += 1
    study.settings_revision += 1
    uow.audit("study.site-joined", f"study:{study.code}", study_id=study.id, after={"site": site.code})
