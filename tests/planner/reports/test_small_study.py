"""Every measure of the small study in tests/reported.py, worked out by hand beside it."""

from __future__ import annotations

import pytest

from planner.persistence.unit_of_work import Store
from planner.reports.report import Report
from tests.reported import counts, left_out, report, row, small_study
from tests.studies import NORTH, SOUTH, trial


@pytest.fixture
def found(store: Store) -> Report:
    return report(small_study(store), by="site")


def test_each_measure_is_what_comes_out_by_hand(found: Report) -> None:
    check_visits(found)
    check_drugs(found)
    check_at_home(found)
    check_people(found)
    check_deviations(found)


def check_visits(found: Report) -> None:
    attendance = found.measure("attendance")
    # 01-001: four of four. 01-002: two of three, one missed. 02-001: one of two, one without a record.
    assert {group: counts(row(attendance, group=group)) for group in ("all", NORTH, SOUTH)} == {
        "all": (7, 9), NORTH: (6, 7), SOUTH: (1, 2),
    }  # fmt: skip
    # One visit after the end of treatment and two after the death.
    assert left_out(attendance) == {"after discontinuation, or cancelled": 3}
    # 20 March is three days after its window, 12 March one.
    assert counts(row(found.measure("window"))) == (5, 7)
    assert dict(row(found.measure("window")).more) == {"early": 0, "late": 2}
    # The first dose is Day 1, whenever it is given: it cannot be late.
    lateness = found.measure("lateness")
    assert {each.label: each.n for each in lateness.rows if each.group == "all" and each.label} == {
        "0": 5, "2": 1, "4": 1,
    }  # fmt: skip
    assert row(lateness).value == 0
    assert dict(row(lateness).more) == {"lower quartile": 0, "upper quartile": 1, "least": 0, "most": 4}
    activities = found.measure("activities")
    assert (counts(row(activities, "Drug")), counts(row(activities, "Look"))) == ((7, 7), (2, 3))


def check_drugs(found: Report) -> None:
    dose = found.measure("relative-dose")
    # Doses: 4 of 4, 2 of 3, 1 of 1. Amounts: 40 of 40 mg, 15 of 30 mg; of 02-001 no amount is known.
    assert counts(row(dose, "Drug, doses")) == (7, 8)
    assert counts(row(dose, "Drug, mg")) == (55, 70)
    assert left_out(dose) == {
        "doses of which nothing is recorded": 1,
        "doses without an amount in the unit of the level (left out of amounts alone)": 1,
    }
    intensity = found.measure("dose-intensity")
    # 01-001: 28 days planned, 18 + 14 taken. The others began one cycle: 14 of 14 days.
    doses, amounts = row(intensity, "Drug, doses"), row(intensity, "Drug, mg")
    assert doses.share == pytest.approx(7 / 7 * 56 / 60)
    assert doses.value == 1
    # 01-001: 40/40 mg in 28/32; 01-002: 15/20 mg in 14/14.
    assert amounts.share == pytest.approx(55 / 60 * 42 / 46)
    assert amounts.value == pytest.approx((0.875 + 0.75) / 2)


def check_at_home(found: Report) -> None:
    # 01-001: 10 days of cycle 1, 7 of cycle 2, of which 5 are recorded; 3 held.
    assert counts(row(found.measure("home"), "Pill")) == (15, 17)
    assert left_out(found.measure("home")) == {
        "days on which a hold said to take none": 3, "participants of whom no dose at home is recorded": 2,
    }  # fmt: skip
    pills = row(found.measure("pill-counts"), "Pill")
    # 10 of 10, and 8 of 7.
    assert counts(pills) == (18, 17)
    assert (pills.note, pills.low) == ("1 over 100 %", None)


def check_people(found: Report) -> None:
    retention = row(found.measure("retention"), "in the study")
    assert (counts(retention), dict(retention.more)) == ((2, 3), {"left the study": 0, "died": 1})
    contact = row(found.measure("contact"))
    assert (counts(contact), contact.value) == ((1, 1), 2)
    assert counts(row(found.measure("enrolment"), "2025-12")) == (3, None)
    assert row(found.measure("observation")).note == "nobody observed"


def check_deviations(found: Report) -> None:
    kinds = {each.label: each.n for each in found.measure("deviations").rows if each.group == "all" and each.label}
    assert kinds == {"missed": 1, "not-done": 1, "outside-window": 2, "unrecorded": 1}
    sites = {each.label: each.n for each in found.measure("deviations-by-site").rows if each.label}
    assert sites == {NORTH: 4, SOUTH: 1}


def test_a_study_without_participants_says_none_due_and_divides_by_nothing(store: Store) -> None:
    empty = report(trial(store))
    for measure in empty.measures:
        assert all(each.share is None and each.low is None for each in measure.rows)
        assert not measure.curves or all(len(curve.points) == 1 for curve in measure.curves)
    assert row(empty.measure("attendance")).note == "none due"
