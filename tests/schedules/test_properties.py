"""What holds for every plan, whatever happened to the participant and wherever the site is closed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, permutations
from random import Random
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner.presenting.plan_json import plan_data, to_json
from schedules.closures import ClosedDay
from schedules.course import Course
from schedules.design import Design
from schedules.history import (
    Assessed,
    Attended,
    Given,
    History,
    Omitted,
    Told,
    TreatmentEnded,
    UnscheduledVisit,
    Void,
)
from schedules.leftovers import NO_SUCH
from schedules.limits import Limits
from schedules.plan import plan
from schedules.protocol import Stage
from schedules.record import fact_id, live_facts
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status
from tests import builders
from tests.conftest import ROOT
from tests.strategies import Case, library_cases

STILL_TO_COME = {Status.PLANNED, Status.DUE, Status.BOOKED, Status.UNRECORDED}
WITHOUT_DATE = {Status.CANCELLED, Status.OMITTED, Status.MISSED, Status.SUSPENDED}
RAW = re.compile(r"None|<|datetime|\bdate\(|Status\.|\(\)|\{|\}|: ;|\+ -")
PLENTY = 3 * settings().max_examples
ONE_VERSION = ("vsli-ino", "ven-ino")


def to_come(plan: Plan) -> list[ScheduledVisit]:
    """The visits whose day the plan proposes, or that are booked on a day that fits."""
    return [visit for visit in plan.visits if visit.status in STILL_TO_COME and visit.limits and visit.target]


def json(plan: Plan) -> str:
    return to_json(plan_data(plan))


# Every plan of every history ---------------------------------------------------------------------


def keys_are_unique(case: Case, plan: Plan) -> None:
    keys = [visit.key for visit in plan.visits]
    assert len(keys) == len(set(keys))


def windows_are_in_order(case: Case, plan: Plan) -> None:
    for visit in plan.visits:
        if visit.opens is not None:
            assert visit.closes is not None
            assert visit.opens <= visit.closes, visit.key


def a_visit_without_a_target_says_why(case: Case, plan: Plan) -> None:
    for visit in plan.visits:
        if visit.target is None:
            blocking = [conflict for conflict in visit.conflicts if conflict.blocks]
            assert blocking or visit.status in WITHOUT_DATE, f"{visit.key} {visit.status}"


def a_visit_with_a_blocking_conflict_has_no_target(case: Case, plan: Plan) -> None:
    for visit in plan.visits:
        if any(conflict.blocks for conflict in visit.conflicts):
            assert visit.target is None, visit.key
            overtaken = visit.conflicts[0].kind == "held"  # an open hold; the next dose was given all the same
            expected = {Status.NEEDS_DECISION, Status.HELD} | ({Status.UNRECORDED} if overtaken else set())
            assert visit.status in expected, visit.key


def every_visit_says_why_it_stands_there_in_words(case: Case, plan: Plan) -> None:
    for visit in plan.visits:
        assert visit.why, visit.key
        for sentence in visit.why:
            assert sentence.strip(), visit.key
            assert not RAW.search(sentence), f"{visit.key}: {sentence}"


def every_deviation_has_an_id_of_its_own(case: Case, plan: Plan) -> None:
    names = [deviation.id for deviation in (*plan.deviations, *plan.queries)]
    assert len(names) == len(set(names))


def no_planned_dose_lies_within_a_blocking_spacing_of_a_given_one(case: Case, plan: Plan) -> None:
    doses = [fact for fact in live_facts(case.facts) if isinstance(fact, Given)]
    for visit in to_come(plan):
        for rule in visit.spec.rules:
            if rule.blocks and rule.drug in doses_of(case, visit):
                for fact in doses:
                    apart = abs((visit.target or date.min) - fact.date).days
                    assert fact.activity != rule.drug or apart >= rule.days, f"{visit.key} {rule.drug} {fact.date}"


def no_two_planned_doses_lie_within_a_blocking_spacing(case: Case, plan: Plan) -> None:
    # Spacing counts from a booking even where it does not fit (protocols.md, 4): those visits say that they must move.
    dosing = [visit for visit in to_come(plan) if visit.spec.rules and not is_misfit(visit)]
    for place, one in enumerate(dosing):
        for other in dosing[place + 1 :]:
            for rule in set(one.spec.rules) & set(other.spec.rules):
                if rule.blocks and rule.drug in doses_of(case, one) and rule.drug in doses_of(case, other):
                    apart = abs((one.target or date.min) - (other.target or date.min)).days
                    assert apart >= rule.days, f"{rule.drug} of {one.key} and {other.key}"


def is_misfit(visit: ScheduledVisit) -> bool:
    """Whether the visit has a booking that does not fit."""
    return any(conflict.kind == "to-rebook" for conflict in visit.conflicts)


def doses_of(case: Case, visit: ScheduledVisit) -> set[str]:
    """The drugs that are still to be given at a visit: those that were not left out."""
    omitted = [fact for fact in live_facts(case.facts) if isinstance(fact, Omitted) and fact.visit == visit.key]
    return set(visit.spec.doses) - {fact.activity for fact in omitted}


def no_target_is_on_a_closed_day_or_outside_feasible(case: Case, plan: Plan) -> None:
    for visit in to_come(plan):
        assert isinstance(visit.limits, Limits)
        assert visit.target in visit.feasible, visit.key
        if not visit.inpatient and visit.target is not None:
            site = visit.limits.course.site_on(visit.target.toordinal())
            assert site.is_open(visit.target, visit.spec.needs), visit.key


def no_day_that_is_feasible_is_closed_or_away(case: Case, plan: Plan) -> None:
    for visit in plan.visits:
        for day in visit.feasible:
            assert isinstance(visit.limits, Limits)
            course: Course = visit.limits.course
            hospital = course.is_in_hospital(day.toordinal()) and not visit.spec.remote
            assert hospital or course.site_on(day.toordinal()).is_open(day, visit.spec.needs), visit.key
            assert visit.spec.remote or not course.is_away(day.toordinal()), visit.key


def what_must_never_share_a_day_does_not(case: Case, plan: Plan) -> None:
    groups = [set(group) for group in case.design.versions[0].never_same_day]
    for visit in to_come(plan):
        for group in groups:
            others = group - set(visit.spec.activities)
            if others != group:
                assert visit.target not in days_of(case, others), visit.key


def days_of(case: Case, activities: set[str]) -> set[date]:
    found = set()
    for fact in live_facts(case.facts):
        if isinstance(fact, UnscheduledVisit) and activities & set(fact.activities):
            found.add(fact.date)
        if isinstance(fact, Given | Assessed) and fact.activity in activities:
            found.add(fact.date)
    return found


def planning_moves_no_booking(case: Case, plan: Plan) -> None:
    for visit in plan.visits:
        if visit.status is Status.BOOKED:
            assert visit.booking is not None
            assert visit.target == visit.booking.date, visit.key
        if visit.status is Status.TO_REBOOK:
            assert any(conflict.kind == "to-rebook" for conflict in visit.conflicts), visit.key


def what_took_place_stands_on_the_day_on_which_it_did(case: Case, plan: Plan) -> None:
    for visit in plan.visits:
        assert visit.actual is None or visit.target == visit.actual, visit.key
        assert (visit.status in {Status.DONE, Status.EXPIRED}) == (visit.actual is not None), visit.key


def what_lies_beyond_an_open_gate_is_tentative(case: Case, plan: Plan) -> None:
    beyond = {gate.leads_to for gate in plan.gates if gate.status in {"open", "overdue"} and gate.leads_to}
    done = [fact for fact in live_facts(case.facts) if isinstance(fact, Given | Attended)]
    begun = {str(fact.visit).rpartition(".")[0] for fact in done}
    for visit in plan.visits:
        if visit.spec.stay in beyond and visit.is_open and str(visit.spec.stay) not in begun:
            assert visit.tentative, visit.key


def every_dose_that_was_given_at_a_visit_is_in_the_plan_as_one_that_took_place(case: Case, plan: Plan) -> None:
    for fact in live_facts(case.facts):
        if isinstance(fact, Given) and fact.visit is not None:
            assert plan.visit(fact.visit).actual is not None, fact.visit


def no_treatment_is_planned_after_its_end(case: Case, plan: Plan) -> None:
    end = plan.treatment_end
    if end is not None and end.recorded:
        for visit in to_come(plan):
            if visit.spec.stage is Stage.TREATMENT:
                assert visit.target is not None
                assert visit.target <= end.day, visit.key
        assert all(day <= end.day for doses in plan.home_doses for day in doses.days)


INVARIANTS = (
    keys_are_unique,
    windows_are_in_order,
    a_visit_without_a_target_says_why,
    a_visit_with_a_blocking_conflict_has_no_target,
    every_visit_says_why_it_stands_there_in_words,
    every_deviation_has_an_id_of_its_own,
    no_planned_dose_lies_within_a_blocking_spacing_of_a_given_one,
    no_two_planned_doses_lie_within_a_blocking_spacing,
    no_target_is_on_a_closed_day_or_outside_feasible,
    no_day_that_is_feasible_is_closed_or_away,
    what_must_never_share_a_day_does_not,
    planning_moves_no_booking,
    what_took_place_stands_on_the_day_on_which_it_did,
    what_lies_beyond_an_open_gate_is_tentative,
    every_dose_that_was_given_at_a_visit_is_in_the_plan_as_one_that_took_place,
    no_treatment_is_planned_after_its_end,
)


@settings(max_examples=PLENTY)
@given(library_cases())
def test_every_plan_of_every_history_keeps_every_rule_above(case: Case) -> None:
    made = case.plan()
    for rule in INVARIANTS:
        rule(case, made)


# One plan and another ----------------------------------------------------------------------------


@given(library_cases(), st.integers(0, 0xFFFF))
def test_the_order_of_entry_does_not_change_a_byte(case: Case, seed: int) -> None:
    shuffled = list(case.facts)
    Random(seed).shuffle(shuffled)
    assert json(case.plan(shuffled)) == json(case.plan())


@given(library_cases(), library_cases())
def test_planning_twice_is_planning_once_also_in_a_design_that_others_used(case: Case, other: Case) -> None:
    once = json(case.plan())
    other.plan(design=Design(case.design.versions, case.design.sites)) if other.design == case.design else other.plan()
    assert json(case.plan()) == once
    assert json(case.plan(design=Design(case.design.versions, case.design.sites))) == once


@given(library_cases(*ONE_VERSION), st.integers(-40, 800))
def test_the_day_of_the_plan_changes_no_day_of_a_visit(case: Case, days: int) -> None:
    def dates(plan: Plan) -> list[Any]:
        doses = [(doses.activity, doses.days, doses.held) for doses in plan.home_doses]
        gates = [(gate.key, gate.due, gate.outcome, gate.leads_to) for gate in plan.gates]
        visits = [(v.key, v.nominal, v.due, v.opens, v.closes, v.target, v.feasible) for v in plan.visits]
        return [visits, gates, doses, plan.day_1, plan.treatment_end and plan.treatment_end.day]

    assert dates(case.plan(as_of=case.as_of + timedelta(days=days))) == dates(case.plan())


@given(library_cases(*ONE_VERSION), st.integers(1, 300))
def test_a_deviation_that_was_found_is_found_on_every_later_day(case: Case, days: int) -> None:
    now, later = case.plan(), case.plan(as_of=case.as_of + timedelta(days=days))
    names = {deviation.id for deviation in (*later.deviations, *later.queries)}
    assert {deviation.id for deviation in (*now.deviations, *now.queries)} <= names
    assert {deviation.id for deviation in now.deviations} <= {deviation.id for deviation in later.deviations}


@given(library_cases())
def test_a_key_that_the_plan_had_before_a_fact_it_has_after_it_unless_its_stay_fell_away(case: Case) -> None:
    made = [case.plan(case.facts[:count]) for count in range(len(case.facts) + 1)]
    for before, after in pairwise(made):
        # An appointment in a stay that fell away is all that is left of it, to be given back.
        stays = {visit.spec.stay for visit in after.visits if NO_SUCH not in visit.notes}
        lost = {v.key for v in before.visits if v.spec.stay in stays} - {v.key for v in after.visits}
        assert not {key for key in lost if not may_fall_away(key, before, after)}


def may_fall_away(key: str, before: Plan, after: Plan) -> bool:
    """A repeat that is not needed any more, what hangs on an event that is not one now, a drug that was stopped."""
    stay = key.rpartition(".")[0]
    asked = any(c.kind == "gate" and str(v.spec.stay) == stay for v in after.visits for c in v.conflicts)
    return (
        asked
        or "#" in key
        or key.startswith("unscheduled.")
        or (key.startswith("follow-up.") and (after.treatment_end is None or "liver-week" in key))
        or before.version != after.version
        or {gate.outcome for gate in after.gates} != {gate.outcome for gate in before.gates}
    )


@given(library_cases(), st.integers(0, 0xFFFF))
def test_voiding_a_fact_gives_the_plan_without_it(case: Case, seed: int) -> None:
    named = {fact.of if isinstance(fact, Void) else fact.about for fact in case.facts if isinstance(fact, Void | Told)}
    loose = [fact for fact in case.facts if fact_id(fact) not in named and not isinstance(fact, Void)]
    assume(loose)
    wrong = Random(seed).choice(loose)
    without = [fact for fact in case.facts if fact is not wrong]
    assert json(case.plan([*case.facts, builders.voided(wrong)])) == json(case.plan(without))


@given(library_cases())
def test_a_history_of_which_everything_was_voided_is_planned_like_a_start(case: Case) -> None:
    facts = [fact for fact in case.facts if not isinstance(fact, Void)]
    assert json(case.plan([*facts, *map(builders.voided, facts)])) == json(case.plan([]))


@given(library_cases(), st.integers(-400, 100), st.times())
def test_the_plan_of_a_past_moment_is_that_of_the_facts_recorded_by_then(case: Case, days: int, hour: time) -> None:
    midnight = time(tzinfo=UTC)
    moment = datetime.combine(case.as_of + timedelta(days=days), hour.replace(tzinfo=UTC))
    known = [f for f in case.facts if (f.recorded or datetime.combine(f.day, midnight)) <= moment]
    assert json(case.plan(known_at=moment)) == json(case.plan(known))


@given(library_cases())
def test_a_what_if_is_the_plan_with_one_more_fact_and_leaves_the_plan_as_it_was(case: Case) -> None:
    before = json(case.plan())
    history = History(case.facts, builders.DAY_1, case.arm)
    what_if = history.and_also(TreatmentEnded(date=case.as_of, reason="toxicity"))
    assert json(case.plan(what_if.facts)) == json(case.plan([what_if.facts[-1], *case.facts]))
    assert json(case.plan(history.facts)) == before


@given(library_cases())
def test_a_closed_day_far_away_changes_nothing(case: Case) -> None:
    home, *others = case.design.sites
    far = replace(home, closed=(*home.closed, ClosedDay(date=date(2150, 6, 1), until=date(2151, 6, 1))))
    assert json(case.plan(design=Design(case.design.versions, (far, *others)))) == json(case.plan())


def test_an_enrolment_that_was_voided_does_not_say_which_version_is_followed_in_any_order_of_entry() -> None:
    wrong = builders.enrolled(version="1.0", id="wrong")
    facts = (wrong, builders.voided(wrong), builders.enrolled(version="2.0", id="right"))
    study = builders.design(builders.vsli(), builders.vsli_amended())
    plans = [plan(study, History(tuple(order)), builders.DAY_1) for order in permutations(facts)]
    assert {made.version for made in plans} == {"2.0"}


SCRIPT = """
from datetime import date
from planner.presenting.plan_json import plan_data, to_json
from schedules.history import Given, UnscheduledVisit
from tests import builders
epochs = "  t: {label: T, visits: {d1: {label: One, day: 1, window: 0/+3, activities: [drug]}}}"
small = builders.protocol(epochs, "never_same_day: [[drug, look, other]]")
both = (UnscheduledVisit(date=builders.DAY_1, activities=("look",)), Given(date=builders.DAY_1, activity="other"))
for made in (builders.planned(builders.enrolled(), builders.cycle_done("induction.c1")),
             builders.planned(protocol=builders.ven()), builders.planned(both, protocol=small)):
    print(to_json(plan_data(made)))
"""


def test_a_plan_is_the_same_to_the_byte_in_another_process_and_time_zone() -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, check=True, capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed, zone in (("1", "Pacific/Apia"), ("2", "America/New_York"))
    ]  # fmt: skip
    assert printed[0] == printed[1]
