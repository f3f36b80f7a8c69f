"""The least time between two doses of a drug, and what it makes of the days of a visit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schedules.history import Given, Held, Omitted, UnscheduledVisit, VisitMissed
from schedules.spacing import Bound, DoseLedger, How, between, last_given
from schedules.specs import DoseRule
from schedules.statuses import Status
from tests.builders import (
    booked,
    closed,
    cycle_done,
    decided,
    dose,
    enrolled,
    facts,
    planned,
    protocol,
    targets,
    voided,
)

WEEK = DoseRule("drug", 7, blocks=True)
ordinals = st.integers(700_000, 701_000)


def bound(given: list[int], due: int, latest: tuple[int, How] | None = None) -> Bound:
    ledger = DoseLedger({"drug": sorted(given)})
    if latest:
        ledger.note("drug", *latest)
    (found,) = ledger.bounds((WEEK,), due)
    return found


# The rule itself


def test_without_a_dose_before_or_after_every_day_is_allowed() -> None:
    free = bound([], 100)
    assert (free.earliest, free.latest) == (None, None)
    assert free.allows(1)


def test_the_seventh_day_after_a_dose_is_the_first_that_a_spacing_of_seven_days_allows() -> None:
    after = bound([100], 107)
    assert (after.earliest, after.how) == (107, How.GIVEN)
    assert [day for day in range(104, 110) if after.allows(day)] == [107, 108, 109]


def test_a_dose_that_was_given_later_allows_only_days_that_long_before_it() -> None:
    before = bound([100, 120], 110)
    assert (before.earliest, before.latest) == (107, 113)
    assert [day for day in range(100, 121) if before.allows(day)] == list(range(107, 114))


def test_between_two_doses_that_are_too_near_no_day_is_allowed() -> None:
    assert not any(bound([100, 110], 105).allows(day) for day in range(100, 111))


@pytest.mark.parametrize("how", [How.BOOKED, How.PLANNED])
def test_a_planned_or_booked_dose_binds_like_a_given_one_until_a_later_one_is_given(how: How) -> None:
    assert bound([], 108, (101, how)).earliest == 108
    assert bound([100], 108, (101, how))[1:3] == (101, how)
    assert bound([100, 102], 108, (101, how))[1:3] == (102, How.GIVEN)


def test_the_latest_dose_on_the_path_binds_whatever_came_to_be_noted_last() -> None:
    ledger = DoseLedger({})
    for day in (100, 120, 110):
        ledger.note("drug", day, How.PLANNED)
    assert ledger.bounds((WEEK,), 125)[0].earliest == 127


def test_of_two_doses_on_one_day_the_one_that_was_noted_last_says_how_it_is_known() -> None:
    ledger = DoseLedger({})
    ledger.note("drug", 100, How.PLANNED)
    ledger.note("drug", 100, How.BOOKED)
    assert ledger.bounds((WEEK,), 107)[0][1:3] == (100, How.BOOKED)


def test_each_drug_is_bound_only_by_its_own_doses() -> None:
    ledger = DoseLedger({"drug": [100]})
    ledger.note("other", 103, How.PLANNED)
    six = DoseRule("other", 6, blocks=True)
    assert [found.earliest for found in ledger.bounds((WEEK, six), 110)] == [107, 109]


def test_the_last_dose_is_the_latest_of_any_drug() -> None:
    assert last_given({"drug": [1, 9], "other": [12], "none": []}) == 12
    assert last_given({}) is None


@given(st.lists(ordinals, max_size=6), ordinals, st.none() | ordinals)
def test_a_day_that_is_allowed_keeps_the_spacing_to_the_neighbouring_given_doses_and_the_latest_planned(
    given: list[int], due: int, latest: int | None
) -> None:
    found = bound(given, due, None if latest is None else (latest, How.PLANNED))
    before = [day for day in [*given, *([] if latest is None else [latest])] if day <= due]
    after = [day for day in given if day > due]
    for day in range(due - 20, due + 21):
        if found.allows(day):
            assert not before or day - max(before) >= 7
            assert not after or min(after) - day >= 7


# In a plan: vsli-ino, VSLI seven days apart, inotuzumab six


def test_a_late_day_1_moves_day_8_and_day_15_and_the_next_day_1() -> None:
    made = planned(enrolled(), dose("induction.c1.d1", date(2026, 1, 8)))
    assert targets(made, "induction.c1")["d8"] == date(2026, 1, 15)
    assert targets(made, "induction.c1")["d15"] == date(2026, 1, 22)
    assert targets(made, "maintenance.c1")["d1"] == date(2026, 2, 5)


def test_a_day_8_that_is_two_days_late_leaves_day_15_on_the_last_day_of_its_window() -> None:
    made = planned(enrolled(), dose("induction.c1.d1", date(2026, 1, 5)), dose("induction.c1.d8", date(2026, 1, 14)))
    assert targets(made, "induction.c1")["d15"] == date(2026, 1, 21)
    assert made.visit("induction.c1.d15").feasible == (date(2026, 1, 21),)


def test_a_day_8_that_is_three_days_late_leaves_no_day_for_day_15_and_says_from_when_it_would_be_safe() -> None:
    made = planned(enrolled(), dose("induction.c1.d1", date(2026, 1, 5)), dose("induction.c1.d8", date(2026, 1, 15)))
    day_15 = made.visit("induction.c1.d15")
    assert (day_15.status, day_15.target) == (Status.NEEDS_DECISION, None)
    (conflict,) = day_15.conflicts
    assert (conflict.kind, conflict.earliest_safe, conflict.may_omit) == ("no-day", date(2026, 1, 22), True)
    assert "Vincristine sulfate liposome IV was given on 15 January 2026 and must be 7 days apart" in conflict.text


def test_inotuzumab_alone_may_follow_after_six_days_where_vsli_was_omitted() -> None:
    day_8 = date(2026, 1, 14)
    left_out = Omitted(date=day_8, visit="induction.c1.d15", activity="vsli", reason="neuropathy")
    made = planned(
        enrolled(), dose("induction.c1.d1", date(2026, 1, 5)), dose("induction.c1.d8", day_8, "ino"), left_out,
        Omitted(date=day_8, visit="induction.c1.d8", activity="vsli", reason="neuropathy"),
    )  # fmt: skip
    assert targets(made, "induction.c1")["d15"] == date(2026, 1, 20)


def test_after_a_recorded_hold_the_next_dose_is_due_when_spacing_allows_and_its_window_starts_there() -> None:
    hold = Held(date=date(2026, 1, 12), visit="induction.c1.d8", reason="toxicity", resume=date(2026, 1, 15))
    day_1 = dose("induction.c1.d1", date(2026, 1, 5))
    made = planned(enrolled(), day_1, hold, dose("induction.c1.d8", date(2026, 1, 15)))
    day_15 = made.visit("induction.c1.d15")
    assert (day_15.due, day_15.opens, day_15.closes) == (date(2026, 1, 22), date(2026, 1, 22), date(2026, 1, 24))
    assert targets(made, "maintenance.c1")["d1"] == date(2026, 2, 2)
    assert not [deviation for deviation in made.deviations if "c1.d8" in deviation.id]


def test_the_next_cycle_waits_for_the_spacing_after_a_late_day_15() -> None:
    done = [*cycle_done("induction.c1", days=(1, 8)), *dose("induction.c1.d15", date(2026, 1, 29))]
    made = planned(enrolled(), done, decided("induction.c1.response", date(2026, 1, 30), "benefit"))
    assert targets(made, "maintenance.c1")["d1"] == date(2026, 2, 5)


def test_a_booked_dose_binds_the_next_one() -> None:
    first = dose("induction.c1.d1", date(2026, 1, 5))
    made = planned(enrolled(), first, booked("induction.c1.d8", date(2026, 1, 14)), as_of=date(2026, 1, 6))
    assert targets(made, "induction.c1") | {"marrow": None} == {
        "d1": date(2026, 1, 5), "d8": date(2026, 1, 14), "d15": date(2026, 1, 21), "marrow": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "gone",
    [
        VisitMissed(date=date(2026, 1, 14), visit="induction.c1.d8"),
        Omitted(date=date(2026, 1, 14), visit="induction.c1.d8", reason="toxicity"),
    ],
    ids=["missed", "left out"],
)
def test_the_appointment_of_a_dose_that_was_missed_or_left_out_binds_nothing(gone: VisitMissed | Omitted) -> None:
    first = dose("induction.c1.d1", date(2026, 1, 5))
    made = planned(enrolled(), first, booked("induction.c1.d8", date(2026, 1, 14)), gone, as_of=date(2026, 1, 15))
    assert targets(made, "induction.c1")["d15"] == date(2026, 1, 19)


def test_a_dose_outside_any_visit_binds_the_next_one_until_it_is_voided() -> None:
    loose = Given(date=date(2026, 1, 8), activity="vsli", id="loose")
    begun = facts(enrolled(), dose("induction.c1.d1", date(2026, 1, 5)))
    bound = planned(begun, loose, as_of=date(2026, 1, 9))
    assert bound.visit("induction.c1.d8").status is Status.NEEDS_DECISION
    free = planned(begun, loose, voided(loose), as_of=date(2026, 1, 9))
    assert targets(free, "induction.c1")["d8"] == date(2026, 1, 12)


def test_two_doses_that_were_given_too_near_are_a_deviation_by_so_many_days() -> None:
    made = planned(enrolled(), dose("induction.c1.d1", date(2026, 1, 5)), dose("induction.c1.d8", date(2026, 1, 10)))
    close = {deviation.id: deviation.days for deviation in made.deviations if deviation.kind == "too-close"}
    assert close == {"too-close:induction.c1.d8:vsli": 2, "too-close:induction.c1.d8:ino": 1}


def test_vsli_is_not_planned_on_the_day_of_intrathecal_chemotherapy() -> None:
    visit = UnscheduledVisit(date=date(2026, 1, 12), activities=("intrathecal",))
    made = planned(enrolled(), dose("induction.c1.d1", date(2026, 1, 5)), visit, as_of=date(2026, 1, 6))
    assert targets(made, "induction.c1")["d8"] == date(2026, 1, 13)
    assert "never given on the same day" in " ".join(made.visit("induction.c1.d8").why)


SMALL = """  t:
    label: T
    visits:
      d1: {label: One, day: 1, activities: [drug]}
      d4: {label: Four, day: 4, window: 0/+5, activities: [drug]}
"""


def test_a_spacing_that_only_warns_leaves_the_day_and_says_so() -> None:
    warns = protocol(SMALL, "spacing: [{drug: drug, at_least: 7 days, blocks: false}]")
    made = planned(protocol=warns)
    assert targets(made, "t") == {"d1": date(2026, 1, 5), "d4": date(2026, 1, 8)}
    (conflict,) = made.visit("t.d4").conflicts
    assert (conflict.kind, conflict.blocks) == ("spacing", False)
    assert "not before 12 January 2026" in conflict.text


def test_a_spacing_that_blocks_moves_the_visit_to_the_first_day_that_keeps_it() -> None:
    blocks = protocol(SMALL, "spacing: [{drug: drug, at_least: 7 days}]")
    assert targets(planned(protocol=blocks), "t")["d4"] == date(2026, 1, 12)
    shut = closed(date(2026, 1, 12), date(2026, 1, 13))
    assert targets(planned(protocol=blocks, closed=[shut]), "t")["d4"] is None


@given(st.integers(1, 20), st.integers(0, 20))
def test_in_a_plan_of_two_doses_the_second_keeps_its_spacing(least: int, after: int) -> None:
    assume(least <= 3 + after)  # a protocol that plans less is refused
    text = SMALL.replace("0/+5", f"0/+{after}")
    made = planned(protocol=protocol(text, f"spacing: [{{drug: drug, at_least: {least} days}}]"), weekend=())
    first, second = targets(made, "t").values()
    assert first == date(2026, 1, 5)
    due = max(3, least)
    assert second == first + timedelta(days=due)


def test_a_dose_of_the_visit_before_comes_before_also_where_it_was_given_after_the_next_one_was_due() -> None:
    ledger, rule = DoseLedger({"drug": [10]}), DoseRule("drug", 7, True)
    ledger.note("drug", 10, How.PLANNED)
    assert ledger.bounds((rule,), 9) == (Bound(rule, 10, How.GIVEN, None),)


AMONG = {100: How.GIVEN, 107: How.BOOKED, 121: How.PLANNED, 130: How.GIVEN}


@pytest.mark.parametrize(
    ("due", "found"),
    [
        (99, Bound(WEEK, None, How.PLANNED, 100, How.GIVEN)),
        (106, Bound(WEEK, 100, How.GIVEN, 107, How.BOOKED)),
        (107, Bound(WEEK, 107, How.BOOKED, 121, How.PLANNED)),
        (125, Bound(WEEK, 121, How.PLANNED, 130, How.GIVEN)),
        (131, Bound(WEEK, 130, How.GIVEN, None, How.PLANNED)),
    ],
)
def test_a_dose_among_others_is_bound_by_the_nearest_on_either_side_as_they_are_known(due: int, found: Bound) -> None:
    assert between(WEEK, AMONG, due) == found
