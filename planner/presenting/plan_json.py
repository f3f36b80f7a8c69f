"""A plan as plain data for programs: the stable JSON that the command line and the API give out."""

from __future__ import annotations

import json
from datetime import date, time
from typing import Any

from schedules.deviation import Deviation
from schedules.protocol import VisitActivity
from schedules.scheduled import Conflict, GateState, HomeDoses, Plan, ScheduledVisit
from schedules.study_day import study_day


def plan_data(plan: Plan) -> dict[str, Any]:
    """The whole plan. Keys are stable: new ones may come, none goes or changes its meaning."""
    return {
        "protocol": plan.protocol,
        "version": plan.version,
        "title": plan.title,
        "engine": plan.engine,
        "as_of": _day(plan.as_of),
        "day_1": _day(plan.day_1),
        "arm": plan.arm,
        "cohort": plan.cohort,
        "assumptions": list(plan.assumptions),
        "visits": [visit_data(visit, plan.day_1) for visit in plan.visits],
        "gates": [gate_data(gate) for gate in plan.gates],
        "home_doses": [_home_doses(doses) for doses in plan.home_doses],
        "treatment_end": _treatment_end(plan),
        "observation": _observation(plan),
        "notices": [{"kind": notice.kind, "text": notice.text} for notice in plan.notices],
        "deviations": [deviation_data(deviation) for deviation in plan.deviations],
        "queries": [deviation_data(deviation) for deviation in plan.queries],
    }


def to_json(data: object) -> str:
    """JSON text, the same bytes for the same data on every machine."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def visit_data(visit: ScheduledVisit, day_1: date | None) -> dict[str, Any]:
    """One visit. ``target`` is null where there is no publishable date."""
    spec = visit.spec
    stands = visit.target or visit.due
    return {
        "key": visit.key,
        "label": spec.label,
        "epoch": spec.stay.epoch,
        "cycle": spec.stay.cycle,
        "day": spec.day,
        "study_day": study_day(stands, day_1) if stands and day_1 else None,
        "nominal": _day(visit.nominal),
        "due": _day(visit.due),
        "target": _day(visit.target),
        "opens": _day(visit.opens),
        "closes": _day(visit.closes),
        "status": visit.status.value,
        "certainty": visit.certainty,
        "actual": _day(visit.actual),
        "booked": _booking(visit),
        "setting": visit.setting,
        "activities": list(spec.activities),
        "details": [_detail(item) for item in spec.details],
        "feasible": [_day(day) for day in visit.feasible],
        "conflicts": [_conflict(conflict) for conflict in visit.conflicts],
        "why": list(visit.why),
    }


def gate_data(gate: GateState) -> dict[str, Any]:
    """One gate: when it is due, how it stands, what could be answered."""
    return {
        "key": gate.key,
        "label": gate.label,
        "due": _day(gate.due),
        "status": gate.status.value,
        "outcome": gate.outcome,
        "decided_on": _day(gate.decided_on),
        "told_on": _day(gate.told_on),
        "default": gate.default,
        "options": [{"outcome": name, "label": label} for name, label in gate.options],
        "certainty": "tentative" if gate.tentative else "firm",
        "leads_to": str(gate.leads_to) if gate.leads_to else None,
        "answered_by": gate.answered_by,
        "why": list(gate.why),
    }


def deviation_data(deviation: Deviation) -> dict[str, Any]:
    """One deviation or query; its ``id`` is the same however often it is found."""
    return {
        "id": deviation.id,
        "kind": deviation.kind.value,
        "state": deviation.state,
        "visit": deviation.visit,
        "activity": deviation.activity,
        "date": _day(deviation.date),
        "days": deviation.days,
        "important": deviation.important,
        "text": deviation.text,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _booking(visit: ScheduledVisit) -> dict[str, Any] | None:
    fact = visit.booking
    if fact is None:
        return None
    return {"date": _day(fact.date), "time": _time(fact.time), "minutes": fact.minutes, "chair": fact.chair}


def _time(moment: time | None) -> str | None:
    return None if moment is None else moment.strftime("%H:%M")


def _detail(item: VisitActivity) -> dict[str, Any]:
    return {
        "activity": item.activity,
        "window": str(item.window) if item.window else None,
        "timed_from": item.timed_from,
        "at": [str(offset) for offset in item.at],
        "within": str(item.within) if item.within else None,
    }


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "kind": conflict.kind,
        "text": conflict.text,
        "blocks": conflict.blocks,
        "earliest_safe": _day(conflict.earliest_safe),
        "may_omit": conflict.may_omit,
        "overdue_from": _day(conflict.overdue_from),
    }


def _home_doses(doses: HomeDoses) -> dict[str, Any]:
    return {
        "activity": doses.activity,
        "epoch": doses.stay.epoch,
        "cycle": doses.stay.cycle,
        "expected": len(doses.days),
        "first": _day(doses.days[0]) if doses.days else None,
        "last": _day(doses.days[-1]) if doses.days else None,
        "days": [_day(day) for day in doses.days],
        "held": [_day(day) for day in doses.held],
        "certainty": "tentative" if doses.tentative else "firm",
        "note": doses.note,
    }


def _treatment_end(plan: Plan) -> dict[str, Any] | None:
    end = plan.treatment_end
    if end is None:
        return None
    certainty = "tentative" if end.tentative else "firm"
    return {"date": _day(end.day), "reason": end.reason, "recorded": end.recorded, "certainty": certainty}


def _observation(plan: Plan) -> dict[str, Any] | None:
    state = plan.observation
    if state is None:
        return None
    return {
        "opens": _day(state.opens), "closes": _day(state.closes),
        "state": state.state, "why": state.why, "rule": state.rule,
    }  # fmt: skip
