"""Arms and cohorts that an amendment brings: whoever comes under the newer version may be in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schedules.deviation import Kind
from schedules.errors import DesignError, HistoryError
from schedules.history import AmendmentApplied, Enrolled, History
from schedules.history_checks import check_history
from schedules.plan import plan
from schedules.protocol import Protocol
from schedules.scheduled import Plan
from tests.builders import DAY_1, design, dose, enrolled, protocol

VISITS = "d1: {label: D1, day: 1, activities: [drug]}, y: {label: Y, day: 8, arms: [y], activities: [look]}"
ONE, BOTH = "arms: {x: {label: X}}", "arms: {x: {label: X}, y: {label: Y}}"
COHORTS = "cohorts: {low: {label: Low, dose_levels: {drug: 1 mg}}, high: {label: High, dose_levels: {drug: 2 mg}}}"


def version(number: int, arms: str, visits: str = VISITS) -> Protocol:
    return replace(protocol(f"  t: {{label: T, visits: {{{visits}}}}}\n", arms), version=f"{number}.0")


V1 = version(1, ONE, VISITS.partition(", y:")[0])
V2 = version(2, f"{BOTH}\n{COHORTS}")
NO_ARMS = version(1, "", VISITS.partition(", y:")[0])


def made(entry: Enrolled, *others: AmendmentApplied, versions: tuple[Protocol, ...] = (V1, V2)) -> Plan:
    study, history = design(*versions), History((entry, *others))
    check_history(study, history)
    return plan(study, history, DAY_1)


def test_an_arm_that_an_amendment_added_is_there_for_whoever_enrols_under_it() -> None:
    found = made(enrolled(arm="y", version="2.0"))
    assert {visit.key for visit in found} == {"t.d1", "t.y"}


def test_an_arm_that_only_a_later_version_has_is_refused_for_whoever_began_before_it() -> None:
    with pytest.raises(HistoryError, match="there is no arm 'y'"):
        made(enrolled(arm="y"))
    with pytest.raises(DesignError, match="the protocol has no arm 'y'; its arms are x"):
        plan(design(V1, V2), History((), DAY_1, "y"), DAY_1)


def test_who_moves_to_a_version_with_arms_must_be_in_one_of_them() -> None:
    moved = AmendmentApplied(date=DAY_1, version="2.0")
    with pytest.raises(DesignError, match=r"version 2.0 of the protocol has arms; say which one: x, y"):
        made(enrolled(), moved, versions=(NO_ARMS, V2))
    assert "t.y" in {visit.key for visit in made(enrolled(arm="y"), moved, versions=(NO_ARMS, V2))}


def test_who_is_in_an_arm_that_the_new_version_has_not_cannot_move_to_it() -> None:
    moved = AmendmentApplied(date=DAY_1, version="1.0")
    with pytest.raises(DesignError, match=r"version 1.0 of the protocol has no arm 'y'"):
        made(enrolled(arm="y", version="2.0"), moved)


def test_the_dose_level_is_that_of_the_cohort_in_the_version_of_the_enrolment() -> None:
    entry = enrolled(arm="x", version="2.0", cohort="high")
    study = design(V1, V2)
    for level, count in (("2 mg", 0), ("1 mg", 1)):
        found = plan(study, History((entry, *dose("t.d1", DAY_1, "drug", level=level))), DAY_1).deviations
        assert [deviation.kind for deviation in found].count(Kind.WRONG_LEVEL) == count
