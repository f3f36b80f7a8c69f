"""Decisions on the path: defaults, gates without one, gates that ask, gates that were answered on the way."""

from __future__ import annotations

from datetime import date

from schedules.history import AmendmentApplied, History
from schedules.plan import plan
from schedules.protocol_file import library_text, read_protocol
from schedules.scheduled import Plan
from schedules.statuses import GateStatus, Status
from tests.builders import (
    attended,
    closed,
    cycle_done,
    decided,
    design,
    dose,
    enrolled,
    facts,
    planned,
    protocol,
    targets,
    vsli,
)

RESPONSE = "induction.c1.response"


def gate(plan: Plan, key: str) -> GateStatus:
    return next(found.status for found in plan.gates if found.key == key)


def test_until_a_gate_is_decided_the_plan_follows_its_default_tentatively() -> None:
    plan = planned(enrolled(), cycle_done("induction.c1"))
    assert gate(plan, RESPONSE) is GateStatus.OPEN
    assert plan.visit("maintenance.c1.d1").tentative
    assert not plan.visit("induction.c1.marrow").tentative


def test_a_decided_gate_makes_the_next_cycle_firm_and_the_one_after_tentative() -> None:
    plan = planned(enrolled(), cycle_done("induction.c1"), decided(RESPONSE, date(2026, 1, 30), "benefit"))
    assert not plan.visit("maintenance.c1.d15").tentative
    assert plan.visit("maintenance.c2.d1").tentative


def test_a_gate_that_nobody_decided_by_its_day_is_overdue() -> None:
    plan = planned(enrolled(), cycle_done("induction.c1"), as_of=date(2026, 1, 31))
    assert gate(plan, RESPONSE) is GateStatus.OVERDUE


def test_a_gate_is_due_on_the_last_open_day_before_the_next_day_1() -> None:
    plan = planned(enrolled(), closed=[date(2026, 1, 30), date(2026, 1, 29)])
    assert plan.gates[0].due == date(2026, 1, 28)


def test_benefit_with_toxicity_is_the_investigators_decision_and_nothing_is_planned_beyond() -> None:
    facts = (enrolled(), cycle_done("induction.c1"), decided(RESPONSE, date(2026, 1, 30), "benefit-with-toxicity"))
    plan = planned(*facts)
    assert gate(plan, "induction.c1.toxicity") is GateStatus.OPEN
    assert not targets(plan, "maintenance.c1")
    assert plan.treatment_end is None
    assert not [visit for visit in plan if visit.spec.stay.epoch == "follow-up"]
    assert "nothing is planned beyond it" in " ".join(plan.gates[-1].why)


def test_the_investigator_may_choose_maintenance_a_second_cycle_or_the_end() -> None:
    facts = (enrolled(), cycle_done("induction.c1"), decided(RESPONSE, date(2026, 1, 30), "benefit-with-toxicity"))

    def after(outcome: str) -> Plan:
        return planned(*facts, decided("induction.c1.toxicity", date(2026, 1, 30), outcome))

    assert targets(after("maintenance"), "maintenance.c1")["d1"] == date(2026, 2, 2)
    assert targets(after("second-cycle"), "induction.c2")["d1"] == date(2026, 2, 2)
    end = after("end").treatment_end
    assert end is not None
    assert (end.day, end.reason, end.recorded) == (date(2026, 1, 30), "toxicity", True)


def test_the_decision_to_enter_maintenance_answers_the_check_before_its_first_cycle_only() -> None:
    plan = planned(enrolled(), cycle_done("induction.c1"), decided(RESPONSE, date(2026, 1, 30), "benefit"))
    first, second = (next(g for g in plan.gates if g.key == f"maintenance.c{n}.continue") for n in (1, 2))
    assert (first.status, first.answered_by) == (GateStatus.DECIDED, RESPONSE)
    assert second.status is GateStatus.OPEN
    assert first.why == (f"answered by the decision at {RESPONSE}",)


def test_a_check_before_a_cycle_can_end_the_treatment() -> None:
    maintenance = cycle_done("maintenance.c1", date(2026, 2, 2), "ino")
    plan = planned(
        enrolled(),
        cycle_done("induction.c1"),
        decided(RESPONSE, date(2026, 1, 30), "benefit"),
        maintenance,
        decided("maintenance.c2.continue", date(2026, 2, 27), "progression"),
    )
    assert not targets(plan, "maintenance.c2")
    assert plan.treatment_end is not None
    assert plan.treatment_end.reason == "progression"
    assert plan.visit("follow-up.month-3").spec.remote


def test_a_decision_to_end_cancels_what_is_left_of_the_cycle() -> None:
    plan = planned(
        enrolled(), dose("induction.c1.d1", date(2026, 1, 5)), decided(RESPONSE, date(2026, 1, 8), "progression")
    )
    left = {visit.status for visit in plan if visit.spec.stay.epoch == "induction" and visit.actual is None}
    assert left == {Status.CANCELLED}


OPEN_ENDED = """
  treatment:
    label: Treatment
    cycles: {length: 21 days, plan_ahead: 2}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [drug]}
    gates:
      go-on:
        label: Go on
        default: yes-please
        outcomes:
          yes-please: {label: Go on, to: next-cycle}
          stop: {label: Stop, to: end}
"""


def test_open_ended_cycles_are_shown_a_few_ahead_and_the_bound_is_said() -> None:
    plan = planned(protocol=protocol(OPEN_ENDED))
    assert [visit.key for visit in plan] == ["treatment.c1.d1", "treatment.c2.d1", "treatment.c3.d1"]
    assert "2 cycles are shown ahead" in plan.notices[0].text


def test_open_ended_cycles_are_shown_ahead_of_the_newest_dosed_one() -> None:
    given = [dose(f"treatment.c{n}.d1", date(2026, 1, 5 + 21 * (n - 1)), "drug") for n in (1, 2)]
    plan = planned(enrolled(), *given, protocol=protocol(OPEN_ENDED))
    assert [visit.key for visit in plan][-1] == "treatment.c4.d1"


def test_an_open_ended_treatment_ends_when_its_gate_says_so() -> None:
    study = protocol(OPEN_ENDED)
    given = dose("treatment.c1.d1", date(2026, 1, 5), "drug")
    plan = planned(enrolled(), given, decided("treatment.c1.go-on", date(2026, 1, 20), "stop"), protocol=study)
    assert [visit.key for visit in plan] == ["treatment.c1.d1"]


AGAIN = """
  first:
    label: First
    length: 28 days
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
  second:
    label: Second
    length: 28 days
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
    gates:
      back:
        label: Back to the first
        when: at-end
        outcomes:
          back: {label: Once more, to: first}
          done: {label: Done, to: end}
"""


def test_an_epoch_entered_again_gets_another_number_in_its_keys() -> None:
    days = {"first.d1": date(2026, 1, 5), "second.d1": date(2026, 2, 2)}
    given = [dose(key, day, "drug") for key, day in days.items()]
    plan = planned(enrolled(), *given, decided("second.back", date(2026, 2, 27), "back"), protocol=protocol(AGAIN))
    assert targets(plan)["first#2.d1"] == date(2026, 3, 2)
    assert targets(plan)["second#2.d1"] == date(2026, 3, 30)


def test_a_drug_that_a_gate_stops_is_planned_no_more_and_its_own_visits_fall_away() -> None:
    study = protocol(
        """
  treatment:
    label: Treatment
    cycles: {length: 28 days, at_most: 2}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug, look]}
      d8: {label: Day 8, day: 8, only_with: [drug], activities: [drug]}
    gates:
      drug-on:
        label: The drug beyond cycle 1
        when: before-each-cycle
        cycles: 2
        default: without
        outcomes:
          without: {label: Without, stops: [drug]}
          with: {label: With it}
"""
    )
    plan = planned(enrolled(), dose("treatment.c1.d1", date(2026, 1, 5), "drug"), protocol=study)
    assert plan.visit("treatment.c2.d1").spec.activities == ("look",)
    assert "treatment.c2.d8" not in targets(plan)
    begun = planned(
        enrolled(),
        dose("treatment.c1.d1", date(2026, 1, 5), "drug"),
        decided("treatment.c2.drug-on", date(2026, 1, 30), "without"),
        attended("treatment.c2.d1", date(2026, 2, 3)),
        protocol=study,
    )
    assert begun.visit("treatment.c2.d1").actual == date(2026, 2, 3)
    assert begun.deviations[-1].id == "outside-window:treatment.c2.d1"


def test_before_a_site_that_never_opens_a_gate_is_due_the_day_before() -> None:
    plan = planned(closed=[closed(date(2025, 1, 1), date(2027, 1, 1))])
    assert plan.gates[0].due == date(2026, 2, 1)


C1 = cycle_done("induction.c1")
NO_BENEFIT = decided(RESPONSE, date(2026, 1, 30), "no-benefit")
C2 = cycle_done("induction.c2", date(2026, 2, 2))
BENEFIT_2 = decided("induction.c2.response", date(2026, 2, 27), "benefit")


def test_the_seventh_cycle_of_treatment_counts_both_epochs_and_asks() -> None:
    plan = planned(enrolled(), C1, NO_BENEFIT, C2, BENEFIT_2)
    asked = plan.visit("maintenance.c5.d1")
    assert (asked.status, asked.target, asked.nominal) == (Status.NEEDS_DECISION, None, date(2026, 6, 22))
    assert asked.conflicts[0].overdue_from == date(2026, 6, 20)
    assert "maintenance.c5.d8" not in targets(plan)
    assert plan.treatment_end is not None
    assert (plan.treatment_end.day, plan.treatment_end.recorded) == (date(2026, 6, 22), False)
    assert [found.key for found in plan.gates if "seventh" in found.key] == ["maintenance.c5.seventh-cycle"]


def test_a_seventh_cycle_that_is_refused_is_not_planned_at_all() -> None:
    stop = decided("maintenance.c5.seventh-cycle", date(2026, 6, 19), "stop")
    plan = planned(enrolled(), C1, NO_BENEFIT, C2, BENEFIT_2, stop)
    assert not targets(plan, "maintenance.c5")


def test_what_was_dosed_is_firm_again_although_its_gate_is_open() -> None:
    plan = planned(enrolled(), C1, dose("maintenance.c1.d1", date(2026, 2, 2)))
    assert not plan.visit("maintenance.c1.d8").tentative
    assert plan.visit("maintenance.c2.d1").tentative


def test_a_gate_before_the_very_first_cycle_is_asked_too() -> None:
    study = protocol(
        """
  treatment:
    label: Treatment
    cycles: {length: 28 days, at_most: 2}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
    gates:
      ready:
        label: Ready to begin
        when: before-each-cycle
        cycles: 1
        asks: true
        outcomes:
          go: {label: Go}
          stop: {label: Stop, to: end}
"""
    )
    waiting = planned(protocol=study)
    assert waiting.visit("treatment.c1.d1").target is None
    assert waiting.visit("treatment.c1.d1").conflicts[0].kind == "gate"
    ready = planned(enrolled(), decided("treatment.c1.ready", date(2026, 1, 2), "go"), protocol=study)
    assert targets(ready) == {"treatment.c1.d1": date(2026, 1, 5), "treatment.c2.d1": date(2026, 2, 2)}


def test_a_gate_that_an_amendment_renamed_still_answers_the_check_before_the_first_cycle() -> None:
    renamed = library_text("vsli-ino").replace('"1.0"', '"2.0"').replace("answered_by: response", "answered_by: answer")
    renamed = renamed.replace(
        "      response:\n        label: R", "      answer:\n        was: response\n        label: R"
    )
    study = design(vsli(), read_protocol(renamed, "2.yaml").require())
    done = (enrolled(), cycle_done("induction.c1"), decided(RESPONSE, date(2026, 1, 30), "benefit"))
    for day in (date(2026, 1, 6), date(2026, 1, 31)):
        made = plan(study, History(facts(*done, AmendmentApplied(date=day, version="2.0"))), date(2026, 1, 31))
        first = next(found for found in made.gates if found.key == "maintenance.c1.continue")
        assert (first.status, first.answered_by) == (GateStatus.DECIDED, RESPONSE)
