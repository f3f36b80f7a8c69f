"""A study set up in one go: its protocol, its sites, the values that the text leaves open, and who stands by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from planner.persistence.sites import sites_of
from planner.persistence.studies import ProtocolVersion, Study, parameter_values, versions_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput
from planner.services.access import Scope, find_site
from planner.services.designs import protocol_of
from planner.services.studies import (
    CreateStudy,
    add_version,
    confirm_assumptions,
    create_study,
    join_site,
    read_version,
    set_open,
    supply_parameters,
)
from schedules.errors import SourceError
from schedules.protocol import Parameter
from schedules.protocol_file import ReadProtocol, read_protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpStudy:
    """A new study with the text of its first version. ``sites`` are codes, the home site first.

    ``made_up``: the values are for a demonstration. ``confirmed``: whoever sets it up has read the assumptions of the
    text and stands by them. ``opened``: it takes participants at once.
    """

    code: str
    title: str
    source: str
    sites: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    made_up: bool = False
    confirmed: bool = False
    opened: bool = True


def set_up_study(uow: UnitOfWork, scope: Scope, command: SetUpStudy) -> Study:
    """Set the study up, all of it or nothing. Raises InvalidInput, Conflict, Refused and NotFound."""
    read = read_version(command.source)
    require_fitting(command.source, command.values)
    study = create_study(uow, CreateStudy(code=command.code, title=command.title))
    for code in command.sites:
        join_site(uow, study, find_site(uow.session, scope, code))
    add_version(uow, study, command.source)
    if command.values:
        supply_parameters(uow, study, command.values, command.made_up)
    if command.confirmed:
        confirm_assumptions(uow, study, read.protocol.version)
    if not command.opened:
        set_open(uow, study, opened=False)
    return study


def require_fitting(source: str, values: Mapping[str, Any]) -> None:
    """Raise InvalidInput for every value that the text cannot take, each in its own place."""
    problems = []
    for name, value in values.items():
        try:
            read_protocol(source, "protocol", {name: value})
        except SourceError as error:
            problems += [InputProblem(f"values/{name}", one.wrong, one.right) for one in error.problems]
    if problems:
        raise InvalidInput(problems)


@dataclass(frozen=True, slots=True)
class VersionToConfirm:
    """A version of a protocol, with what its text leaves to whoever stands by it."""

    row: ProtocolVersion
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StudySetup:
    """A study, and what is missing before somebody can be enrolled: values, confirmations, sites, a protocol."""

    study: Study
    versions: tuple[VersionToConfirm, ...]
    sites: tuple[tuple[str, str], ...]
    open_values: Mapping[str, Parameter]
    has_cohorts: bool

    @property
    def unconfirmed(self) -> tuple[VersionToConfirm, ...]:
        """The versions that nobody stands by yet."""
        return tuple(one for one in self.versions if one.row.confirmed_at is None)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, in words; nothing where the study is ready."""
        found = [] if self.versions else ["it has no protocol"]
        found += [] if self.sites else ["no site takes part"]
        found += ["values that the protocol leaves open are missing"] if self.open_values else []
        return (*found, *(["nobody has confirmed the assumptions"] if self.unconfirmed else []))


def study_setup(session: Session, study: Study) -> StudySetup:
    """What a study has, and what is still missing."""
    values = {name: row.value for name, row in parameter_values(session, study.id).items()}
    rows = versions_of(session, study.id)
    read = [_read(row, values) for row in rows]
    versions = tuple(
        VersionToConfirm(row, tuple(one.protocol.assumptions)) for row, one in zip(rows, read, strict=True)
    )
    open_values = {name: one.protocol.parameters[name] for one in read for name in one.missing}
    sites = tuple((row.code, row.name) for row in sites_of(session, study.id))
    return StudySetup(study, versions, sites, open_values, any(one.protocol.cohorts for one in read))


def _read(row: ProtocolVersion, values: Mapping[str, Any]) -> ReadProtocol:
    plain = read_version(row.source)
    known = {name: value for name, value in values.items() if name in plain.protocol.parameters}
    return protocol_of(row.source, known) if known else plain
