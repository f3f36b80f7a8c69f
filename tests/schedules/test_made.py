"""What plans make by the thousand is what their constructors and the long way would have made."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schedules import placing
from schedules.history import History
from schedules.limits import Limits
from schedules.made import DAYS
from schedules.plan import plan
from schedules.scheduled import GateState, Plan, ScheduledVisit
from tests.builders import consented, cycle_done, design, dose, enrolled, ven, vsli

STARTS = [date(2026, 1, 5) + timedelta(days=days) for days in range(0, 70, 3)]
AS_OF = date(2026, 3, 6)
BEGUN = (
    consented(),
    enrolled(),
    *dose("induction.c1.d1", date(2026, 1, 5)),
    *dose("induction.c1.d8", date(2026, 1, 13)),
)
HISTORIES = [
    *(History(planned_start=start) for start in STARTS),
    History(BEGUN),
    History((consented(), enrolled(), *cycle_done("induction.c1", date(2026, 1, 5)))),
]


def told(made: Plan) -> list[tuple[object, ...]]:
    """Each visit with all of its fields; of what binds it not the course, which every plan has for itself, and not the
    day by which it must be over, which is asked for only where no day is left."""
    return [
        (*visit._replace(limits=None), visit.limits[1:-1] if visit.limits is not None else None, visit.why)
        for visit in made.visits
    ]


@pytest.mark.parametrize("history", HISTORIES)
def test_a_visit_of_which_nothing_is_recorded_is_placed_as_the_long_way_places_it(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = design(vsli())
    quick = plan(study, history, AS_OF)
    monkeypatch.setattr(placing, "_plain", lambda *_: None)
    assert told(quick) == told(plan(study, history, AS_OF))


@pytest.mark.parametrize("protocol", [vsli(), ven()], ids=["vsli-ino", "ven-ino"])
def test_a_tuple_that_was_made_at_once_has_all_fields_of_its_kind(protocol: object) -> None:
    made = plan(design(vsli() if protocol is vsli() else ven()), History(planned_start=STARTS[0]), AS_OF)
    for visit in made.visits:
        assert len(visit) == len(ScheduledVisit._fields)
        assert len(visit.basis) == len(visit.basis._fields)
        if visit.limits is not None:
            assert len(visit.limits) == len(Limits._fields)
            assert all(len(bound) == len(bound._fields) for bound in visit.limits.bounds)
    assert {len(gate) for gate in made.gates} <= {len(GateState._fields)}


def test_a_gate_that_was_made_at_once_is_the_one_that_its_constructor_makes() -> None:
    gate = plan(design(vsli()), History(planned_start=STARTS[0]), AS_OF).gates[0]
    assert gate == GateState(
        gate.key, gate.label, gate.stay, gate.due, gate.status, None, gate.default, gate.options,
        tentative=gate.tentative, leads_to=gate.leads_to,
    )  # fmt: skip


def test_a_day_of_its_number_is_the_day_and_the_same_one_each_time() -> None:
    ordinal = date(2026, 2, 28).toordinal()
    assert DAYS[ordinal] == date(2026, 2, 28)
    assert DAYS[ordinal] is DAYS[ordinal]


def test_a_number_that_is_no_day_is_refused_as_ever() -> None:
    with pytest.raises(ValueError, match="ordinal must be"):
        DAYS[0]
