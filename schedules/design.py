"""A study's design: its protocol versions and its sites, compiled once and used for every participant."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from schedules.closures import PLAIN_SITE, Site, SiteCalendar
from schedules.compiled import CompiledProtocol
from schedules.errors import DesignError, Problem, ProtocolError
from schedules.identities import Clash, clashes
from schedules.keys import parse_key
from schedules.protocol import Epoch, Protocol

_NUMBERED = re.compile(r"(.+)-(\d+)")
OldNames = Mapping[tuple[str, str], str]


@dataclass(frozen=True, eq=False)
class Design:
    """The protocol versions of a study, oldest first, and its sites, home site first.

    Raises DesignError if the versions are of different protocols, or two have the same number, and
    ProtocolError if an id of a later version does not say clearly which visit or gate it is.
    """

    versions: tuple[Protocol, ...]
    sites: tuple[Site, ...] = (PLAIN_SITE,)
    _compiled: dict[tuple[int, str | None, int], CompiledProtocol] = field(default_factory=dict, repr=False)
    _calendars: dict[str, SiteCalendar] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        names = {protocol.protocol for protocol in self.versions}
        if len(names) != 1:
            raise DesignError(f"versions of one protocol belong together, not of {', '.join(sorted(names))}")
        for what, found in (("version", [p.version for p in self.versions]), ("site", [s.id for s in self.sites])):
            if len(set(found)) != len(found) or not found:
                raise DesignError(f"each {what} once, at least one; here are {', '.join(found) or 'none'}")
        if unclear := [self._problem(clash) for clash in clashes(self.versions)]:
            raise ProtocolError(unclear)

    def _problem(self, clash: Clash) -> Problem:
        protocol = self.versions[clash.version]
        wrong = f"{'.'.join(clash.path)}: {clash.wrong}"
        return Problem(f"{protocol.protocol} {protocol.version}", 1, 1, wrong, clash.right)

    def compiled(self, version: int, arm: str | None, first: int) -> CompiledProtocol:
        """Version number ``version`` (an index) for an arm, for participants who began under ``first``."""
        key = (version, arm, first)
        if key not in self._compiled:
            names = old_names(self.versions[first : version + 1])
            self._compiled[key] = CompiledProtocol(self.versions[version], arm, names)
        return self._compiled[key]

    def calendar(self, site_id: str) -> SiteCalendar:
        """The open and closed days of a site. Raises DesignError for a site that the study has not."""
        if site_id not in self._calendars:
            found = [site for site in self.sites if site.id == site_id]
            if not found:
                known = ", ".join(site.id for site in self.sites)
                raise DesignError(f"the study has no site {site_id!r}; its sites are {known}")
            self._calendars[site_id] = SiteCalendar(found[0])
        return self._calendars[site_id]

    def version_index(self, version: str) -> int:
        """Where a version stands in the order of versions. Raises DesignError if the study has not got it."""
        for index, protocol in enumerate(self.versions):
            if protocol.version == version:
                return index
        known = ", ".join(protocol.version for protocol in self.versions)
        raise DesignError(f"the study has no protocol version {version!r}; its versions are {known}")

    def renamer(self, first: int) -> Callable[[str], str]:
        """What turns a key of any version into the key of a participant who began under version ``first``."""
        names = old_names(self.versions[first:])
        return (lambda key: renamed(key, names)) if names else str


def old_names(versions: tuple[Protocol, ...]) -> OldNames:
    """The first name of every visit and gate that a later one of these versions renamed."""
    names: dict[tuple[str, str], str] = {}
    for protocol in versions[1:]:
        for epoch_id, epoch in protocol.epochs.items():
            for name, was in _renames(epoch):
                names[epoch_id, name] = names.get((epoch_id, was), was)
    return names


def _renames(epoch: Epoch) -> list[tuple[str, str]]:
    visits = [(name, visit.was) for name, visit in epoch.visits.items()]
    gates = [(name, gate.was) for name, gate in epoch.gates.items()]
    return [(name, was) for name, was in (*visits, *gates) if was is not None]


def renamed(key: str, names: OldNames) -> str:
    """The same visit's key with its first name."""
    parts = parse_key(key)
    if parts is None:
        return key
    numbered = _NUMBERED.fullmatch(parts.name)
    again = f"#{parts.again}" if parts.again > 1 else ""
    if (parts.stay.epoch, parts.name) in names:
        return parts.stay.key(names[parts.stay.epoch, parts.name]) + again
    if numbered and (parts.stay.epoch, numbered.group(1)) in names:
        return parts.stay.key(f"{names[parts.stay.epoch, numbered.group(1)]}-{numbered.group(2)}") + again
    return key
