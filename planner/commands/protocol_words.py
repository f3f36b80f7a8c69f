"""What a protocol says beside its visits, in words and as plain data: decisions, rules, parameters, the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from planner.presenting.protocol_table import SoaTable, cycles_words
from schedules.protocol import Gate, Outcome, Protocol
from schedules.protocol_file import ReadProtocol
from schedules.wording import list_words

#: Words that an outcome's ``to`` may be; anything else is an epoch.
_LEADS = {"proceed": "as planned", "next-cycle": "the next cycle", "end": "the end of treatment"}


# -- in words -----------------------------------------------------------------------------------


def gate_when(gate: Gate) -> str:
    """When a decision is asked for: ``after each cycle``, ``before each cycle, treatment cycles from 7``."""
    words = {"when-asked": "when another decision asks for it", "at-end": "at the end of the epoch"}
    when = words.get(gate.when, gate.when.replace("-", " "))
    if gate.cycles is not None:
        when += f", {cycles_words(gate.cycles)}"
    if gate.treatment_cycles is not None:
        when += f", counted over the treatment {cycles_words(gate.treatment_cycles)}"
    return when


def outcome_leads(protocol: Protocol, epoch: str, outcome: Outcome) -> str:
    """Where an outcome leads, in words."""
    if outcome.ask is not None:
        words = f'asks "{protocol.epochs[epoch].gates[outcome.ask].label}"'
    else:
        words = _lead(protocol, outcome.to)
    if outcome.after_last_cycle is not None:
        words += f"; after the last cycle {_lead(protocol, outcome.after_last_cycle)}"
    if outcome.stops:
        words += f"; no more {list_words(_labels(protocol, outcome.stops))}"
    return words


def _lead(protocol: Protocol, to: str) -> str:
    return _LEADS.get(to) or protocol.epochs[to].label


def _labels(protocol: Protocol, names: tuple[str, ...]) -> list[str]:
    return [protocol.activities[name].label for name in names]


def rules(protocol: Protocol) -> Iterator[str]:
    """What binds the dates beside the windows, one sentence each."""
    for rule in protocol.spacing:
        weight = "" if rule.blocks else " (only a warning)"
        yield f"{protocol.activities[rule.drug].label}: doses at least {rule.at_least} apart{weight}."
    for group in protocol.never_same_day:
        yield f"Never on the same day: {list_words(_labels(protocol, group))}."
    if protocol.longest_hold is not None:
        yield f"A cycle that is held for more than {protocol.longest_hold} asks for a decision."
    yield from _reasons(protocol)
    if protocol.observation is not None:
        yield _observation(protocol)
    if protocol.reconsent:
        yield "Participants who move to this version consent again before anything that is new in it."


def _reasons(protocol: Protocol) -> Iterator[str]:
    for activity in protocol.activities.values():
        ways = [("held", activity.hold_for), ("left out", activity.omit_for)]
        said = [f"may be {what} for {list_words(reasons, 'or')}" for what, reasons in ways if reasons]
        if said:
            yield f"{activity.label} {', '.join(said)}."


def _observation(protocol: Protocol) -> str:
    watch = protocol.observation
    assert watch is not None  # noqa: S101 - the caller has looked
    cohorts = [protocol.cohorts[name].label for name in watch.cohorts]
    whom = f", in {list_words(cohorts)}" if cohorts else ""
    rule = f" {watch.rule}" if watch.rule else ""
    label = protocol.epochs[watch.epoch].label
    begins = f"Day 1 of cycle {watch.cycle} of {label}" if protocol.epochs[watch.epoch].cycles else f"Day 1 of {label}"
    return f"Dose-limiting toxicity is observed for {watch.length} from {begins}{whom}.{rule}"


def parameter_value(read: ReadProtocol, name: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """A parameter's value and a remark: a value that is missing says so, with the example as what it is."""
    parameter = read.protocol.parameters[name]
    if name in values:
        return _written(values[name]), ""
    return "to be supplied", f"needed for {parameter.needed_for}; a made-up example: {_written(parameter.example)}"


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def advice(protocol: Protocol) -> Iterator[str]:
    """What the protocol only advises: for the whole treatment, then for each activity."""
    yield from (advisory.text for advisory in protocol.advisories)
    for activity in protocol.activities.values():
        if activity.premedication:
            yield f"Premedication for {activity.label}: {activity.premedication}"
        if activity.advice:
            yield f"{activity.label}: {activity.advice}"


# -- as plain data ------------------------------------------------------------------------------


def protocol_data(read: ReadProtocol, table: SoaTable, values: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that `planner protocol show` shows; keys are stable."""
    protocol = read.protocol
    return {
        "protocol": protocol.protocol,
        "version": protocol.version,
        "title": protocol.title,
        "source": protocol.source,
        "epochs": [_plain(asdict(epoch)) for epoch in table.epochs],
        "activities": [
            {"activity": row.activity, "label": row.label, "kind": row.kind.value,
             "visits": _marks(table, [cell.mark for cell in row.cells]),
             "notes": {key: list(cell.notes) for key, cell in zip(_keys(table), row.cells, strict=True) if cell.notes}}
            for row in table.rows
        ],
        "footnotes": table.footnotes,
        "unscheduled": list(table.unscheduled),
        "gates": [
            _gate(protocol, name, gate_id, gate)
            for name, epoch in protocol.epochs.items()
            for gate_id, gate in epoch.gates.items()
        ],
        "rules": list(rules(protocol)),
        "arms": {name: arm.label for name, arm in protocol.arms.items()},
        "cohorts": {name: cohort.label for name, cohort in protocol.cohorts.items()},
        "parameters": [_parameter(read, name, values) for name in protocol.parameters],
        "advisories": list(advice(protocol)),
        "assumptions": list(protocol.assumptions),
    }  # fmt: skip


def _keys(table: SoaTable) -> list[str]:
    return [f"{column.epoch}.{column.visit}" for column in table.columns]


def _marks(table: SoaTable, marks: list[str]) -> dict[str, str]:
    return {key: mark for key, mark in zip(_keys(table), marks, strict=True) if mark}


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "stage": data["stage"].value}


def _gate(protocol: Protocol, epoch: str, name: str, gate: Gate) -> dict[str, Any]:
    return {
        "epoch": epoch,
        "gate": name,
        "label": gate.label,
        "when": gate_when(gate),
        "default": gate.default,
        "asks": gate.asks,
        "outcomes": [
            {"outcome": key, "label": outcome.label, "leads_to": outcome_leads(protocol, epoch, outcome)}
            for key, outcome in gate.outcomes.items()
        ],
    }


def _parameter(read: ReadProtocol, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    parameter = read.protocol.parameters[name]
    return {
        "parameter": name,
        "label": parameter.label,
        "needed_for": parameter.needed_for,
        "supplied": name in values,
        "value": values.get(name),
        "made_up_example": parameter.example,
    }
