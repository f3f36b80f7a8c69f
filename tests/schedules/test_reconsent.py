"""An amendment that asks for consent again: only what is new in it waits, and doing it before is a deviation."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.deviation import Kind
from schedules.history import AmendmentApplied, Fact, History
from schedules.plan import plan
from schedules.protocol_file import read_protocol
from schedules.scheduled import Plan
from tests.builders import assessed, attended, consented, design, dose, enrolled, facts, planned

FIRST = """\
protocol: small
version: "1.0"
title: Small
reconsent: true
activities:
  drug: {label: Drug, kind: dose}
  look: {label: Look, kind: assessment}
  biopsy: {label: Biopsy, kind: procedure}
epochs:
  t:
    label: Treatment
    length: 28 days
    visits:
      d1: {label: Day 1, day: 1, window: 0/+1, activities: [drug]}
      d8: {label: Day 8, day: 8, window: -1/+1, activities: [drug, look]}
"""
SECOND = (
    FIRST.replace('"1.0"', '"2.0"').replace("[drug, look]", "[drug, look, biopsy]")
    + "      d22: {label: Day 22, day: 22, window: -1/+1, activities: [look]}\n"
)


def january(day: int) -> date:
    return date(2026, 1, day)


def amended(*more: Fact | tuple[Fact, ...], as_of: date = date(2026, 1, 27)) -> Plan:
    versions = (read_protocol(FIRST, "1.yaml").require(), read_protocol(SECOND, "2.yaml").require())
    applied = AmendmentApplied(date=january(8), version="2.0")
    history = facts(consented(), enrolled(version="1.0"), dose("t.d1", january(5), "drug"), applied, more)
    return plan(design(*versions), History(history), as_of)


def found(made: Plan) -> dict[str, str]:
    return {one.id: one.state for one in (*made.deviations, *made.queries) if one.kind is Kind.BEFORE_RECONSENT}


def test_a_visit_with_something_new_in_it_goes_on_without_it() -> None:
    visit = amended(as_of=january(9)).visit("t.d8")
    assert visit.target == january(12)
    (conflict,) = visit.conflicts
    assert (conflict.kind, conflict.blocks) == ("consent", False)
    assert conflict.text == "without Biopsy: new in version 2.0, to which the participant has not consented yet"
    assert not amended(consented(january(8), "2.0"), as_of=january(9)).visit("t.d8").conflicts


@pytest.mark.parametrize(
    ("done", "ids"),
    [
        (attended("t.d22", january(26)), {"before-reconsent:t.d22": "candidate"}),
        (assessed("t.d8", january(12), "biopsy"), {"before-reconsent:t.d8:biopsy": "candidate"}),
        (attended("t.d8", january(12)), {"before-reconsent:t.d8:biopsy": "query"}),
        (attended("t.d8", january(12), not_done=("biopsy",)), {}),
        (assessed("t.d8", january(12), "look"), {}),
        (dose("t.d8", january(12), "drug"), {}),
    ],
    ids=["visit", "activity", "attended", "not done", "old activity", "old dose"],
)
def test_what_is_new_and_was_done_before_consent_to_it_is_a_deviation(done: Fact, ids: dict[str, str]) -> None:
    assert found(amended(done)) == ids
    assert found(amended(done, consented(january(10), "2.0"))) == {}
    late = amended(done, consented(january(27), "2.0"))
    assert found(late) == ids


def test_an_enrolment_before_consent_is_important_and_on_its_day_is_none() -> None:
    early = planned(enrolled(id="in"), consented(date(2025, 12, 31)), as_of=january(1))
    assert [(one.id, one.important) for one in early.deviations] == [("before-consent:in", True)]
    assert planned(enrolled(id="in"), consented(date(2025, 12, 30)), as_of=january(1)).deviations == ()


def test_a_visit_before_consent_is_one_deviation_however_much_is_recorded_of_it() -> None:
    came = attended("screening.baseline", date(2025, 12, 29))
    done = [assessed("screening.baseline", date(2025, 12, 29), name) for name in ("bloods", "vod", "qol")]
    made = planned(came, done, consented(date(2025, 12, 30)), enrolled(), as_of=date(2025, 12, 31))
    assert [one.id for one in made.deviations] == ["before-consent:screening.baseline"]


def test_what_was_surely_done_without_consent_is_not_hidden_behind_the_query_of_the_visit() -> None:
    came, done = attended("t.d8", january(12)), assessed("t.d8", january(12), "biopsy")
    assert found(amended(came, done)) == {"before-reconsent:t.d8:biopsy": "candidate"}


@pytest.mark.parametrize(("day", "asked"), [(8, True), (27, True), (28, False)])
def test_a_new_visit_whose_window_closed_before_consent_to_it_is_not_asked_for(day: int, asked: bool) -> None:
    made = amended(consented(january(day), "2.0"), as_of=date(2026, 2, 20))
    assert ("t.d22" in {one.visit for one in (*made.deviations, *made.queries)}) is asked
    assert "t.d8" in {one.visit for one in made.deviations}
