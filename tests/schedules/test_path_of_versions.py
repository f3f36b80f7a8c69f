"""An amendment in between: a cycle is judged by the gates and the number of cycles of the version of its own day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schedules.deviation import Kind
from schedules.history import AmendmentApplied, CycleHeld, Fact, History
from schedules.plan import plan
from schedules.protocol_file import library_text, read_protocol
from schedules.scheduled import Plan
from tests.builders import Facts, consented, cycle_done, decided, design, dose, enrolled, facts, vsli

HEAD = """
protocol: small
version: "1.0"
title: Small
activities:
  drug: {label: Drug, kind: dose}
epochs:
"""
TREATMENT = """
  treatment:
    label: Treatment
    cycles: {length: 28 days, at_most: 2}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [drug]}
"""
RUN_IN = """
  run-in:
    label: Run-in
    cycles: {length: 28 days, at_most: 1}
    visits:
      d1: {label: Run-in Day 1, day: 1, window: 0/+3, activities: [drug]}
    gates:
      go:
        label: Go
        outcomes:
          "on": {label: "On", to: treatment}
          stop: {label: Stop, to: end}
"""
CHECK = """
    gates:
      go:
        label: Go
        when: before-each-cycle
        cycles: 2-4
        outcomes:
          go: {label: Go}
          stop: {label: "No further", to: end}
"""
DRUG = "activities:\n  drug: {label: Drug, kind: dose}\n"
OTHER = "  other: {label: Other drug, kind: dose}\n"
DAY = timedelta(days=1)
C2 = date(2026, 2, 2)
C3 = date(2026, 3, 2)
IN = (consented(), enrolled(), dose("treatment.c1.d1", date(2026, 1, 5), "drug"))


def amended(day: date) -> tuple[Fact, ...]:
    return AmendmentApplied(date=day, version="2.0"), consented(day, "2.0")


def planned(first: str, second: str, *given: Facts, as_of: date) -> Plan:
    versions = (HEAD + first, HEAD.replace('"1.0"', '"2.0"') + second)
    return plan(design(*(read_protocol(text, "v.yaml").require() for text in versions)), History(facts(*given)), as_of)


def ids(made: Plan) -> list[str]:
    return [found.id for found in made.deviations if found.kind is not Kind.UNRECORDED]


@pytest.mark.parametrize(("day", "told"), [(date(2026, 2, 3), []), (C2, ["without-gate:treatment.c2.go"])])
def test_a_cycle_needs_no_gate_that_only_a_later_version_puts_before_it(day: date, told: list[str]) -> None:
    second = dose("treatment.c2.d1", C2, "drug")
    assert ids(planned(TREATMENT, TREATMENT + CHECK, IN, second, amended(day), as_of=date(2026, 2, 10))) == told


def test_a_gate_that_was_not_needed_yet_hides_none_that_was() -> None:
    longer = TREATMENT.replace("at_most: 2", "at_most: 4")
    doses = (dose("treatment.c2.d1", C2, "drug"), dose("treatment.c3.d1", C3, "drug"))
    made = planned(longer, longer + CHECK, IN, doses, amended(date(2026, 2, 3)), as_of=C3)
    assert ids(made) == ["without-gate:treatment.c3.go"]


def test_a_cycle_that_was_begun_without_its_gate_stays_so_where_a_later_version_only_renames_it() -> None:
    second = dose("treatment.c2.d1", C2, "drug")
    renamed = (TREATMENT + CHECK).replace("label: Go\n", "label: Ready\n")
    made = planned(TREATMENT + CHECK, renamed, IN, second, amended(date(2026, 2, 3)), as_of=date(2026, 2, 10))
    assert ids(made) == ["without-gate:treatment.c2.go"]


def test_a_cycle_needs_no_gate_of_an_epoch_that_only_a_later_version_has() -> None:
    later = amended(date(2026, 1, 20))
    made = planned(TREATMENT, RUN_IN + TREATMENT, IN, later, as_of=date(2026, 1, 20))
    assert "without-gate:run-in.c1.go" not in ids(made)


def test_a_cycle_beyond_the_most_of_its_own_day_stays_so_where_a_later_version_allows_it() -> None:
    doses = (dose("treatment.c2.d1", C2, "drug"), dose("treatment.c3.d1", C3, "drug", outside_plan=True))
    more = TREATMENT.replace("at_most: 2", "at_most: 4").replace("label: Treatment", "label: Longer")
    made = planned(TREATMENT, more, IN, doses, amended(date(2026, 3, 3)), as_of=date(2026, 3, 3))
    (found,) = [found for found in made.deviations if found.kind is Kind.BEYOND_MOST_CYCLES]
    assert found.text == "treatment.c3 was begun; Treatment has at most 2 cycles"
    in_time = planned(TREATMENT, more, IN, doses, amended(C3), as_of=date(2026, 3, 3))
    assert ids(in_time) == []


EXTENSION = "  extension:\n    label: Extension\n    only_by_gate: true\n" + TREATMENT.partition("Treatment\n")[2]
OPEN = TREATMENT + RUN_IN.partition("activities: [drug]}\n")[2].replace("to: treatment", "to: extension")


def test_a_cycle_of_an_epoch_that_its_own_day_did_not_know_yet_is_told_too() -> None:
    early = dose("extension.c1.d1", C2, "drug", outside_plan=True)
    made = planned(TREATMENT, OPEN + EXTENSION, IN, early, amended(date(2026, 2, 3)), as_of=date(2026, 2, 3))
    assert "without-gate:extension.c1" in ids(made)


def test_a_decision_is_named_by_its_own_words_where_a_later_version_does_not_know_it() -> None:
    history = (IN, decided("treatment.c2.go", C2, "stop"), dose("treatment.c2.d1", C2, "drug"))
    other = (TREATMENT + CHECK).replace("stop: {", "leave: {")
    made = planned(TREATMENT + CHECK, other, history, amended(date(2026, 2, 3)), as_of=date(2026, 2, 3))
    (found,) = [found for found in made.deviations if found.kind is Kind.AGAINST_GATE]
    assert found.text == 'treatment.c2 was begun, although treatment.c2.go was decided as "No further"'


# -- holds of cycles ----------------------------------------------------------------------------


def test_a_cycle_held_too_long_is_judged_by_the_version_in_force_when_the_hold_was_over() -> None:
    longer = TREATMENT.replace("at_most: 2", "at_most: 4")
    limited = f"{longer}longest_hold: 28 days\n"
    second = (CycleHeld(date=C2, cycle="treatment.c2", reason="counts"), dose("treatment.c2.d1", C3 + DAY, "drug"))
    due = date(2026, 3, 31)
    third = (
        CycleHeld(date=due, cycle="treatment.c3", reason="counts"),
        dose("treatment.c3.d1", due + 30 * DAY, "drug"),
    )
    made = planned(longer, limited, IN, second, third, amended(date(2026, 4, 1)), as_of=due + 30 * DAY)
    found = [(each.visit, each.days) for each in made.deviations if each.kind is Kind.HELD_TOO_LONG]
    assert found == [("treatment.c3.d1", 2)]


def test_the_reason_of_a_hold_is_judged_without_the_drugs_that_only_a_later_version_has() -> None:
    drugs = "activities:\n  drug: {label: Drug, kind: dose, hold_for: [toxicity]}\n"
    one = HEAD.replace(DRUG, drugs) + TREATMENT
    two = one.replace(drugs, drugs + OTHER).replace("[drug]", "[drug, other]").replace('"1.0"', '"2.0"')
    study = design(*(read_protocol(text, "v.yaml").require() for text in (one, two)))
    held = CycleHeld(date=C2, cycle="treatment.c2", reason="travel")
    made = plan(study, History(facts(IN, held, amended(date(2026, 2, 3)))), date(2026, 2, 3))
    assert "hold-not-allowed:treatment.c2" in ids(made)


def test_a_cycle_begun_before_a_decision_that_answers_two_gates_is_told_once_where_a_gate_was_renamed() -> None:
    renamed = library_text("vsli-ino").replace('"1.0"', '"2.0"').replace("answered_by: response", "answered_by: answer")
    renamed = renamed.replace(
        "      response:\n        label: R", "      answer:\n        was: response\n        label: R"
    )
    study = design(vsli(), read_protocol(renamed, "2.yaml").require())
    begun = (consented(), enrolled(), cycle_done("induction.c1"), dose("maintenance.c1.d1", C2))
    made = plan(study, History(facts(begun, amended(date(2026, 1, 20)))), C2)
    assert [name for name in ids(made) if name.startswith("without-gate")] == ["without-gate:induction.c1.response"]
