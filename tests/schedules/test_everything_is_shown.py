"""Nothing disappears: what the protocol plans for a stay, and whatever was recorded, is somewhere in the plan."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings

from schedules.compiled import CompiledProtocol
from schedules.history import Attended, Given, Omitted, VisitMissed
from schedules.keys import Stay
from schedules.limits import Limits
from schedules.protocol import Epoch, PlannedVisit, Stage
from schedules.record import Record, live_facts
from schedules.scheduled import Plan
from schedules.statuses import GateStatus
from tests.schedules.test_random_protocols import valid_protocols
from tests.strategies import Case, cases, library_cases


def record_of(case: Case) -> Record:
    """The facts of a case that count, under the keys of the plan."""
    return Record(live_facts(case.facts), case.design.renamer(0))


def stays_of(plan: Plan) -> Iterator[tuple[Stay, set[str]]]:
    """The stays that the path came to, each with the keys that the plan has of it."""
    asked = {v.spec.stay for v in plan.visits if any(conflict.kind == "gate" for conflict in v.conflicts)}
    for stay in {visit.spec.stay for visit in plan.visits if isinstance(visit.limits, Limits)} - asked:
        yield stay, {visit.key for visit in plan.visits if visit.spec.stay == stay}


def is_always_planned(epoch: Epoch, planned: PlannedVisit) -> bool:
    """Whether a visit hangs on no drug that may be stopped, and on nothing that need not come about."""
    base = planned.after
    if planned.only_with or (base is not None and base.event not in (None, "day-1")):
        return False
    other = epoch.visits.get(base.visit.rpartition(".")[2]) if base and base.visit else None
    return other is None or is_always_planned(epoch, other)


def every_visit_of_a_stay_on_the_path_is_in_the_plan(case: Case, plan: Plan) -> None:
    if len(case.design.versions) > 1:
        return  # a visit that an amendment added is asked for only while its window is open
    compiled = CompiledProtocol(case.design.versions[0], case.arm, {})
    for stay, keys in stays_of(plan):
        epoch = compiled.protocol.epochs[stay.epoch]
        if epoch.stage is not Stage.FOLLOW_UP:
            wanted = [v for v in compiled.stay(stay).visits if is_always_planned(epoch, v.planned)]
            assert not {visit.key for visit in wanted} - keys, stay


def every_visit_that_something_is_recorded_about_is_in_the_plan(case: Case, plan: Plan) -> None:
    assert record_of(case).keys() <= {visit.key for visit in plan.visits}


def every_appointment_is_in_the_plan(case: Case, plan: Plan) -> None:
    shown = {visit.key: visit for visit in plan.visits}
    for key, booking in record_of(case).bookings.items():
        assert key in shown, key
        assert shown[key].booking == booking.fact or shown[key].actual is not None, key


def every_decision_is_in_the_plan(case: Case, plan: Plan) -> None:
    shown = {gate.key: gate for gate in plan.gates}
    for key, decision in record_of(case).decided.items():
        assert shown[key].status is GateStatus.DECIDED, key
        assert shown[key].outcome == decision.outcome, key


def every_miss_and_every_omission_without_a_reason_of_the_protocol_is_a_deviation(case: Case, plan: Plan) -> None:
    found = {(deviation.kind, deviation.visit) for deviation in plan.deviations}
    done = {fact.visit for fact in live_facts(case.facts) if isinstance(fact, Given | Attended)}
    for fact in live_facts(case.facts):
        if isinstance(fact, VisitMissed) and fact.visit not in done:
            assert ("missed", fact.visit) in found, fact.visit
        if isinstance(fact, Omitted) and fact.reason == "travel":
            assert ("not-done", fact.visit) in found, fact.visit


NOTHING_VANISHES = (
    every_visit_of_a_stay_on_the_path_is_in_the_plan,
    every_visit_that_something_is_recorded_about_is_in_the_plan,
    every_appointment_is_in_the_plan,
    every_decision_is_in_the_plan,
    every_miss_and_every_omission_without_a_reason_of_the_protocol_is_a_deviation,
)


@settings(max_examples=2 * settings().max_examples)
@given(library_cases())
def test_nothing_disappears_from_a_plan_of_the_library(case: Case) -> None:
    made = case.plan()
    for rule in NOTHING_VANISHES:
        rule(case, made)


@given(cases(valid_protocols(), named=True))
def test_nothing_disappears_from_a_plan_of_a_random_protocol(case: Case) -> None:
    made = case.plan()
    for rule in NOTHING_VANISHES:
        rule(case, made)
