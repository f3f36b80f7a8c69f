"""ven-ino's first dose of the escalated drug: on a day that is a parameter, with its samples, one on the day after."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from schedules.errors import ParameterError
from schedules.protocol import Protocol
from schedules.protocol_file import library_protocol
from tests.builders import VEN_INO_VALUES, attended, booked, dose, enrolled, planned, targets

FIRST, AFTER = "treatment.c1.first-venetoclax", "treatment.c1.tumour-lysis"


def january(day: int) -> date:
    return date(2026, 1, day)


def ven(**values: Any) -> Protocol:
    """ven-ino with other values for some parameters."""
    changed = {name.replace("_", "-"): value for name, value in values.items()}
    return library_protocol("ven-ino", {**VEN_INO_VALUES, **changed}).require()


@pytest.mark.parametrize("start", [1, 3, 4])
def test_the_first_dose_and_its_samples_are_on_the_day_that_the_parameter_gives(start: int) -> None:
    plan = planned(protocol=ven(venetoclax_start=start))
    assert plan.visit(FIRST).target == january(4 + start)
    assert plan.visit(FIRST).spec.activities == ("venetoclax", "tumour-lysis")
    assert plan.visit(AFTER).target == january(5 + start)
    assert not {"venetoclax", "tumour-lysis"} & set(plan.visit("treatment.c1.d1").spec.activities)
    assert "first-venetoclax" not in targets(plan, "treatment.c2")


def test_they_follow_day_1_to_the_day_on_which_it_was_given() -> None:
    late = planned(enrolled(), dose("treatment.c1.d1", january(7), "ino"), protocol=ven(venetoclax_start=2))
    assert (late.visit(FIRST).target, late.visit(AFTER).target) == (january(8), january(9))


def test_the_sample_after_24_hours_counts_from_the_first_dose_where_it_is_booked_and_where_it_was_given() -> None:
    study = ven(venetoclax_start=2)
    begun = (enrolled(), dose("treatment.c1.d1", january(5), "ino"))
    assert planned(begun, booked(FIRST, january(7)), protocol=study).visit(AFTER).target == january(8)
    assert planned(begun, attended(FIRST, january(8)), protocol=study).visit(AFTER).target == january(9)


def test_a_time_that_leaves_the_day_of_its_visit_is_refused() -> None:
    with pytest.raises(ParameterError, match="24 hours is on another day than the visit; plan a visit of its own"):
        ven(tumour_lysis_hours=["6 hours", "24 hours"])
