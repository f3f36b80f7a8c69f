"""The fields of facts as people fill them in: what each is called, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

from planner.web.desk.fact_words import fact_words
from planner.web.desk.seen import Seen
from planner.web.words import dated
from schedules.history import Booked, CycleHeld, EndReason, GateDecided, Given, Held, Rebooked, Told
from schedules.keys import parse_key
from schedules.protocol import Gate
from schedules.statuses import GateStatus, Status
from schedules.wording import state_words

#: value, what people read, and a remark
Option = tuple[str, str, str]
Options = Callable[[Seen, str], list[Option]]
_OVER = frozenset({Status.CANCELLED, Status.OMITTED, Status.MISSED})


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its label, how it is filled in, and a hint. ``depends``: the field whose value its options need."""

    name: str
    label: str
    widget: str
    hint: str = ""
    options: Options | None = None
    depends: str = ""


# -- what there is to choose from ---------------------------------------------------------------


def _visits(seen: Seen, _: str) -> list[Option]:
    """Visits that are to come or have just been, the ones that wait for a record first."""
    known = [visit for visit in seen.visits if visit.status not in _OVER]
    return [
        (visit.key, visit.spec.label, f"{dated(visit.target) if visit.target else 'no date'}, {_stands(visit.status)}")
        for visit in known
    ]


def _stands(status: Status) -> str:
    return "no record" if status is Status.UNRECORDED else state_words(status.value)


def _cycles(seen: Seen, _: str) -> list[Option]:
    return [(str(stay), seen.stay_words(stay), "") for stay in seen.stays]


def _gates(seen: Seen, _: str) -> list[Option]:
    gates = seen.plan.gates if seen.plan else ()
    waiting = [gate for gate in gates if gate.status in (GateStatus.OPEN, GateStatus.OVERDUE)]
    return [(gate.key, gate.label, f"due {dated(gate.due)}" if gate.due else "") for gate in waiting]


def _outcomes(seen: Seen, gate: str) -> list[Option]:
    gates = seen.plan.gates if seen.plan else ()
    found = next((each for each in gates if each.key == gate), None)
    if found is not None:
        return [(name, label, "followed until it is decided" if name == found.default else "")
                for name, label in found.options]  # fmt: skip
    planned = _planned_gate(seen, gate)
    return [(name, outcome.label, "") for name, outcome in planned.outcomes.items()] if planned else []


def _planned_gate(seen: Seen, key: str) -> Gate | None:
    parts = parse_key(key)
    epoch = seen.protocol.epochs.get(parts.stay.epoch) if parts else None
    return epoch.gates.get(parts.name) if epoch and parts else None


def _activities(seen: Seen, visit: str) -> list[Option]:
    """All activities, those of the visit first."""
    theirs = next((each.spec.activities for each in seen.visits if each.key == visit), ())
    names = dict.fromkeys([*(name for name in theirs if name in seen.protocol.activities), *seen.protocol.activities])
    return [(name, seen.activity_words(name), "") for name in names]


def _given(seen: Seen, visit: str) -> list[Option]:
    """The drugs of a visit that nobody has recorded yet; an infusion centre may have."""
    had = {fact.activity for fact in seen.life.live if isinstance(fact, Given) and fact.visit == visit}
    theirs = [option for option in _of_visit(seen, visit) if option[0] not in had]
    return [option for option in theirs if seen.protocol.activities[option[0]].is_dose]


def _done(seen: Seen, visit: str) -> list[Option]:
    return [option for option in _of_visit(seen, visit) if not seen.protocol.activities[option[0]].is_dose]


def _of_visit(seen: Seen, visit: str) -> list[Option]:
    theirs = next((each.spec.activities for each in seen.visits if each.key == visit), ())
    return [(name, seen.activity_words(name), "") for name in theirs if name in seen.protocol.activities]


def _sites(seen: Seen, _: str) -> list[Option]:
    return [(code, code, "") for code in seen.life.study.site_ids]


def _versions(seen: Seen, _: str) -> list[Option]:
    return [(read.protocol.version, read.protocol.version, "") for read in seen.life.study.versions]


def _events(seen: Seen, _: str) -> list[Option]:
    return [(name, label, "") for name, label in seen.protocol.events.items()]


def _arms(seen: Seen, _: str) -> list[Option]:
    return [(name, arm.label, "") for name, arm in seen.protocol.arms.items()]


def _cohorts(seen: Seen, _: str) -> list[Option]:
    return [(name, cohort.label, "") for name, cohort in seen.protocol.cohorts.items()]


def _reasons(seen: Seen, _: str) -> list[Option]:
    """What the protocol and these facts know as a reason."""
    activities = seen.protocol.activities.values()
    named = [reason for activity in activities for reason in (*activity.hold_for, *activity.omit_for)]
    used = [fact.reason for fact in seen.life.live if getattr(fact, "reason", None)]  # type: ignore[attr-defined]
    return [(name, name.replace("-", " "), "") for name in sorted({*named, *used, "holiday", "travel", "no-chair"})]


def _tellable(seen: Seen, _: str) -> list[Option]:
    """What somebody may be told of and has not been, the newest first."""
    told = {fact.about for fact in seen.life.live if isinstance(fact, Told)}
    kinds = (Booked, Rebooked, GateDecided, Held, CycleHeld)
    facts = [fact for fact in seen.life.live if isinstance(fact, kinds) and fact.id not in told]
    return [(str(fact.id), fact_words(seen, fact), dated(fact.day)) for fact in reversed(facts)]


def _all_facts(seen: Seen, _: str) -> list[Option]:
    return [(str(fact.id), fact_words(seen, fact), dated(fact.day)) for fact in reversed(seen.life.live)]


def _fixed(*names: str) -> Options:
    return lambda _seen, _value: [(name, name.replace("-", " "), "") for name in names]


# -- the fields ---------------------------------------------------------------------------------


def _fields(*fields: Field) -> dict[str, Field]:
    return {field.name: field for field in fields}


FIELDS = _fields(
    Field("visit", "Visit", "select", options=_visits),
    Field("given", "Given", "multi", "Untick a drug that was not given.", _given, "visit"),
    Field("done", "Done", "multi", "Untick what was not done.", _done, "visit"),
    Field("activity", "What", "select", options=_activities, depends="visit"),
    Field("activities", "What was done, or is to be", "multi", options=_activities),
    Field("amount", "How much", "text", "With its unit, e.g. 4.1 mg."),
    Field("level", "Dose level", "text", "Where it is not the enrolled one."),
    Field("start", "Began", "time", "On the site’s clock."),
    Field("stop", "Was over", "time"),
    Field("partial", "Only a part was given", "check"),
    Field("again", "A second administration at this visit", "check"),
    Field("outside_plan", "It should not have happened by the plan", "check"),
    Field("result", "Result", "text", "Such as CR, or 90."),
    Field("cycle", "Cycle", "select", options=_cycles),
    Field("to", "Day 1 is now on", "date"),
    Field("to_level", "To the level", "text", "E.g. level −1."),
    Field("reason", "Reason", "reason", "Choose one, or write a word or two.", _reasons),
    Field("end_reason", "Reason", "select", options=_fixed(*get_args(EndReason))),
    Field("resume", "Goes on from", "date", "Leave it empty while nobody knows."),
    Field("recheck", "Somebody looks again on", "date"),
    Field("gate", "Decision", "select", options=_gates),
    Field("outcome", "Outcome", "choice", options=_outcomes, depends="gate"),
    Field("about", "Of what", "select", options=_tellable),
    Field("of", "What was a mistake", "select", options=_all_facts),
    Field("until", "Last day", "date"),
    Field("site", "Site", "select", options=_sites),
    Field("attempts", "How often somebody tried", "number"),
    Field("version", "Protocol version", "select", options=_versions),
    Field("day_1", "Planned Day 1", "date"),
    Field("arm", "Arm", "select", options=_arms),
    Field("cohort", "Cohort", "select", options=_cohorts),
    Field("event", "Event", "select", options=_events),
    Field("kind", "Which of the two", "select", options=_fixed("progression", "relapse")),
    Field("conditioning", "First day of conditioning", "date"),
    Field("scope", "From what", "select", options=_fixed("treatment", "visits", "contact")),
    Field("remains", "What is still permitted", "multi", options=_fixed("contact", "records")),
    Field("note", "Note", "area"),
    Field("time", "Hour", "time", "On the site’s clock."),
    Field("minutes", "Minutes", "number"),
    Field("chair", "Chair", "text", "Left out, the first one that is free."),
)  # fmt: skip


def options_of(field: Field, seen: Seen, values: dict[str, Sequence[str]]) -> list[Option]:
    """What there is to choose from, with what has been chosen elsewhere in the form."""
    if field.options is None:
        return []
    depends = values.get(field.depends) or ("",)
    return field.options(seen, depends[0])
