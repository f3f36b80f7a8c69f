"""What an event sets off: once each time it happens, wherever the protocol put the visits."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.errors import ProtocolError
from schedules.history import EventOccurred, Transplanted
from tests.builders import attended, cycle_done, enrolled, planned, protocol, targets

RASH = "events: {rash: A rash}"
SKIN = "skin: {label: Skin, after: {event: rash, by: 7 days}}"
D1 = "d1: {label: D1, day: 1, activities: [drug]}"
RASHES = tuple(EventOccurred(date=date(2026, month, 20), event="rash") for month in (1, 2))


def test_an_event_that_happens_again_during_the_treatment_starts_its_visits_again() -> None:
    study = protocol(f"  t: {{label: T, visits: {{{D1}, {SKIN}}}}}\n", RASH)
    made = targets(planned(enrolled(), RASHES, protocol=study), "t")
    assert (made["skin"], made["skin#2"]) == (date(2026, 1, 27), date(2026, 2, 27))


def test_a_second_transplant_starts_its_tests_again_and_leaves_those_of_the_first() -> None:
    first, second = (Transplanted(date=date(2026, month, 2)) for month in (3, 6))
    done = attended("follow-up.liver-week-1", date(2026, 3, 9))
    made = planned(enrolled(), cycle_done("induction.c1"), first, done, second)
    assert made.visit("follow-up.liver-week-1").actual == date(2026, 3, 9)
    assert made.visit("follow-up.liver-week-2").nominal == date(2026, 3, 16)
    assert made.visit("follow-up.liver-week-1#2").target == date(2026, 6, 9)
    assert not [found for found in made.deviations if found.visit == done.visit]


@pytest.mark.parametrize(("event", "cycles"), [("rash", ""), ("enrolment", ""), ("day-1", ", cycles: from 2")])
def test_a_visit_that_every_cycle_would_have_on_the_same_day_is_refused(event: str, cycles: str) -> None:
    visit = f"skin: {{label: Skin, after: {{event: {event}, by: 7 days}}{cycles}}}"
    text = f"  t: {{label: T, cycles: {{length: 28 days, at_most: 3}}, visits: {{{D1}, {visit}}}}}\n"
    with pytest.raises(ProtocolError, match="would come on the same day in each cycle"):
        protocol(text, RASH)


def test_a_visit_of_one_cycle_may_be_counted_from_day_1_of_the_study() -> None:
    visit = "skin: {label: Skin, after: {event: day-1, by: 30 days}, cycles: 2}"
    study = protocol(f"  t: {{label: T, cycles: {{length: 28 days, at_most: 3}}, visits: {{{D1}, {visit}}}}}\n")
    assert planned(protocol=study, weekend=()).visit("t.c2.skin").target == date(2026, 2, 4)
