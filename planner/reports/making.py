"""Makes a report: of now from the stored plans, or of any past moment from the facts that were known at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.cohorts import cohorts_of
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.problems import InputProblem, InvalidInput, shown
from planner.reports import care_figures, figures, people_figures, reaching, replanned, stored
from planner.reports.choosing import Choice
from planner.reports.definitions import MEASURES, NEEDS
from planner.reports.evidence import Evidence, Person
from planner.reports.known import chain_head, participants_by
from planner.reports.people import people_of
from planner.reports.report import BREAKDOWNS, Filters, Measure, Report
from planner.reports.rows import masked
from planner.services.access import Scope, find_study
from planner.services.designs import Designs, StudyDesign, load_design
from schedules.plan import ENGINE

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What report somebody wants; ``as_of`` None is now. ``measures`` are ids of definitions.MEASURES, or all."""

    study: str
    filters: Filters = field(default_factory=Filters)
    as_of: datetime | None = None
    mask_below: int = 0
    measures: tuple[str, ...] = ()


def make_report(session: Session, designs: Designs, scope: Scope, wanted: Wanted, now: datetime) -> Report:
    """The report of a study within somebody's scope.

    Raises NotFound for a study that the scope does not see, and InvalidInput for what cannot be asked.
    """
    study, moment, design, choice, past = understood(session, designs, scope, wanted, now)
    chosen = wanted.measures or MEASURES
    quick = not past and _is_of_stored_plans_alone(chosen, wanted.filters)
    how = _of_stored_plans if quick else partial(_evidence, past=past)
    evidence, notes, count = how(session, design, moment, choice, chosen)
    sizes = [people_figures.CohortSize(row.code, row.size) for row in cohorts_of(session, study.id)]
    figures_of = _figures(evidence, choice, sizes)
    return Report(
        study=study.code, title=study.title, as_of=moment, chain=chain_head(session, study.id, moment), engine=ENGINE,
        made_from="facts" if past else "projection", filters=wanted.filters,
        mask_below=wanted.mask_below, participants=count,
        measures=tuple(masked(figures_of[name](), wanted.mask_below) for name in chosen), notes=tuple(notes),
    )  # fmt: skip


class Asked(NamedTuple):
    """What is asked for: the study as it was at the moment, and what of it. ``past``: of a moment before now."""

    study: Study
    moment: datetime
    design: StudyDesign
    choice: Choice
    past: bool


def understood(session: Session, designs: Designs, scope: Scope, wanted: Wanted, now: datetime) -> Asked:
    """What somebody asks for within their scope. Raises NotFound, and InvalidInput for what cannot be asked."""
    study = find_study(session, scope, wanted.study)
    _refuse(_wrong_by_itself(wanted, study, now))
    moment = (wanted.as_of or now).astimezone(UTC)
    design = designs.of(session, study) if wanted.as_of is None else load_design(session, study, moment)
    _refuse(_wrong_in(design, wanted, scope))
    choice = Choice(wanted.filters, frozenset(_seen(design, scope)))
    return Asked(study, moment, design, choice, wanted.as_of is not None)


def _figures(
    evidence: Evidence, choice: Choice, sizes: list[people_figures.CohortSize]
) -> dict[str, Callable[[], Measure]]:
    return {
        "attendance": partial(figures.attendance, evidence),
        "window": partial(figures.window, evidence),
        "lateness": partial(figures.lateness, evidence),
        "activities": partial(figures.activities, evidence),
        "relative-dose": partial(care_figures.relative_dose, evidence),
        "dose-intensity": partial(care_figures.dose_intensity, evidence),
        "home": partial(care_figures.home, evidence),
        "pill-counts": partial(care_figures.pill_counts, evidence),
        "retention": partial(people_figures.retention, evidence, choice),
        "deviations": partial(figures.deviations, evidence),
        "deviations-by-site": partial(figures.deviations_by_site, evidence),
        "deviations-by-month": partial(figures.deviations_by_month, evidence),
        "contact": partial(figures.contact, evidence),
        "reminders": partial(figures.reminders, evidence),
        "enrolment": partial(people_figures.enrolment, evidence, choice, sizes),
        "observation": partial(people_figures.observation, evidence, choice),
    }


# -- evidence -----------------------------------------------------------------------------------

Gathered = tuple[Evidence, list[str], int]


def _is_of_stored_plans_alone(chosen: Iterable[str], filters: Filters) -> bool:
    """Whether nobody's facts have to be read: then it is quick, however many participants there are."""
    whose = (filters.arm, filters.cohort, filters.version)
    return {NEEDS[name] for name in chosen} <= {"visits", "deviations"} and not any(whose) and filters.by != "version"


def _of_stored_plans(
    session: Session, design: StudyDesign, moment: datetime, choice: Choice, chosen: Iterable[str]
) -> Gathered:
    """The same without anybody's facts."""
    evidence = stored.gather(session, design, [], choice, frozenset(NEEDS[name] for name in chosen))
    sites = [site_id for code, site_id in design.site_ids.items() if choice.has_site(code)]
    count = select(func.count()).where(Participant.study_id == design.study_id, Participant.site_id.in_(sites))
    return evidence, _lag(session, design, moment), session.scalar(count) or 0


def _evidence(
    session: Session, design: StudyDesign, moment: datetime, choice: Choice, chosen: Iterable[str], past: bool
) -> Gathered:
    """What the measures are made of, what is to be said about it, and how many participants it is about."""
    needs = frozenset(NEEDS[name] for name in chosen)
    participants = participants_by(session, design.study_id, moment)
    people = people_of(session, design, participants, moment)
    evidence, failed = _gathered(session, design, participants, people, moment, choice, needs, past)
    notes = [] if past else _lag(session, design, moment)
    if failed:
        named = ", ".join(failed[:_MOST_NAMED]) + (" …" if len(failed) > _MOST_NAMED else "")
        notes.insert(0, f"left out, as no plan can be made of their facts: {len(failed)} participants ({named})")
    _reach(session, design, evidence, moment, choice, needs)
    return evidence, notes, sum(choice.has_now(person) for person in people)


def _gathered(
    session: Session, design: StudyDesign, participants: list[Participant], people: list[Person], moment: datetime,
    choice: Choice, needs: frozenset[str], past: bool,
) -> tuple[Evidence, list[str]]:  # fmt: skip
    """The evidence, and the numbers of those of whom no plan could be made where one was needed.

    Of now it is what is stored; only who came in a large table, and has not been planned since, is planned for it.
    """
    if past:
        again = needs & {"visits", "deviations", "care", "observation", "reminders"}
        if not again:
            return Evidence(people=people), []
        return replanned.gather(session, design, participants, people, moment, choice, again)
    evidence = stored.gather(session, design, people, choice, needs)
    if "care" not in needs:
        return evidence, []
    new = stored.count_stored_care(session, people, choice, evidence)
    theirs = [one for one in participants if one.id in new]
    care, failed = replanned.gather(session, design, theirs, people, moment, choice, frozenset({"care"}))
    evidence.add_care(care)
    return evidence, failed


def _reach(
    session: Session, design: StudyDesign, evidence: Evidence, moment: datetime, choice: Choice, needs: frozenset[str]
) -> None:
    people = {person.id: person for person in evidence.people}
    if "contacts" in needs:
        reaching.count_contacts(session, design, people, moment, choice, evidence)
    if "reminders" in needs:
        reaching.count_reminders(session, design, people, moment, choice, evidence)


def _lag(session: Session, design: StudyDesign, moment: datetime) -> list[str]:
    """Whose stored plan is not of today: statuses and deviations are then as of the day on which it was made."""
    today = min((local_day(moment, zone) for zone in design.zones.values()), default=moment.date())
    old = or_(
        Participant.planned_on < today, Participant.planned_revision != design.revision, Participant.engine != ENGINE
    )
    query = select(func.count(), func.min(Participant.planned_on)).where(Participant.study_id == design.study_id, old)
    count, since = session.execute(query).one()
    if not count:
        return []
    return [f"the plans of {count} participants are not of today, the oldest of {since}: the worker plans them again"]


# -- what can be asked --------------------------------------------------------------------------


def _seen(design: StudyDesign, scope: Scope) -> Iterable[str]:
    return (code for code, site_id in design.site_ids.items() if scope.covers(design.study_id, site_id))


def _refuse(problems: Iterable[InputProblem]) -> None:
    found = list(problems)
    if found:
        raise InvalidInput(found)


def _wrong_by_itself(wanted: Wanted, study: Study, now: datetime) -> Iterable[InputProblem]:
    filters = wanted.filters
    if filters.by not in BREAKDOWNS:
        yield InputProblem("by", f"{shown(filters.by)} is no breakdown", f"choose one of {', '.join(BREAKDOWNS)}")
    if filters.since is not None and filters.until is not None and filters.since > filters.until:
        yield InputProblem("until", f"{filters.until} is before {filters.since}", "give the earlier day as since")
    if wanted.as_of is not None and wanted.as_of > now:
        yield InputProblem("as_of", f"{wanted.as_of.isoformat()} has not come yet", "leave it out for now")
    if wanted.as_of is not None and wanted.as_of < study.created_at:
        set_up = study.created_at.isoformat(timespec="seconds")
        yield InputProblem("as_of", f"the study was set up on {set_up}", "ask for a later moment")
    if not 0 <= wanted.mask_below <= 100:
        yield InputProblem("mask_below", f"{wanted.mask_below} is not within 0 to 100", "write e.g. 5, or 0 for none")
    for name in wanted.measures:
        if name not in MEASURES:
            yield InputProblem("measures", f"there is no measure {shown(name)}", f"choose of {', '.join(MEASURES)}")


def _wrong_in(design: StudyDesign, wanted: Wanted, scope: Scope) -> Iterable[InputProblem]:
    """Names that the study does not have; a site outside the scope looks as if it did not exist."""
    arms = dict.fromkeys(arm for protocol in design.protocols.values() for arm in protocol.arms)
    cohorts = dict.fromkeys(cohort for protocol in design.protocols.values() for cohort in protocol.cohorts)
    known = {
        "site": list(_seen(design, scope)),
        "arm": list(arms),
        "cohort": list(cohorts),
        "version": list(design.protocols),
    }
    for name, values in known.items():
        value = getattr(wanted.filters, name)
        if value is not None and value not in values:
            right = f"choose one of {', '.join(values)}" if values else "leave it out: the study has none"
            yield InputProblem(name, f"the study has no {name} {shown(value)}", right)
