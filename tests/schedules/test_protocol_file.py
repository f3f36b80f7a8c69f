"""Reading a protocol file: its form, its parameters, and the library."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import reduce
from json import dumps
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.design import Design
from schedules.errors import DateOutOfRange, DesignError, ParameterError, ProtocolError, SourceError
from schedules.history import History
from schedules.plan import plan
from schedules.protocol import Protocol
from schedules.protocol_file import (
    library,
    library_protocol,
    library_text,
    read_parameters,
    read_protocol,
)
from schedules.yaml_text import read_yaml

STUDY = """\
protocol: small
version: "1.0"
title: A small study
parameters:
  days: {label: The days of tablets, example: 1-14}
  hours: {label: The hours, example: [1 hour, 2 hours]}
  levels: {label: The levels, example: [low, high], needed_for: enrolment}
arms:
  a: {label: A}
  b: {label: B, sequence: [treatment]}
events: {rash: A rash}
activities:
  drug: {label: Drug, kind: dose, minutes: 60, hold_for: [toxicity]}
  pill: {label: Pill, kind: home-dose}
  look: {label: Look, kind: assessment}
epochs:
  screening:
    label: Screening
    stage: screening
    visits:
      early: {label: Early, day: -7, window: days -14 to -1, valid_for: 14 days, activities: [look]}
  treatment:
    label: Treatment
    cycles: {length: 28 days, at_most: 3}
    home:
      pill: {days: $days}
    visits:
      d1:
        label: Day 1
        day: 1
        window: 0/+3
        activities: [drug, {activity: look, timed_from: drug, at: $hours, within: -5/+5 minutes}]
      week: {label: "Week {n}", at: 1 week, repeat: {every: 1 week, times: 2}, cycles: every 2, activities: [look]}
    gates:
      response:
        label: Response
        default: better
        outcomes:
          better: {label: Better}
          worse: {label: Worse, to: end, marks: [progression]}
  follow-up:
    label: Follow-up
    stage: follow-up
    visits:
      rash: {label: Rash, after: {event: rash, by: 1 week}, remote: true, activities: [look]}
spacing:
  - {drug: drug, at_least: 6 days}
"""
FILE = "f.yaml"


def problems(text: bytes | str, values: dict[str, Any] | None = None) -> list[str]:
    """What is told of a file, without its name."""
    with pytest.raises(SourceError) as error:
        read_protocol(text, FILE, values)
    return [str(problem).removeprefix(f"{FILE}:") for problem in error.value.problems]


def can_be_planned(protocol: Protocol) -> None:
    """Plan it for every arm; raises nothing but what plans may raise."""
    for arm in tuple(protocol.arms) or (None,):
        try:
            made = plan(Design((protocol,)), History(planned_start=date(2026, 1, 5), planned_arm=arm), date(2026, 1, 5))
        except (DesignError, DateOutOfRange):
            continue
        assert all(visit.why for visit in made.visits)


def test_the_study_of_these_tests_is_right_and_can_be_planned() -> None:
    can_be_planned(read_protocol(STUDY, FILE, {"days": "from 1", "hours": ["3 hours"]}).require())


# The form


FORM = [
    ('version: "1.0"', "version: §1.0", "1.0 is not text", 'write it in quotes: "1.0"'),
    ('version: "1.0"', "§version:", "an empty value is not text", "write a piece of text"),
    ('protocol: small\nversion: "1.0"', "§protocol: small", '"version" is missing', 'add "version: ..." with text'),
    ("title: A", "§titel: A", 'unknown key "titel"', 'did you mean "title"?'),
    ("title: A small study", 'title: §" "', "this text is empty", "at least one word"),
    ("protocol: small", "protocol: §Small Study", "Small Study is not an identifier", "e.g. small-study"),
    ("protocol: small", f"protocol: §{'x' * 41}", "is not an identifier", "up to 40 lower-case letters"),
    ("protocol: small", "protocol: §sm\u0430ll", "is not an identifier", "lower-case letters"),  # a Cyrillic a
    ("{label: Drug, kind: dose, minutes: 60, hold_for: [toxicity]}",
     '§dose', '"dose" is not a block of keys', "key: value"),
    ("  drug: {label: Drug, kind: dose, minutes: 60, hold_for: [toxicity]}", "  §drug:", "an empty value",
     "key: value"),
    ("kind: dose", "kind: §doze", '"doze" is not known here', 'did you mean "dose"?'),
    ("minutes: 60", "minutes: §1.5", "1.5 is not a whole number", "write e.g. 8"),
    ("minutes: 60", 'minutes: §"60"', '"60" is not a whole number', "without quotes: 60"),
    ("minutes: 60", "minutes: §[60]", "a list is not a whole number", "write e.g. 8"),
    ("hold_for: [toxicity]", "hold_for: §toxicity", '"toxicity" is not a list', "write e.g. [1, 8, 15]"),
    ("label: Drug", f"label: §{'x' * 201}", "is too long", "200 or fewer"),
    ("label: Drug", "label: §[a, b]", "a list is not text", "a piece of text"),
    ("label: Drug", "label: §2026", "2026 is not text", 'write it in quotes: "2026"'),
    ("visits:\n      early: {", "visits:\n      §- {", "a list is not a block of keys", "key: value"),
    ("window: days -14 to -1", "§windows: -7/+2", 'unknown key "windows"', 'did you mean "window"?'),
    ("window: days -14 to -1", "window: §-7", "-7 is not written out", "write e.g. -1/+2"),
    ("window: days -14 to -1", "window: §+2/-1", "is not a window", "write e.g. -1/+2"),
    ("window: days -14 to -1", "window: §-1/-2", "is not a window", "write e.g. -1/+2"),
    ("window: days -14 to -1", "window: §-9999/0", "is not between 0 and 3660", "write e.g. -1/+2"),
    ("window: days -14 to -1", "window: §days -1 to -14", "run backwards", "write days -14 to -1"),
    ("window: days -14 to -1", "window: §days 0 to 1", "there is no Day 0", "Day -1"),
    ("within: -5/+5 minutes", "within: §-5/+5", "counts in days", "within a visit write minutes or hours"),
    ("day: -7", "day: §seven", '"seven" is not a whole number', "write e.g. 8"),
    ("at: 1 week", "at: §7", "7 is not written out", "write e.g. 28 days"),
    ("at: 1 week", "at: §7 dayz", "'dayz' is not a unit", "write minutes, hours, days"),
    ("at: 1 week", "at: §-2 hours", "stays within one day", "write days, weeks, months"),
    ("at: 1 week", "at: §200 years", "longer than a hundred years", "the length that is meant"),
    ("{length: 28 days", "{length: §1 month", "is not a number of days", "write e.g. 28 days"),
    ("cycles: {length: 28 days, at_most: 3}", "cycles: §28 days", "is not a block of keys", "key: value"),
    ("{days: $days}", "{days: §0}", "0 is no set of numbers from 1 on", "write e.g. 1, 2-6"),
    ("{days: $days}", "{days: §every 0}", "every 0 is none at all", "write every 2"),
    ("{days: $days}", "{days: §{from: 1}}", "is no set of numbers", "write e.g. 1, 2-6"),
    ("      week: {", "      §1: {", "a key that is not text", 'in quotes: "1"'),
    ("          better: {label: Better}", "          better: §null", "an empty value", "key: value"),
    ("spacing:\n  - {drug", "spacing:\n  §x: {drug", "a block of keys is not a list", "one line for each entry"),
    ("stage: screening", "stage: §Screening", '"Screening" is not known here', 'did you mean "screening"?'),
    ("remote: true", "remote: §yes", '"yes" is not true or false', "without quotes"),
    ("title: A small study", "title: A small study\n§title: B", 'the key "title" is already on line 3', "rename one"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "wrong", "right"), FORM)
def test_a_slip_in_the_form_is_told_with_its_place_and_what_would_be_right(
    old: str, new: str, wrong: str, right: str
) -> None:
    assert old in STUDY
    text = STUDY.replace(old, new, 1)
    before = text[: text.index("§")]
    where = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}: "
    told = [line.removeprefix(where) for line in problems(text.replace("§", "")) if line.startswith(where)]
    assert any(wrong in line.partition("; ")[0] and right in line.partition("; ")[2] for line in told), told


def test_a_list_is_no_protocol() -> None:
    (told,) = problems("- protocol: small")
    assert told == '1:1: a list is not a block of keys; write lines such as "key: value", indented'


def test_every_slip_in_the_form_comes_at_once() -> None:
    text = (
        STUDY.replace("day: -7", "day: x").replace("minutes: 60", "minuets: 60").replace("marks: [prog", "marks: [pr0g")
    )
    found = problems(text.replace('version: "1.0"', "version: 1"))
    assert [line.split(":")[:2] for line in found] == [["2", "10"], ["13", "35"], ["21", "34"], ["40", "50"]]
    assert "did you mean" in found[1]


def paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield from paths(data[key], (*path, key))


def replaced(*changes: tuple[tuple[Any, ...], Any]) -> str:
    """The study with the values at some paths replaced, as JSON, which is YAML too."""
    data: Any = read_yaml(STUDY, FILE).data
    for path, value in changes:
        try:
            parent = reduce(lambda inside, part: inside[part], path[:-1], data)
            parent[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took it away
    return dumps(data)


PATHS = list(paths(read_yaml(STUDY, FILE).data))


def read(text: str) -> Protocol | SourceError:
    """The protocol of a file, or why it is refused."""
    try:
        return read_protocol(text, FILE).protocol
    except SourceError as error:
        return error


def read_or_refused(text: str) -> None:
    """A file is refused with problems in so many words, or can be planned."""
    found = read(text)
    if isinstance(found, Protocol):
        can_be_planned(found)
    else:
        assert all(problem.wrong and problem.right and problem.line for problem in found.problems)
        assert len(str(found)) < 50_000


@pytest.mark.parametrize("value", [None, [], {}, 0, "x"], ids=repr)
def test_nothing_a_list_a_block_a_number_or_a_word_in_any_place_is_refused_or_means_something(value: Any) -> None:
    for path in PATHS:
        read_or_refused(replaced((path, value)))


values: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 2, 400, 10**17, 1.5, "", "x", "drug", "pill", "look", "treatment", "follow-up", "screening",
     "d1", "early", "response", "better", "end", "proceed", "next-cycle", "a", "b", "rash", "last-dose", "day-1",
     "0 days", "-5 days", "1 day", "100 years", "36600 days", "1000 months", "5 minutes", "-1/+2", "-3660/+3660",
     "days 1 to 28", "from 1", "every 2", "9999", "$days", "$nope", "a $days b", "treatment.d1", "follow-up.rash",
     "at-end", "when-asked", "before-each-cycle", "next-day-1", "end-of-treatment", "\u202e evil \u200b", "a" * 5000,
     ["a"], ["drug", "look"], {"x": {}}]
)  # fmt: skip


@settings(max_examples=4 * settings().max_examples)
@given(st.lists(st.tuples(st.sampled_from(PATHS), values), min_size=1, max_size=3))
def test_a_file_with_values_gone_wrong_is_refused_or_can_be_planned(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    read_or_refused(replaced(*changes))


# Parameters


def test_a_value_stands_for_a_whole_value_of_any_kind() -> None:
    read = read_protocol(STUDY, FILE, {"days": "from 3", "hours": ["90 minutes"], "levels": ["one"]})
    treatment = read.protocol.epochs["treatment"]
    assert str(treatment.home["pill"].days) == "from 3"
    assert [str(at) for at in treatment.visits["d1"].activities[1].at] == ["90 minutes"]
    assert read.missing == ()
    assert read.require() is read.require("enrolment") is read.protocol
    assert read.source == STUDY


def test_without_a_value_the_example_stands_in_and_the_protocol_cannot_be_asked_for() -> None:
    read = read_protocol(STUDY.encode(), FILE, {"days": 1})
    assert read.missing == ("hours", "levels")
    assert len(read.protocol.epochs["treatment"].visits["d1"].activities[1].at) == 2
    for needed_for, told in (
        ("planning", ('the parameter hours (The hours) has no value; supply it in a parameter file,'
         ' e.g. hours: ["1 hour", "2 hours"]')),
        ("enrolment", ('the parameter levels (The levels) has no value; supply it in a parameter file,'
         ' e.g. levels: ["low", "high"]')),
    ):  # fmt: skip
        with pytest.raises(ParameterError) as error:
            read.require(needed_for)
        assert str(error.value) == f"small 1.0:1:1: {told}"


PARAMETERS = [
    ("days: $days", "days: $dys", ("26:20: $dys is not a parameter of this protocol; declare it under parameters,"
     " where days, hours, levels stands")),
    ("days: $days", "days: ${days}", None),
    ("days: $days", "days: $Days", "26:20: $Days is not a parameter of this protocol; declare it"),
    ("days: $days", 'days: "${days}"', "26:20: ${days} is not a parameter of this protocol; write $days"),
    ("label: Rash", 'label: "Rash on $days"', ("45:21: $days inside other text is not replaced; write $days alone, or"
     " without the $ where it is only mentioned")),
    ("at: $hours", "at: [$hours, 8 hours]", None),
    ("days: $days", "days: 1",
     "5:3: nothing uses $days; write $days where its value belongs, or needed_for: enrolment"),
    ("example: 1-14", "example: ~", "5:47: days has an empty example; write a value that is plainly made up"),
    ("example: 1-14", "exmple: 1-14", '5:38: unknown key "exmple"; did you mean "example"?'),
    ("days: {label: The days of tablets, example: 1-14}", "days: 1-14", '5:9: "1-14" is not a block of keys;'),
    ("example: 1-14", "example: 14-1", "26:20: the example of the parameter days: '14-1' is no set of numbers"),
    ("needed_for: enrolment", "needed_for: later", '7:65: "later" is not known here; write one of: planning, enrol'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), PARAMETERS)
def test_a_slip_about_parameters_is_told_once(old: str, new: str, told: str | None) -> None:
    assert old in STUDY
    found = problems(STUDY.replace(old, new, 1))
    if told is not None:
        assert [line for line in found if line.startswith(told)]
        assert len(found) <= 2


def test_a_parameter_that_is_not_declared_does_not_hide_what_else_is_wrong() -> None:
    text = (
        STUDY.replace("days: $days", "days: $dys").replace("at_most: 3", "at_most: x").replace("day: 1\n", "day: 0\n")
    )
    assert [line.split(":")[0] for line in problems(text)] == ["5", "24", "26"]
    text = STUDY.replace("label: Rash,", "label: $rash,").replace("day: 1\n", "day: 0\n")
    assert [line[:9] for line in problems(text)] == ["30:14: th", "45:21: $r"]


def test_a_value_that_does_not_fit_is_told_as_the_value_of_its_parameter() -> None:
    with pytest.raises(ParameterError) as error:
        read_protocol(STUDY, FILE, {"days": "monthly", "hours": ["200 hours"]})
    assert str(error.value).startswith(f"{FILE}:26:20: the value of the parameter days: 'monthly' is no set of numbers")
    with pytest.raises(ParameterError) as error:
        read_protocol(STUDY, FILE, {"hours": ["200 hours"]})
    (problem,) = error.value.problems
    wrong = "the value of the parameter hours: 200 hours is on another day than the visit"
    assert str(problem).startswith(f"{FILE}:32:67: {wrong}")
    with pytest.raises(ProtocolError) as both:
        read_protocol(STUDY.replace("day: 1\n", "day: 0\n"), FILE, {"hours": ["200 hours"]})
    assert [problem.line for problem in both.value.problems] == [30, 32]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"dayz": 1}, "parameters:1:1: the protocol has no parameter dayz; the protocol's parameters are days, hours,"),
        ({"days": None}, "parameters:1:1: the parameter days is empty; write its value, or leave it out"),
        ({"days": ["x" * 2001]}, "parameters:1:1: the parameter days has a text of more than 2,000 characters;"),
        ({"days": {"x": {"y": "x" * 2001}}}, "parameters:1:1: the parameter days has a text of more than 2,000"),
    ],
)
def test_values_that_no_protocol_can_take_are_refused(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ParameterError) as error:
        read_protocol(STUDY, FILE, values)
    assert str(error.value).startswith(told)


def test_values_for_a_protocol_without_parameters_are_refused() -> None:
    with pytest.raises(ParameterError, match="the protocol's parameters are none"):
        read_protocol(library_text("vsli-ino").replace("parameters:", "parametres:"), FILE, {"x": 1})


def test_a_parameter_that_would_be_written_out_too_often_is_refused() -> None:
    many = [1] * 20_000
    places = "".join(f"      v{n}: {{label: V, day: 1, cycles: $days}}\n" for n in range(20))
    text = STUDY.replace("      week: {", f"{places}      week: {{")
    assert "more than 100,000 values, each parameter written out" in problems(text, {"days": many})[0]


def test_a_file_of_parameters_is_a_list_of_names_with_values() -> None:
    assert read_parameters('days: 1-14\nhours: [1 hour]\nversion: "1.0"', "p.yaml") == {
        "days": "1-14", "hours": ["1 hour"], "version": "1.0",
    }  # fmt: skip
    for text, told in (
        ("- days", "p.yaml:1:1: a parameter file is a list of names with values; write e.g. venetoclax-days: from 1"),
        ("days:\nhours: ~\nx: 1", ("p.yaml:1:1: the parameter days is empty; write its value, or leave the line out\n"
         "p.yaml:2:8: the parameter hours is empty; write its value, or leave the line out")),
        ("days: 1\ndays: 2", 'p.yaml:2:1: the key "days" is already on line 1; keep one of the two, or rename one'),
    ):  # fmt: skip
        with pytest.raises(ParameterError) as error:
            read_parameters(text, "p.yaml")
        assert str(error.value) == told


# The library


def test_every_protocol_of_the_library_is_read_and_names_the_values_that_it_lacks() -> None:
    assert library() == ("ven-ino", "vsli-ino")
    assert library_protocol("vsli-ino").missing == ("inotuzumab-levels",)
    assert library_protocol("vsli-ino", {"inotuzumab-levels": ["1"]}).missing == ()
    with pytest.raises(ParameterError) as error:
        library_protocol("ven-ino").require()
    assert len(error.value.problems) == 6


def test_a_protocol_that_the_library_has_not_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(ProtocolError) as error:
        library_text("../../etc/passwd")
    assert str(error.value).endswith(
        "the library has no protocol '../../etc/passwd'; the library has ven-ino, vsli-ino"
    )
