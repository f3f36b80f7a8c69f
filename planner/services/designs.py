"""Studies as the engine wants them: protocol versions with their parameters, and sites with their closures.

A design is compiled once for each revision of its study and kept; threads may share it.
"""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from threading import Lock

from sqlalchemy.orm import Session

from planner.persistence.sites import Closure, SiteRow, StoredHoliday, closures_of, holidays_of, sites_of
from planner.persistence.studies import ProtocolVersion, Study, parameter_values, versions_of
from planner.problems import InputProblem, Refused, ValuesMissing
from planner.services.standing import Carers
from schedules.closures import PLAIN_SITE, ClosedDay, ClosedRule, PublicHolidays, Site, Weekday
from schedules.design import Design
from schedules.protocol import Protocol, Resource
from schedules.protocol_file import ReadProtocol, read_protocol

MOST_KEPT = 200
#: as many texts of protocols, each with the values it was read with
MOST_READ = 64


@dataclass(frozen=True, slots=True, eq=False)
class StudyDesign:
    """A study's design at one revision, and which row stands behind each of its sites."""

    study_id: int
    code: str
    revision: int
    design: Design
    site_ids: Mapping[str, int]
    zones: Mapping[str, str]
    versions: tuple[ReadProtocol, ...]
    releases_bookings: bool
    #: what visits come to: worked out once for all who have been under the same versions
    carers: Carers = field(default_factory=dict)

    @property
    def protocols(self) -> dict[str, Protocol]:
        """The versions of the protocol by their names, the oldest first."""
        return {read.protocol.version: read.protocol for read in self.versions}


class Designs:
    """The designs of all studies that somebody has asked for, the least used of many forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, StudyDesign] = OrderedDict()
        self._lock = Lock()

    def of(self, session: Session, study: Study) -> StudyDesign:
        """The design of a study as it is now. Raises ValuesMissing where parameters have no value."""
        with self._lock:
            kept = self._kept.get(study.id)
            if kept is not None and kept.revision == study.revision:
                self._kept.move_to_end(study.id)
                return kept
        made = load_design(session, study)
        with self._lock:
            self._kept[study.id] = made
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return made


def read_versions(session: Session, study: Study, known_at: datetime | None = None) -> tuple[ReadProtocol, ...]:
    """The versions of a study's protocol, oldest first, with the values of its parameters: of now, or of an instant."""
    values = {name: row.value for name, row in parameter_values(session, study.id, known_at).items()}
    rows = versions_of(session, study.id)
    return tuple(_version(row, values) for row in rows if known_at is None or row.added_at <= known_at)


def load_design(session: Session, study: Study, known_at: datetime | None = None) -> StudyDesign:
    """Read and compile a study's design, or what it was at an instant: which sites take part is as it is now.

    Raises Refused for one that has no protocol yet.
    """
    versions = read_versions(session, study, known_at)
    if not versions:
        wrong = "the study has no protocol yet"
        raise Refused([InputProblem("study", wrong, "add a protocol version first")])
    require_values(versions, "planning")
    rows = sites_of(session, study.id)
    sites = engine_sites(session, rows, known_at) or (PLAIN_SITE,)  # a study that is being set up has none yet
    return StudyDesign(
        study.id, study.code, study.revision, Design(tuple(version.protocol for version in versions), sites),
        {row.code: row.id for row in rows}, {row.code: row.zone for row in rows}, versions, study.releases_bookings,
    )  # fmt: skip


def require_values(versions: Iterable[ReadProtocol], needed_for: str) -> None:
    """Raise ValuesMissing if parameters without which nobody can plan (or enrol) have no value."""
    missing = {
        name
        for version in versions
        for name in version.missing
        if version.protocol.parameters[name].needed_for == needed_for
    }
    if missing:
        raise ValuesMissing(
            InputProblem(f"parameters/{name}", f"the parameter {name} has no value", "supply it first")
            for name in sorted(missing)
        )


def _version(row: ProtocolVersion, values: Mapping[str, object]) -> ReadProtocol:
    declared = protocol_of(row.source)
    given = {name: value for name, value in values.items() if name in declared.protocol.parameters}
    return protocol_of(row.source, given) if given else declared


def protocol_of(source: str, values: Mapping[str, object] | None = None) -> ReadProtocol:
    """A study's text, read with the values of its parameters: once, for a study changes more often than its texts.

    Raises ProtocolError and ParameterError as ``read_protocol`` does.
    """
    return _read(source, json.dumps(values or {}, sort_keys=True))


@lru_cache(maxsize=MOST_READ)
def _read(source: str, values: str) -> ReadProtocol:
    return read_protocol(source, "protocol", json.loads(values))


def engine_sites(session: Session, rows: list[SiteRow], known_at: datetime | None = None) -> tuple[Site, ...]:
    """Sites with their closures (those of an instant) and stored holidays, as the engine plans with them."""
    ids = [row.id for row in rows]
    closures: dict[int, list[Closure]] = defaultdict(list)
    for closure in closures_of(session, ids, known_at):
        closures[closure.site_id].append(closure)
    holidays: dict[int, list[StoredHoliday]] = defaultdict(list)
    for holiday in holidays_of(session, ids):
        holidays[holiday.site_id].append(holiday)
    return tuple(_site(row, closures[row.id], holidays[row.id]) for row in rows)


def _site(row: SiteRow, closures: list[Closure], holidays: list[StoredHoliday]) -> Site:
    stored = {holiday.day: holiday.name for holiday in holidays}
    public = PublicHolidays(country=row.country, region=row.region, dates=stored) if row.country else None
    return Site(
        id=row.code, name=row.name, zone=row.zone, weekend=tuple(Weekday(day) for day in row.weekend),
        public_holidays=public, closed=tuple(_closed(closure) for closure in closures),
    )  # fmt: skip


def _closed(row: Closure) -> ClosedDay | ClosedRule:
    resources = tuple(Resource(name) for name in row.resources)
    if row.rule is not None:
        return ClosedRule(rule=row.rule, date=row.first, resources=resources, reason=row.reason)
    return ClosedDay(date=row.first, until=row.last, resources=resources, reason=row.reason)
