"""Which visits and participants a report is about, and in which group of the breakdown each of them counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from planner.reports.evidence import Person
from planner.reports.report import EVERYBODY, Filters

#: the group of what has none
NONE = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """The filters, and the codes of the sites that the asker may see."""

    filters: Filters
    sites: frozenset[str]

    def has_site(self, site: str) -> bool:
        """Whether a site is asked for."""
        return site in self.sites and self.filters.site in (None, site)

    def has_person(self, person: Person) -> bool:
        """Whether a participant is asked for, wherever and whenever they were seen."""
        wanted = self.filters
        return wanted.arm in (None, person.arm) and wanted.cohort in (None, person.cohort)

    def has_day(self, day: date | None) -> bool:
        """Whether a day is in the period; what has no day is in none that has an end."""
        since, until = self.filters.since, self.filters.until
        if day is None:
            return since is None and until is None
        return (since is None or day >= since) and (until is None or day <= until)

    def group(self, person: Person, site: str, day: date | None, version: str) -> str:
        """The group of something about a participant, at a site, on a day, under a version."""
        match self.filters.by:
            case "site":
                return site
            case "arm":
                return person.arm or NONE
            case "cohort":
                return person.cohort or NONE
            case "month":
                return month_of(day) or NONE
            case "version":
                return version or NONE
        return EVERYBODY

    def has_now(self, person: Person) -> bool:
        """Whether a participant is asked for by where and under which version they are today."""
        version = self.filters.version
        right = version is None or person.version_on(person.today) == version
        return right and self.has_site(person.site) and self.has_person(person)

    def group_now(self, person: Person) -> str:
        """The group of a participant by where and under which version they are today; their month is of enrolment."""
        return self.group(person, person.site, person.enrolled, person.version_on(person.today))


def month_of(day: date | None) -> str:
    """2026-01; empty without a day."""
    return f"{day:%Y-%m}" if day is not None else ""
