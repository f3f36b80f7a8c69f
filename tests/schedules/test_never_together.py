"""What must never share a day may stand in one visit, if nobody ever has both of them there."""

from __future__ import annotations

import pytest

from schedules.errors import ProtocolError
from tests.builders import planned, protocol

MORE = "never_same_day: [[drug, other]]\narms: {x: {label: X}, y: {label: Y}}"


def one_visit(drug: str, other: str) -> str:
    cycles = "cycles: {length: 28 days, at_most: 3}"
    items = f"[{{activity: drug{drug}}}, {{activity: other{other}}}]"
    return f"  t: {{label: T, {cycles}, visits: {{d1: {{label: D, day: 1, activities: {items}}}}}}}\n"


@pytest.mark.parametrize(
    ("drug", "other"),
    [(", arms: [x]", ", arms: [y]"), (", cycles: 1", ", cycles: from 2"), (", cycles: 3", ", cycles: every 2")],
)
def test_two_that_are_of_other_arms_or_other_cycles_never_meet(drug: str, other: str) -> None:
    made = planned(protocol=protocol(one_visit(drug, other), MORE), arm="x")
    assert all(len(visit.spec.doses) < 2 for visit in made)


@pytest.mark.parametrize(
    ("drug", "other"),
    [("", ""), (", arms: [x]", ""), (", arms: [x, y]", ", arms: [y]"), (", cycles: 2", ", cycles: every 2")],
)
def test_two_that_one_participant_has_in_one_cycle_are_refused(drug: str, other: str) -> None:
    with pytest.raises(ProtocolError, match="drug and other must never share a day, and share this visit"):
        protocol(one_visit(drug, other), MORE)
