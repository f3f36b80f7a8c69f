"""A protocol that plans what its own rules forbid is told where, unless arms or cycles keep the two apart."""

from __future__ import annotations

import pytest

from schedules.errors import ProtocolError
from schedules.protocol_file import read_protocol

HEAD = """\
protocol: small
version: "1.0"
title: A small study
arms: {{a: {{label: A}}, b: {{label: B}}}}
activities:
  drug: {{label: Drug, kind: dose}}
  other: {{label: Other drug, kind: dose}}
  puncture: {{label: Puncture, kind: procedure}}
spacing: [{{drug: drug, at_least: {spacing}}}]
never_same_day: [[drug, puncture]]
epochs:
  treatment:
    label: Treatment
    {cycles}
    visits:
      d1: {{label: First, day: 1, window: 0/+3, activities: [other, drug]}}
{visits}"""


def told(*visits: str, spacing: str = "7 days", cycles: str = "cycles: {length: 28 days, at_most: 6}") -> list[str]:
    text = HEAD.format(spacing=spacing, cycles=cycles, visits="".join(f"      {visit}\n" for visit in visits))
    try:
        read_protocol(text, "p.yaml")
    except ProtocolError as error:
        return [str(problem).removeprefix("p.yaml:") for problem in error.problems]
    return []


SPACED = "and its spacing is at least 7 days; move one of the two, or mend the spacing"


@pytest.mark.parametrize(
    ("visit", "said"),
    [
        ("x: {label: X, day: 5, activities: [drug]}", "on Day 1 and Day 5, 4 days apart"),
        ("x: {label: X, day: 5, window: -4/+2, activities: [drug]}", "on Day 1 and Day 5, 4 days apart"),
        ("x: {label: X, at: 4 days, activities: [{activity: drug}]}", "on Day 1 and Day 5, 4 days apart"),
        ("x: {label: X, after: {visit: d1, by: 4 days}, activities: [drug]}", "on Day 1 and Day 5, 4 days apart"),
        ("x: {label: X, after: {visit: treatment.d1, by: 1 day}, activities: [drug]}",
         "on Day 1 and Day 2, 1 day apart"),
        ("x: {label: X, day: 1, activities: [drug]}", "twice on Day 1, at d1 and x"),
        ("x: {label: X, day: 5, cycles: from 3, arms: [b], activities: [drug]}", "on Day 1 and Day 5, 4 days apart"),
        ("x: {label: X, at: 7 days, repeat: {every: 3 days, times: 3}, activities: [drug]}",
         "on Day 8 and Day 11, 3 days apart"),
    ],
)  # fmt: skip
def test_planned_doses_that_are_nearer_than_their_spacing_are_told_of_once(visit: str, said: str) -> None:
    (only,) = told(visit)
    assert only.startswith("17:")
    assert only.partition(": ")[2] == f"drug is planned {said}, {SPACED}"


def test_pairs_are_counted_across_cycles() -> None:
    (only,) = told("x: {label: X, day: 26, activities: [drug]}")
    assert only == f"16:68: drug is planned on Day 26 and Day 1 of the next cycle, 3 days apart, {SPACED}"
    (only,) = told("x: {label: X, day: 1, activities: [other]}", cycles="cycles: {length: 3 days, at_most: 3}")
    assert "on Day 1 and Day 1 of the next cycle, 3 days apart" in only


@pytest.mark.parametrize(
    "visits",
    [
        ["x: {label: X, day: 8, window: -1/+2, activities: [drug]}"],
        ["x: {label: X, day: 5, activities: [other]}"],
        ["x: {label: X, day: 5, window: 0/+3, activities: [drug]}"],
        ["x: {label: X, day: 5, window: days 5 to 8, activities: [drug]}"],
        ["x: {label: X, day: 12, cycles: 1-2, activities: [drug]}",
         "y: {label: Y, day: 15, cycles: 3, activities: [drug]}"],
        ["x: {label: X, day: 12, arms: [a], activities: [drug]}",
         "y: {label: Y, day: 15, arms: [b], activities: [drug]}"],
        ["x: {label: X, day: 12, activities: [{activity: drug, arms: [a]}]}",
         "y: {label: Y, day: 15, activities: [{activity: drug, arms: [b]}]}"],
        ["x: {label: X, day: 26, cycles: 6, activities: [drug]}"],
        ["x: {label: X, at: 1 month, activities: [drug]}"],
        ["x: {label: X, after: {event: enrolment}, activities: [drug]}"],
    ],
)  # fmt: skip
def test_where_arms_cycles_or_days_keep_them_apart_there_is_no_problem(visits: list[str]) -> None:
    assert [each for each in told(*visits) if "is planned" in each] == []


def test_a_spacing_that_only_warns_forbids_nothing() -> None:
    assert told("x: {label: X, day: 5, activities: [drug]}", spacing="7 days, blocks: false") == []


def test_what_never_shares_a_day_cannot_stand_on_the_same_day_without_a_window() -> None:
    drug, puncture = "x: {label: X, day: 8, activities: [drug]}", "y: {label: Y, day: 8, activities: [puncture]}"
    (only,) = told(drug, puncture)
    assert only.startswith("18:42: drug and puncture are never done on one day, and stand on Day 8, at x and y; ")
    assert only.endswith("; move one of the two, or give its visit a window")
    assert told(drug, puncture.replace("day: 8,", "day: 8, window: 0/+1,")) == []
    assert told(drug, puncture.replace("day: 8,", "day: 8, arms: [a],")) != []
    assert told(drug.replace("day: 8,", "day: 8, arms: [b],"), puncture.replace("day: 8,", "day: 8, arms: [a],")) == []
    assert told(drug, puncture.replace("[puncture]", "[{activity: puncture, window: -2/0}]")) == []
