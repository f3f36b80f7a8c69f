"""OK to treat: an investigator's word that a dose may be given, or may not; and doses given without it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.dose_oks import DoseOk, oks_of, oks_of_study
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.visits import VisitRow
from planner.problems import Conflict, InputProblem, InvalidInput, NotAllowed, NotFound, Refused
from planner.services.access import Scope, find_participant, find_study, find_visit
from planner.services.designs import Designs, StudyDesign
from planner.services.histories import moves_of, site_on
from planner.services.known_facts import known_of_each
from planner.services.texts import missing_or_too_long, too_long
from schedules.history import Enrolled, Fact, Given, Transferred

MOST_RESULTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One result on which an OK rests, such as platelets of 90 10^9/L on a day."""

    name: str
    value: str
    day: date
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveOk:
    """One drug may be given at one visit, on these results; ``note`` is what else speaks for it."""

    study: str
    participant: str
    visit: str
    drug: str
    results: tuple[Result, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class DoseWithoutOk:
    """A dose that was given without an OK in force; ``wrong``: none, later, revoked, or refused."""

    participant: str
    site: str
    visit: str | None
    drug: str
    day: date
    wrong: str


def give_ok(uow: UnitOfWork, designs: Designs, scope: Scope, command: GiveOk) -> DoseOk:
    """Say that a dose may be given. Raises NotFound, InvalidInput, NotAllowed, Refused, or Conflict if it was said."""
    participant, visit, user = _about(uow, scope, command.study, command.participant, command.visit)
    study = designs.of(uow.session, find_study(uow.session, scope, command.study))
    today = local_day(uow.now, _zone(study, participant.site_id))
    problems = [*_drug_problems(study, visit, command.drug), *_problems(command, today)]
    if problems:
        raise InvalidInput(problems)
    _require_open(uow.session, participant, visit, command.drug)
    row = DoseOk(
        study_id=participant.study_id, participant_id=participant.id, visit_key=visit.key, drug=command.drug,
        given_by=user, given_at=uow.now, results=[_result(result) for result in command.results],
        note=command.note.strip(),
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    after = {"drug": row.drug, "results": row.results, "note": row.note}
    uow.audit("dose.ok-given", _subject(participant, visit.key), study_id=participant.study_id, after=after)
    return row


def refuse_ok(
    uow: UnitOfWork, designs: Designs, scope: Scope, study_code: str, number: str, visit_key: str, drug: str, why: str
) -> DoseOk:
    """Say that a dose may not be given, and why; an OK can be given later all the same. Moves no date.

    Raises NotFound, InvalidInput, NotAllowed, Refused, or Conflict while an OK is in force.
    """
    participant, visit, user = _about(uow, scope, study_code, number, visit_key)
    study = designs.of(uow.session, find_study(uow.session, scope, study_code))
    unsaid = missing_or_too_long("why", why, "say why it may not be given")
    problems = [*_drug_problems(study, visit, drug), *unsaid]
    if problems:
        raise InvalidInput(problems)
    _require_open(uow.session, participant, visit, drug)
    row = DoseOk(
        study_id=participant.study_id, participant_id=participant.id, visit_key=visit.key, drug=drug, given_by=user,
        given_at=uow.now, results=[], note="", revoked_by=user, revoked_at=uow.now, revoked_why=why.strip(),
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    subject = _subject(participant, visit.key)
    uow.audit("dose.ok-refused", subject, study_id=participant.study_id, after={"drug": drug}, why=why.strip())
    return row


def _about(
    uow: UnitOfWork, scope: Scope, study_code: str, number: str, visit: str
) -> tuple[Participant, VisitRow, int]:
    """Whose dose of which visit it is about, locked, and who says something of it."""
    study = find_study(uow.session, scope, study_code)
    participant = find_participant(uow.session, scope, study, number, lock=True)
    return participant, find_visit(uow.session, participant, visit), _person(uow)


def _require_open(session: Session, participant: Participant, visit: VisitRow, drug: str) -> None:
    """Raise Refused where no dose is to come, and Conflict where its OK is in force."""
    if visit.gone or visit.status in _NO_DOSE:
        wrong = f"the visit is {'not planned any more' if visit.gone else visit.status}"
        raise Refused([InputProblem("visit", wrong, "look at the participant's visits")])
    if _in_force(session, participant, visit.key, drug) is not None:
        raise Conflict([InputProblem("drug", "its OK has been given already", "revoke that one first")])


_NO_DOSE = frozenset({"cancelled", "missed", "omitted"})


def _drug_problems(study: StudyDesign, visit: VisitRow, drug: str) -> Iterable[InputProblem]:
    if drug not in visit.activities or not _is_dose(study, drug):
        doses = [name for name in visit.activities if _is_dose(study, name)]
        remedy = f"choose {' or '.join(doses)}" if doses else "choose another visit"
        yield InputProblem("drug", "this visit has no such dose", remedy)


def _problems(command: GiveOk, today: date) -> Iterable[InputProblem]:
    if not command.results and not command.note.strip():
        yield InputProblem("results", "nothing says what the OK rests on", "give results, or a note")
    if len(command.results) > MOST_RESULTS:
        yield InputProblem("results", "these are too many results", f"give at most {MOST_RESULTS}")
    for place, result in enumerate(command.results[:MOST_RESULTS]):
        yield from _result_problems(f"results/{place}", result, today)
    yield from too_long("note", command.note)


def _result_problems(place: str, result: Result, today: date) -> Iterator[InputProblem]:
    yield from missing_or_too_long(f"{place}/name", result.name, "write what was measured", 100)
    yield from missing_or_too_long(f"{place}/value", result.value, "write what came out", 100)
    yield from too_long(f"{place}/unit", result.unit, 40)
    if result.day > today:
        yield InputProblem(f"{place}/day", "the day is still to come", "write the day of the result")


def revoke_ok(uow: UnitOfWork, scope: Scope, study_code: str, number: str, visit: str, drug: str, why: str) -> DoseOk:
    """Take an OK back, with a reason; another can be given then. Raises NotFound where none is in force."""
    study = find_study(uow.session, scope, study_code)
    participant = find_participant(uow.session, scope, study, number, lock=True)
    row = _in_force(uow.session, participant, visit, drug)
    if row is None:
        raise NotFound([InputProblem("drug", "no OK of this dose is in force", "look at what was said of it")])
    problems = list(missing_or_too_long("why", why, "say why it may not be given after all"))
    if problems:
        raise InvalidInput(problems)
    row.revoked_by, row.revoked_at, row.revoked_why = _person(uow), uow.now, why.strip()
    subject = _subject(participant, row.visit_key)
    uow.audit("dose.ok-revoked", subject, study_id=study.id, before={"drug": drug}, why=why.strip())
    return row


def oks_for(session: Session, scope: Scope, study_code: str, number: str) -> list[DoseOk]:
    """All that was ever said of a participant's doses, in the order in which it was said. Raises NotFound."""
    study = find_study(session, scope, study_code)
    return oks_of(session, find_participant(session, scope, study, number).id)


def doses_without_ok(
    session: Session, designs: Designs, scope: Scope, study_code: str, since: date = date.min
) -> list[DoseWithoutOk]:
    """The doses that staff gave since a day while no OK was in force, by participant and day."""
    study = find_study(session, scope, study_code)
    design = designs.of(session, study)
    said: dict[int, dict[tuple[str, str], list[DoseOk]]] = defaultdict(lambda: defaultdict(list))
    for row in oks_of_study(session, study.id):
        said[row.participant_id][row.visit_key, row.drug].append(row)
    found: list[DoseWithoutOk] = []
    for participant, facts in known_of_each(session, scope, study, Enrolled, Transferred, Given):
        doses = [f for f in facts if isinstance(f, Given) and f.date >= since and _is_dose(design, f.activity)]
        found += _without(design, participant, facts, doses, said[participant.id]) if doses else ()
    return found


def _without(
    design: StudyDesign,
    participant: Participant,
    facts: list[Fact],
    doses: list[Given],
    said: Mapping[tuple[str, str], list[DoseOk]],
) -> Iterator[DoseWithoutOk]:
    sites = {site_id: code for code, site_id in design.site_ids.items()}
    moves = moves_of(facts, sites[participant.home_site_id])
    rename = renamer_of(design, facts)
    for dose in doses:
        site = site_on(moves, dose.date)
        key = rename(dose.visit) if dose.visit is not None else None
        oks = said.get((key, dose.activity), []) if key is not None else []
        wrong = _wrong(oks, dose, design.zones[site])
        if wrong is not None:
            yield DoseWithoutOk(participant.number, site, key, dose.activity, dose.date, wrong)


def renamer_of(design: StudyDesign, facts: Sequence[Fact]) -> Callable[[str], str]:
    """Gives a visit's key of today for the one that a fact names: an amendment may have renamed it."""
    named = next((fact.version for fact in facts if isinstance(fact, Enrolled) and fact.version), None)
    return design.design.renamer(design.design.version_index(named) if named else 0)


def _wrong(oks: list[DoseOk], dose: Given, zone: str) -> str | None:
    """What is wrong with the OKs of a dose; None where one was in force when it was given."""
    if any(_is_before(ok.given_at, dose, zone) and not _was_revoked(ok, dose, zone) for ok in oks):
        return None
    over = [ok for ok in oks if _was_revoked(ok, dose, zone)]
    if over:
        return "refused" if all(ok.refused for ok in over) else "revoked"
    return "later" if oks else "none"


def _was_revoked(ok: DoseOk, dose: Given, zone: str) -> bool:
    """Whether an OK was taken back before the dose; on its day too, where the dose has no hour."""
    return ok.revoked_at is not None and _is_before(ok.revoked_at, dose, zone)


def _is_before(instant: datetime, dose: Given, zone: str) -> bool:
    """Whether something was said before a dose; of one without an hour only the day can be compared."""
    if dose.start is None:
        return local_day(instant, zone) <= dose.date
    return instant <= datetime.combine(dose.date, dose.start, ZoneInfo(zone))


def _in_force(session: Session, participant: Participant, visit: str, drug: str) -> DoseOk | None:
    said = (row for row in oks_of(session, participant.id) if (row.visit_key, row.drug) == (visit, drug))
    return next((row for row in said if row.revoked_at is None), None)


def _is_dose(study: StudyDesign, name: str) -> bool:
    known = (version.protocol.activities.get(name) for version in study.versions)
    return any(activity is not None and activity.is_dose for activity in known)


def _person(uow: UnitOfWork) -> int:
    """Who says so: always a person, never the planner itself."""
    if uow.actor.user_id is None:
        raise NotAllowed([InputProblem("user", "only a person can say so", "sign in first")])
    return uow.actor.user_id


def _zone(study: StudyDesign, site_id: int) -> str:
    return next(study.zones[code] for code, known in study.site_ids.items() if known == site_id)


def _result(result: Result) -> dict[str, Any]:
    return {"name": result.name.strip(), "value": result.value.strip(), "unit": result.unit.strip(),
            "day": result.day.isoformat()}  # fmt: skip


def _subject(participant: Participant, visit: str) -> str:
    return f"participant:{participant.number}/visit:{visit}"
