"""What nobody recorded is asked for: a drug of a visit that took place, a visit that needed a decision and got none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from schedules.deviation import Kind
from schedules.history import AmendmentApplied, Given, Held, History, Omitted, TreatmentEnded
from schedules.plan import plan
from schedules.scheduled import Plan
from schedules.statuses import Status
from tests.builders import (
    DAY_1,
    Facts,
    attended,
    closed,
    consented,
    cycle_done,
    decided,
    design,
    dose,
    enrolled,
    facts,
    planned,
    protocol,
    vsli,
    vsli_amended,
)

D8 = "induction.c1.d8"
BEGUN = (consented(), enrolled(), *dose("induction.c1.d1", DAY_1))
INO_ONLY = (BEGUN, dose(D8, date(2026, 1, 12), "ino"), dose("induction.c1.d15", date(2026, 1, 19)))
MISSING = "dose-unrecorded:induction.c1.d8:vsli"


def january(day: int) -> date:
    return date(2026, 1, day)


def asked(plan: Plan, kind: Kind = Kind.DOSE_UNRECORDED) -> tuple[list[str], list[str]]:
    """The queries and the candidates of a kind."""
    queries = [found.id for found in plan.queries if found.kind is kind]
    return queries, [found.id for found in plan.deviations if found.kind is kind]


@pytest.mark.parametrize(
    ("day", "queries", "candidates"), [(14, [], []), (15, [MISSING], []), (21, [MISSING], []), (22, [], [MISSING])]
)
def test_a_drug_without_a_record_is_a_query_and_after_five_working_days_a_candidate(
    day: int, queries: list[str], candidates: list[str]
) -> None:
    assert asked(planned(INO_ONLY, as_of=january(day))) == (queries, candidates)


@pytest.mark.parametrize(
    "said",
    [
        attended(D8, january(12), not_done=("vsli",)),
        Omitted(date=january(12), visit=D8, activity="vsli", reason="neuropathy"),
        Held(date=january(12), visit=D8, activity="vsli", reason="neuropathy", resume=january(29)),
    ],
    ids=["not done", "left out", "held"],
)
def test_a_drug_of_which_it_is_said_that_it_was_not_given_is_not_asked_for(said: Facts) -> None:
    assert asked(planned(INO_ONLY, said, as_of=january(30))) == ([], [])


OPEN = Held(date=january(12), visit=D8, activity="vsli", reason="counts")
WORDS = (
    "C1D8: Vincristine sulfate liposome IV was held on 12 January 2026 (counts), without an end, and the next dose"
    " was given on 19 January 2026: record that the held dose was left out, on which day it was given, or when its"
    " hold ended"
)


@pytest.mark.parametrize(
    ("day", "queries", "candidates"), [(18, [], []), (19, [MISSING], []), (23, [MISSING], []), (24, [], [MISSING])]
)
def test_a_drug_held_without_an_end_is_asked_for_once_its_next_dose_was_given(
    day: int, queries: list[str], candidates: list[str]
) -> None:
    made = planned(INO_ONLY, OPEN, as_of=january(day))
    assert asked(made) == (queries, candidates)
    told = [found.text for found in (*made.queries, *made.deviations) if found.id == MISSING]
    assert told == [WORDS for _ in queries + candidates]


@pytest.mark.parametrize(
    "said",
    [
        Omitted(date=january(20), visit=D8, activity="vsli", reason="counts"),
        dose(D8, january(13), "vsli"),
        TreatmentEnded(date=january(20), reason="toxicity"),
    ],
    ids=["left out", "given", "ended"],
)
def test_a_drug_held_without_an_end_is_not_asked_for_once_it_is_said_what_became_of_it(said: Facts) -> None:
    assert asked(planned(INO_ONLY, OPEN, said, as_of=january(30))) == ([], [])


def test_while_no_later_dose_of_it_was_given_a_drug_held_without_an_end_is_not_asked_for() -> None:
    came = (BEGUN, dose(D8, january(12), "ino"), dose("induction.c1.d15", january(19), "ino"))
    assert asked(planned(came, OPEN, as_of=january(19))) == ([], [])


def test_a_drug_of_day_1_that_is_held_without_an_end_is_asked_for_too() -> None:
    begun = (consented(), enrolled(), dose("induction.c1.d1", DAY_1, "ino"), dose(D8, january(12)))
    held = Held(date=DAY_1, visit="induction.c1.d1", activity="vsli", reason="counts")
    assert asked(planned(begun, held, as_of=january(14))) == (["dose-unrecorded:induction.c1.d1:vsli"], [])


def test_doses_held_without_an_end_become_a_candidate_five_working_days_after_the_next_ones_were_given() -> None:
    held = Held(date=january(12), visit=D8, reason="toxicity")
    given = (BEGUN, held, dose("induction.c1.d15", january(21)))
    for day, queries, candidates in ((20, [], []), (21, [D8], []), (27, [D8], []), (28, [], [D8])):
        made = planned(given, as_of=january(day))
        found = [[each.visit for each in kind if each.visit == D8] for kind in (made.queries, made.deviations)]
        assert found == [queries, candidates]


@pytest.mark.parametrize(("resume", "first"), [(15, 18), (11, 15)], ids=["past its window", "within its window"])
def test_a_held_drug_is_asked_for_once_the_window_that_its_hold_leaves_it_has_closed(resume: int, first: int) -> None:
    held = Held(date=january(9), visit=D8, activity="vsli", reason="neuropathy", resume=january(resume))
    came = (BEGUN, dose(D8, january(12), "ino"), held)
    assert asked(planned(came, as_of=january(first - 1))) == ([], [])
    assert asked(planned(came, as_of=january(first))) == ([MISSING], [])


def test_a_cycle_whose_day_1_was_attended_without_a_dose_or_a_hold_is_asked_for_its_doses() -> None:
    c1 = (consented(), enrolled(), cycle_done("induction.c1"))
    none = decided("induction.c1.response", january(30), "no-benefit")
    came = attended("induction.c2.d1", date(2026, 2, 2))
    queries, _ = asked(planned(c1, none, came, as_of=date(2026, 2, 6)))
    assert queries == ["dose-unrecorded:induction.c2.d1:ino", "dose-unrecorded:induction.c2.d1:vsli"]


def test_a_visit_that_needed_a_decision_until_its_window_closed_is_asked_for_too() -> None:
    shut = closed(january(11), january(14))
    open_still = planned(BEGUN, as_of=january(14), closed=[shut])
    assert f"unrecorded:{D8}" not in asked(open_still, Kind.UNRECORDED)[0]
    assert asked(planned(BEGUN, as_of=january(15), closed=[shut]), Kind.UNRECORDED)[0] == [f"unrecorded:{D8}"]


def test_a_visit_that_waits_for_a_gate_is_not_asked_for_however_late_it_is() -> None:
    c2 = (decided("induction.c1.response", january(30), "no-benefit"), cycle_done("induction.c2", date(2026, 2, 2)))
    starts = [date(2026, 3, 2) + timedelta(days=28 * cycle) for cycle in range(4)]
    go = [decided(f"maintenance.c{n}.continue", start, "continue") for n, start in enumerate(starts, 1)]
    given = [cycle_done(f"maintenance.c{n}", start) for n, start in enumerate(starts, 1)]
    benefit = decided("induction.c2.response", date(2026, 2, 27), "benefit")
    made = planned(consented(), enrolled(), cycle_done("induction.c1"), c2, benefit, go, given, as_of=date(2026, 7, 31))
    seventh = made.visit("maintenance.c5.d1")
    assert (seventh.status, seventh.closes) == (Status.NEEDS_DECISION, date(2026, 6, 25))
    queries, candidates = asked(made, Kind.UNRECORDED)
    assert f"unrecorded:{seventh.key}" not in queries + candidates


def test_a_visit_that_waits_for_consent_to_its_version_is_not_asked_for_either() -> None:
    study = design(vsli(), replace(vsli_amended(), reconsent=True))
    history = History(facts(BEGUN, AmendmentApplied(date=january(10), version="2.0")))
    made = plan(study, history, date(2026, 2, 20))
    assert made.visit("induction.c1.d22").closes == january(27)
    queries, candidates = asked(made, Kind.UNRECORDED)
    assert "unrecorded:induction.c1.d22" not in queries + candidates
    assert f"unrecorded:{D8}" in candidates


def test_a_drug_not_done_is_for_later_doses_as_one_that_was_left_out() -> None:
    came = (dose(D8, january(14), "ino"), attended(D8, january(14), not_done=("vsli",)))
    assert planned(BEGUN, came).visit("induction.c1.d15").target == january(20)


def test_what_was_not_done_on_a_day_on_which_the_doses_wait_is_still_to_come() -> None:
    came = attended(D8, january(12), not_done=("vsli", "ino"))
    held = Held(date=january(12), visit=D8, reason="toxicity", resume=january(15))
    assert planned(BEGUN, came, held).visit("induction.c1.d15").target == january(22)


SOON = """\
  t:
    label: T
    length: 28 days
    visits:
      d1: {label: D1, day: 1, window: 0/+3, activities: [drug]}
      d2: {label: D2, day: 2, window: 0/0, activities: [look]}
      first: {label: First, day: 1, window: 0/+2, anchor: true, activities: [other]}
      next: {label: Next, after: {visit: first, by: 1 day}, window: 0/0, activities: [look]}
"""


@pytest.mark.parametrize(("day", "asked_for"), [(7, []), (8, []), (9, ["next", "first", "d2", "d1"])])
def test_a_visit_is_not_asked_for_while_the_one_that_it_is_counted_from_may_still_be_made(
    day: int, asked_for: list[str]
) -> None:
    made = planned(consented(), enrolled(), protocol=protocol(SOON), as_of=january(day))
    assert {found.visit for found in made.queries} == {f"t.{name}" for name in asked_for}


def test_a_visit_counted_from_another_one_than_day_1_waits_for_that_one() -> None:
    begun = (consented(), enrolled(), dose("t.d1", DAY_1, "drug"))
    for day, asked_for in ((7, {"t.d2"}), (8, {"t.d2", "t.first", "t.next"})):
        made = planned(begun, protocol=protocol(SOON), as_of=january(day))
        assert {found.visit for found in made.queries} == asked_for


def test_a_visit_without_a_record_says_so_also_where_one_of_its_doses_is_held() -> None:
    (query,) = [found for found in planned(BEGUN, OPEN, as_of=january(15)).queries if found.visit == D8]
    assert query.text == "nothing is recorded about C1D8; its window closed on 14 January 2026"


def test_a_dose_held_at_a_visit_that_came_early_is_not_asked_for_within_its_window() -> None:
    held = Held(date=january(11), visit=D8, activity="vsli", reason="counts")
    again = Given(date=january(13), activity="vsli", id="again")
    for day, queries in ((14, []), (15, [MISSING])):
        made = planned(BEGUN, dose(D8, january(11), "ino"), held, again, as_of=january(day))
        assert asked(made) == (queries, [])


@pytest.mark.parametrize(("ended", "queries"), [(20, []), (21, [MISSING])])
def test_a_dose_held_until_the_treatment_was_over_is_not_asked_for(ended: int, queries: list[str]) -> None:
    held = Held(date=january(12), visit=D8, activity="vsli", reason="counts", resume=january(20))
    end = TreatmentEnded(date=january(ended), reason="toxicity")
    assert asked(planned(BEGUN, dose(D8, january(12), "ino"), held, end, as_of=january(23))) == (queries, [])
