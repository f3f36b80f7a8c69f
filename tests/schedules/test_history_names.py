"""What a fact names: the visits, gates, cycles, drugs and sites of any version of the study."""

from __future__ import annotations

import pytest

from schedules.design import Design
from schedules.errors import HistoryError
from schedules.history import History
from schedules.history_checks import check_history
from schedules.history_file import read_facts
from schedules.protocol_file import read_protocol

VERSION_1 = """\
protocol: small
version: "1.0"
title: A small study
arms: {a: {label: A, sequence: [induction, washout]}, b: {label: B, sequence: [washout, induction]}}
cohorts: {one: {label: One}}
events: {rash: A rash}
activities:
  drug: {label: Drug, kind: dose}
  other: {label: Other drug, kind: dose}
  pill: {label: Pill, kind: home-dose}
  look: {label: Look, kind: assessment}
epochs:
  screening:
    label: Screening
    stage: screening
    visits:
      early: {label: Early, day: -7, valid_for: 14 days, activities: [look]}
      late: {label: Late, day: -2, activities: [look]}
  induction:
    label: Induction
    cycles: {length: 28 days, at_most: 2}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
      d8: {label: Day 8, day: 8, activities: [drug, other]}
      d15: {label: Day 15, day: 15, cycles: every 2, activities: [drug]}
      only-b: {label: Only in b, day: 20, arms: [b], activities: [look]}
    gates:
      response: {label: Response, outcomes: {good: {label: Good}, bad: {label: Bad, to: end}}}
  washout:
    label: Washout
    visits:
      d1: {label: Washout, day: 1, activities: [other]}
  follow-up:
    label: Follow-up
    stage: follow-up
    visits:
      month: {label: "Month {n}", after: {event: last-dose}, repeat: {every: 3 months, times: 3}, activities: [look]}
      week: {label: Week, at: 1 week, activities: [look]}
"""
#: Day 8 became week-2, month became quarter, the gate another one; day 22 and the cohort two are new.
VERSION_2 = (
    VERSION_1.replace('"1.0"', '"2.0"')
    .replace("d8: {label: Day 8,", "d22: {label: Day 22, day: 22}\n      week-2: {was: d8, label: Day 8,")
    .replace("month: {", "quarter: {was: month, ")
    .replace("response: {", "answer: {was: response, ")
    .replace("at_most: 2", "at_most: 3")
    .replace("one: {label: One}", "one: {label: One}, two: {label: Two}")
)
VERSION_3 = (
    VERSION_2.replace('"2.0"', '"3.0"')
    .replace("week-2: {was: d8,", "visit-2: {was: week-2,")
    .replace("quarter: {was: month, ", "quarter: {")
)
STUDY = Design(tuple(read_protocol(text, "p.yaml").protocol for text in (VERSION_1, VERSION_2, VERSION_3)))


def problems(text: str, study: Design = STUDY) -> list[str]:
    """What is told of a file of facts; nothing if they can all be true."""
    try:
        check_history(study, History(read_facts(text, "f")))
    except HistoryError as error:
        return [str(problem) for problem in error.problems]
    return []


def told(lines: str) -> list[str]:
    """What is told of facts, one to a line, without the braces around each."""
    return problems("".join(f"- {{fact: {line}}}\n" for line in lines.splitlines()))


# One fact that cannot be

ONE = [
    ("attended, date: 2026-01-05, visit: d1", "'d1' is not a visit", "write epoch.visit or epoch.cN.visit"),
    ("attended, date: 2026-01-05, visit: Induction.c1.d1", "is not a visit", "write epoch.visit"),
    ("attended, date: 2026-01-05, visit: induction.c0.d1", "is not a visit", "write epoch.visit"),
    ("attended, date: 2026-01-05, visit: indction.c1.d1", "there is no epoch 'indction'", "did you mean induction?"),
    ("attended, date: 2026-01-05, visit: xyz.d1", "there is no epoch 'xyz'", "known here: follow-up, induction"),
    ("attended, date: 2026-01-05, visit: induction.d1", "there is no visit 'induction.d1'", "induction.c1.d1"),
    ("attended, date: 2026-01-05, visit: washout.c1.d1", "there is no visit 'washout.c1.d1'", "mean washout.d1?"),
    ("attended, date: 2026-01-05, visit: induction.c1.d9", "there is no visit 'induction.c1.d9'", "induction.c1.d"),
    ("attended, date: 2026-01-05, visit: induction.c1.d15", "there is no visit 'induction.c1.d15'", "induction.c1."),
    ("attended, date: 2026-01-05, visit: follow-up.month", "there is no visit 'follow-up.month'", "follow-up.month-"),
    ("attended, date: 2026-01-05, visit: follow-up.month-9", "there is no visit", "follow-up.month-"),
    ("attended, date: 2026-01-05, visit: induction.c4.d1", "induction.c4 is beyond the most cycles, 3", "outside_plan"),
    ("booked, date: 2026-01-05, visit: induction.c999.d1", "induction.c999 is beyond the most cycles", "outside_plan"),
    ("attended, date: 2026-01-05, visit: screening#2.early", "screening is gone through once", "write it without #2"),
    ("attended, date: 2026-01-05, visit: follow-up#3.week", "follow-up is gone through once", "write it without #3"),
    ("attended, date: 2026-01-05, visit: screening.late#2", "does not come a second time", "write it without #2"),
    ("given, date: 2026-01-05, visit: induction.c1.d1#2, activity: drug", "a second time", "is marked again: true"),
    (
        "gate_decided, date: 2026-01-30, gate: induction.response, outcome: good",
        "there is no gate",
        "induction.cN.answer",
    ),
    (
        "gate_decided, date: 2026-01-30, gate: induction.c1.respond, outcome: good",
        "there is no gate",
        "induction.cN.res",
    ),
    (
        "gate_decided, date: 2026-01-30, gate: nowhere.c1.response, outcome: good",
        "there is no gate",
        "induction.cN.res",
    ),
    (
        "gate_decided, date: 2026-01-30, gate: induction.c1.response#2, outcome: good",
        "there is no gate",
        "the gates are",
    ),
    ("gate_decided, date: 2026-01-30, gate: response, outcome: good", "there is no gate 'response'", "the gates are"),
    ("gate_decided, date: 2026-01-30, gate: induction.c9.response, outcome: good", "beyond the most cycles, 3", "mark"),
    ("gate_decided, date: 2026-01-30, gate: induction.c1.response, outcome: god", "there is no outcome", "mean good?"),
    (
        "cycle_held, date: 2026-01-30, cycle: induction, reason: x",
        "'induction' is not a cycle",
        "induction.c1 or washout",
    ),
    ("cycle_held, date: 2026-01-30, cycle: induction.c1.d1, reason: x", "is not a cycle", "write e.g. induction.c1"),
    ("cycle_held, date: 2026-01-30, cycle: washout.c1, reason: x", "is not a cycle", "write e.g. induction.c1"),
    (
        "cycle_held, date: 2026-01-30, cycle: screening, reason: x",
        "'screening' is not a cycle",
        "write e.g. induction.c1",
    ),
    ("cycle_held, date: 2026-01-30, cycle: nowhere.c1, reason: x", "'nowhere.c1' is not a cycle", "write e.g."),
    (
        "cycle_delayed, date: 2026-01-30, cycle: induction.c7, to: 2026-02-02, reason: x",
        "beyond the most",
        "outside_plan",
    ),
    ("given, date: 2026-01-05, activity: drog", "there is no activity 'drog'", "did you mean drug?"),
    ("given, date: 2026-01-05, activity: look", "look is no drug of the study", "write assessed"),
    ("reduced, date: 2026-01-05, visit: induction.c1.d1, activity: look, to: less, reason: x", "no drug", "assessed"),
    ("assessed, date: 2026-01-05, activity: drug", "drug is a drug", "write given"),
    ("attended, date: 2026-01-05, visit: induction.c1.d1, not_done: [lok]", "no activity 'lok'", "mean look?"),
    ("unscheduled_visit, date: 2026-01-05, activities: [look, xyz]", "there is no activity 'xyz'", "known here: drug"),
    ("held, date: 2026-01-05, reason: x", "nothing is said to be held", "name a visit, or an activity"),
    ("held, date: 2026-01-05, activity: drug, reason: x", "drug is not taken at home", "name the visit"),
    ("omitted, date: 2026-01-05, reason: x", "nothing is said to be left out", "name a visit, or an activity"),
    ("omitted, date: 2026-01-05, activity: drug, reason: x", "drug is not taken at home", "name the visit"),
    ("enrolled, date: 2026-01-05, arm: c", "there is no arm 'c'", "known here: a, b"),
    ("enrolled, date: 2026-01-05, cohort: three", "there is no cohort 'three'", "known here: one, two"),
    ("enrolled, date: 2026-01-05, site: north", "there is no site 'north'", "known here: site"),
    ("enrolled, date: 2026-01-05, version: '4.0'", "there is no protocol version '4.0'", "did you mean"),
    ("enrolled, date: 2026-01-05, dose_levels: {drog: 1 mg}", "there is no activity 'drog'", "did you mean drug?"),
    ("enrolled, date: 2026-01-05, dose_levels: {look: 1 mg}", "look is no drug", "write assessed"),
    ("transferred, date: 2026-01-05, site: sight", "there is no site 'sight'", "did you mean site?"),
    ("amendment_applied, date: 2026-01-05, version: '9'", "there is no protocol version '9'", "1.0, 2.0, 3.0"),
    ("consented, date: 2026-01-05, version: '1.O'", "there is no protocol version '1.O'", "did you mean 1.0?"),
    ("attended, date: 2026-01-05, visit: induction.c1.d1, version: '5'", "no protocol version '5'", "1.0, 2.0"),
    ("event_occurred, date: 2026-01-05, event: rush", "there is no event 'rush'", "did you mean rash?"),
    (
        "held, date: 2026-01-05, activity: pill, reason: x, resume: 2026-01-04",
        "resume 2026-01-04 is before",
        "later day",
    ),
    ("cycle_held, date: 2026-01-05, cycle: washout, reason: x, recheck: 2025-01-06", "recheck 2025-01-06", "later day"),
    ("away, date: 2026-01-05, until: 2026-01-04", "until 2026-01-04 is before 2026-01-05", "write a later day"),
    ("transplanted, date: 2026-01-05, conditioning: 2026-01-06", "conditioning 2026-01-06 is after", "earlier day"),
    ("withdrew, date: 2026-01-05, scope: contact, remains: [contact]", "contact cannot remain", "mend the scope"),
    ("void, date: 2026-01-05, of: f99", "there is no fact with the id 'f99'", "known here: f0, f1"),
    ("told, date: 2026-01-05, about: f99", "there is no fact with the id 'f99'", "known here: f0, f1"),
    ("void, date: 2026-01-05, of: f1", "a fact cannot be about itself", "the id of another fact"),
    ("admitted, date: 2026-05-02", "this is about 2 May 2026, after the death on 1 May 2026", "void the death"),
]


@pytest.mark.parametrize(("line", "wrong", "right"), ONE, ids=lambda value: value[:60])
def test_a_fact_that_cannot_be_is_refused_and_no_more_once_it_is_voided(line: str, wrong: str, right: str) -> None:
    death = "died, date: 2026-05-01, id: f0" if "after the death" in wrong else "consented, date: 2026-01-01, id: f0"
    lines = f"{death}\n{line}, id: f1"
    (problem,) = told(lines)
    assert problem.startswith("f:2:3: ")
    assert wrong in problem.partition("; ")[0]
    assert right in problem.partition("; ")[2]
    if "fact" not in wrong:
        assert told(f"{lines}\nvoid, date: 2026-04-01, of: f1") == []


ACCEPTED = [
    "attended, date: 2026-01-05, visit: induction.c1.d8",
    "attended, date: 2026-01-05, visit: induction.c1.week-2",  # only in version 2.0 by this name
    "attended, date: 2026-01-05, visit: induction.c2.visit-2",
    "attended, date: 2026-01-05, visit: induction.c3.d22",  # the visit and the cycle are only in later versions
    "attended, date: 2026-01-05, visit: induction.c1.only-b",  # another arm
    "attended, date: 2026-01-05, visit: induction#2.c1.d1",
    "attended, date: 2026-01-05, visit: follow-up.month-3",
    "attended, date: 2026-01-05, visit: follow-up.quarter-0",
    "attended, date: 2026-01-05, visit: follow-up.month-6#2",
    "attended, date: 2026-01-05, visit: screening.early#2",
    "given, date: 2026-01-05, visit: induction.c4.d1, activity: drug, outside_plan: true",
    "given, date: 2026-01-05, visit: induction.c1.d1, activity: other",  # the wrong drug
    "given, date: 2026-01-05, activity: pill",
    "gate_decided, date: 2026-01-30, gate: induction.c1.response, outcome: bad",
    "gate_decided, date: 2026-01-30, gate: induction.c3.answer, outcome: good",
    "cycle_held, date: 2026-01-30, cycle: washout, reason: x",
    "cycle_delayed, date: 2026-01-30, cycle: induction#2.c3, to: 2026-02-01, reason: x",
    "enrolled, date: 2026-01-05, cohort: two, arm: b, version: '2.0', dose_levels: {pill: level 1}",
    "held, date: 2026-01-05, activity: pill, reason: x, resume: 2026-01-05",
    "withdrew, date: 2026-01-05, scope: visits, remains: [contact]",
    "died, date: 2026-05\nadmitted, date: 2026-05-31",
    "died, date: 2026-05-01\nbooked, date: 2026-05-31, visit: follow-up.week\ntold, date: 2026-06-01, about: f1",
    "consented, date: 2026-05-01, id: f2\nadmitted, date: 2026-01-01",
]


@pytest.mark.parametrize("lines", ACCEPTED)
def test_what_is_on_some_path_of_some_version_or_marked_is_accepted(lines: str) -> None:
    assert told(f"admitted, date: 2025-01-01, id: f1\n{lines}") == []


def test_versions_with_other_arms_can_be_checked() -> None:
    renamed = VERSION_2.replace("{a: {label: A", "{c: {label: A")
    study = Design((STUDY.versions[0], read_protocol(renamed, "p").protocol))
    assert problems("- {fact: attended, date: 2026-01-05, visit: washout.d1}", study) == []
    assert len(problems("- {fact: enrolled, date: 2026-01-05, arm: c}", study)) == 1


def test_names_are_taken_as_the_version_of_the_enrolment_has_them() -> None:
    twice = "given, date: 2026-01-12, visit: induction.c1.{}, activity: drug\n"
    lines = "enrolled, date: 2026-01-01, version: '{}'\n" + twice.format("week-2") + twice.format("visit-2")
    assert "the dose of drug at induction.c1.week-2 is" in told(lines.format("2.0"))[0]
    assert "the dose of drug at induction.c1.d8 is" in told(lines.format("1.0"))[0]
