"""Writes a participant's newest plan into the tables that lists, calendars and reports are made of.

Rows are never removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from operator import itemgetter
from typing import Any

from planner.persistence.care import CareRow
from planner.persistence.deviations import DeviationRow, deviations_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.visits import GateRow, VisitRow, gates_of, visits_of
from planner.services.care import care_of
from planner.services.care_records import FORM, care_text
from planner.services.histories import Life, site_on
from planner.services.standing import stands
from planner.services.tallies import Dated, tally_of
from schedules.deviation import Deviation
from schedules.history import Died, Enrolled, FoundAgain, Given, LostToFollowUp, Withdrew
from schedules.plan import ENGINE
from schedules.scheduled import Conflict, GateState, Plan, ScheduledVisit
from schedules.statuses import Status

#: states in which nobody has judged a deviation yet
UNJUDGED = frozenset({"query", "candidate", "lapsed"})
#: what a calendar does not show: whether the window is open yet, or its end has passed
_UNSEEN = {Status.DUE: Status.PLANNED, Status.UNRECORDED: Status.PLANNED}
_SEEN = (
    "site_id", "label", "opens", "closes", "target", "tentative", "setting", "activities", "doses", "minutes",
    "observes", "booked", "gone",
)  # fmt: skip


def project(uow: UnitOfWork, life: Life, plan: Plan | None, today: date) -> None:
    """Bring the stored visits, gates and deviations of a participant to their newest plan."""
    _visits(uow, life, plan)
    _gates(uow, life, plan)
    _deviations(uow, life, plan)
    keep_care(uow, life, plan)
    _summary(life, plan, today)


# -- visits -------------------------------------------------------------------------------------


def _visits(uow: UnitOfWork, life: Life, plan: Plan | None) -> None:
    rows = visits_of(uow.session, life.participant.id) if life.participant.planned_on else {}
    moves = life.moves()
    for visit in plan.visits if plan else ():
        values = visit_values(life, moves, visit)
        row = rows.pop(visit.key, None)
        if row is None:
            uow.session.add(VisitRow(key=visit.key, revision=0, changed_at=uow.now, **values, stood=standing(values)))
            _seen(uow, life, values["site_id"])
        else:
            _change(uow, life, row, values, visit)
    for row in rows.values():
        if not row.gone:
            row.gone, row.revision, row.changed_at = True, row.revision + 1, uow.now
            row.fell_at = row.fell_at or (uow.now if row.stood else None)
            _seen(uow, life, row.site_id)


def _seen(uow: UnitOfWork, life: Life, *sites: int) -> None:
    """Whoever sees the participant at one of these sites sees something else now."""
    for site_id in sites:
        uow.shows(life.study.study_id, site_id, life.participant.id)


def standing(values: dict[str, Any]) -> str:
    """Where a visit with these values stands in calendars; nothing if nowhere."""
    return stands(values["status"], values["target"], values["actual"], values["booked"])


#: the columns of a visit, as ``visit_row`` gives them; two of plain data and the revision are besides
VISIT_COLUMNS = (
    "participant_id", "study_id", "site_id", "label", "epoch", "cycle", "nominal", "opens", "closes", "target",
    "actual", "status", "tentative", "setting", "booked", "minutes", "observes", "tally", "gone",
)  # fmt: skip


def visit_row(life: Life, moves: list[tuple[date, str]], visit: ScheduledVisit) -> tuple[Any, ...]:
    """What the table keeps of a visit in VISIT_COLUMNS."""
    where = moves[0][1] if len(moves) == 1 else site_on(moves, visit.target or visit.due or visit.nominal or date.max)
    spec, study = visit.spec, life.study
    care = life.carer.of(spec.activities)
    return (
        life.participant.id, study.study_id, study.site_ids[where], spec.label[:200], spec.stay.epoch, spec.stay.cycle,
        visit.nominal, visit.opens, visit.closes, visit.target, visit.actual, visit.status.value,
        visit.doubt is not None, visit.setting, _booked(visit) if visit.booking else "", care.minutes,
        care.observes, tally_of(visit.key, visit.status, Dated(visit.nominal, visit.opens, visit.closes, visit.actual)),
        False,
    )  # fmt: skip


_STANDS = itemgetter(*(VISIT_COLUMNS.index(name) for name in ("status", "target", "actual", "booked")))


def standing_of(row: tuple[Any, ...]) -> str:
    """Where a visit with this row stands in calendars; nothing if nowhere."""
    return stands(*_STANDS(row))


def conflicts_of(visit: ScheduledVisit) -> list[dict[str, Any]]:
    """What is in the way of a visit, as the table keeps it."""
    return [_conflict(conflict) for conflict in visit.conflicts]


def visit_values(life: Life, moves: list[tuple[date, str]], visit: ScheduledVisit) -> dict[str, Any]:
    """What the table keeps of a visit, but for its revision."""
    values = dict(zip(VISIT_COLUMNS, visit_row(life, moves, visit), strict=True))
    doses = [list(dose) for dose in life.carer.of(visit.spec.activities).doses]
    return values | {"activities": list(visit.spec.activities), "doses": doses, "conflicts": conflicts_of(visit)}


def _booked(visit: ScheduledVisit) -> str:
    """The appointment as one word, so that a change of its hour is seen: 2026-01-12T09:30/180."""
    fact = visit.booking
    if fact is None:
        return ""
    hour = f"T{fact.time:%H:%M}" if fact.time else ""
    return f"{fact.date}{hour}" + (f"/{fact.minutes}" if fact.minutes else "")


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "kind": conflict.kind,
        "text": conflict.text,
        "blocks": conflict.blocks,
        "earliest_safe": _iso(conflict.earliest_safe),
        "may_omit": conflict.may_omit,
        "overdue_from": _iso(conflict.overdue_from),
    }


def _change(uow: UnitOfWork, life: Life, row: VisitRow, values: dict[str, Any], visit: ScheduledVisit) -> None:
    shown = _UNSEEN.get(visit.status, visit.status).value
    was = _UNSEEN.get(Status(row.status), Status(row.status)).value
    visible = shown != was or any(getattr(row, n) != values[n] for n in _SEEN)
    place, stood = row.site_id, standing(values)
    row.fell_at = None if stood else row.fell_at or (uow.now if row.stood else None)
    row.stood = stood or row.stood
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    if visible:
        row.revision, row.changed_at = row.revision + 1, uow.now
        _seen(uow, life, place, row.site_id)


# -- gates --------------------------------------------------------------------------------------


def _gates(uow: UnitOfWork, life: Life, plan: Plan | None) -> None:
    rows = gates_of(uow.session, life.participant.id) if life.participant.planned_on else {}
    for gate in plan.gates if plan else ():
        values = gate_values(life, gate)
        row = rows.pop(gate.key, None)
        if row is None:
            uow.session.add(GateRow(key=gate.key, **values))
            continue
        for name, value in values.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
    for row in rows.values():
        row.gone = True


def gate_values(life: Life, gate: GateState) -> dict[str, Any]:
    """What the table keeps of a gate."""
    return {
        "participant_id": life.participant.id,
        "study_id": life.study.study_id,
        "label": gate.label[:200],
        "due": gate.due,
        "status": gate.status.value,
        "outcome": gate.outcome,
        "decided_on": gate.decided_on,
        "told_on": gate.told_on,
        "tentative": gate.tentative,
        "gone": False,
    }


# -- deviations ---------------------------------------------------------------------------------


def _deviations(uow: UnitOfWork, life: Life, plan: Plan | None) -> None:
    rows = deviations_of(uow.session, life.participant.id) if life.participant.planned_on else {}
    for deviation in (*plan.deviations, *plan.queries) if plan else ():
        row = rows.pop(deviation.id, None)
        if row is None:
            uow.session.add(_new_deviation(uow, life, deviation))
        else:
            _found_again(uow, life, row, deviation)
    for row in rows.values():
        if row.found:
            row.found, row.revision = False, row.revision + 1
            row.state = "lapsed" if row.state in UNJUDGED else row.state


def _new_deviation(uow: UnitOfWork, life: Life, deviation: Deviation) -> DeviationRow:
    return DeviationRow(**deviation_values(life, deviation), found_at=uow.now)


def deviation_values(life: Life, deviation: Deviation) -> dict[str, Any]:
    """What the table keeps of a deviation that nobody has judged yet."""
    return {
        "study_id": life.study.study_id,
        "participant_id": life.participant.id,
        "identity": deviation.id,
        "found": True,
        "state": deviation.state,
        "important": deviation.important,
        **_said(deviation),
    }


def _said(deviation: Deviation) -> dict[str, Any]:
    return {
        "kind": deviation.kind.value,
        "visit_key": deviation.visit,
        "activity": deviation.activity,
        "day": deviation.date,
        "days": deviation.days,
        "text": deviation.text,
    }


def _found_again(uow: UnitOfWork, life: Life, row: DeviationRow, deviation: Deviation) -> None:
    """What people have judged keeps its state and their word on its importance; what it says is kept true."""
    if row.signed_at is not None and (row.day, row.days) != (deviation.date, deviation.days):
        _take_signature_off(uow, life, row)
    values: dict[str, Any] = {**_said(deviation), "found": True}
    if row.state in UNJUDGED:
        values |= {"state": deviation.state, "important": deviation.important}
    if any(getattr(row, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(row, name, value)
        row.revision += 1


def _take_signature_off(uow: UnitOfWork, life: Life, row: DeviationRow) -> None:
    """What was signed was another day, or another number of days; an important one is then not closed any more."""
    subject = f"participant:{life.participant.number}/deviation:{row.identity}"[:200]
    before = {"signed_by": row.signed_by, "signed_as": row.signed_as, "day": _iso(row.day), "days": row.days,
              "state": row.state}  # fmt: skip
    row.signed_by, row.signed_at, row.signed_as = None, None, None
    if row.important and row.state == "closed":
        row.state = "classified" if row.reported_on is None else "reported"
    uow.audit("deviation.signature-ended", subject, study_id=life.study.study_id, before=before)


# -- care ---------------------------------------------------------------------------------------


def keep_care(uow: UnitOfWork, life: Life, plan: Plan | None) -> None:
    """Bring what is stored of doses, activities and drugs at home to a participant's newest plan."""
    text = care_content(life, plan)
    row = uow.session.get(CareRow, life.participant.id) if life.participant.planned_on else None
    if row is None:
        uow.session.add(CareRow(participant_id=life.participant.id, form=FORM, content=text))
    elif (row.form, row.content) != (FORM, text):
        row.form, row.content = FORM, text


def care_content(life: Life, plan: Plan | None) -> str:
    """What the table keeps of that."""
    return care_text(care_of(life, plan)) if plan else ""


# -- the participant ----------------------------------------------------------------------------


def _summary(life: Life, plan: Plan | None, today: date) -> None:
    for name, value in summary_values(life, plan, today).items():
        setattr(life.participant, name, value)


def summary_values(life: Life, plan: Plan | None, today: date) -> dict[str, Any]:
    """What lists need of a participant, by their newest plan."""
    return {
        "status": status_of(life, plan),
        "site_id": life.study.site_ids[site_on(life.moves(), today)],
        "arm": plan.arm if plan else None,
        "cohort": plan.cohort if plan else None,
        "version": plan.version if plan else None,
        "day_1": plan.day_1 if plan else None,
        "observation": plan.observation.state if plan and plan.observation else None,
        "planned_on": today,
        "planned_revision": life.study.revision,
        "engine": ENGINE,
    }


def status_of(life: Life, plan: Plan | None) -> str:
    """Where a participant stands, in one word for lists."""
    live = life.live
    if any(isinstance(fact, Died) for fact in live):
        return "died"
    if any(isinstance(fact, Withdrew) and fact.scope != "treatment" for fact in live):
        return "withdrawn"
    if _last(live, LostToFollowUp) > _last(live, FoundAgain):
        return "lost"
    if life.participant.screen_failed:
        return "screen-failed"
    if plan is not None and plan.treatment_end is not None and plan.treatment_end.recorded:
        return "follow-up" if any(visit.is_open for visit in plan.visits) else "completed"
    if any(isinstance(fact, Given) for fact in live):
        return "treatment"
    return "enrolled" if any(isinstance(fact, Enrolled) for fact in live) else "screening"


def _last(live: Iterable[object], kind: type[LostToFollowUp] | type[FoundAgain]) -> date:
    return max((fact.date for fact in live if isinstance(fact, kind)), default=date.min)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
