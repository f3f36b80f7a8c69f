"""The observation for dose-limiting toxicity: who is in it, and who is to be replaced."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.history import VisitMissed
from schedules.scheduled import ObservationState
from tests.builders import dose, enrolled, planned, protocol

VISITS = (
    "visits: {d1: {label: D1, day: 1, activities: [drug]}, d8: {label: D8, day: 8, activities: [drug]},"
    " d22: {label: D22, day: 22, activities: [drug]}}"
)
RULE = "observation: {epoch: t, cycle: 1, length: 21 days}"


def observed(extent: str, *facts: object, as_of: date = date(2026, 1, 30)) -> ObservationState | None:
    study = protocol(f"  t: {{label: T, {extent}, {VISITS}}}\n", RULE)
    return planned(enrolled(), *facts, protocol=study, as_of=as_of).observation  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("extent", "stay"), [("length: 28 days", "t"), ("cycles: {length: 28 days, at_most: 2}", "t.c1")]
)
def test_an_epoch_is_observed_whether_or_not_it_comes_in_cycles(extent: str, stay: str) -> None:
    given = dose(f"{stay}.d1", date(2026, 1, 5), "drug")
    states = {day: observed(extent, given, as_of=date(2026, 1, day)) for day in (25, 26)}
    assert [(found.closes.day, found.state) for found in states.values() if found] == [
        (25, "observing"), (25, "evaluable"),
    ]  # fmt: skip
    missed = observed(extent, given, VisitMissed(date=date(2026, 1, 12), visit=f"{stay}.d8"))
    assert missed is not None
    assert missed.state == "to-be-replaced"


def test_a_dose_missed_after_the_observation_does_not_make_it_void() -> None:
    given = dose("t.d1", date(2026, 1, 5), "drug")
    found = observed("length: 28 days", given, VisitMissed(date=date(2026, 1, 26), visit="t.d22"))
    assert found is not None
    assert found.state == "evaluable"
