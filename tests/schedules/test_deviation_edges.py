"""Deviations where two things meet: a hold and no Day 1, a gate and an undosed cycle, two versions of a protocol."""

from __future__ import annotations

from datetime import date

from schedules.deviation import Kind
from schedules.history import (
    CycleHeld,
    Given,
    Held,
    TreatmentEnded,
)
from schedules.scheduled import Plan
from schedules.statuses import Status
from tests.builders import (
    Facts,
    assessed,
    attended,
    booked,
    closed,
    consented,
    cycle_done,
    decided,
    dose,
    enrolled,
    planned,
    protocol,
)

D8 = "induction.c1.d8"
RESPONSE = "induction.c1.response"
SCREENED = (
    attended("screening.baseline", date(2025, 12, 29)),
    attended("screening.marrow", date(2025, 12, 29)),
)
BEGUN = (consented(), enrolled(cohort="phase-2"), *SCREENED, *dose("induction.c1.d1", date(2026, 1, 5)))
C1 = (consented(), enrolled(), *SCREENED, *cycle_done("induction.c1"))


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


def march(day: int) -> date:
    return date(2026, 3, day)


NO_BENEFIT = decided(RESPONSE, january(30), "no-benefit")
BENEFIT = decided(RESPONSE, january(30), "benefit")


def ids(made: Plan, kind: Kind) -> list[str]:
    return [found.id.partition(":")[2] for found in made.deviations if found.kind is kind]


# -- unrecorded ---------------------------------------------------------------------------------


def test_a_site_that_stays_closed_keeps_a_query_open_for_sixty_days_at_most() -> None:
    shut = closed(january(15), march(9))  # the fifth working day after 14 January is 16 March, 61 days on
    assert ids(planned(BEGUN, as_of=march(15), closed=[shut]), Kind.UNRECORDED) == []
    assert D8 in ids(planned(BEGUN, as_of=march(16), closed=[shut]), Kind.UNRECORDED)


# -- Day 1 and screening ------------------------------------------------------------------------

OLD = (consented(date(2025, 12, 1)), enrolled(), attended("screening.marrow", date(2025, 12, 7)))


def test_an_expired_visit_is_no_deviation_until_the_first_dose_is_given_on_it() -> None:
    for more in ((), booked("induction.c1.d1", january(5))):
        waiting = planned(OLD, more, as_of=january(2))
        assert waiting.visit("screening.marrow").status is Status.EXPIRED
        assert not ids(waiting, Kind.EXPIRED_AT_DAY_1)
    given = planned(OLD, dose("induction.c1.d1", january(5)))
    assert ids(given, Kind.EXPIRED_AT_DAY_1) == ["screening.marrow"]
    assert not ids(given, Kind.OUTSIDE_WINDOW)


def test_a_later_visit_of_the_same_name_repeats_no_screening() -> None:
    made = planned(OLD, cycle_done("induction.c1"), attended("induction.c1.marrow", january(28)))
    assert ids(made, Kind.EXPIRED_AT_DAY_1) == ["screening.marrow"]


def test_where_day_1_has_no_drug_an_expired_visit_counts_on_the_day_it_was_attended() -> None:
    study = protocol(
        """
  screening:
    label: Screening
    stage: screening
    visits:
      scan: {label: Scan, day: -7, window: days -14 to -1, valid_for: 14 days, activities: [look]}
  watch:
    label: Watching
    visits:
      d1: {label: Day 1, day: 1, window: 0/+7, activities: [look]}
"""
    )
    seen = attended("screening.scan", date(2025, 12, 24))
    in_time = planned(consented(), enrolled(), seen, attended("watch.d1", january(7)), protocol=study)
    assert not in_time.deviations
    late = planned(consented(), enrolled(), seen, attended("watch.d1", january(8)), protocol=study)
    assert [(found.id, found.days) for found in late.deviations] == [("expired-at-day-1:screening.scan", 15)]


GATED = """
  watch:
    label: Watching
    cycles: {length: 28 days, at_most: 3}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [look]}
    gates:
      go:
        label: Go
        when: before-each-cycle
        outcomes:
          go: {label: Go}
          stop: {label: Stop, to: end}
"""


def test_a_participant_who_is_not_let_in_has_no_day_1_and_no_deviation() -> None:
    made = planned(consented(), enrolled(), decided("watch.c1.go", january(2), "stop"), protocol=protocol(GATED))
    assert (made.day_1, made.deviations) == (None, ())


# -- gates --------------------------------------------------------------------------------------


def test_a_cycle_without_a_drug_is_begun_by_its_visit_and_needs_its_gate_before_it_too() -> None:
    go = decided("watch.c1.go", january(2), "go")
    made = planned(
        consented(), enrolled(), go, attended("watch.c1.d1", january(5)), attended("watch.c2.d1", february(2)),
        protocol=protocol(GATED),
    )  # fmt: skip
    assert ids(made, Kind.WITHOUT_GATE) == ["watch.c2.go"]


def test_every_cycle_is_judged_by_its_own_gate_whatever_became_of_the_one_before() -> None:
    second = dose("maintenance.c2.d1", march(2), "ino")
    first = dose("maintenance.c1.d1", february(2))
    assert ids(planned(C1, BENEFIT, first, second), Kind.WITHOUT_GATE) == ["maintenance.c2.continue"]
    no_day_1 = planned(C1, BENEFIT, dose("maintenance.c1.d8", february(9), "ino"), second)
    assert no_day_1.visit("maintenance.c1.d1").status is Status.UNRECORDED
    assert ids(no_day_1, Kind.WITHOUT_GATE) == ["maintenance.c2.continue"]


def test_a_cycle_off_the_path_whose_day_1_is_held_is_a_deviation_without_a_day() -> None:
    hold = CycleHeld(date=february(2), cycle="induction.c2", reason="counts")
    made = planned(C1, BENEFIT, hold, dose("induction.c2.d8", february(9), outside_plan=True))
    (found,) = [found for found in made.deviations if found.kind is Kind.AGAINST_GATE]
    assert (found.visit, found.date) == ("induction.c2", None)


# -- holds --------------------------------------------------------------------------------------


def held_too_long(*given: Facts, as_of: date | None = None) -> list[tuple[str | None, date | None, int | None]]:
    made = planned(C1, *given, as_of=as_of)
    return [(found.visit, found.date, found.days) for found in made.deviations if found.kind is Kind.HELD_TOO_LONG]


def test_a_hold_counts_from_the_day_on_which_the_cycle_was_due_to_its_dose() -> None:
    hold = CycleHeld(date=february(4), cycle="induction.c2", reason="counts")
    still = held_too_long(NO_BENEFIT, hold, as_of=march(3))
    assert still == [("induction.c2.d1", february(4), 1)]
    assert not held_too_long(NO_BENEFIT, hold, as_of=march(2))
    given = dose("induction.c2.d1", march(3))
    assert held_too_long(NO_BENEFIT, hold, given, as_of=march(20)) == [("induction.c2.d1", march(3), 1)]


def test_the_hold_of_a_cycle_that_is_not_to_come_is_none_and_hides_no_other() -> None:
    gone = CycleHeld(date=february(2), cycle="induction.c2", reason="counts")
    held = CycleHeld(date=february(3), cycle="maintenance.c1", reason="counts")
    made = held_too_long(gone, BENEFIT, held, as_of=march(4))
    assert made == [("maintenance.c1.d1", february(3), 2)]


def test_a_hold_of_what_has_no_date_yet_counts_from_the_hold_itself() -> None:
    study = protocol(
        """
  first:
    label: First
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
      d8: {label: Day 8, day: 8, activities: [drug]}
  second:
    label: Second
    starts: {event: last-dose, by: 14 days}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [other]}
""",
        "longest_hold: 28 days",
    )
    begun = (consented(), enrolled(), dose("first.d1", january(5), "drug"))
    holds = (
        Held(date=january(12), visit="first.d8", reason="counts"),
        CycleHeld(date=january(20), cycle="second", reason="counts"),
    )
    made = planned(begun, holds, protocol=study, as_of=february(18))
    assert (made.visit("second.d1").status, made.visit("second.d1").nominal) == (Status.HELD, None)
    found = [(each.visit, each.date, each.days) for each in made.deviations if each.kind is Kind.HELD_TOO_LONG]
    assert found == [("second.d1", january(20), 1)]


def test_a_hold_of_one_drug_is_judged_by_that_drug_alone() -> None:
    def held(drug: str) -> list[str]:
        hold = Held(date=january(12), visit=D8, activity=drug, reason="counts", resume=january(13))
        return ids(planned(BEGUN, hold, dose(D8, january(13))), Kind.HOLD_NOT_ALLOWED)

    assert (held("vsli"), held("ino")) == ([], [f"{D8}:ino"])


# -- spacing and activities ---------------------------------------------------------------------


def test_the_doses_of_one_drug_are_never_too_close_to_those_of_another() -> None:
    made = planned(BEGUN, Given(date=january(8), activity="ino", id="extra"), dose(D8, january(12), "vsli"))
    assert ids(made, Kind.TOO_CLOSE) == ["extra:ino"]


def test_what_is_done_at_a_visit_that_does_not_plan_it_has_no_window_there() -> None:
    look = assessed(D8, january(20), "survival")
    made = planned(BEGUN, dose(D8, january(12)), look, as_of=january(20))
    assert not ids(made, Kind.ACTIVITY_OUTSIDE_WINDOW)


# -- off the path, after the end ----------------------------------------------------------------

THREE = """
  first:
    label: First
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
  second:
    label: Second
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
  third:
    label: Third
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [drug]}
"""


def test_a_period_that_was_begun_out_of_turn_is_an_important_deviation_although_no_gate_stands_there() -> None:
    third = dose("third.d1", january(6), "drug", outside_plan=True)
    made = planned(consented(), enrolled(), dose("first.d1", january(5), "drug"), third, protocol=protocol(THREE))
    (found,) = made.deviations
    assert (found.id, found.date, found.important) == ("without-gate:third", january(6), True)
    assert found.text == "third was begun, and no decision leads there"


def test_a_dose_outside_any_visit_after_the_end_of_treatment_is_named_by_its_fact() -> None:
    ended = TreatmentEnded(date=january(9), reason="toxicity")
    made = planned(BEGUN, ended, Given(id="alone", date=january(12), activity="ino"))
    assert ids(made, Kind.AFTER_END) == ["alone:ino"]
