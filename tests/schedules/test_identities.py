"""Ids through the versions of a protocol: each belongs to one visit or gate for life, so that keys stay unique."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schedules.design import Design
from schedules.errors import ProtocolError
from schedules.history import AmendmentApplied, History
from schedules.plan import plan
from schedules.protocol import Protocol
from tests.builders import DAY_1, attended, design, enrolled, facts, protocol

GATE = "gates: {g: {label: G, outcomes: {on: {label: On}}, default: on}}"


def version(number: int, *visits: str, gates: str = GATE) -> Protocol:
    """A version with a Day 1 and these visits."""
    every = ", ".join(("d1: {label: D1, day: 1, activities: [drug]}", *visits))
    text = f"  t: {{label: T, cycles: {{length: 28 days, at_most: 2}}, visits: {{{every}}}, {gates}}}\n"
    return replace(protocol(text), version=f"{number}.0")


def told(*versions: Protocol) -> list[tuple[str, str]]:
    """What is wrong with these versions of one protocol: of which version, and what."""
    with pytest.raises(ProtocolError) as refused:
        Design(versions)
    return [(problem.file, problem.wrong) for problem in refused.value.problems]


D8 = "d8: {label: D8, day: 8}"
WEEK_2 = "week-2: {label: W2, day: 8, was: d8}"
VISIT_2 = "visit-2: {label: V2, day: 8, was: week-2}"


def test_a_visit_keeps_its_key_through_every_renaming() -> None:
    study = design(version(1, D8), version(2, WEEK_2), version(3, VISIT_2))
    moved = [AmendmentApplied(date=DAY_1, version=f"{number}.0") for number in (2, 3)]
    made = plan(study, History(facts(enrolled(), moved)), DAY_1)
    assert "t.c1.d8" in {visit.key for visit in made}


def test_an_id_that_a_renamed_visit_gave_up_cannot_name_a_new_one() -> None:
    found = told(version(1, D8), version(2, WEEK_2), version(3, VISIT_2, "d8: {label: New, day: 9}"))
    assert [file for file, _ in found] == ["small 3.0"]
    assert "visits.d8" in found[0][1]
    assert "key of d8" in found[0][1]


def test_an_id_cannot_pass_from_one_visit_to_another() -> None:
    one = version(1, "a: {label: A, day: 8}", "b: {label: B, day: 9}")
    two = version(2, "c: {label: A, day: 8, was: a}", "b: {label: B, day: 9}")
    three = version(3, "c: {label: A, day: 8}", "a: {label: B, day: 9, was: b}")
    assert told(one, two, three) == [("small 3.0", "epochs.t.visits.a: a was the id of another visit in version 1.0")]


def test_was_must_name_what_an_earlier_version_had_of_the_same_kind() -> None:
    for wrong in ("nonsense", "g"):
        found = told(
            version(1, D8), version(2, f"week-2: {{label: W, day: 8, was: {wrong}}}", gates=GATE.replace("g:", "h:", 1))
        )
        assert found == [("small 2.0", f"epochs.t.visits.week-2.was: no earlier version has a visit '{wrong}' here")]


def test_the_first_version_that_is_given_may_say_what_an_id_was_in_one_that_is_not() -> None:
    study = design(version(2, WEEK_2), version(3, VISIT_2))
    made = plan(study, History(facts(enrolled(), attended("t.c1.week-2", DAY_1))), DAY_1)
    assert "t.c1.week-2" in {visit.key for visit in made}


def test_a_visit_that_an_amendment_left_out_comes_back_under_its_own_id() -> None:
    study = design(version(1, D8), version(2), version(3, D8))
    assert study.renamer(0)("t.c1.d8") == "t.c1.d8"


def test_what_once_named_a_gate_cannot_name_a_visit() -> None:
    gone = GATE.replace("{g:", "{h:")
    found = told(version(1), version(2, "g: {label: G, day: 8}", gates=gone))
    assert found == [("small 2.0", "epochs.t.visits.g: g was the id of another gate in version 1.0")]


def test_the_numbers_of_a_repeated_visit_are_kept_apart_from_other_ids_too() -> None:
    month = "m: {label: M, at: 1 day, repeat: {every: 1 day, times: 3}}"
    renamed = month.replace("m: {", "day: {was: m, ")
    later = renamed.replace("was: m, ", "")
    found = told(version(1, month), version(2, renamed), version(3, later, "m-2: {label: M, day: 9}"))
    assert "key of m-2" in found[0][1]
