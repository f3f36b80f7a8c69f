"""The dose levels that somebody is enrolled at are those of a cohort: else nobody would count them in any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from planner.persistence.cohorts import cohorts_of
from planner.problems import InputProblem, Refused
from planner.services.designs import StudyDesign
from schedules.arms import dose_levels_of
from schedules.history import Enrolled, Fact


@dataclass(frozen=True, slots=True)
class KnownCohort:
    """What of a cohort says who belongs to it. ``part``: the cohort of the protocol; ``state``: whether it is open."""

    part: str
    code: str
    state: str
    dose_levels: dict[str, str]


def known_cohorts(session: Session, study_id: int) -> tuple[KnownCohort, ...]:
    """The cohorts of a study as they are now."""
    rows = cohorts_of(session, study_id)
    return tuple(KnownCohort(row.part, row.code, row.state, dict(row.dose_levels)) for row in rows)


def at_known_levels(known: Sequence[KnownCohort], design: StudyDesign, facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts, enrolments with the dose levels of their cohort. Raises Refused for levels that no cohort has."""
    return tuple(_at_levels(known, design, fact) if isinstance(fact, Enrolled) else fact for fact in facts)


def _at_levels(known: Sequence[KnownCohort], design: StudyDesign, enrolled: Enrolled) -> Enrolled:
    """The enrolment with the dose levels of its cohort; those of the only open one where it says none.

    Raises Refused for levels that no cohort of that part has, for those of one that was never open (nobody has decided
    yet that its level is safe), and where none or several are open. A study without cohorts of the part takes any.
    """
    rows = [row for row in known if row.part == enrolled.cohort]
    if not rows or not _is_known(design, enrolled.version):
        return enrolled
    its_own = _with_its_levels(design, rows, enrolled)
    if any(row.state != "planned" for row in its_own):
        return enrolled
    if its_own:
        raise Refused([_never_open(its_own[0])])
    open_ones = [row for row in rows if row.state == "open"]
    if enrolled.dose_levels or len(open_ones) != 1:
        raise Refused([_problem(enrolled, rows, open_ones)])
    return replace(enrolled, dose_levels=dict(open_ones[0].dose_levels))


def _is_known(design: StudyDesign, version: str | None) -> bool:
    """Whether the study has the version; one that it has not is refused with the other things that cannot be."""
    return version is None or any(known.version == version for known in design.design.versions)


def _with_its_levels(design: StudyDesign, rows: list[KnownCohort], enrolled: Enrolled) -> list[KnownCohort]:
    first = design.design.version_index(enrolled.version) if enrolled.version else 0
    levels = dose_levels_of(enrolled, [design.design.versions[first]])
    return [row for row in rows if all(levels.get(drug) == level for drug, level in row.dose_levels.items())]


def _never_open(row: KnownCohort) -> InputProblem:
    wrong = f"{row.code} with {_words(row.dose_levels)} has never been open"
    return InputProblem(
        "dose_levels", wrong, "open the cohort first, with who decided it; or say the levels of another"
    )


def _problem(enrolled: Enrolled, rows: list[KnownCohort], open_ones: list[KnownCohort]) -> InputProblem:
    known = "; ".join(f"{row.code} ({row.state}): {_words(row.dose_levels)}" for row in rows)
    if enrolled.dose_levels:
        wrong = f"no cohort of {enrolled.cohort} has the dose levels {_words(enrolled.dose_levels)}"
    else:
        wrong = f"{len(open_ones) or 'none'} of the cohorts of {enrolled.cohort} {'are' if open_ones else 'is'} open"
    return InputProblem("dose_levels", wrong, f"say the levels of one of the cohorts, {known}")


def _words(levels: dict[str, str]) -> str:
    return ", ".join(f"{drug} {level}" for drug, level in sorted(levels.items()))
