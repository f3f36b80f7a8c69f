"""What moves no date: the advice of labels, and the observation for dose-limiting toxicity."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schedules.history import CycleHeld, Omitted, Transplanted, VisitMissed
from schedules.scheduled import Plan
from tests.builders import (
    Facts,
    assessed,
    booked,
    consented,
    cycle_done,
    decided,
    dose,
    enrolled,
    planned,
    protocol,
)

D8 = "induction.c1.d8"
C1 = cycle_done("induction.c1")
RESPONSE = decided("induction.c1.response", date(2026, 1, 30), "benefit")
NO_RESPONSE = "No CR or CRi within three cycles; inotuzumab's label advises to stop."
TRANSPLANT = "Before a transplant inotuzumab's label advises two cycles, three at most."


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


def march(day: int) -> date:
    return date(2026, 3, day)


def cycles(count: int) -> list[Facts]:
    """So many cycles of vsli-ino, every four weeks from 5 January."""
    days = [february(2) + timedelta(days=28 * count) for count in range(count - 1)]
    later = [cycle_done(f"maintenance.c{place}", day, "ino") for place, day in enumerate(days, start=1)]
    return [consented(), enrolled(cohort="phase-2"), C1, RESPONSE, *later]


STABLE = assessed("induction.c1.marrow", january(28), "response", "SD")


def advice(*given: Facts, as_of: date | None = None) -> list[str]:
    return [notice.text for notice in planned(*given, as_of=as_of).notices]


# -- advisories ---------------------------------------------------------------------------------


def test_no_response_is_said_once_three_cycles_have_had_their_length() -> None:
    assert advice(cycles(3), STABLE, as_of=march(29)) == []
    assert advice(cycles(3), STABLE, as_of=march(30)) == [NO_RESPONSE]
    assert advice(cycles(2), STABLE, as_of=march(30)) == []


def test_where_no_response_was_recorded_at_all_nobody_knows_that_there_was_none() -> None:
    looked = assessed("induction.c1.marrow", january(28), "response")
    for recorded in ((), looked):
        assert advice(cycles(3), recorded, as_of=march(30)) == []


@pytest.mark.parametrize(
    ("day", "result", "said"),
    [
        (february(27), "CR", False),
        (march(30), "CRi", False),
        (march(31), "CR", True),
        (february(27), "PR", True),
    ],
)
def test_a_response_within_these_cycles_is_enough_and_a_later_or_a_lesser_one_is_not(
    day: date, result: str, said: bool
) -> None:
    result_of = assessed("induction.c1.marrow", day, "response", result)
    assert (NO_RESPONSE in advice(cycles(3), result_of, as_of=date(2026, 4, 10))) is said


def test_a_result_of_something_else_is_no_response() -> None:
    other = assessed("induction.c1.marrow", january(28), "mrd", "CR")
    assert advice(cycles(3), other, as_of=march(30)) == []
    assert advice(cycles(3), STABLE, other, as_of=march(30)) == [NO_RESPONSE]


SHORT = """
  treatment:
    label: Treatment
    cycles: {length: 21 days, at_most: 3}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [drug]}
"""
WITHIN = """
advisories:
  - {kind: response-within, activity: look, results: [CR], treatment_cycles: 2, text: Nothing yet.}
  - {kind: note, text: Always.}
"""


def test_cycles_are_as_long_as_the_protocol_says_and_a_note_is_always_shown() -> None:
    days = {"treatment.c1.d1": january(5), "treatment.c2.d1": january(26)}
    given: list[Facts] = [consented(), enrolled(), *(dose(key, day, "drug") for key, day in days.items())]
    given.append(assessed("treatment.c1.d1", january(5), "look", "SD"))

    def shown(day: date) -> list[str]:
        made = planned(given, protocol=protocol(SHORT, WITHIN), as_of=day)
        return [notice.text for notice in made.notices]

    assert shown(february(15)) == ["Always."]
    assert shown(february(16)) == ["Nothing yet.", "Always."]


def test_more_than_three_cycles_before_a_transplant_are_said_and_three_are_not() -> None:
    after = Transplanted(date=date(2026, 5, 20), conditioning=date(2026, 5, 12))
    assert TRANSPLANT not in advice(cycles(3), after)
    assert TRANSPLANT in advice(cycles(4), after)
    assert TRANSPLANT not in advice(cycles(4), as_of=date(2026, 5, 20))


def test_a_cycle_begun_after_the_transplant_does_not_count_before_it() -> None:
    assert TRANSPLANT not in advice(cycles(4), Transplanted(date=march(29)))
    assert TRANSPLANT in advice(cycles(4), Transplanted(date=march(30)))


# -- the observation ----------------------------------------------------------------------------

LEVEL_1 = enrolled(cohort="phase-1b", dose_levels={"ino": "level 1"})


def observed(*given: Facts, as_of: date | None = None) -> tuple[str, str]:
    state = planned(LEVEL_1, *given, as_of=as_of).observation
    assert state is not None
    return state.state, state.why


def test_the_observation_runs_28_days_from_the_first_dose_and_is_then_over() -> None:
    made = planned(LEVEL_1, dose("induction.c1.d1", january(7))).observation
    assert made is not None
    assert (made.opens, made.closes) == (january(7), february(3))
    assert (made.rule or "").startswith("A participant who misses a dose")
    assert observed(as_of=january(4)) == ("not-begun", "begins on 5 January 2026")
    assert observed(C1, as_of=february(1)) == ("observing", "until 1 February 2026")
    assert observed(C1, as_of=february(2)) == ("evaluable", "observed until 1 February 2026")


def test_without_a_first_dose_nobody_is_observed_however_much_time_goes_by() -> None:
    waiting = ("not-begun", "begins with C1D1, of which nothing is recorded yet")
    assert observed(as_of=january(5)) == waiting
    assert observed(booked("induction.c1.d1", january(6)), as_of=date(2026, 3, 30)) == waiting


def test_a_cohort_that_is_not_observed_and_a_first_cycle_that_is_held_have_no_observation() -> None:
    assert planned(enrolled(cohort="phase-2"), C1).observation is None
    assert planned(enrolled(), C1).observation is None
    held = CycleHeld(date=january(5), cycle="induction.c1", reason="counts")
    assert planned(LEVEL_1, held).observation is None


BEGUN = dose("induction.c1.d1", january(5))


@pytest.mark.parametrize(
    ("fact", "what"),
    [
        (VisitMissed(date=january(12), visit=D8), "C1D8"),
        (Omitted(date=january(12), visit=D8, reason="travel"), "C1D8"),
        (Omitted(date=january(12), visit=D8, activity="ino", reason="travel"), "C1D8 Inotuzumab ozogamicin IV"),
    ],
    ids=["missed", "left out", "one drug left out"],
)
def test_a_dose_missed_for_another_reason_than_toxicity_asks_for_a_replacement(fact: Facts, what: str) -> None:
    why = f"{what} was missed during the observation, for another reason than toxicity"
    assert observed(BEGUN, fact) == ("to-be-replaced", why)


@pytest.mark.parametrize(
    "fact",
    [
        Omitted(date=january(12), visit=D8, reason="toxicity"),
        Omitted(date=january(12), visit=D8, activity="ino", reason="dlt"),
        Omitted(date=january(12), visit=D8, activity="neuropathy", reason="travel"),
        VisitMissed(date=january(28), visit="induction.c1.marrow"),
    ],
    ids=["for toxicity", "for a dose-limiting one", "no dose", "a visit without a dose"],
)
def test_toxicity_and_what_is_no_dose_ask_for_none(fact: Facts) -> None:
    assert observed(BEGUN, fact, as_of=january(29))[0] == "observing"


def test_a_dose_after_the_observation_or_of_another_cycle_asks_for_none() -> None:
    def seen(length: str) -> Plan:
        study = protocol(
            """
  treatment:
    label: Treatment
    cycles: {length: 21 days, at_most: 2}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
      d15: {label: Day 15, day: 15, activities: [drug]}
""",
            f"observation: {{epoch: treatment, cycle: 1, length: {length}}}",
        )
        begun = (consented(), enrolled(), dose("treatment.c1.d1", january(5), "drug"))
        missed = (
            VisitMissed(date=january(19), visit="treatment.c1.d15"),
            VisitMissed(date=january(26), visit="treatment.c2.d1"),
        )
        return planned(begun, missed, protocol=study, as_of=february(20))

    inside, outside = seen("15 days").observation, seen("14 days").observation
    assert inside is not None
    assert outside is not None
    assert (inside.state, outside.state) == ("to-be-replaced", "evaluable")
