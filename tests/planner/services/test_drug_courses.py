"""What each drug's treatment really was: first and last dose, doses, reductions, and why it stopped."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from planner.persistence.unit_of_work import Store
from planner.problems import NotFound
from planner.services.access import EVERYTHING, Scope
from planner.services.drug_courses import DrugCourse, Reduction, Stop, drug_courses
from tests.studies import STUDY, Trial, trial

LATER = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
D1, D8, D15 = (f"induction.c1.d{day}" for day in (1, 8, 15))
DAYS = {D1: "2026-01-05", D8: "2026-01-12", D15: "2026-01-20"}
ENDED = {"fact": "treatment_ended", "date": "2026-02-02", "reason": "progression"}

SMALL = """\
protocol: small
version: "1.0"
title: Small
activities:
  one: {label: Drug one, kind: dose}
  two: {label: Drug two, kind: dose}
epochs:
  t:
    label: Treatment
    cycles: {length: 28 days, at_most: 3}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [one, two]}
    gates:
      go-on:
        label: Go on with both?
        default: both
        outcomes:
          both: {label: Both, to: next-cycle, after_last_cycle: end}
          one-alone: {label: One alone, to: next-cycle, after_last_cycle: end, stops: [two]}
"""


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    made.now = LATER
    made.enrol()
    return made


def given(visit: str, drug: str, **more: Any) -> dict[str, Any]:
    return {"fact": "given", "date": DAYS[visit], "visit": visit, "activity": drug, **more}


def left_out(visit: str, reason: str, **more: Any) -> dict[str, Any]:
    return {"fact": "omitted", "date": DAYS[visit], "visit": visit, "reason": reason, **more}


def courses(study: Trial, number: str = "01-001", scope: Scope = EVERYTHING) -> dict[str, DrugCourse]:
    found = study.store.read(lambda session: drug_courses(session, study.designs, scope, STUDY, number, LATER))
    return {course.drug: course for course in found}


def test_before_the_first_dose_there_is_none(study: Trial) -> None:
    found = courses(study)
    assert list(found) == ["vsli", "ino"]
    assert found["vsli"] == DrugCourse("vsli", "Vincristine sulfate liposome IV", None, None, 0, 0, 0, (), None)


def test_a_drug_that_goes_on_has_a_first_and_a_last_dose_and_no_stop(study: Trial) -> None:
    study.record("01-001", given(D1, "vsli"), given(D8, "vsli", partial=True), given(D1, "ino"))
    found = courses(study)
    vsli, ino = found["vsli"], found["ino"]
    assert (vsli.first_dose, vsli.last_dose, vsli.doses, vsli.partial) == (date(2026, 1, 5), date(2026, 1, 12), 2, 1)
    assert (ino.first_dose, ino.last_dose, ino.doses, ino.stop) == (date(2026, 1, 5), date(2026, 1, 5), 1, None)


def test_reductions_say_from_which_visit_on_to_what_and_why(study: Trial) -> None:
    reduced = {"fact": "reduced", "date": DAYS[D8], "visit": D8, "activity": "ino", "to": "level -1",
               "reason": "toxicity"}  # fmt: skip
    study.record("01-001", given(D1, "ino"), reduced, given(D8, "ino"))
    assert courses(study)["ino"].reductions == (Reduction(date(2026, 1, 12), D8, "level -1", "toxicity"),)
    assert courses(study)["vsli"].reductions == ()


def test_the_end_of_treatment_stops_every_drug_with_its_reason(study: Trial) -> None:
    study.record("01-001", given(D1, "vsli"), given(D1, "ino"), ENDED)
    assert {course.stop for course in courses(study).values()} == {
        Stop(date(2026, 2, 2), "progression", "treatment-ended")
    }


def test_a_drug_that_was_left_out_after_its_last_dose_stopped_for_that_reason(study: Trial) -> None:
    both = [given(D1, "vsli"), given(D1, "ino"), given(D8, "ino"), given(D15, "ino")]
    study.record("01-001", *both, left_out(D8, "neuropathy", activity="vsli"))
    study.record("01-001", left_out(D15, "neuropathy", activity="vsli"))
    assert courses(study)["vsli"].stop is None, "it may still go on"
    study.record("01-001", ENDED)
    found = courses(study)
    assert (found["vsli"].omitted, found["vsli"].stop) == (2, Stop(date(2026, 1, 12), "neuropathy", "omitted"))
    assert found["ino"].stop == Stop(date(2026, 2, 2), "progression", "treatment-ended")


def test_a_dose_left_out_between_two_that_were_given_stopped_nothing(study: Trial) -> None:
    study.record("01-001", given(D1, "vsli"), left_out(D8, "counts", activity="vsli"), given(D15, "vsli"), ENDED)
    vsli = courses(study)["vsli"]
    assert (vsli.omitted, vsli.stop) == (1, Stop(date(2026, 2, 2), "progression", "treatment-ended"))


def test_a_visit_left_out_as_a_whole_leaves_out_each_drug_of_it(study: Trial) -> None:
    study.record("01-001", given(D1, "vsli"), given(D1, "ino"), left_out(D8, "liver"))
    assert [course.omitted for course in courses(study).values()] == [1, 1]


def test_a_voided_dose_was_none(study: Trial) -> None:
    recorded = study.record("01-001", given(D1, "vsli"), given(D8, "vsli"))
    study.record("01-001", {"fact": "void", "date": DAYS[D8], "of": recorded.facts[1].id})
    assert (courses(study)["vsli"].doses, courses(study)["vsli"].last_dose) == (1, date(2026, 1, 5))


def test_a_decision_to_go_on_without_a_drug_stops_that_drug_alone(store: Store) -> None:
    study = trial(store, texts=[SMALL])
    study.now = LATER
    study.enrol()
    doses = [{"fact": "given", "date": "2026-01-05", "visit": "t.c1.d1", "activity": drug} for drug in ("one", "two")]
    decided = {"fact": "gate_decided", "date": "2026-01-30", "gate": "t.c1.go-on", "outcome": "one-alone"}
    study.record("01-001", *doses, decided)
    found = courses(study)
    assert found["two"].stop == Stop(date(2026, 1, 30), "one-alone", "gate")
    assert found["one"].stop is None


def test_who_is_of_another_site_finds_nobody(study: Trial) -> None:
    with pytest.raises(NotFound):
        courses(study, scope=Scope(((1, 2),)))
