"""VISITNUM and VISIT: the same in every version, in every dataset, and in the order of time where there is room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.problems import Refused
from planner.reports.sdtm.book import VisitBook
from planner.reports.sdtm.numbers import allot
from planner.reports.sdtm.schedule import Schedule
from planner.reports.sdtm.trial_visits import trial_visits
from schedules.design import Design
from schedules.protocol import Protocol
from tests import builders

FIRST = """\
  t:
    label: Treatment
    cycles: {length: 14 days, at_most: 2}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
      d8: {label: Day 8, day: 8, activities: [drug]}
"""
LATER = """\
  before:
    label: Before
    stage: screening
    visits:
      look: {label: Look, day: -7, activities: [look]}
  t:
    label: The treatment
    cycles: {length: 14 days, at_most: 3}
    visits:
      d1: {label: First day, day: 1, activities: [drug]}
      d4: {label: Day 4, day: 4, activities: [drug]}
      d5: {label: Day 5, day: 5, activities: [drug]}
      week: {label: Day 8, day: 8, activities: [drug], was: d8}
      d12: {label: Day 12, day: 12, activities: [drug]}
"""
GATE = """\
    gates:
      onward: {label: On, outcomes: {go: {label: Go on}, stop: {label: Stop, to: end}}, default: go}
"""


def numbered(*protocols: Protocol) -> dict[str, tuple[int, str]]:
    """VISITNUM and VISIT of the first version's visits, and of the later ones' by their keys."""
    book, keys = VisitBook(Design(protocols)), ["d1", "d4", "d5", "d8", "d12"]
    found = {key: book.named(f"t.c1.{key}") for key in keys}
    return {key: (named.number, named.name) for key, named in found.items() if named is not None}


def test_what_an_amendment_brings_is_numbered_between_and_nothing_is_numbered_anew() -> None:
    first, later = builders.protocol(FIRST), versioned(builders.protocol(LATER), "2.0")
    assert numbered(first) == {"d1": (10001010, "C1D1"), "d8": (10001020, "C1D8")}
    assert numbered(first, later) == {
        "d1": (10001010, "C1D1"), "d4": (10001013, "C1D4"), "d5": (10001016, "C1D5"), "d8": (10001020, "C1D8"),
        "d12": (10001030, "C1D12"),
    }  # fmt: skip
    book = VisitBook(Design((first, later)))
    assert book.named("t.c1.week") == book.named("t.c1.d8")  # renamed: who began under 2.0 has another key
    assert book.named("before.look") == (5000010, "LOOK")  # an epoch in front of all others


def versioned(protocol: Protocol, version: str) -> Protocol:
    """The same protocol as a later version."""
    return replace(protocol, version=version)


def test_visits_that_are_called_alike_are_told_apart_by_their_epoch() -> None:
    twice = FIRST + FIRST.replace("  t:", "  u:").replace("Treatment", "Further treatment")
    book = VisitBook(Design((builders.protocol(twice),)))
    names = [book.named(key) for key in ("t.c1.d1", "u.c1.d1", "t#2.c1.d1", "t.c7.d1")]
    assert names == [
        (10001010, "C1D1"), (20001010, "FURTHER TREATMENT C1D1"), (1010001010, "C1D1, ENTRY 2"), (10007010, "C7D1"),
    ]  # fmt: skip
    assert book.named("t.d1") is None
    assert book.named("t.c1.d9") is None


def test_tv_has_a_record_for_each_arm_where_arms_differ_and_none_where_not() -> None:
    arms = "arms:\n  one: {label: Arm one}\n  two: {label: Arm two}\n"
    same = Design((builders.protocol(FIRST, arms),))
    assert {row[5] for row in tv_of(same)} == {""}
    other = Design((builders.protocol(FIRST.replace("day: 8,", "day: 8, arms: [two],"), arms),))
    assert [(row[5], row[6], row[3]) for row in tv_of(other)] == [
        ("ONE", "Arm one", "C1D1"), ("ONE", "Arm one", "C2D1"),
        ("TWO", "Arm two", "C1D1"), ("TWO", "Arm two", "C1D8"), ("TWO", "Arm two", "C2D1"), ("TWO", "Arm two", "C2D8"),
    ]  # fmt: skip


def tv_of(design: Design, reached: dict[tuple[str, int], int] | None = None) -> list[tuple[object, ...]]:
    book = VisitBook(design)
    return trial_visits("made-up", design, book, Schedule(design, book), reached or {})


def test_cycles_without_an_end_are_listed_as_far_as_anybody_came_and_the_plans_look_ahead() -> None:
    endless = Design((builders.protocol(f"{FIRST.replace(', at_most: 2', '')}{GATE}"),))
    assert len(tv_of(endless)) == 2 * 4
    assert len(tv_of(endless, {("t", 1): 9})) == 2 * 12
    for_half_a_year = Design((builders.protocol(FIRST.replace("at_most: 2", "within: 6 months")),))
    assert len(tv_of(for_half_a_year)) == 2 * 13  # 181 days: the 14th cycle would begin on day 183


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=20, unique=True), min_size=1, max_size=5))
def test_numbers_are_unique_stay_and_follow_the_order_where_there_is_room(versions: list[list[int]]) -> None:
    known: dict[str, int] = {}
    for version in versions:
        before = dict(known)
        allot(known, [str(each) for each in sorted(version)], 999_999)
        assert before.items() <= known.items()
    assert len(set(known.values())) == len(known)
    first = sorted(versions[0])
    numbers = [known[str(each)] for each in first]
    assert numbers == sorted(numbers) == [10 * place for place in range(1, len(first) + 1)]


def test_more_visits_than_numbers_are_refused_and_a_full_part_uses_every_number() -> None:
    known: dict[str, int] = {}
    allot(known, ["a", "b", "c"], 4)
    allot(known, ["a", "x", "b", "c"], 4)
    assert sorted(known.values()) == [1, 2, 3, 4]
    with pytest.raises(Refused) as refused:
        allot(known, ["y"], 4)
    assert "more than the 4 visits" in refused.value.problems[0].wrong
