"""Protocols and planned calendars as plain data. Keys are stable: new ones may come, none changes its meaning."""

from __future__ import annotations

from typing import Any

from planner.presenting.plan_json import plan_data
from planner.services.calendars import Calendar, ShowCalendar, values_to_supply
from schedules.protocol import Activity, Cycles, Epoch, Gate, HomeDosing, PlannedVisit, Protocol, VisitActivity
from schedules.protocol_file import ReadProtocol

Data = dict[str, Any]


def summary_data(read: ReadProtocol) -> Data:
    """One protocol of the list."""
    protocol = read.protocol
    return {
        "id": protocol.protocol,
        "version": protocol.version,
        "title": protocol.title,
        "source": protocol.source,
        "arms": {name: arm.label for name, arm in protocol.arms.items()},
        "values_missing": list(values_to_supply(read)),
        "links": _links(protocol.protocol),
    }


def protocol_data(read: ReadProtocol) -> Data:
    """What a protocol plans. Windows and lengths of time are written as in its file."""
    protocol = read.protocol
    return {
        **summary_data(read),
        "assumptions": list(protocol.assumptions),
        "parameters": [_parameter(read, name) for name in protocol.parameters],
        "cohorts": {name: cohort.label for name, cohort in protocol.cohorts.items()},
        "activities": [_activity(name, activity) for name, activity in protocol.activities.items()],
        "epochs": [_epoch(name, epoch) for name, epoch in protocol.epochs.items()],
        "rules": _rules(protocol),
    }


def calendar_data(calendar: Calendar) -> Data:
    """A plan, with the site that it was made for and the values in it that are made up."""
    command = calendar.command
    return {
        **plan_data(calendar.plan),
        "site": _site(command),
        "made_up": {name: _plain(value) for name, value in calendar.made_up.items()},
        "values_missing": list(values_to_supply(calendar.read, "enrolment")),
        "links": _links(command.protocol),
    }


def _links(name: str) -> Data:
    api, page = f"/api/v1/protocols/{name}", f"/protocols/{name}"
    return {"self": api, "calendar": f"{api}/calendar", "page": page}


def _site(command: ShowCalendar) -> Data:
    closures = command.closures
    region = f"{closures.country}-{closures.region}" if closures.region else closures.country
    closed = [{"date": str(day.date), "until": str(day.until or day.date)} for day in closures.closed]
    return {"weekend": ["saturday", "sunday"], "public_holidays": region, "closed": closed}


def _parameter(read: ReadProtocol, name: str) -> Data:
    parameter = read.protocol.parameters[name]
    value = {"label": parameter.label, "needed_for": parameter.needed_for, "example": _plain(parameter.example)}
    return {"id": name, **value, "supplied": name not in read.missing}


def _activity(name: str, activity: Activity) -> Data:
    return {
        "id": name,
        "label": activity.label,
        "kind": activity.kind.value,
        "minutes": activity.minutes,
        "observe_minutes": activity.observe_minutes,
        "prepare_minutes": activity.prepare_minutes,
        "resource": activity.resource.value if activity.resource else None,
        "premedication": activity.premedication,
        "advice": activity.advice,
    }


def _epoch(name: str, epoch: Epoch) -> Data:
    return {
        "id": name,
        "label": epoch.label,
        "stage": epoch.stage.value,
        "cycles": _cycles(epoch.cycles),
        "length": _text(epoch.length),
        "arms": list(epoch.arms),
        "visits": [_visit(visit_id, visit) for visit_id, visit in epoch.visits.items()],
        "gates": [_gate(gate_id, gate) for gate_id, gate in epoch.gates.items()],
        "home_doses": [_home(activity, dosing) for activity, dosing in epoch.home.items()],
    }


def _cycles(cycles: Cycles | None) -> Data | None:
    if cycles is None:
        return None
    return {"length": str(cycles.length), "at_most": cycles.at_most, "within": _text(cycles.within)}


def _visit(visit_id: str, visit: PlannedVisit) -> Data:
    after = visit.after
    return {
        "id": visit_id,
        "label": visit.label,
        "day": visit.day,
        "at": _text(visit.at),
        "after": {"what": after.visit or after.activity or after.event, "by": str(after.by)} if after else None,
        "window": str(visit.window),
        "cycles": _text(visit.cycles),
        "arms": list(visit.arms),
        "remote": visit.remote,
        "activities": [_planned(item) for item in visit.activities],
    }


def _planned(item: VisitActivity) -> Data:
    return {
        "activity": item.activity,
        "window": _text(item.window),
        "timed_from": item.timed_from,
        "at": [str(offset) for offset in item.at],
        "within": _text(item.within),
        "cycles": _text(item.cycles),
        "arms": list(item.arms),
    }


def _gate(gate_id: str, gate: Gate) -> Data:
    outcomes = [
        {"id": name, "label": outcome.label, "to": outcome.to, "after_last_cycle": outcome.after_last_cycle}
        for name, outcome in gate.outcomes.items()
    ]
    when = {"when": gate.when, "cycles": _text(gate.cycles), "treatment_cycles": _text(gate.treatment_cycles)}
    return {"id": gate_id, "label": gate.label, **when, "default": gate.default, "outcomes": outcomes}


def _home(activity: str, dosing: HomeDosing) -> Data:
    note = {"note": dosing.note, "note_cycles": _text(dosing.note_cycles)}
    return {"activity": activity, "days": str(dosing.days), "cycles": _text(dosing.cycles), **note}


def _rules(protocol: Protocol) -> Data:
    return {
        "spacing": [
            {"drug": rule.drug, "at_least": str(rule.at_least), "blocks": rule.blocks} for rule in protocol.spacing
        ],
        "never_same_day": [list(group) for group in protocol.never_same_day],
        "longest_hold": _text(protocol.longest_hold),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _plain(value: object) -> object:
    """A parameter's value as JSON can say it."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
