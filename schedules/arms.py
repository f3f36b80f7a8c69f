"""A participant's arm, cohort and dose levels, by the versions of the protocol that the participant came under."""

from __future__ import annotations

from collections.abc import Iterable

from schedules.errors import DesignError
from schedules.history import Enrolled
from schedules.protocol import Protocol


def check_arm(arm: str | None, versions: Iterable[Protocol]) -> None:
    """Raises DesignError if one of the participant's versions has arms and this is none of them.

    Planned without an arm, or in one that the version has not, visits of the arms would be missing.
    """
    versions = list(versions)
    if arm is not None and not any(protocol.arms for protocol in versions):
        raise DesignError(f"the protocol has no arm {arm!r}; it has no arms")
    for place, protocol in enumerate(versions):
        which = f"version {protocol.version} of the protocol" if place else "the protocol"
        if protocol.arms and arm is None:
            raise DesignError(f"{which} has arms; say which one: {', '.join(protocol.arms)}")
        if protocol.arms and arm not in protocol.arms:
            raise DesignError(f"{which} has no arm {arm!r}; its arms are {', '.join(protocol.arms)}")


def dose_levels_of(enrolled: Enrolled | None, versions: Iterable[Protocol]) -> dict[str, str]:
    """The dose level of each drug: the cohort's as the participant entered it, unless the enrolment names another."""
    if enrolled is None:
        return {}
    cohorts = (protocol.cohorts[enrolled.cohort] for protocol in versions if enrolled.cohort in protocol.cohorts)
    cohort = next(cohorts, None)
    return {**(cohort.dose_levels if cohort else {}), **enrolled.dose_levels}
