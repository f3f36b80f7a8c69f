"""Every dose that nobody planned is told: given again, elsewhere, at another level, or of a drug that was stopped."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schedules.deviation import Kind
from schedules.errors import HistoryError
from schedules.history import CycleHeld, Given, History, Reduced, UnscheduledVisit
from schedules.plan import plan
from schedules.scheduled import Plan
from tests.builders import (
    DAY_1,
    attended,
    consented,
    cycle_done,
    decided,
    design,
    dose,
    enrolled,
    facts,
    planned,
    protocol,
    ven,
)

BEGUN = (consented(), enrolled(), *dose("induction.c1.d1", DAY_1))


def january(day: int) -> date:
    return date(2026, 1, day)


def ids(made: Plan, *kinds: Kind) -> list[str]:
    return [found.id for found in made.deviations if found.kind in kinds]


def test_a_second_administration_at_a_visit_is_one_deviation_however_often_it_came() -> None:
    again = [Given(id=name, date=DAY_1, visit="induction.c1.d1", activity="ino", again=True) for name in "ab"]
    made = planned(BEGUN, again)
    assert ids(made, Kind.GIVEN_AGAIN, Kind.TOO_CLOSE) == ["given-again:induction.c1.d1:ino"]
    found = next(found for found in made.deviations if found.kind is Kind.GIVEN_AGAIN)
    assert (found.important, "3 times at C1D1" in found.text) == (True, True)


def test_doses_of_two_visits_on_one_day_are_too_close_by_the_whole_spacing() -> None:
    made = planned(BEGUN, dose("induction.c1.d8", january(12)), dose("induction.c1.d15", january(12)))
    close = [found for found in made.deviations if found.kind is Kind.TOO_CLOSE and found.date == january(12)]
    assert {(found.activity, found.days) for found in close} == {("ino", 6), ("vsli", 7)}


def test_a_dose_outside_any_visit_is_a_deviation_of_its_own() -> None:
    made = planned(BEGUN, Given(id="loose", date=january(20), activity="ino"))
    assert "unplanned-dose:loose:ino" in ids(made, Kind.UNPLANNED_DOSE)


def test_a_pill_taken_at_home_is_none() -> None:
    study = protocol("  t: {label: T, length: 7 days, home: {pill: {days: 1-7}}, visits: {d1: {label: D1, day: 1}}}")
    taken = Given(date=january(6), activity="pill")
    assert planned(consented(), enrolled(), attended("t.d1", DAY_1), taken, protocol=study).deviations == ()


def reduced(day: date, visit: str, to: str) -> Reduced:
    return Reduced(date=day, visit=visit, activity="ino", to=to, reason="toxicity")


@pytest.mark.parametrize("enrolled_at", [{}, {"ino": "level 1"}], ids=["without a level", "with a level"])
def test_after_a_reduction_the_level_before_it_is_the_wrong_one(enrolled_at: dict[str, str]) -> None:
    begun = (consented(), enrolled(dose_levels=enrolled_at), dose("induction.c1.d1", DAY_1, "ino", level="level 1"))
    less = reduced(january(12), "induction.c1.d8", "level -1")
    full = planned(begun, less, dose("induction.c1.d8", january(12), "ino", level="level 1"))
    assert ids(full, Kind.WRONG_LEVEL) == ["wrong-level:induction.c1.d8:ino"]
    right = planned(begun, less, dose("induction.c1.d8", january(12), "ino", level="level -1"))
    assert not ids(right, Kind.WRONG_LEVEL)
    least = reduced(january(19), "induction.c1.d15", "level -2")
    lower = planned(begun, less, least, dose("induction.c1.d15", january(19), "ino", level="level -1"))
    assert ids(lower, Kind.WRONG_LEVEL) == ["wrong-level:induction.c1.d15:ino"]


def test_a_reduction_counts_from_its_visit_on_and_not_from_the_day_of_the_decision() -> None:
    begun = (consented(), enrolled(dose_levels={"ino": "level 1"}))
    ahead = reduced(january(7), "induction.c1.d15", "level -1")
    early = dose("induction.c1.d15", january(18), "ino", level="level -1")
    doses = (dose("induction.c1.d1", DAY_1, "ino"), dose("induction.c1.d8", january(12), "ino", level="level 1"))
    assert not ids(planned(begun, doses, ahead, early), Kind.WRONG_LEVEL)


@pytest.mark.parametrize(
    ("first", "second"),
    [((7, "induction.c1.d8"), (9, "induction.c1.d8")), ((7, "induction.c1.d15"), (9, "induction.c1.d8"))],
    ids=["for the same visit", "for an earlier visit"],
)
def test_of_two_reductions_the_one_that_was_decided_last_counts(
    first: tuple[int, str], second: tuple[int, str]
) -> None:
    begun = (consented(), enrolled(dose_levels={"ino": "level 3"}), dose("induction.c1.d1", DAY_1, "ino"))
    less = reduced(january(first[0]), first[1], "level 2")
    least = reduced(january(second[0]), second[1], "level 1")
    doses = dose("induction.c1.d8", january(12), "ino", level="level 1")
    for level, wrong in (("level 1", []), ("level 2", ["wrong-level:induction.c1.d15:ino"])):
        last = dose("induction.c1.d15", january(19), "ino", level=level)
        assert ids(planned(begun, less, least, doses, last), Kind.WRONG_LEVEL) == wrong


@pytest.mark.parametrize(
    ("one", "other"),
    [(("c1.d8", january(12)), ("c1.d15", january(19))), (("c1.d15", january(19)), ("c2.d1", date(2026, 2, 2)))],
)
def test_of_two_reductions_decided_on_one_day_each_counts_from_its_visit_on(
    one: tuple[str, date], other: tuple[str, date]
) -> None:
    begun = (consented(), enrolled(dose_levels={"ino": "level 3"}), dose("induction.c1.d1", DAY_1, "ino"))
    levels = [(f"induction.{visit}", day, level) for (visit, day), level in ((one, "level 1"), (other, "level 0"))]
    both = [reduced(january(7), visit, level) for visit, _, level in levels]
    doses = [dose(visit, day, "ino", level=level) for visit, day, level in levels]
    none = decided("induction.c1.response", january(30), "no-benefit")
    assert not ids(planned(begun, both, doses, none), Kind.WRONG_LEVEL)


def test_a_reduction_at_a_visit_that_has_no_date_counts_from_the_day_of_the_decision() -> None:
    doses = [
        dose(f"induction.c1.d{day}", january(4 + day), "ino", level="level 2") for day in (1, 8, 15)
    ]  # fmt: skip
    none = decided("induction.c1.response", january(30), "no-benefit")
    held = CycleHeld(date=date(2026, 2, 2), cycle="induction.c2", reason="counts")
    ahead = reduced(date(2026, 2, 2), "induction.c2.d8", "level 1")
    history = (consented(), enrolled(dose_levels={"ino": "level 2"}), doses, none, held, ahead)
    assert not ids(planned(history), Kind.WRONG_LEVEL)
    late = Given(
        id="late", date=date(2026, 2, 9), visit="induction.c1.d15", activity="ino", again=True, level="level 2"
    )
    assert ids(planned(history, late), Kind.WRONG_LEVEL) == ["wrong-level:induction.c1.d15:ino"]


def test_a_reduction_at_a_visit_that_no_version_knows_counts_from_the_day_of_the_decision_too() -> None:
    unknown = reduced(january(7), "induction.c1.d99", "level 1")
    doses = (dose("induction.c1.d1", DAY_1, "ino"), dose("induction.c1.d8", january(12), "ino", level="level 1"))
    history = History(facts(consented(), enrolled(dose_levels={"ino": "level 2"}), unknown, doses))
    assert not ids(plan(design(), history, january(12)), Kind.WRONG_LEVEL)


def test_a_drug_given_again_on_other_days_is_a_deviation_on_the_last_of_them() -> None:
    again = [Given(date=january(day), visit="induction.c1.d1", activity="ino", again=True) for day in (6, 7)]
    (found,) = [found for found in planned(BEGUN, again).deviations if found.kind is Kind.GIVEN_AGAIN]
    assert found.date == january(7)


def test_a_drug_given_after_it_was_stopped_is_the_wrong_drug() -> None:
    starts = [DAY_1 + timedelta(days=28 * cycle) for cycle in range(6)]
    cycles = [cycle_done(f"treatment.c{n}", start, "ino") for n, start in enumerate(starts, 1)]
    on = [
        decided(f"treatment.c{n}.response", start + timedelta(days=25), "continue") for n, start in enumerate(starts, 1)
    ]
    stop = decided("treatment.c7.inotuzumab-after-six", date(2026, 6, 21), "venetoclax-alone")
    late = dose("treatment.c7.d8", date(2026, 6, 29), "ino")
    made = planned(consented(), enrolled(), cycles, on, stop, late, protocol=ven())
    assert "wrong-drug:treatment.c7.d8:ino" in ids(made, Kind.WRONG_DRUG)


def test_a_drug_is_never_part_of_an_unscheduled_visit() -> None:
    with pytest.raises(HistoryError, match="ino is a drug; write given for a dose of it"):
        planned(BEGUN, UnscheduledVisit(date=january(8), activities=("ino",)))
