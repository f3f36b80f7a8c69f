"""Nobody is told of an appointment that their own page and calendar would not show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from planner.persistence.unit_of_work import Store
from planner.problems import Refused
from planner.services.access import EVERYTHING, find_participant, find_study
from planner.services.histories import life_of
from schedules.participant_view import participant_view
from tests.studies import STUDY, Trial, trial

NUMBER, CYCLE_2 = "01-001", "induction.c2.d1"
DAYS = {"induction.c1.d1": "2026-01-05", "induction.c1.d8": "2026-01-12", "induction.c1.d15": "2026-01-20"}
DECIDED = {
    "fact": "gate_decided", "id": "decided", "date": "2026-01-28", "gate": "induction.c1.response",
    "outcome": "no-benefit",
}  # fmt: skip
BOOKED = {"fact": "booked", "id": "cycle-2", "date": "2026-02-02", "visit": CYCLE_2}


def told(about: str) -> dict[str, Any]:
    return {"fact": "told", "date": "2026-01-28", "about": about}


@pytest.fixture
def study(store: Store) -> Trial:
    """Somebody whose first cycle has been given, on the day on which it is decided how they go on."""
    made = trial(store, datetime(2026, 1, 28, 15, tzinfo=UTC))
    made.enrol()
    for visit, day in DAYS.items():
        made.record(
            NUMBER, *({"fact": "given", "date": day, "visit": visit, "activity": drug} for drug in ("vsli", "ino"))
        )
    return made


def seen(study: Trial) -> list[str]:
    """The visits that the participant may see."""
    with study.store.database.reading() as session:
        row = find_study(session, EVERYTHING, STUDY)
        life = life_of(session, study.designs.of(session, row), find_participant(session, EVERYTHING, row, NUMBER))
        return [visit.key for visit in participant_view(life.study.design, life.history, life.today(study.now))]


def test_an_appointment_that_follows_from_an_untold_decision_is_not_told_of(study: Trial) -> None:
    study.record(NUMBER, DECIDED)
    with pytest.raises(
        Refused, match=r"nobody has told them of what was decided: induction.c1.response \(decided\)"
    ) as no:
        study.record(NUMBER, BOOKED, told("cycle-2"))
    assert [problem.place for problem in no.value.problems] == ["/facts/1/about"]
    study.record(NUMBER, BOOKED)
    assert seen(study) == []


def test_both_are_told_at_once_or_one_after_the_other(study: Trial) -> None:
    study.record(NUMBER, DECIDED, BOOKED, told("decided"), told("cycle-2"))
    assert seen(study) == [CYCLE_2]


def test_an_appointment_beyond_an_open_gate_is_theirs_once_it_is_decided_and_told(study: Trial) -> None:
    study.record(NUMBER, BOOKED, told("cycle-2"))
    assert seen(study) == []
    study.record(NUMBER, DECIDED, told("decided"))
    assert seen(study) == [CYCLE_2]


@pytest.mark.parametrize(
    ("decided", "named"),
    [
        ({"fact": "cycle_delayed", "cycle": "induction.c2", "reason": "counts", "to": "2026-02-12"}, "induction.c2"),
        ({"fact": "cycle_held", "cycle": "induction.c2", "reason": "counts", "resume": "2026-02-12"}, "induction.c2"),
    ],
    ids=["delayed", "held"],
)
def test_an_appointment_that_follows_from_a_delay_or_a_hold_is_told_of_with_that(
    study: Trial, decided: dict[str, Any], named: str
) -> None:
    put_off = {**decided, "id": "put-off", "date": "2026-01-28"}
    study.record(NUMBER, DECIDED, told("decided"), put_off, {**BOOKED, "date": "2026-02-12"})
    with pytest.raises(Refused, match=rf"nobody has told them of what was decided: {named} \(put-off\)"):
        study.record(NUMBER, told("cycle-2"))
    study.record(NUMBER, told("put-off"), told("cycle-2"))
    assert seen(study) == [CYCLE_2]
