"""The protocols that can be planned with, read once and kept ready for every request and thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from planner.problems import InputProblem, UnknownProtocol, shown
from schedules.closures import ClosedDay, PublicHolidays, Site
from schedules.design import Design
from schedules.protocol_file import ReadProtocol, library, library_text, read_protocol

MOST_READ = 64
MOST_DESIGNS = 128


@dataclass(frozen=True, slots=True)
class Closures:
    """When a site is closed, besides weekends: a country's (and region's) public holidays, and single spans."""

    country: str | None = None
    region: str | None = None
    closed: tuple[ClosedDay, ...] = ()

    def site(self) -> Site:
        """The site that the engine plans for."""
        holidays = PublicHolidays(country=self.country, region=self.region) if self.country else None
        return Site(id="site", name="The site", public_holidays=holidays, closed=self.closed)


class Library:
    """Protocols by name. Threads may share it: what it keeps is never changed, only added to."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._texts = dict(texts) if texts is not None else {name: library_text(name) for name in library()}
        self._read = lru_cache(maxsize=MOST_READ)(self._read_text)
        self._design = lru_cache(maxsize=MOST_DESIGNS)(self._make_design)

    def names(self) -> tuple[str, ...]:
        """The names of all protocols, in order."""
        return tuple(sorted(self._texts))

    def protocol(self, name: str, made_up: bool = False) -> ReadProtocol:
        """A protocol; with ``made_up`` the parameters without a value have their example. Raises UnknownProtocol."""
        if name not in self._texts:
            known = f"choose one of {', '.join(self.names())}"
            raise UnknownProtocol([InputProblem("protocol", f'there is no protocol "{shown(name)}"', known)])
        return self._read(name, made_up)

    def design(self, name: str, made_up: bool, closures: Closures, year: int) -> Design:
        """The protocol and a site, compiled. Raises ParameterError where a value is missing.

        A site remembers every day that it was asked about; one for each ``year`` of a start keeps that small.
        """
        return self._design(name, made_up, closures, year)

    def _read_text(self, name: str, made_up: bool) -> ReadProtocol:
        read = read_protocol(self._texts[name], f"{name}.yaml")
        return read_protocol(self._texts[name], f"{name}.yaml", examples(read)) if made_up else read

    def _make_design(self, name: str, made_up: bool, closures: Closures, year: int) -> Design:
        return Design((self.protocol(name, made_up).require(),), (closures.site(),))


def examples(read: ReadProtocol) -> dict[str, Any]:
    """The made-up values of the parameters that have no other."""
    return {name: read.protocol.parameters[name].example for name in read.missing}
