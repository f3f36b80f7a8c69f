"""Facts that cannot be true, or not both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.design import Design
from schedules.errors import HistoryError
from schedules.history import Attended, Fact, History
from schedules.history_checks import check_history, check_names, check_path
from schedules.history_file import read_fact_line, read_facts
from schedules.plan import plan
from schedules.protocol_file import read_protocol
from tests import builders
from tests.builders import DAY_1

VERSION_1 = """\
protocol: small
version: "1.0"
title: A small study
activities:
  drug: {label: Drug, kind: dose}
  other: {label: Other drug, kind: dose}
epochs:
  induction:
    label: Induction
    cycles: {length: 28 days, at_most: 2}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
      d8: {label: Day 8, day: 8, activities: [drug, other]}
    gates:
      response: {label: Response, outcomes: {good: {label: Good}, bad: {label: Bad, to: end}}}
  washout:
    label: Washout
    visits:
      d1: {label: Washout, day: 1, activities: [other]}
"""
VERSION_2 = VERSION_1.replace('"1.0"', '"2.0"').replace("d8: {", "week-2: {was: d8, ")
VERSION_2 = VERSION_2.replace("response: {", "answer: {was: response, ")
STUDY = Design(tuple(read_protocol(text, "p.yaml").protocol for text in (VERSION_1, VERSION_2)))


def told(lines: str) -> list[str]:
    """What is told of facts, one to a line, without the braces around each; nothing if they can all be true."""
    text = "".join(f"- {{fact: {line}}}\n" for line in lines.splitlines())
    try:
        check_history(STUDY, History(read_facts(text, "f")))
    except HistoryError as error:
        return [str(problem) for problem in error.problems]
    return []


# Two facts that cannot both be

TWO = [
    ("gate_decided, date: 2026-01-30, gate: induction.c1.response, outcome: good",
     "gate_decided, date: 2026-01-28, gate: induction.c1.response, outcome: bad",
     "the outcome of induction.c1.response is recorded twice, here and by f1 of 30 January 2026"),
    ("gate_decided, date: 2026-01-30, gate: induction.c1.answer, outcome: good",
     "gate_decided, date: 2026-01-30, gate: induction.c1.response, outcome: good",
     "the outcome of induction.c1.response is recorded twice"),
    ("visit_missed, date: 2026-01-12, visit: induction.c1.d8", "attended, date: 2026-01-12, visit: induction.c1.d8",
     "induction.c1.d8 is recorded as missed and as attended, here and by f1 of 12 January 2026"),
    ("attended, date: 2026-01-12, visit: induction.c1.week-2", "visit_missed, date: 2026-01-12, visit: induction.c1.d8",
     "induction.c1.d8 is recorded as missed and as attended"),
    ("given, date: 2026-01-12, visit: induction.c1.d8, activity: drug",
     "visit_missed, date: 2026-01-12, visit: induction.c1.d8", "induction.c1.d8 is recorded as missed and as attended"),
    ("visit_missed, date: 2026-01-12, visit: induction.c1.d8", "visit_missed, date: 2026-01-13, visit: induction.c1.d8",
     "the miss of induction.c1.d8 is recorded twice, here and by f1"),
    ("given, date: 2026-01-12, visit: induction.c1.d8, activity: drug",
     "omitted, date: 2026-01-11, visit: induction.c1.d8, activity: drug, reason: x",
     "drug at induction.c1.d8 is recorded as left out and as given, here and by f1 of 12 January 2026"),
    ("omitted, date: 2026-01-12, visit: induction.c1.d8, reason: x",
     "given, date: 2026-01-12, visit: induction.c1.d8, activity: other",
     "all at induction.c1.d8 is recorded as left out and as given"),
    ("given, date: 2026-01-12, visit: induction.c1.d8, activity: drug",
     "given, date: 2026-01-13, visit: induction.c1.week-2, activity: drug",
     "the dose of drug at induction.c1.d8 is recorded twice"),
    ("enrolled, date: 2026-01-05", "enrolled, date: 2026-01-04", "the enrolment is recorded twice"),
    ("died, date: 2026-05", "died, date: 2026-05-03", "the death is recorded twice"),
    ("treatment_ended, date: 2026-05-01, reason: toxicity", "treatment_ended, date: 2026-05-01, reason: progression",
     "the end of treatment is recorded twice"),
    ("amendment_applied, date: 2026-05-01, version: '2.0'", "amendment_applied, date: 2026-06-01, version: '2.0'",
     "the amendment to 2.0 is recorded twice"),
    ("transferred, date: 2026-05-01, site: site", "transferred, date: 2026-05-01, site: site, note: again",
     "the transfer of 2026-05-01 is recorded twice"),
    ("booked, date: 2026-01-12, visit: induction.c1.d8", "booked, date: 2026-01-11, visit: induction.c1.week-2",
     "induction.c1.d8 has two appointments"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "wrong"), TWO, ids=lambda value: value[:50])
def test_of_two_facts_that_contradict_each_other_the_later_line_is_told_of_until_one_is_voided(
    first: str, second: str, wrong: str
) -> None:
    lines = f"{first}, id: f1\n{second}, id: f2"
    (problem,) = told(lines)
    assert problem.startswith(f"f:2:3: {wrong}")
    assert "void the one that is wrong" in problem or "two appointments" in wrong
    (turned,) = told(f"{second}, id: f2\n{first}, id: f1")
    assert turned.startswith("f:2:3: ")
    for voided in ("f1", "f2"):
        assert told(f"{lines}\nvoid, date: 2026-04-01, of: {voided}") == []
    assert len(told(f"{lines}\nvoid, date: 2026-04-01, of: f1, id: v\nvoid, date: 2026-04-01, of: v")) == 1


@pytest.mark.parametrize(
    "lines",
    [
        (
            "given, date: 2026-01-12, visit: induction.c1.d8, activity: drug\n"
            "given, date: 2026-01-13, visit: induction.c1.d8, activity: drug, again: true\n"
            "given, date: 2026-01-13, visit: induction.c1.d8, activity: other"
        ),
        "given, date: 2026-01-12, activity: drug, id: f1\ngiven, date: 2026-01-12, activity: drug, id: f2",
        (
            "omitted, date: 2026-01-12, visit: induction.c1.d8, activity: drug, reason: x\n"
            "given, date: 2026-01-12, visit: induction.c1.d8, activity: other"
        ),
        "attended, date: 2026-01-12, visit: washout.d1\nomitted, date: 2026-01-13, visit: washout.d1, reason: x",
        "attended, date: 2026-01-12, visit: induction.c1.d8\nattended, date: 2026-01-14, visit: induction.c1.d8",
        (
            "gate_decided, date: 2026-01-30, gate: induction.c1.response, outcome: good\n"
            "gate_decided, date: 2026-01-30, gate: induction.c2.response, outcome: good"
        ),
        "transferred, date: 2026-05-01, site: site\ntransferred, date: 2026-06-01, site: site",
        "consented, date: 2026-01-01\nconsented, date: 2026-01-01, version: '2.0'",
    ],
)
def test_what_can_both_be_true_is_accepted(lines: str) -> None:
    assert told(lines) == []


# Appointments


def booked(day: int) -> str:
    return f"booked, date: 2026-01-{day}, visit: washout.d1, id: b{day}\n"


def moved(day: int, instead_of: int) -> str:
    return (
        f"rebooked, date: 2026-01-{day}, visit: washout.d1, instead_of: 2026-01-{instead_of}, id: m{day}-{instead_of}\n"
    )


def given_back(day: int) -> str:
    return f"booking_cancelled, date: 2026-01-{day}, visit: washout.d1, id: c{day}\n"


@pytest.mark.parametrize(
    "lines",
    [
        booked(12) + moved(13, 12) + moved(14, 13) + given_back(14) + booked(15),
        moved(14, 13) + moved(13, 12) + booked(12),
        booked(12) + moved(13, 12) + moved(12, 13) + moved(14, 12),
        booked(12) + "rebooked, date: 2026-01-12, visit: washout.d1, instead_of: 2026-01-12, time: 10:00\n",
        booked(12) + given_back(12) + booked(12).replace("b12", "again") + moved(13, 12),
    ],
)
def test_an_appointment_may_be_moved_given_back_and_made_again_in_any_order_of_entry(lines: str) -> None:
    assert told(lines) == []


@pytest.mark.parametrize(
    ("lines", "line", "wrong"),
    [
        (given_back(12), 1, "washout.d1 has no appointment on 12 January 2026; name the day that was booked"),
        (booked(12) + given_back(13), 2, "washout.d1 has no appointment on 13 January 2026"),
        (
            booked(12) + given_back(12) + given_back(12).replace("c12", "d12"),
            3,
            "has no appointment on 12 January 2026",
        ),
        (moved(13, 12), 1, "washout.d1 has no appointment on 12 January 2026"),
        (moved(13, 13), 1, "washout.d1 has no appointment on 13 January 2026"),
        (booked(20) + moved(13, 12) + moved(12, 13), 2, "washout.d1 has no appointment on 12 January 2026"),
        (booked(12) + moved(13, 12) + moved(14, 12), 3, "washout.d1 has no appointment on 12 January 2026"),
        (booked(12) + moved(13, 12) + booked(14), 3, "washout.d1 has two appointments; write rebooked with instead_of"),
    ],
)
def test_an_appointment_that_was_never_made_cannot_be_moved_or_given_back(lines: str, line: int, wrong: str) -> None:
    found = told(lines)
    assert any(each.startswith(f"f:{line}:3: ") and wrong in each for each in found), found
    assert told(booked(12) + moved(13, 12) + "void, date: 2026-01-14, of: b12")[0].startswith("f:2:3: ")


# All of them together


def test_the_same_fact_twice_is_told_of_once_and_two_facts_with_one_id_as_well() -> None:
    line = "given, date: 2026-01-12, visit: washout.d1, activity: other"
    assert told(f"{line}\n{line}\n{line}, note: so") == [
        "f:2:3: the same fact twice; leave one out, or give each an id if both happened",
        (
            "f:3:3: the dose of other at washout.d1 is recorded twice, here and by f3961346ce1 of 12 January 2026;"
            " void the one that is wrong"
        ),
    ]
    assert told(
        "admitted, date: 2026-01-01, id: f1\nadmitted, date: 2026-01-02, id: f1\nadmitted, date: 2026-01-01, id: f1"
    ) == [
        "f:2:3: two facts have the id f1; give each an id of its own",
        "f:3:3: the same fact twice; leave one out, or give each an id if both happened",
    ]


BAD = [line for first, second, _ in TWO for line in (first, second)] + [
    "void, date: 2026-01-01, of: nobody",
    "attended, date: 2026-06-01, visit: induction.c5.d9",
    "given, date: 2026-06-01, activity: drog",
    "rebooked, date: 2026-01-13, visit: washout.d1, instead_of: 2026-01-12",
]


@given(st.integers(0, 10_000))
def test_facts_in_any_order_give_the_same_problems_at_the_same_places(seed: int) -> None:
    facts = read_facts("".join(f"- {{fact: {line}}}\n" for line in BAD), "f")

    def found(facts: Iterable[Fact]) -> str:
        with pytest.raises(HistoryError) as error:
            check_history(STUDY, History(tuple(facts)))
        return str(error.value)

    mixed = list(facts)
    Random(seed).shuffle(mixed)
    assert found(mixed) == found(facts)
    assert found(replace(fact, origin=None) for fact in mixed) == found(replace(fact, origin=None) for fact in facts)


def test_a_what_if_that_contradicts_the_file_is_the_one_that_is_told_of() -> None:
    facts = read_facts("- {fact: enrolled, date: 2026-01-05}", "z.yaml")
    what_if = read_fact_line("enrolled date=2026-01-01")
    with pytest.raises(HistoryError, match=r"^what-if:1:1: the enrolment is recorded twice"):
        check_history(STUDY, History(facts).and_also(what_if))


def test_a_fact_from_no_file_is_told_of_by_its_id() -> None:
    with pytest.raises(HistoryError, match=r"^history:1:1: x: there is no visit 'washout.d2'"):
        check_history(STUDY, History((Attended(date=DAY_1, visit="washout.d2", id="x"),)))


def test_a_thousand_problems_are_listed_and_then_that_there_are_more() -> None:
    found = told("\n".join(f"attended, date: 2026-01-05, visit: washout.x{number}" for number in range(3000)))
    assert len(found) == 1001
    assert "there are more problems than the 1,000 that are listed" in found[-1]


# Off the path


def off_path(*facts: Fact) -> None:
    study, history = builders.design(), History(facts, DAY_1)
    check_history(study, history)
    check_path(history, plan(study, history, date(2026, 3, 1)))


def test_a_stay_that_the_path_does_not_lead_to_is_told_of_unless_a_fact_of_it_is_marked() -> None:
    wrong = (
        *builders.dose("maintenance.c2.d1", date(2026, 2, 3)),
        *builders.dose("maintenance.c2.d8", date(2026, 2, 9), "ino"),
    )
    with pytest.raises(HistoryError) as error:
        off_path(*builders.cycle_done("induction.c1"), *wrong)
    assert str(error.value) == (
        "history:1:1: the path does not lead to maintenance.c2;"
        " if it really happened mark it outside_plan: true; otherwise void it or mend the visit"
    )
    off_path(*builders.cycle_done("induction.c1"), *wrong[1:], replace(wrong[0], outside_plan=True))
    off_path(*builders.cycle_done("induction.c1"), *wrong, *(builders.voided(fact) for fact in wrong))


def test_the_first_line_of_a_stay_off_the_path_is_the_one_that_is_told_of() -> None:
    lines = (
        "- {fact: given, date: 2026-02-09, visit: maintenance.c2.d8, activity: ino}\n"
        "- {fact: given, date: 2026-02-03, visit: maintenance.c2.d1, activity: ino}\n"
    )
    for facts in permutations(read_facts(lines, "f")):
        with pytest.raises(HistoryError, match=r"^f:1:3: the path does not lead to maintenance.c2; if it"):
            off_path(*builders.cycle_done("induction.c1"), *facts)


def test_a_stay_whose_facts_were_voided_after_the_plan_was_known_is_not_told_of() -> None:
    wrong = builders.dose("maintenance.c2.d1", date(2026, 2, 3), "ino")
    facts = (*builders.cycle_done("induction.c1"), *wrong)
    known = plan(builders.design(), History(facts, DAY_1), date(2026, 3, 1))
    check_path(History((*facts, builders.voided(wrong[0])), DAY_1), known)


def test_of_what_is_left_of_a_history_only_what_each_fact_names_is_checked() -> None:
    design = Design((read_protocol(VERSION_1, "p.yaml").protocol,))
    facts = read_facts(
        "- {fact: void, date: 2026-01-05, of: one-that-could-not-be-read}\n"
        "- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: drig}\n"
        "- {fact: gate_decided, date: 2026-01-30, gate: induction.c1.response, outcome: fine}\n",
        "f.yaml",
    )
    with pytest.raises(HistoryError) as refused:
        check_names(design, History(facts))
    assert [(problem.line, problem.wrong) for problem in refused.value.problems] == [
        (2, "there is no activity 'drig'"),
        (3, "there is no outcome 'fine'"),
    ]
    check_names(design, History(facts[:1]))
