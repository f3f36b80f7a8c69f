"""What careful people record twice, as not done and with its reason, or before a hold and after it, is one thing."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.deviation import Kind
from schedules.errors import HistoryError
from schedules.history import CycleHeld, Held, Omitted
from schedules.scheduled import Plan
from tests.builders import BOTH_DRUGS, DAY_1, Facts, assessed, attended, consented, decided, dose, enrolled, planned
from tests.builders import cycle_done as cycle

D8 = "induction.c1.d8"
MONDAY = date(2026, 1, 12)
BEGUN = (consented(), enrolled(), dose("induction.c1.d1", DAY_1))
C2 = (BEGUN[:2], cycle("induction.c1"), decided("induction.c1.response", date(2026, 1, 30), "no-benefit"))
HELD = CycleHeld(date=date(2026, 2, 2), cycle="induction.c2", reason="counts", recheck=date(2026, 2, 9))


def ids(made: Plan) -> list[str]:
    return [found.id for found in made.deviations if not (found.visit or "").startswith("screening")]


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        (Omitted(date=MONDAY, visit=D8, reason="toxicity"), []),
        (Omitted(date=MONDAY, visit=D8, reason="travel"), ["not-done:induction.c1.d8:ino", f"not-done:{D8}:vsli"]),
        (Held(date=MONDAY, visit=D8, reason="toxicity"), []),
        ((Held(date=MONDAY, visit=D8, reason="toxicity"), dose(D8, date(2026, 1, 15))), []),
        (assessed(D8, MONDAY, "bloods"), ["not-done:induction.c1.d8:ino", f"not-done:{D8}:vsli"]),
    ],
    ids=["left out", "left out without reason", "held", "held and given", "nothing said"],
)
def test_doses_that_were_not_done_are_told_once_and_only_where_no_reason_allows_it(
    recorded: Facts, told: list[str]
) -> None:
    assert ids(planned(BEGUN, attended(D8, MONDAY, not_done=BOTH_DRUGS), recorded, as_of=date(2026, 1, 16))) == told


def test_a_drug_that_was_not_done_and_is_held_is_given_in_the_window_of_its_hold() -> None:
    came = attended(D8, MONDAY, not_done=("vsli",))
    hold = Held(date=MONDAY, visit=D8, activity="vsli", reason="counts")
    made = planned(BEGUN, came, dose(D8, MONDAY, "ino"), hold, dose(D8, date(2026, 1, 15), "vsli"))
    assert not ids(made)
    assert made.visit("induction.c1.d15").target == date(2026, 1, 22)


@pytest.mark.parametrize("given", [(), dose("induction.c2.d1", date(2026, 2, 11))], ids=["still held", "given"])
def test_doses_not_done_on_the_day_1_of_a_held_cycle_are_no_deviation(given: Facts) -> None:
    came = attended("induction.c2.d1", date(2026, 2, 2), not_done=BOTH_DRUGS)
    assert not [name for name in ids(planned(C2, came, HELD, given, as_of=date(2026, 2, 12))) if "c2" in name]


@pytest.mark.parametrize(("again", "off"), [(11, None), (9, None), (7, -1), (None, -6)])
def test_of_bloods_taken_more_than_once_those_nearest_to_the_dose_count(again: int | None, off: int | None) -> None:
    bloods = [assessed("induction.c2.d1", date(2026, 2, day), "bloods") for day in (2, again) if day]
    made = planned(C2, HELD, bloods, dose("induction.c2.d1", date(2026, 2, 11)))
    found = [one.days for one in made.deviations if one.activity == "bloods"]
    assert found == ([] if off is None else [off])


def test_parts_of_one_dose_are_accepted_without_more_and_a_whole_dose_beside_them_is_not() -> None:
    parts = [dose(D8, MONDAY, "ino", partial=True, id=name)[0] for name in ("begun", "rest")]
    made = planned(BEGUN, parts, dose(D8, MONDAY, "vsli"))
    assert not ids(made)
    assert made.visit("induction.c1.d15").target == date(2026, 1, 19)
    tuesday = date(2026, 1, 13)
    for whole in ((*dose(D8, MONDAY, "ino"), parts[0]), (parts[0], *dose(D8, tuesday, "ino"))):
        with pytest.raises(HistoryError, match=r"the dose of ino at induction\.c1\.d8 is recorded twice"):
            planned(BEGUN, whole)


def test_bloods_taken_again_after_those_in_time_are_none_and_of_two_as_far_away_the_first_counts() -> None:
    for days, off in (((9, 13), []), ((7, 12), [(-1, date(2026, 2, 7))])):
        bloods = [assessed("induction.c2.d1", date(2026, 2, day), "bloods") for day in days]
        made = planned(C2, HELD, bloods, dose("induction.c2.d1", date(2026, 2, 11)), as_of=date(2026, 2, 13))
        assert [(one.days, one.date) for one in made.deviations if one.activity == "bloods"] == off


@pytest.mark.parametrize(
    ("done", "told"),
    [
        (dose(D8, date(2026, 1, 14), "vsli"), ["bloods"]),
        (assessed(D8, date(2026, 1, 13), "bloods"), ["vsli"]),
        (assessed(D8, MONDAY, "bloods"), ["vsli"]),
        (assessed(D8, date(2026, 1, 9), "bloods"), ["bloods", "vsli"]),
    ],
    ids=["given later", "taken later", "taken that day", "taken before"],
)
def test_what_was_not_done_on_a_day_and_was_done_later_is_no_deviation(done: Facts, told: list[str]) -> None:
    came = attended(D8, MONDAY, not_done=("vsli", "bloods"))
    found = planned(BEGUN, came, dose(D8, MONDAY, "ino"), done).deviations
    assert [one.activity for one in found if one.kind is Kind.NOT_DONE] == told


def test_doses_not_done_on_a_day_1_that_nothing_holds_are_told() -> None:
    came = attended("induction.c2.d1", date(2026, 2, 2), not_done=BOTH_DRUGS)
    c2 = [name for name in ids(planned(C2, came)) if "c2" in name]
    assert c2 == ["not-done:induction.c2.d1:ino", "not-done:induction.c2.d1:vsli"]
