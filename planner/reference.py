"""Writes docs/reference from the code: ``python -m planner.reference docs/reference`` (`make docs`).

Nothing there is typed in twice: what a key, a fact or a status means stands beside it in the code, the keys
of a plan come from a plan that is really made, and every example is really read. Whatever has no meaning
stops the writing.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import WithJsonSchema

from planner.plan_json import plan_data, to_json
from schedules import protocol as language
from schedules.closures import ClosedDay, ClosedRule, PublicHolidays, Site
from schedules.design import Design
from schedules.deviations import KIND_MEANINGS
from schedules.history import KINDS, Fact, History
from schedules.history_file import read_facts
from schedules.language import parse_spans
from schedules.offsets import parse_offset
from schedules.plan import plan
from schedules.protocol_checks import BUILT_IN_EVENTS
from schedules.protocol_file import library_protocol, protocol_schema
from schedules.scalars import Identifier, PartialDate
from schedules.scheduled import GATE_STATUS_MEANINGS, STATUS_MEANINGS
from schedules.site_file import read_site
from schedules.windows import parse_clock_window, parse_window

WRITTEN_BY = "<!-- Written by `make docs` from the code. Change the code, not this page. -->"
_EXAMPLE = re.compile(r"\{fact: .*\}")
_WORDS: dict[Any, str] = {
    str: "text", int: "a whole number", bool: "true or false", Any: "any value",
    PartialDate: "a day, or only its month or year",
}  # fmt: skip
#: The records of the language, in the order of the page.
RECORDS = (
    language.Protocol, language.Activity, language.Epoch, language.Cycles, language.PlannedVisit,
    language.VisitActivity, language.Reference, language.Repeat, language.Variation, language.Gate, language.Outcome,
    language.HomeDosing, language.Arm, language.Cohort, language.Parameter, language.Spacing, language.Observation,
    language.Advisory,
)  # fmt: skip
CHOICES = (language.ActivityKind, language.Resource, language.Stage, language.Mark)
EVENTS = {
    "end-of-treatment": "the day on which the treatment ended, else the one on which it is expected to end",
    "last-dose": "the last dose of any study drug; while treatment goes on, the last one planned",
    "day-1": "Day 1 of the study",
    "enrolment": "the day of enrolment",
    "progression": "the first progression or relapse that was recorded",
    "new-therapy": "the first new treatment outside the study",
    "transplant": "the day of the transplant",
    "conditioning": "the first day of conditioning for a transplant",
}
FORMS = {
    "Length of time": (parse_offset, ("28 days", "1 week", "3 months", "1 year", "-1 day", "90 minutes", "2 hours")),
    "Window of a visit": (parse_window, ("-1/+2", "0/+3", "-1/+1 weeks", "days 21 to 28", "days -28 to -1")),
    "Window within a visit": (parse_clock_window, ("-15/+15 minutes", "0/+1 hours")),
    "Set of days or cycles": (parse_spans, ("1", "2-6", "from 7", "1-4, 8-11", "every 2", [1, 3])),
}
SITES: dict[type, dict[str, str]] = {
    Site: {
        "id": "the site's short name, which facts use",
        "name": "what people read",
        "zone": "the time zone of the site's clock",
        "weekend": "the days of the week on which everything is closed",
        "public_holidays": "the public holidays on which everything is closed",
        "closed": "other closed days, each one a day (or span) or a rule",
    },
    PublicHolidays: {
        "country": "the country's ISO 3166 code in capitals: `US`",
        "region": "the region's code: the `NY` of US-NY",
        "dates": "stored holidays with their names; they are the truth for the years they are in",
    },
    ClosedDay: {
        "date": "the closed day, or the first of several",
        "until": "the last of several closed days",
        "resources": "what is closed; everything if left out",
        "reason": "why, for the plan's reasons",
    },
    ClosedRule: {
        "rule": "which days, such as `FREQ=MONTHLY;BYDAY=1MO` for every first Monday",
        "date": "the first day on which the rule holds",
        "resources": "what is closed; everything if left out",
        "reason": "why, for the plan's reasons",
    },
}
SITE_EXAMPLE = """\
id: north
name: North infusion centre (made up)
zone: America/New_York
weekend: [saturday, sunday]
public_holidays: {country: US, region: NY}
closed:
  - {date: 2026-12-24, until: 2027-01-02, reason: between the years}
  - {rule: "FREQ=MONTHLY;BYDAY=5MO", date: 2026-01-01, resources: [infusion], reason: stock-taking}
"""
#: Facts that bring every key of a plan into it.
PLAN_FACTS = """\
- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05, cohort: escalation}
- {fact: given, date: 2026-01-05, visit: treatment.c1.d1, activity: ino}
- {fact: given, date: 2026-01-15, visit: treatment.c1.d8, activity: ino}
- {fact: booked, date: 2026-01-24, visit: treatment.c1.d15, time: "09:30", minutes: 60, chair: "4"}
"""
#: What each key of a plan's JSON means, by its path; `[]` stands for each item of a list.
PLAN_KEYS = {
    "protocol": "the protocol's id",
    "version": "the version in force on `as_of`",
    "title": "the study's title",
    "engine": "the number of the engine's rules; it grows when the same facts may give other dates",
    "as_of": "the day of the plan; it decides only statuses",
    "day_1": "Day 1 of the study",
    "arm": "the participant's arm",
    "cohort": "the participant's cohort",
    "assumptions": "what the protocol file takes for granted, as sentences",
    "visits": "the visits, in the order of their days",
    "visits[].key": "the visit's key, which never changes",
    "visits[].label": "what people read",
    "visits[].epoch": "the id of its epoch",
    "visits[].cycle": "the number of its cycle",
    "visits[].day": "its day of the cycle or epoch, where the protocol gives one",
    "visits[].study_day": "the day of the study on which it stands; there is no day 0",
    "visits[].nominal": "the protocol's day",
    "visits[].due": "the day around which its window stands; later than nominal after a hold",
    "visits[].target": "where it stands now: the actual day, else the booked, else the planned; null: no day yet",
    "visits[].opens": "the first day of its window",
    "visits[].closes": "the last day of its window",
    "visits[].status": "how it stands, see [statuses](statuses.md)",
    "visits[].certainty": "`firm` or `tentative`",
    "visits[].actual": "the day on which it took place",
    "visits[].booked": "its appointment",
    "visits[].booked.date": "the day",
    "visits[].booked.time": "the hour on the site's clock",
    "visits[].booked.minutes": "how long it takes",
    "visits[].booked.chair": "which chair or room",
    "visits[].setting": "`clinic`, `remote` or `inpatient`",
    "visits[].activities": "the ids of what is done",
    "visits[].details": "the same with window and hours",
    "visits[].details[].activity": "the activity's id",
    "visits[].details[].window": "the days around the visit on which it may be done",
    "visits[].details[].timed_from": "the activity whose start `at` counts from",
    "visits[].details[].at": "how long after that it is done",
    "visits[].details[].within": "by how much these times may be missed",
    "visits[].feasible": "the days that are left of its window",
    "visits[].conflicts": "what is in the way of a date",
    "visits[].conflicts[].kind": "which sort of conflict",
    "visits[].conflicts[].text": "the conflict in words",
    "visits[].conflicts[].blocks": "whether there is no date because of it",
    "visits[].conflicts[].earliest_safe": "the first day on which only the window is in the way",
    "visits[].conflicts[].may_omit": "whether the visit can be left out instead",
    "visits[].conflicts[].overdue_from": "the day from which the decision is late",
    "visits[].why": "how the date came about, in sentences",
    "gates": "the gates on the participant's path",
    "gates[].key": "the gate's key",
    "gates[].label": "what people read",
    "gates[].due": "the day by which it is to be decided",
    "gates[].status": "how it stands, see [statuses](statuses.md)",
    "gates[].outcome": "the answer",
    "gates[].decided_on": "the day of the decision",
    "gates[].told_on": "the day on which the participant was told",
    "gates[].default": "the answer that the plan follows until somebody decides",
    "gates[].options": "the possible answers",
    "gates[].options[].outcome": "the answer's id",
    "gates[].options[].label": "what people read",
    "gates[].certainty": "`tentative` behind another open gate",
    "gates[].leads_to": "the cycle or epoch that the plan goes on to",
    "gates[].answered_by": "the key of the gate whose decision answered this one",
    "gates[].why": "how it stands, in sentences",
    "home_doses": "the drugs taken at home, for each cycle",
    "home_doses[].activity": "the drug's id",
    "home_doses[].epoch": "the id of the epoch",
    "home_doses[].cycle": "the number of the cycle",
    "home_doses[].expected": "how many doses are expected",
    "home_doses[].first": "the day of the first one",
    "home_doses[].last": "the day of the last one",
    "home_doses[].days": "the days on which one is expected",
    "home_doses[].held": "the days on which a hold takes it away",
    "home_doses[].certainty": "`firm` or `tentative`",
    "home_doses[].note": "the protocol's note",
    "treatment_end": "when the treatment ended or is expected to end; null: not known",
    "treatment_end.date": "the day",
    "treatment_end.reason": "why",
    "treatment_end.recorded": "false while it is only expected",
    "treatment_end.certainty": "`firm` or `tentative`",
    "observation": "the observation for dose-limiting toxicity; null: none",
    "observation.opens": "its first day",
    "observation.closes": "its last day",
    "observation.state": "`not-begun`, `observing`, `evaluable` or `to-be-replaced`",
    "observation.why": "the state in words",
    "observation.rule": "the protocol's rule in words",
    "notices": "what to know that moves no date",
    "notices[].kind": "which sort of notice",
    "notices[].text": "the notice in words",
    "deviations": "candidate deviations",
    "deviations[].id": "its id, the same however often it is found",
    "deviations[].kind": "which sort, see [statuses](statuses.md)",
    "deviations[].state": "`candidate` or `query`",
    "deviations[].visit": "the visit's key",
    "deviations[].activity": "the activity's id",
    "deviations[].date": "the day that it is about",
    "deviations[].days": "its size in days; negative: early",
    "deviations[].important": "a hint for the person who classifies it",
    "deviations[].text": "the deviation in words",
    "queries": "visits without a record that are not late enough for a deviation; keys as in `deviations`",
}


# -- meanings -----------------------------------------------------------------------------------


def meanings(kind: type) -> dict[str, str]:
    """What each field of a record, or each member of an enum, means: its ``#:`` comment, beside or above it."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("schedules."):
            found |= SITES.get(base) or dict(_comments(base))
    wanted = [field.name for field in fields(kind)] if is_dataclass(kind) else [each.name for each in _members(kind)]
    if missing := [name for name in wanted if name not in found and name != "origin"]:
        raise LookupError(f"{kind.__module__}.{kind.__name__}: no meaning beside {', '.join(missing)}")
    return {name: found[name] for name in wanted if name != "origin"}


def _members(kind: type) -> Iterable[Enum]:
    return kind if issubclass(kind, Enum) else ()


def _comments(kind: type) -> Iterator[tuple[str, str]]:
    lines = inspect.getsource(kind).splitlines()
    parsed = ast.parse("\n".join(lines))
    body = parsed.body[0].body if isinstance(parsed.body[0], ast.ClassDef) else []
    for item in body:
        target = item.target if isinstance(item, ast.AnnAssign) else item.targets[0] if isinstance(item, ast.Assign) else None
        if isinstance(target, ast.Name) and (said := _beside(lines, item.lineno - 1) or _above(lines, item.lineno - 1)):
            yield target.id, _code(said)


def _beside(lines: list[str], place: int) -> str:
    return lines[place].partition("#: ")[2]


def _above(lines: list[str], place: int) -> str:
    """The lines of comment above a field, as one text."""
    said: list[str] = []
    while lines[place - 1].strip().startswith("#: "):
        place -= 1
        said.insert(0, lines[place].strip().removeprefix("#: "))
    return " ".join(said)


def _code(text: str) -> str:
    return text.replace("``", "`")


# -- tables -------------------------------------------------------------------------------------


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    written = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in written) + "\n"


def _fields_table(record: type, besides: Iterable[str] = ()) -> str:
    """A record's keys: what may stand there, what holds if the key is left out, what it means."""
    hints = get_type_hints(record, include_extras=True)
    said = meanings(record)
    rows = [
        (f"`{field.name}`", type_words(hints[field.name]), _default(field), said[field.name])
        for field in fields(record)
        if field.name in said and field.name not in besides
    ]
    return _table(("Key", "What stands there", "If left out", "Meaning"), rows) if rows else "It has no keys of its own.\n"


def type_words(hint: Any) -> str:
    """What may stand in a field, in plain words."""
    kind, inner = get_origin(hint), get_args(hint)
    if hint == Identifier or kind is Annotated:
        return "an id" if hint == Identifier else _annotated_words(hint)
    if kind in (Union, UnionType):
        return " or ".join(type_words(each) for each in inner if each is not NoneType)
    if kind is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if kind is tuple:
        return f"a list, each entry {type_words(inner[0])}"
    if kind is dict:
        return f"a block, each line {type_words(inner[0])} with {type_words(inner[1])}"
    return _WORDS.get(hint) or _link(hint)


def _annotated_words(hint: Any) -> str:
    schemas = [each.json_schema or {} for each in hint.__metadata__ if isinstance(each, WithJsonSchema)]
    return next((schema["description"] for schema in schemas if "description" in schema), None) or (
        type_words(hint.__origin__)
    )


def _title(kind: type) -> str:
    """``Planned visit`` for PlannedVisit."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).capitalize()


def _link(kind: type) -> str:
    return f"[{_title(kind)}](#{_title(kind).lower().replace(' ', '-')})"


def _default(field: Field[Any]) -> str:
    if field.default is MISSING and field.default_factory is MISSING:
        return "must be given"
    if field.default_factory is not MISSING or field.default in (None, ()):
        return ""
    plain = field.default.value if isinstance(field.default, Enum) else field.default
    return f"`{str(plain).lower() if isinstance(plain, bool) else plain}`"


def _record_section(record: type) -> str:
    return f"## {_title(record)}\n\n{_code(inspect.getdoc(record) or '')}\n\n{_fields_table(record)}"


def _choice_section(choice: type[Enum]) -> str:
    said = meanings(choice)
    rows = ((f"`{member.value}`", said[member.name]) for member in choice)
    return f"## {_title(choice)}\n\n{_code(inspect.getdoc(choice) or '')}\n\n{_table(('Value', 'Meaning'), rows)}"


# -- pages --------------------------------------------------------------------------------------


def facts_page() -> str:
    """Every kind of fact, with an example that was really read."""
    order = "\n".join(f"{place}. [{name}](#{name})" for place, name in enumerate(KINDS, 1))
    common = _fields_table(Fact)
    sections = [_fact_section(name, kind) for name, kind in KINDS.items()]
    return "\n".join([_FACTS.format(common=common, order=order), *sections])


def _fact_section(name: str, kind: type[Fact]) -> str:
    text = _code(inspect.getdoc(kind) or "")
    example = _EXAMPLE.search(text)
    if example is None or not isinstance(read_facts(f"- {example[0]}", name)[0], kind):
        raise LookupError(f"{name}: its docstring holds no example {{fact: {name}, …}}")
    said = " ".join(text.replace(example[0], "").split())
    own = set(meanings(Fact)) - ({"date"} if kind.__base__ is not Fact else set())
    return f"## {name}\n\n{said}\n\n```yaml\n- {example[0]}\n```\n\n{_fields_table(kind, own)}"


def statuses_page() -> str:
    """Every status, certainty and kind of deviation."""
    tables = (
        ("Visits", "Status", STATUS_MEANINGS), ("Certainty", "Certainty", CERTAINTIES),
        ("Settings", "Setting", SETTINGS), ("Gates", "Status", GATE_STATUS_MEANINGS),
        ("Deviations", "Kind", KIND_MEANINGS),
    )  # fmt: skip
    sections = [f"## {title}\n\n{_values_table(head, values)}" for title, head, values in tables]
    return "\n".join([_STATUSES, *sections])


def _values_table(head: str, values: Mapping[Any, str]) -> str:
    return _table((head, "Meaning"), ((f"`{value}`", said) for value, said in values.items()))


def language_page() -> str:
    """Every key of a protocol file."""
    if set(EVENTS) != set(BUILT_IN_EVENTS):
        raise LookupError(f"events without a meaning, or the other way round: {set(EVENTS) ^ set(BUILT_IN_EVENTS)}")
    forms = [(name, ", ".join(f"`{each}`" for each in examples if read(each))) for name, (read, examples) in FORMS.items()]
    return "\n".join([
        _LANGUAGE.format(forms=_table(("Form", "Examples"), forms)),
        *map(_record_section, RECORDS),
        *map(_choice_section, CHOICES),
        f"## Built-in events\n\n{_values_table('Event', EVENTS)}",
    ])  # fmt: skip
