"""Writes docs/reference from the code: ``python -m planner.reference docs/reference`` (`make docs`).

Nothing there is typed in twice: what a key, a fact or a status means stands beside it in the code, the keys
of a plan come from a plan that is really made, and every example is really read. Whatever has no meaning
stops the writing.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import WithJsonSchema

from planner.presenting.plan_json import plan_data, to_json
from planner.reference.service import OF_THE_SERVICE
from schedules import protocol as language
from schedules.closures import ClosedDay, ClosedRule, PublicHolidays, Site, Weekday
from schedules.design import Design
from schedules.deviation import KIND_MEANINGS
from schedules.fact_kinds import KINDS
from schedules.history import Fact, History
from schedules.history_file import read_facts
from schedules.language import parse_spans
from schedules.offsets import parse_offset
from schedules.plan import plan
from schedules.protocol_checks import BUILT_IN_EVENTS
from schedules.protocol_file import library_protocol
from schedules.protocol_schema import protocol_schema
from schedules.scalars import Identifier, PartialDate
from schedules.site_file import read_site
from schedules.statuses import GATE_STATUS_MEANINGS, STATUS_MEANINGS
from schedules.windows import parse_clock_window, parse_window

WRITTEN_BY = "<!-- Written by `make docs` from the code. Change the code, not this page. -->"
#: A field or an enum's member, with the comment lines above it and the comment beside it.
_FIELD = re.compile(r"^((?:    #: .*\n)*)    (\w+)(?:: | = ).*?(?:  #: (.*))?$", re.MULTILINE)
_EXAMPLE = re.compile(r"\{fact: .*\}")
_WORDS: dict[Any, str] = {
    str: "text", int: "a whole number", bool: "true or false", Any: "any value",
    PartialDate: "a day, or only its month or year", Weekday: "a day of the week, such as `monday`",
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
    "day-1": "Day 1 of the study", "enrolment": "the day of enrolment", "transplant": "the day of the transplant",
    "progression": "the first progression or relapse", "new-therapy": "the first new treatment outside the study",
    "conditioning": "the first day of conditioning for a transplant",
}  # fmt: skip
FORMS: tuple[tuple[str, Callable[[Any], object], tuple[object, ...]], ...] = (
    ("Length of time", parse_offset, ("28 days", "1 week", "3 months", "1 year", "-1 day", "90 minutes", "2 hours")),
    ("Window of a visit", parse_window, ("-1/+2", "0/+3", "-1/+1 weeks", "days 21 to 28", "days -28 to -1")),
    ("Window within a visit", parse_clock_window, ("-15/+15 minutes", "0/+1 hours")),
    ("Set of days or cycles", parse_spans, ("1", "2-6", "from 7", "1-4, 8-11", "every 2", "every 3 from 1", [1, 3])),
)
_WHAT = {"resources": "what is closed; everything if left out", "reason": "why, in the words that plans show"}
SITES: dict[type, dict[str, str]] = {
    Site: {
        "id": "the site's short name, which facts use", "name": "what people read",
        "zone": "the time zone of the site's clock", "weekend": "the days of the week on which all of it is closed",
        "public_holidays": "the public holidays on which all of it is closed",
        "closed": "other closed days: each a day (or a span of days), or a rule",
    },
    PublicHolidays: {
        "country": "the country's ISO 3166 code: `US`", "region": "the region's part of the code: the `NY` of US-NY",
        "dates": "stored holidays, each day with its name; where a year has some they replace the computed ones",
    },
    ClosedDay: {"date": "the closed day, or the first of several", "until": "the last of several", **_WHAT},
    ClosedRule: {
        "rule": "which days come again: `FREQ=MONTHLY;BYDAY=1MO` is every first Monday",
        "date": "the first day on which the rule holds", **_WHAT,
    },
}  # fmt: skip
#: Facts that bring every key into a plan.
PLAN_FACTS = """\
- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05, cohort: escalation}
- {fact: given, date: 2026-01-05, visit: treatment.c1.d1, activity: ino}
- {fact: given, date: 2026-01-15, visit: treatment.c1.d8, activity: ino}
- {fact: booked, date: 2026-01-24, visit: treatment.c1.d15, time: "09:30", minutes: 60, chair: "4"}
"""
#: What a key of a plan's JSON means: by its path (`[]`: each item of a list), or by its name wherever it stands.
PLAN_KEYS = {
    "key": "its key, which never changes", "label": "what people read", "epoch": "the id of its epoch",
    "cycle": "the number of its cycle", "activity": "the activity's id",
    "status": "how it stands, see [statuses](statuses.md)",
    "certainty": "`firm` or `tentative`, see [statuses](statuses.md)", "opens": "its first day",
    "closes": "its last day", "date": "the day", "kind": "which sort it is", "text": "the same in words",
    "why": "how that came about, in words", "protocol": "the protocol's id",
    "version": "the protocol version in force on `as_of`", "title": "the study's title",
    "engine": "the number of the engine's rules; it grows when the same facts may give other dates",
    "as_of": "the day of the plan; it decides only statuses", "day_1": "Day 1 of the study",
    "arm": "the participant's arm", "cohort": "the participant's cohort",
    "assumptions": "what the protocol file takes for granted, as sentences",
    "visits": "the visits, in the order of their days",
    "visits[].day": "its day of the cycle or epoch, where the protocol gives one",
    "visits[].study_day": "the day of the study on which it stands; there is no Day 0",
    "visits[].nominal": "the protocol's day",
    "visits[].due": "the day around which its window stands; later than nominal after a hold",
    "visits[].target": "where it stands now: the actual day, else the booked, else the planned; null: no date",
    "visits[].opens": "the first day of its window", "visits[].closes": "the last day of its window",
    "visits[].actual": "the day on which it took place", "visits[].booked": "its appointment",
    "visits[].booked.time": "the hour on the site's clock", "visits[].booked.minutes": "how long it takes",
    "visits[].booked.chair": "which chair or room",
    "visits[].setting": "`clinic`, `remote` (nobody travels) or `inpatient` (in hospital)",
    "visits[].activities": "what is done, in its order, by id", "visits[].details": "the same with windows and hours",
    "visits[].details[].window": "the days around the visit on which it may be done",
    "visits[].details[].timed_from": "the activity whose start `at` counts from",
    "visits[].details[].at": "how long after that it is done",
    "visits[].details[].within": "by how much these times may be missed",
    "visits[].feasible": "the days that are left of its window",
    "visits[].conflicts": "what is wrong with its date, or why it has none",
    "visits[].conflicts[].blocks": "whether it has no date because of this",
    "visits[].conflicts[].earliest_safe": "the first day on which nothing but the window is in the way",
    "visits[].conflicts[].may_omit": "whether leaving it out is another way on",
    "visits[].conflicts[].overdue_from": "the day from which the decision is late",
    "gates": "the gates on the participant's path", "gates[].due": "the day by which it is to be decided",
    "gates[].outcome": "the answer", "gates[].decided_on": "the day of the decision",
    "gates[].told_on": "the day on which the participant was told",
    "gates[].default": "the answer that the plan follows until somebody decides",
    "gates[].options": "the possible answers", "gates[].options[].outcome": "the answer's id",
    "gates[].leads_to": "the cycle or epoch that the plan goes on to",
    "gates[].answered_by": "the key of the gate whose decision answered this one",
    "home_doses": "what is done at home, for each cycle", "home_doses[].expected": "how many times it is expected",
    "home_doses[].first": "the day of the first one", "home_doses[].last": "the day of the last one",
    "home_doses[].days": "the days on which one is expected",
    "home_doses[].held": "the days on which a hold takes it away", "home_doses[].note": "the protocol's note",
    "treatment_end": "when the treatment ended or is expected to end; null: nobody knows",
    "treatment_end.reason": "why", "treatment_end.recorded": "false while it is only expected",
    "observation": "the observation for dose-limiting toxicity; null: none",
    "observation.state": "`not-begun`, `observing`, `ended-early`, `incomplete`, `evaluable` or `to-be-replaced`",
    "observation.rule": "the protocol's rule in words",
    "notices": "what to know that moves no date",
    "deviations": "candidate deviations", "deviations[].id": "its id, the same however often it is found",
    "deviations[].state": "`candidate`, or `query` in `queries`", "deviations[].visit": "the visit's key",
    "deviations[].days": "its size in days; negative: early",
    "deviations[].important": "a hint for the person who classifies it",
    "queries": "what to ask about before it is a candidate deviation; keys as in `deviations`",
}  # fmt: skip
_STATUSES = "# Statuses\n\nHow visits and gates stand on the day of the plan, and what deviations there are.\n"
CERTAINTIES = {
    "firm": "Nothing that it depends on is open.",
    "tentative": "It lies beyond an open gate, or behind a Day 1 whose window has passed without a record.",
}
_SITES = """\
# Site files

Where participants are seen, in which time zone, and when it is closed. Without a site a plan takes one that
is closed at weekends. Closed days narrow a visit's window; they never move it. An example:

```yaml
{example}```
"""
_PLAN_JSON = """\
# The JSON of a plan

Keys are stable: new ones may come, none goes or changes its meaning. Days are text, YYYY-MM-DD. Unknown is null.

{keys}
A visit, as an example:

```json
{visit}```
"""
_LANGUAGE = """\
# The protocol language

Every key of a protocol file. How to write one: [write a protocol](../how-to/write-a-protocol.md). Editors check
a file with [protocol.schema.json](protocol.schema.json). A key that is not listed here is refused.

An id is up to 40 lower-case letters, digits and hyphens, a letter first. Versions and times of day stand in
quotes. `$name` anywhere stands for the value of the parameter `name`.

{forms}
Months and years are calendar ones: 31 January + 1 month is 28 February. In a window both ends are included.
"""
_FACTS = """\
# Facts

A participant's history is a list of facts, in any order. Nothing is edited or deleted. How to write them:
[record what happened](../how-to/record-what-happened.md).

{common}
- `id` is needed only where another fact names this one (`void`, `told`). Without one a fact gets an id from its
  content, which `planner facts check` shows. The same fact twice is refused: give each an id if both happened.
- `recorded` decides what the plan of an earlier moment knows. A visit whose window had closed before its cause
  was recorded is due at once, and no deviation.
- `void` takes back the fact that it names. A void that is itself voided lets that fact count again.
- A partial date, `2026-05` or `2026`, counts as the first day that it can be. After a death only what is later
  than the last day that it can be is refused.
- Two facts that contradict each other, such as two outcomes of one gate, are refused until one is voided.
- Keys name visits, gates and cycles: `induction.c2.d8`, `follow-up.month-3`, `induction.c2.response`, `induction.c2`;
  `unscheduled.` with a fact's id. `#2` marks a visit that is due again, or an epoch that is entered once more.

Facts are taken by the day that they are about, those of one day in this order:

{order}
"""


def meanings(kind: type) -> dict[str, str]:
    """What each field of a record, or each member of an enum, means: its ``#:`` comment, beside or above it."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("schedules."):
            found |= SITES.get(base) or dict(_comments(base))
    wanted = {f.name: f.name for f in fields(kind)} if is_dataclass(kind) else dict(getattr(kind, "__members__", {}))
    wanted.pop("origin", None)
    if missing := [name for name in wanted if name not in found]:
        raise LookupError(f"{kind.__module__}.{kind.__name__}: no meaning beside {', '.join(missing)}")
    return {shown: found[name] for name, shown in wanted.items()}


def _comments(kind: type) -> Iterator[tuple[str, str]]:
    for above, name, beside in _FIELD.findall(inspect.getsource(kind)):
        said = beside or " ".join(line.strip().removeprefix("#: ") for line in above.splitlines())
        if said:
            yield name, _code(said)


def _code(text: str) -> str:
    return text.replace("``", "`")


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
    return _table(("Key", "What stands there", "If left out", "Meaning"), rows) if rows else "It has no other keys.\n"


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
        return f"a block, each key {type_words(inner[0])}, each value {type_words(inner[1])}"
    return _WORDS.get(hint) or _link(hint)


def _annotated_words(hint: Any) -> str:
    schemas = [each.json_schema or {} for each in hint.__metadata__ if isinstance(each, WithJsonSchema)]
    return next((each["description"] for each in schemas if "description" in each), "") or type_words(hint.__origin__)


def _title(kind: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).capitalize()


def _link(kind: type) -> str:
    page = "site-files.md" if kind in SITES else "protocol-language.md"
    return f"[{_title(kind)}]({page}#{_title(kind).lower().replace(' ', '-')})"


def _default(field: Field[Any]) -> str:
    if field.default is MISSING and field.default_factory is MISSING:
        return "must be given"
    if field.default_factory is not MISSING or field.default in (None, ()):
        return ""
    several = field.default if isinstance(field.default, tuple) else (field.default,)
    return ", ".join(f"`{str(each).lower() if isinstance(each, bool) else each}`" for each in several)


def _section(kind: type) -> str:
    table = _fields_table(kind) if is_dataclass(kind) else _values_table("Value", meanings(kind))
    return f"## {_title(kind)}\n\n{_code(inspect.getdoc(kind) or '')}\n\n{table}"


def _values_table(head: str, values: Mapping[Any, str]) -> str:
    return _table((head, "Meaning"), ((f"`{value}`", said) for value, said in values.items()))


def facts_page() -> str:
    """Every kind of fact, with an example that was really read."""
    order = "\n".join(f"{place}. [{name}](#{name})" for place, name in enumerate(KINDS, 1))
    sections = [_fact_section(name, kind) for name, kind in KINDS.items()]
    return "\n".join([_FACTS.format(common=_fields_table(Fact), order=order), *sections])


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
        ("Gates", "Status", GATE_STATUS_MEANINGS), ("Deviations", "Kind", KIND_MEANINGS),
    )  # fmt: skip
    sections = [f"## {title}\n\n{_values_table(head, values)}" for title, head, values in tables]
    return "\n".join([_STATUSES, *sections])


def language_page() -> str:
    """Every key of a protocol file."""
    if set(EVENTS) != set(BUILT_IN_EVENTS):
        raise LookupError(f"events without a meaning, or the other way round: {set(EVENTS) ^ set(BUILT_IN_EVENTS)}")
    rows = [(form, ", ".join(f"`{each}`" for each in known if read(each) is not None)) for form, read, known in FORMS]
    return "\n".join([
        _LANGUAGE.format(forms=_table(("Form", "Examples"), rows)),
        *map(_section, (*RECORDS, *CHOICES)),
        f"## Built-in events\n\n{_values_table('Event', EVENTS)}",
    ])  # fmt: skip


def sites_page() -> str:
    """Every key of a site file."""
    example = (Path(__file__).parents[2] / "docs/examples/sites/north.yaml").read_text("utf-8")
    read_site(example, "north.yaml")
    return "\n".join([_SITES.format(example=example), *map(_section, SITES)])


def plan_json_page() -> str:
    """Every key of a plan's JSON, found in plans that were really made."""
    data = _example_plan()
    found = dict.fromkeys(key for key in _paths(data) if not key.startswith("queries[]"))
    said = {key: PLAN_KEYS.get(key) or PLAN_KEYS.get(key.rpartition(".")[2], "") for key in found}
    names = {*found, *(key.rpartition(".")[2] for key in found)}
    if wrong := [*(key for key in found if not said[key]), *(key for key in PLAN_KEYS if key not in names)]:
        raise LookupError(f"keys of a plan without a meaning, or meanings without a key: {', '.join(wrong)}")
    rows = ((f"`{key}`", meaning) for key, meaning in said.items())
    visit = next(each for each in data["visits"] if each["booked"])
    return _PLAN_JSON.format(keys=_table(("Key", "Meaning"), rows), visit=to_json(visit))


def _example_plan() -> dict[str, Any]:
    read = library_protocol("ven-ino")
    examples = {name: parameter.example for name, parameter in read.protocol.parameters.items()}
    design = Design((library_protocol("ven-ino", examples).require(),))
    return plan_data(plan(design, History(read_facts(PLAN_FACTS, "the example of a plan")), date(2026, 1, 16)))


def _paths(data: Any, path: str = "") -> Iterator[str]:
    """Every key below, those of all items of a list taken together."""
    if isinstance(data, list):
        yield from dict.fromkeys(found for item in data for found in _paths(item, f"{path}[]"))
    elif isinstance(data, dict):
        for key, value in data.items():
            name = f"{path}.{key}" if path else key
            yield name
            yield from _paths(value, name)


def pages() -> dict[str, str]:
    """The text of every file of docs/reference, by its name."""
    written = {
        "facts.md": facts_page(), "statuses.md": statuses_page(), "protocol-language.md": language_page(),
        "site-files.md": sites_page(), "plan-json.md": plan_json_page(), **OF_THE_SERVICE,
    }  # fmt: skip
    named = {name: f"{WRITTEN_BY}\n\n{text}" for name, text in written.items()}
    return {**named, "protocol.schema.json": to_json(protocol_schema())}


def main(arguments: list[str]) -> None:
    """Write every page into the folder that is named."""
    (folder,) = arguments or sys.exit("usage: python -m planner.reference FOLDER")
    for name, text in pages().items():
        Path(folder, name).write_text(text, "utf-8", newline="\n")
