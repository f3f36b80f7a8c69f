"""What was due, and over, under an older version stays so: an amendment neither hides it nor opens it again."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.history import AmendmentApplied, CycleHeld, Fact, Held, History, VisitMissed
from schedules.plan import plan
from schedules.protocol import Protocol
from schedules.protocol_file import read_protocol
from schedules.scheduled import Plan
from schedules.statuses import Status
from tests.builders import attended, booked, consented, design, dose, enrolled, facts

FIRST = """\
protocol: small
version: "1.0"
title: Small
activities:
  drug: {label: Drug, kind: dose}
  look: {label: Look, kind: assessment}
epochs:
  s:
    label: Screening
    stage: screening
    visits:
      early: {label: Early, day: -10, window: 0/+2, activities: [look]}
  t:
    label: Treatment
    prefix: C
    cycles: {length: 14 days, at_most: 3}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+1, activities: [drug]}
      d3: {label: Day 3, day: 3, window: 0/+1, activities: [look]}
      after: {label: After, after: {visit: d3, by: 1 day}, window: 0/+1, activities: [look]}
      d8: {label: Day 8, day: 8, window: -1/+1, activities: [drug]}
  f:
    label: Follow-up
    stage: follow-up
    visits:
      call: {label: Call, after: {event: day-1, by: 10 days}, window: 0/+2, activities: [look]}
spacing:
  - {drug: drug, at_least: 5 days}
"""
EARLY = "      early: {label: Early, day: -10, window: 0/+2, activities: [look]}\n"
D1 = "      d1: {label: Day 1, day: 1, window: 0/+1, activities: [drug]}\n"
D3 = "      d3: {label: Day 3, day: 3, window: 0/+1, activities: [look]}\n"
AFTER = "      after: {label: After, after: {visit: d3, by: 1 day}, window: 0/+1, activities: [look]}\n"
D8 = "      d8: {label: Day 8, day: 8, window: -1/+1, activities: [drug]}\n"
CALL = "      call: {label: Call, after: {event: day-1, by: 10 days}, window: 0/+2, activities: [look]}\n"
INSTEAD = {CALL: CALL.replace("call", "other"), EARLY: EARLY.replace("early", "other")}
Change = tuple[str, str]


def january(day: int) -> date:
    return date(2026, 1, day)


def version(number: str, *changes: Change) -> Protocol:
    text = FIRST.replace('version: "1.0"', f'version: "{number}"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return read_protocol(text, "small.yaml").require()


def amended(on: date, *changes: Change, more: tuple[Fact, ...] = (), as_of: date | None = None) -> Plan:
    """The plan of somebody dosed on Day 1 and of whom nothing else is known but ``more``."""
    begun = (consented(), enrolled(version="1.0"), dose("t.c1.d1", january(5), "drug"))
    history = facts(begun, AmendmentApplied(date=on, version="2.0"), *more)
    return plan(design(version("1.0"), version("2.0", *changes)), History(history), as_of or on)


@pytest.mark.parametrize(
    ("key", "line", "closes"),
    [
        ("s.early", EARLY, date(2025, 12, 28)),
        ("t.c1.d3", D3 + AFTER, january(8)),
        ("t.c1.after", AFTER, january(9)),
        ("t.c1.d8", D8, january(13)),
        ("f.call", CALL, january(17)),
    ],
)
def test_a_visit_that_was_never_recorded_is_asked_for_also_where_an_amendment_has_dropped_it(
    key: str, line: str, closes: date
) -> None:
    made = amended(january(18), (line, INSTEAD.get(line, "")), as_of=january(18))
    visit = made.visit(key)
    assert (visit.status, visit.closes) == (Status.UNRECORDED, closes)
    assert f"unrecorded:{key}" in [found.id for found in (*made.deviations, *made.queries)]
    in_time = amended(closes, (line, INSTEAD.get(line, "")), as_of=january(18))
    assert key not in [visit.key for visit in in_time]


@pytest.mark.parametrize(
    ("key", "line", "new"),
    [
        ("s.early", EARLY, EARLY.replace("0/+2", "0/+9")),
        ("t.c1.d8", D8, D8.replace("-1/+1", "-1/+6")),
        ("t.c1.d8", D8, D8.replace("day: 8", "day: 12").replace("[drug]", "[look]")),
        ("t.c1.d8", D8, D8.replace("day: 8, window: -1/+1", "after: {visit: d3, by: 5 days}, window: -1/+5")),
        ("t.c1.after", AFTER, AFTER.replace("0/+1", "0/+6")),
        ("t.c2.d1", D1, D1.replace("0/+1", "0/+4")),
        ("f.call", CALL, CALL.replace("by: 10 days", "by: 20 days")),
    ],
)
def test_an_amendment_opens_no_visit_again_whose_window_had_closed(key: str, line: str, new: str) -> None:
    day = january(21) if "c2" in key else january(18)
    before = amended(day, as_of=day).visit(key)
    visit = amended(day, (line, new), as_of=day).visit(key)
    assert (visit.status, visit.opens, visit.closes) == (Status.UNRECORDED, before.opens, before.closes)
    assert visit.spec.doses == before.spec.doses
    assert before.closes is not None
    open_still = amended(before.closes, (line, new), as_of=before.closes).visit(key)
    assert (open_still.opens, open_still.closes) != (before.opens, before.closes)


def test_a_dropped_dose_without_a_record_spaces_the_next_one_as_before() -> None:
    second = ((D8, D8.replace("d8:", "d10:").replace("day: 8", "day: 10").replace("Day 8", "Day 10")),)
    made = amended(january(14), *second)
    assert made.visit("t.c1.d8").status is Status.UNRECORDED
    assert made.visit("t.c1.d10").target is None  # 14 January is two days after the dose of 12 January


@pytest.mark.parametrize(
    "said",
    [
        VisitMissed(date=january(12), visit="t.c1.d8"),
        Held(date=january(12), visit="t.c1.d8", reason="toxicity", resume=january(16)),
        dose("t.c1.d8", january(16), "drug")[0],
    ],
    ids=["missed", "held", "given late"],
)
def test_of_what_something_is_recorded_the_amendment_is_not_too_late(said: Fact) -> None:
    made = amended(january(15), (D8, D8.replace("-1/+1", "-1/+6")), more=(said,), as_of=january(16))
    assert made.visit("t.c1.d8").status is not Status.UNRECORDED


def test_an_appointment_that_nobody_kept_is_asked_for_under_the_version_of_its_day() -> None:
    made = amended(january(15), (D8, D8.replace("-1/+1", "-1/+6")), more=(booked("t.c1.d8", january(12)),))
    assert made.visit("t.c1.d8").status is Status.UNRECORDED
    dropped = amended(january(15), (D8, ""), more=(booked("t.c1.d8", january(12)),))
    assert [visit.status for visit in dropped if visit.key == "t.c1.d8"] == [Status.UNRECORDED]


def test_a_cycle_that_is_held_follows_the_amendment() -> None:
    hold = CycleHeld(date=january(19), cycle="t.c2", reason="counts", resume=january(26))
    visit = amended(january(22), (D1, D1.replace("0/+1", "0/+4")), more=(hold,)).visit("t.c2.d1")
    assert (visit.due, visit.closes) == (january(26), january(30))


def test_what_waits_for_a_day_1_without_a_date_is_dropped() -> None:
    hold = CycleHeld(date=january(19), cycle="t.c2", reason="counts")
    made = amended(date(2026, 2, 20), (D8, ""), more=(hold,))
    assert not [visit for visit in made if visit.key == "t.c2.d8"]


def test_a_visit_of_an_older_version_than_the_one_before_is_asked_for_too() -> None:
    begun = (consented(), enrolled(version="1.0"), dose("t.c1.d1", january(5), "drug"))
    steps = [AmendmentApplied(date=january(day), version=name) for day, name in ((15, "2.0"), (16, "3.0"))]
    study = design(version("1.0"), version("2.0", (D8, D8.replace("+1", "+2"))), version("3.0", (D8, "")))
    for given, closes in (((), january(13)), ((attended("t.c1.d3", january(7)),), january(13))):
        made = plan(study, History(facts(begun, steps, given)), january(20))
        assert (made.visit("t.c1.d8").status, made.visit("t.c1.d8").closes) == (Status.UNRECORDED, closes)


def test_what_an_amendment_added_too_late_is_not_asked_for_after_a_further_one_either() -> None:
    begun = (consented(), enrolled(version="1.0"), dose("t.c1.d1", january(5), "drug"))
    steps = [AmendmentApplied(date=january(day), version=name) for day, name in ((15, "2.0"), (18, "3.0"))]
    new = (D3, D3 + D3.replace("d3", "d4").replace("ay 3", "ay 4").replace("day: 3", "day: 4"))
    study = design(version("1.0"), version("2.0", new), version("3.0", new))
    made = plan(study, History(facts(begun, steps)), january(20))
    assert "t.c1.d4" not in [visit.key for visit in made]
    assert "t.c2.d4" in [visit.key for visit in made]
