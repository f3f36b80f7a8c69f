"""A tentative date says what makes it so: an undecided gate, a visit without a record, a dose without a day."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.history import Held, Progressed, VisitMissed
from schedules.scalars import PartialDate
from tests.builders import DAY_1, Facts, booked, closed, consented, cycle_done, decided, dose, enrolled, planned

D8, D15, C2 = "induction.c1.d8", "induction.c1.d15", "induction.c2.d1"
BEGUN = (consented(), enrolled(), dose("induction.c1.d1", DAY_1))
C1 = (consented(), enrolled(), cycle_done("induction.c1"))
NO_BENEFIT = decided("induction.c1.response", date(2026, 1, 30), "no-benefit")
VSLI, INO = "Vincristine sulfate liposome IV", "Inotuzumab ozogamicin IV"
BOTH = f"{VSLI} and {INO}"


def january(day: int) -> date:
    return date(2026, 1, day)


def doubts(why: tuple[str, ...]) -> list[str]:
    return [text.removeprefix("tentative: ") for text in why if text.startswith("tentative: ")]


@pytest.mark.parametrize(
    ("given", "as_of", "key", "doubt"),
    [
        (C1, january(20), "maintenance.c1.d8", "Response to the cycle (induction.c1.response) is not decided yet"),
        (C1, january(20), "maintenance.c3.d1", "Response to the cycle (induction.c1.response) is not decided yet"),
        (C1, january(20), "follow-up.day-30", "Response to the cycle (induction.c1.response) is not decided yet"),
        (enrolled(), january(12), D15, "nothing is recorded about C1D1 yet"),
        ((C1, NO_BENEFIT), date(2026, 2, 8), "induction.c2.d15", "nothing is recorded about C2D1 yet"),
        ((C1, NO_BENEFIT, booked(C2, january(29))), january(30), "induction.c2.d8",
         "the appointment of C2D1 does not fit"),
        ((C1, NO_BENEFIT, VisitMissed(date=date(2026, 2, 2), visit=C2)), date(2026, 2, 4), "induction.c2.d8",
         "C2D1 was missed"),
        ((BEGUN, Held(date=january(12), visit=D8, activity="vsli", reason="counts")), january(12), D15,
         f"there is no date yet for {VSLI} at C1D8"),
        ((BEGUN, Progressed(date=PartialDate(2026, 1, 13))), january(13), D15,
         "progression was recorded on 13 January 2026 and the treatment is not ended: decide whether it goes on"),
    ],
)  # fmt: skip
def test_a_tentative_date_names_the_gate_the_visit_or_the_dose_that_makes_it_so(
    given: Facts, as_of: date, key: str, doubt: str
) -> None:
    assert doubts(planned(given, as_of=as_of).visit(key).why) == [doubt]


def test_what_was_decided_or_given_is_no_doubt_any_more() -> None:
    made = planned(C1, NO_BENEFIT, dose(C2, date(2026, 2, 2)), as_of=date(2026, 2, 2))
    assert doubts(made.visit("induction.c2.d8").why) == []
    doubt = "Response to the cycle (induction.c2.response) is not decided yet"
    assert doubts(made.visit("maintenance.c1.d1").why) == [doubt]


def test_that_spacing_counts_dose_by_dose_is_said_once_and_then_only_where_it_comes_from() -> None:
    hold = Held(date=january(12), visit=D8, reason="counts")
    benefit = decided("induction.c1.response", january(30), "benefit")
    made = planned(BEGUN, hold, benefit, as_of=january(30))
    said = [(visit.key, note) for visit in made for note in visit.notes if "dose by dose" in note]
    assert said == [
        ("maintenance.c1.d1", f"its spacing counts, dose by dose, from {BOTH} at C1D8, which has no date yet")
    ]
    assert made.visit("maintenance.c2.d1").tentative


def test_a_period_that_counts_from_a_dose_without_a_record_names_its_visit() -> None:
    shut = closed(january(12), january(14))
    made = planned(C1[:2], dose("induction.c1.d1", DAY_1), closed=[shut], as_of=january(6))
    assert doubts(made.visit(D15).why) == [f"there is no date yet for {BOTH} at C1D8"]
