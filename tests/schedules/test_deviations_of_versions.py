"""An amendment in between: what was held, given or looked at is judged by the version in force on its own day."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.deviation import Kind
from schedules.history import AmendmentApplied, Fact, Given, Held, History
from schedules.plan import plan
from schedules.protocol import Protocol
from schedules.protocol_file import read_protocol
from schedules.scheduled import Plan
from schedules.statuses import Status
from tests.builders import Facts, attended, consented, design, dose, enrolled, facts, vsli, vsli_amended

D8 = "induction.c1.d8"
BEGUN = (consented(), enrolled(cohort="phase-2"), *dose("induction.c1.d1", date(2026, 1, 5)))
TWO_DRUGS = """
protocol: small
version: "1.0"
title: Small
activities:
  drug: {label: Drug, kind: dose, hold_for: [toxicity]}
  other: {label: Other drug, kind: dose, hold_for: [toxicity]}
epochs:
  screening:
    label: Screening
    stage: screening
    visits:
      scan: {label: Scan, day: -7, window: -20/+6, valid_for: 28 days}
  treatment:
    label: Treatment
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
      d8: {label: Day 8, day: 8, activities: [drug, other]}
"""
ONE_DRUG = "\n".join(line for line in TWO_DRUGS.splitlines() if "Other" not in line).replace("[drug, other]", "[drug]")
SHORTER = TWO_DRUGS.replace("valid_for: 28 days", "valid_for: 14 days")
ENDLESS = TWO_DRUGS.replace(", valid_for: 28 days", "")
IN = (consented(), enrolled())


def january(day: int) -> date:
    return date(2026, 1, day)


def amended(day: date) -> tuple[Fact, ...]:
    return AmendmentApplied(date=day, version="2.0"), consented(day, "2.0")


def read(first: str, second: str) -> tuple[Protocol, Protocol]:
    """A protocol and its version 2.0."""
    second = second.replace('"1.0"', '"2.0"')
    return read_protocol(first, "1.yaml").require(), read_protocol(second, "2.yaml").require()


def planned(versions: tuple[Protocol, Protocol], *given: Facts, as_of: date) -> Plan:
    return plan(design(*versions), History(facts(*given)), as_of)


def ids(made: Plan, kind: Kind) -> list[str]:
    return [found.id.partition(":")[2] for found in made.deviations if found.kind is kind]


# -- holds --------------------------------------------------------------------------------------


def test_a_hold_stays_judged_by_the_version_of_its_day_also_of_a_drug_that_a_newer_one_dropped() -> None:
    held = Held(date=january(12), visit="treatment.d8", activity="other", reason="counts")
    history = (IN, dose("treatment.d1", january(5), "drug"), held)
    study = read(TWO_DRUGS, ONE_DRUG)
    for more, day in (((), january(13)), (amended(january(14)), january(14))):
        made = planned(study, history, more, as_of=day)
        assert ids(made, Kind.HOLD_NOT_ALLOWED) == ["treatment.d8:other"]


def test_a_hold_asks_nothing_of_a_drug_that_only_a_later_version_has() -> None:
    held = Held(date=january(12), visit="treatment.d8", reason="counts")
    history = (IN, dose("treatment.d1", january(5), "drug"), held, amended(january(14)))
    made = planned(read(ONE_DRUG, TWO_DRUGS), history, as_of=january(14))
    assert ids(made, Kind.HOLD_NOT_ALLOWED) == ["treatment.d8:drug"]


# -- doses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "late"), [(16, []), (18, []), (19, [f"{D8}:vsli"])])
def test_a_dose_that_waited_alone_is_judged_by_the_window_of_the_version_of_its_own_day(
    day: int, late: list[str]
) -> None:
    held = Held(date=january(12), visit=D8, activity="vsli", reason="neuropathy", resume=january(15))
    doses = (dose(D8, january(12), "ino"), dose(D8, january(18), "vsli"))
    made = planned((vsli(), vsli_amended()), BEGUN, held, doses, amended(january(day)), as_of=january(20))
    assert ids(made, Kind.OUTSIDE_WINDOW) == late


@pytest.mark.parametrize(("day", "wrong"), [(14, []), (15, ["treatment.d8:other"])])
def test_a_drug_that_an_amendment_brought_to_a_visit_is_the_wrong_one_only_before_it(
    day: int, wrong: list[str]
) -> None:
    doses = (dose("treatment.d1", january(5), "drug"), dose("treatment.d8", january(12), "drug"))
    history = (IN, doses, dose("treatment.d8", january(14), "other"), amended(january(day)))
    made = planned(read(TWO_DRUGS.replace("[drug, other]", "[drug]"), TWO_DRUGS), history, as_of=january(20))
    assert ids(made, Kind.WRONG_DRUG) == wrong


SPACED = TWO_DRUGS.replace("epochs:", "spacing:\n  - {drug: drug, at_least: 7 days}\nepochs:")


@pytest.mark.parametrize(("day", "close"), [(8, ["treatment.d8:drug"]), (9, [])])
def test_doses_are_too_close_only_where_the_version_of_the_later_one_asks_for_spacing(
    day: int, close: list[str]
) -> None:
    doses = (dose("treatment.d1", january(5), "drug"), dose("treatment.d8", january(8), "drug"))
    loose = Given(id="loose", date=january(5), activity="drug")
    made = planned(read(TWO_DRUGS, SPACED), IN, doses, loose, amended(january(day)), as_of=january(12))
    assert ids(made, Kind.TOO_CLOSE) == close


LEAD_IN = TWO_DRUGS.replace(
    "  treatment:\n",
    "  lead-in:\n    label: Lead-in\n    length: 7 days\n    visits:\n"
    "      d1: {label: Lead-in Day 1, day: 1, activities: [drug]}\n  treatment:\n",
)


def test_a_dose_in_an_epoch_that_an_amendment_dropped_is_not_one_of_another_arm() -> None:
    doses = (dose("lead-in.d1", january(5), "drug"), dose("treatment.d1", january(12), "drug"))
    made = planned(read(LEAD_IN, TWO_DRUGS), IN, doses, amended(january(14)), as_of=january(14))
    assert made.visit("lead-in.d1").actual == january(5)
    assert ids(made, Kind.WRONG_DRUG) == []


# -- screening ----------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [TWO_DRUGS, ENDLESS], ids=["longer", "without an end"])
def test_a_screening_visit_is_too_old_by_the_version_of_day_1_whatever_it_was_when_it_was_made(first: str) -> None:
    history = (IN, attended("screening.scan", date(2025, 12, 22)), amended(january(2)))
    made = planned(read(first, SHORTER), history, dose("treatment.d1", january(6), "drug"), as_of=january(6))
    assert made.visit("screening.scan").status is Status.EXPIRED
    assert ids(made, Kind.EXPIRED_AT_DAY_1) == ["screening.scan"]
    assert "Scan was 15 days old on 6 January 2026, and is valid for 14 days" in [d.text for d in made.deviations]


# -- under which version it was done ------------------------------------------------------------


def test_a_visit_without_a_dose_and_a_dose_without_a_visit_are_judged_by_their_version_too() -> None:
    marrow = attended("induction.c1.marrow", january(28), version="1.0")
    alone = Given(id="alone", date=january(20), activity="vsli", version="1.0")
    made = planned((vsli(), vsli_amended()), BEGUN, amended(january(10)), alone, marrow, as_of=january(28))
    assert ids(made, Kind.WRONG_VERSION) == ["alone", "induction.c1.marrow"]
