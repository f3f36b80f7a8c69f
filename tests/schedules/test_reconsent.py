"""An amendment that asks for consent again: only what is new in it waits, and doing it before is a deviation."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.deviation import Deviation, Kind
from schedules.history import AmendmentApplied, Assessed, Fact, Given, History
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
    text = "the participant was enrolled on 30 December 2025, before consent on 31 December 2025"
    assert [(one.id, one.important, one.text) for one in early.deviations] == [("before-consent:in", True, text)]
    assert planned(enrolled(id="in"), consented(date(2025, 12, 30)), as_of=january(1)).deviations == ()


def test_a_visit_before_consent_is_one_deviation_however_much_is_recorded_of_it() -> None:
    came = attended("screening.baseline", date(2025, 12, 29))
    done = [assessed("screening.baseline", date(2025, 12, 29), name) for name in ("bloods", "vod", "qol")]
    made = planned(came, done, consented(date(2025, 12, 30)), enrolled(), as_of=date(2025, 12, 31))
    assert [one.id for one in made.deviations] == ["before-consent:screening.baseline"]


def test_what_was_done_at_no_visit_before_consent_is_named_by_its_fact() -> None:
    loose = Assessed(date=date(2025, 12, 29), activity="bloods", id="loose")
    made = planned(loose, consented(date(2025, 12, 30)), enrolled(date=date(2025, 12, 30)), as_of=date(2025, 12, 31))
    text = "a study procedure took place on 29 December 2025, before consent on 30 December 2025"
    assert [(one.id, one.text) for one in made.deviations] == [("before-consent:loose", text)]


def test_a_visit_before_consent_that_no_version_knows_is_named_by_its_key() -> None:
    history = facts(attended("t.d9", january(4)), consented(january(5)), enrolled(version="1.0", date=january(5)))
    made = plan(design(read_protocol(FIRST, "1.yaml").require()), History(history), january(5))
    text = "a study procedure of t.d9 took place on 4 January 2026, before consent on 5 January 2026"
    assert [one.text for one in made.deviations] == [text]


def test_what_was_surely_done_without_consent_is_not_hidden_behind_the_query_of_the_visit() -> None:
    came, done = attended("t.d8", january(12)), assessed("t.d8", january(12), "biopsy")
    assert found(amended(came, done)) == {"before-reconsent:t.d8:biopsy": "candidate"}


@pytest.mark.parametrize(("day", "asked"), [(8, True), (27, True), (28, False)])
def test_a_new_visit_whose_window_closed_before_consent_to_it_is_not_asked_for(day: int, asked: bool) -> None:
    made = amended(consented(january(day), "2.0"), as_of=date(2026, 2, 20))
    assert ("t.d22" in {one.visit for one in (*made.deviations, *made.queries)}) is asked
    assert "t.d8" in {one.visit for one in made.deviations}


def told(made: Plan) -> list[Deviation]:
    return [one for one in (*made.deviations, *made.queries) if one.kind is Kind.BEFORE_RECONSENT]


def test_what_was_done_before_consent_to_it_says_what_when_and_how_surely() -> None:
    visit = Deviation(
        "before-reconsent:t.d22", Kind.BEFORE_RECONSENT, "t.d22", None, january(26), None,
        "t.d22 took place on 26 January 2026, which is new in version 2.0, before consent to it", important=True,
    )  # fmt: skip
    assert told(amended(attended("t.d22", january(26)))) == [visit]
    text = "Biopsy was {}done at t.d8, which is new in version 2.0, before consent to it"
    name, kind = "before-reconsent:t.d8:biopsy", Kind.BEFORE_RECONSENT
    surely = Deviation(name, kind, "t.d8", "biopsy", january(12), None, text.format(""), important=True)
    assert told(amended(assessed("t.d8", january(12), "biopsy"))) == [surely]
    perhaps = Deviation(name, kind, "t.d8", "biopsy", january(12), None, text.format("perhaps "), "query")
    assert told(amended(attended("t.d8", january(12)))) == [perhaps]


def test_what_an_amendment_brought_is_asked_for_from_its_day_to_the_next_amendment() -> None:
    third = SECOND.replace('"2.0"', '"3.0"').replace("reconsent: true", "reconsent: false")
    texts = (FIRST, SECOND, third)
    study = design(*(read_protocol(text, f"{n}.yaml").require() for n, text in enumerate(texts)))
    begun = (consented(), enrolled(version="1.0"), dose("t.d1", january(5), "drug"))
    seen = assessed("t.d8", january(12), "biopsy")

    def ids(second: int, last: int) -> list[str]:
        applied = [AmendmentApplied(date=january(day), version=v) for day, v in ((second, "2.0"), (last, "3.0"))]
        return [one.id for one in told(plan(study, History(facts(begun, applied, seen)), january(27)))]

    assert ids(12, 13) == ["before-reconsent:t.d8:biopsy"]
    assert ids(13, 14) == []
    assert ids(8, 12) == []


def test_an_amendment_that_asks_for_no_consent_hides_nothing_of_the_next_that_does() -> None:
    second = FIRST.replace('"1.0"', '"2.0"').replace("reconsent: true", "reconsent: false")
    texts = (FIRST, second, SECOND.replace('"2.0"', '"3.0"'))
    study = design(*(read_protocol(text, f"{n}.yaml").require() for n, text in enumerate(texts)))
    applied = [AmendmentApplied(date=january(day), version=v) for day, v in ((7, "2.0"), (9, "3.0"))]
    history = facts(
        consented(), enrolled(version="1.0"), dose("t.d1", january(5), "drug"), applied,
        Given(date=january(10), activity="drug"), assessed("t.d8", january(12), "biopsy"),
    )  # fmt: skip
    made = plan(study, History(history), january(13))
    assert [one.id for one in told(made)] == ["before-reconsent:t.d8:biopsy"]
    assert "new in version 3.0" in told(made)[0].text


def test_what_is_at_no_visit_of_the_newer_version_is_not_new_in_it() -> None:
    loose = Assessed(date=january(12), activity="look")
    later = "  u:\n    label: Later\n    visits:\n      d1: {label: Later Day 1, day: 1, activities: [look]}\n"
    study = design(read_protocol(FIRST + later, "1.yaml").require(), read_protocol(SECOND, "2.yaml").require())
    history = facts(
        consented(), enrolled(version="1.0"), dose("t.d1", january(5), "drug"),
        AmendmentApplied(date=january(8), version="2.0"), loose, attended("u.d1", january(12)),
        attended("t.d22#2", january(26)), attended("t.d1", january(9)), attended("t.d9", january(13)),
        attended("nowhere", january(13)),
    )  # fmt: skip
    made = plan(study, History(history), january(27))
    assert [one.id for one in told(made)] == ["before-reconsent:t.d22#2"]


def test_a_visit_that_an_amendment_renames_keeps_what_is_new_in_it() -> None:
    renamed = SECOND.replace("      d8: {label: Day 8,", "      week-2: {was: d8, label: Day 8,")
    study = design(read_protocol(FIRST, "1.yaml").require(), read_protocol(renamed, "2.yaml").require())
    applied = AmendmentApplied(date=january(8), version="2.0")
    history = facts(consented(), enrolled(version="1.0"), dose("t.d1", january(5), "drug"), applied)
    seen = (assessed("t.week-2", january(12), "biopsy"), assessed("t.week-2", january(12), "look"))
    made = plan(study, History(facts(history, seen)), january(12))
    assert [one.id for one in told(made)] == ["before-reconsent:t.d8:biopsy"]  # keys keep their first name
