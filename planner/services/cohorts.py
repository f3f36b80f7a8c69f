"""Cohorts: set up with their dose levels, opened one after the other by a person who sees who is still observed.

The protocol's rule is shown, never applied: what is in the way of opening the next cohort is said, and whoever opens
it all the same says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from planner.persistence.cohorts import CohortRow, cohorts_of
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InputProblem, InvalidInput, NotFound, Refused, shown
from planner.services.access import Scope, find_study
from planner.services.cohort_members import CohortReport, cohort_reports
from planner.services.designs import Designs, StudyDesign
from planner.services.revisions import Edited, refuse_what_changed
from planner.services.texts import missing_or_too_long, not_one_of, too_long
from schedules.protocol import ActivityKind

#: from which state to which
STEPS = {
    "planned": ("open", "closed"),
    "open": ("observing", "closed"),
    "observing": ("open", "closed"),
    "closed": ("open",),
}
MOST_PARTICIPANTS = 10_000
LONGEST_LEVEL = 100
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DRUGS = frozenset({ActivityKind.DOSE, ActivityKind.HOME_DOSE})


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpCohort:
    """A new cohort, behind those that the study has.

    ``part`` is the protocol's cohort that its participants are enrolled into; left out, the one of the same code.
    ``dose_levels`` are by drug; of drugs that it does not name the protocol's cohort says the level.
    """

    study: str
    code: str
    label: str
    size: int
    part: str | None = None
    dose_levels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCohort:
    """Another state of a cohort (open, observing, closed) or another size; ``why`` where something is in the way."""

    study: str
    code: str
    state: str | None = None
    size: int | None = None
    why: str = ""
    #: the revision that the person had seen
    expected: int | None = None


def set_up_cohort(uow: UnitOfWork, designs: Designs, scope: Scope, command: SetUpCohort) -> CohortRow:
    """Set up a cohort. Raises InvalidInput with every problem, or Conflict where another one is like it."""
    study = find_study(uow.session, scope, command.study, lock=True)
    design = designs.of(uow.session, study)
    part = command.part or command.code
    problems = list(_problems(design, command, part))
    if problems:
        raise InvalidInput(problems)
    levels = {**_levels_of_part(design, part), **{drug: level.strip() for drug, level in command.dose_levels.items()}}
    known = cohorts_of(uow.session, study.id)
    _refuse_another(known, command.code, part, levels)
    row = CohortRow(
        study_id=study.id, position=len(known), code=command.code, label=command.label.strip(), part=part,
        dose_levels=levels, size=command.size, state="planned", set_up_at=uow.now, changed_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    uow.audit("cohort.set-up", _subject(study, row), study_id=study.id, after=_data(row))
    return row


def change_cohort(uow: UnitOfWork, designs: Designs, scope: Scope, command: ChangeCohort) -> CohortRow:
    """Open a cohort, let it be observed, close it, or want another size of it.

    Raises Conflict for a step that its state does not allow; Refused for opening it without a reason while something
    is in the way, or opening it again without one.
    """
    study = find_study(uow.session, scope, command.study, lock=True)
    row = next((row for row in cohorts_of(uow.session, study.id) if row.code == command.code), None)
    if row is None:
        wrong = f'there is no cohort "{shown(command.code)}"'
        raise NotFound([InputProblem("cohort", wrong, "look at the cohorts of the study")])
    problems = [*too_long("why", command.why), *(_size_problems(command.size) if command.size is not None else ())]
    if command.state is not None:
        problems += not_one_of("state", command.state, ("open", "observing", "closed"))
    if problems:
        raise InvalidInput(problems)
    edited = Edited(subject=_subject(study, row), actions=("cohort.changed",), revision=row.revision, chain=study.id)
    refuse_what_changed(uow.session, edited, command.expected)
    before = _data(row)
    if command.state is not None:
        _step(uow, designs, study, row, command.state, command.why)
    row.size = command.size if command.size is not None else row.size
    row.changed_at, row.revision = uow.now, row.revision + 1
    uow.audit(
        "cohort.changed", _subject(study, row), study_id=study.id, before=before, after=_data(row),
        why=command.why.strip(),
    )  # fmt: skip
    return row


def _step(uow: UnitOfWork, designs: Designs, study: Study, row: CohortRow, state: str, why: str) -> None:
    if state not in STEPS[row.state]:
        allowed = " or ".join(STEPS[row.state])
        raise Conflict([InputProblem("state", f"it is {row.state}", f"it can become {allowed}")])
    if state == "open" and not why.strip():
        _refuse_what_is_in_the_way(cohort_reports(uow.session, designs, study, uow.now), row)
    row.state = state


def _refuse_what_is_in_the_way(reports: list[CohortReport], row: CohortRow) -> None:
    """Whoever opens a cohort again, or before the one before it is through, says why."""
    remedy = "wait, or say why it is opened all the same"
    if row.state == "closed":
        raise Refused([InputProblem("why", "it was closed before", "say why it is opened again")])
    if row.state != "planned" or row.position == 0:
        return
    before = next(report for report in reports if report.position == row.position - 1)
    if before.in_the_way:
        raise Refused(InputProblem("state", f"{before.code}: {wrong}", remedy) for wrong in before.in_the_way)


def _problems(design: StudyDesign, command: SetUpCohort, part: str) -> Iterator[InputProblem]:
    if not _CODE.fullmatch(command.code) or len(command.code) > 100:
        wrong = "a cohort's code is made of small letters, digits and hyphens"
        yield InputProblem("code", wrong, "write e.g. level-1")
    yield from missing_or_too_long("label", command.label, "write how people call it", 200)
    yield from _size_problems(command.size)
    parts = {name for version in design.versions for name in version.protocol.cohorts}
    if part not in parts:
        remedy = f"choose one of {', '.join(sorted(parts))}" if parts else "the protocol has no cohorts: set up none"
        yield InputProblem("part", f'the protocol has no cohort "{shown(part)}"', remedy)
    for drug, level in command.dose_levels.items():
        place = f"dose_levels/{shown(drug)}"
        if not _is_drug(design, drug):
            yield InputProblem(place, "the protocol has no such drug", "leave it out")
        yield from missing_or_too_long(place, level, "write the level, e.g. level 1", LONGEST_LEVEL)


def _size_problems(size: int) -> Iterable[InputProblem]:
    if not 1 <= size <= MOST_PARTICIPANTS:
        yield InputProblem("size", "a cohort of this size is not possible", f"write 1 to {MOST_PARTICIPANTS}")


def _is_drug(design: StudyDesign, name: str) -> bool:
    known = (version.protocol.activities.get(name) for version in design.versions)
    return any(activity is not None and activity.kind in _DRUGS for activity in known)


def _levels_of_part(design: StudyDesign, part: str) -> dict[str, str]:
    """The levels that the newest version with this cohort fixes."""
    protocols = [version.protocol for version in reversed(design.versions)]
    return next((dict(protocol.cohorts[part].dose_levels) for protocol in protocols if part in protocol.cohorts), {})


def _refuse_another(known: list[CohortRow], code: str, part: str, levels: Mapping[str, str]) -> None:
    """No two cohorts of one code, and none between which an enrolment would not decide."""
    for row in known:
        if row.code == code:
            raise Conflict([InputProblem("code", f"there is a cohort {code} already", "choose another code")])
        shared = row.dose_levels.keys() & levels.keys()
        if row.part == part and all(row.dose_levels[drug] == levels[drug] for drug in shared):
            wrong = f"a participant could belong to {row.code} as well"
            remedy = f"give a drug another level than there, or raise the size of {row.code}"
            raise Conflict([InputProblem("dose_levels", wrong, remedy)])


def _subject(study: Study, row: CohortRow) -> str:
    return f"study:{study.code}/cohort:{row.code}"


def _data(row: CohortRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("label", "part", "dose_levels", "size", "state")}
