"""What hangs on events and on the end of treatment: when it is due, due late, and when it is not asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from schedules.history import AmendmentApplied, EventOccurred, History, TreatmentEnded
from schedules.plan import plan
from schedules.protocol import Protocol
from schedules.protocol_file import read_protocol
from schedules.scheduled import Plan
from schedules.statuses import Status
from tests.builders import (
    Facts,
    attended,
    booked,
    closed,
    consented,
    design,
    dose,
    enrolled,
    facts,
    planned,
    protocol,
    targets,
)

STUDY = """
  treatment:
    label: Treatment
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
      booster: {label: Booster, at: 2 months, window: -1/+1, anchor: true, activities: [drug]}
      check: {label: Check, after: {visit: booster, by: 2 weeks}, window: -3/+3, activities: [look]}
  follow-up:
    label: Follow-up
    stage: follow-up
    visits:
      skin: {label: Skin check, after: {event: rash, by: 1 week}, window: 0/+3, activities: [look]}
      call: {label: Call, after: {event: last-dose, by: 7 days}, window: 0/+2, activities: [look]}
"""
BEGUN = (consented(), enrolled(), dose("treatment.d1", date(2026, 1, 5), "drug"))


def january(day: int) -> date:
    return date(2026, 1, day)


def march(day: int) -> date:
    return date(2026, 3, day)


def made(*given: Facts, as_of: date | None = None, shut: tuple[date, date] | None = None) -> Plan:
    study = protocol(STUDY, "events: {rash: A rash}")
    return planned(BEGUN, *given, protocol=study, as_of=as_of, closed=[closed(*shut)] if shut else ())


def rash(day: int, recorded: datetime | None = None) -> EventOccurred:
    return EventOccurred(date=january(day), event="rash", recorded=recorded)


# -- events -------------------------------------------------------------------------------------


def test_each_time_an_event_happens_its_visit_is_due_again_under_a_number() -> None:
    found = made(rash(7), rash(13), rash(20), as_of=january(8))
    assert [found.visit(f"follow-up.skin{again}").target for again in ("", "#2", "#3")] == [
        january(14), january(20), january(27),
    ]  # fmt: skip
    assert found.visit("follow-up.skin#2").why == ("the rash was on 13 January 2026; + 1 week = 20 January 2026",)
    assert "follow-up.skin#2" not in targets(made(rash(7)))


def test_each_of_them_is_done_by_itself() -> None:
    found = made(rash(7), rash(13), attended("follow-up.skin#2", january(21)), as_of=january(21))
    assert found.visit("follow-up.skin#2").actual == january(21)
    assert found.visit("follow-up.skin").status is Status.UNRECORDED


def test_a_second_event_that_was_known_late_makes_its_visit_due_at_once() -> None:
    known = datetime(2026, 2, 2, 9, tzinfo=UTC)
    visit = made(rash(7), rash(13, known), as_of=date(2026, 2, 2)).visit("follow-up.skin#2")
    assert (visit.nominal, visit.target, visit.closes) == (january(20), date(2026, 2, 2), date(2026, 2, 5))
    assert "its cause was known only on 2 February 2026; it is due on 2 February 2026" in visit.why


@pytest.mark.parametrize(("known", "due"), [(17, 14), (18, 18)])
def test_a_cause_known_on_the_last_day_of_the_window_is_in_time(known: int, due: int) -> None:
    recorded = datetime(2026, 1, known, 9, tzinfo=UTC)
    assert made(rash(7, recorded), as_of=january(13)).visit("follow-up.skin").due == january(due)


def test_a_visit_made_before_its_cause_was_recorded_keeps_its_own_window() -> None:
    recorded = datetime(2026, 2, 2, 9, tzinfo=UTC)
    found = made(rash(7, recorded), attended("follow-up.skin", january(15)), as_of=date(2026, 2, 2))
    assert (found.visit("follow-up.skin").opens, found.visit("follow-up.skin").closes) == (january(14), january(17))


# -- a starting point without a date, or cancelled ----------------------------------------------

SHUT = (date(2026, 2, 23), march(16))


def test_what_counts_from_a_dose_without_a_date_has_none_and_says_so() -> None:
    found = made(shut=SHUT)
    assert found.visit("treatment.booster").status is Status.NEEDS_DECISION
    call = found.visit("follow-up.call")
    assert (call.status, call.target, call.nominal) == (Status.HELD, None, None)
    assert call.conflicts[0].text == "the last dose has no date yet"


def test_it_stands_on_its_day_when_it_took_place_all_the_same() -> None:
    call = made(attended("follow-up.call", march(18)), shut=SHUT).visit("follow-up.call")
    assert (call.status, call.actual, call.nominal) == (Status.DONE, march(18), march(18))
    assert call.why[0] == "it took place on 18 March 2026"


def test_what_counts_from_a_cancelled_visit_falls_away_with_it_unless_it_took_place() -> None:
    ended = TreatmentEnded(date=march(16), reason="toxicity")
    late = TreatmentEnded(date=date(2026, 2, 2), reason="toxicity")
    gone = made(late).visit("treatment.check")
    assert (gone.status, gone.target) == (Status.CANCELLED, None)
    came = made(late, attended("treatment.check", march(19))).visit("treatment.check")
    assert (came.status, came.actual) == (Status.DONE, march(19))
    kept = made(dose("treatment.booster", march(5), "drug"), ended).visit("treatment.check")
    assert kept.nominal == march(19)


# -- amendments ---------------------------------------------------------------------------------

OLD = f"""
protocol: small
version: "1.0"
title: Small
activities:
  drug: {{label: Drug, kind: dose}}
  look: {{label: Look, kind: assessment}}
events: {{rash: A rash}}
epochs:{STUDY}"""
SIDE = "      side: {label: Side, day: 8, window: 0/+3, activities: [look]}\n"
TEST = "      test: {label: Test, after: {event: day-1, by: 7 days}, window: 0/+3, activities: [look]}\n"
LATER = """  later:
    label: Later
    stage: follow-up
    visits:
      final: {label: Final, after: {event: day-1, by: 7 days}, window: 0/+3, activities: [look]}
"""


def versions() -> tuple[Protocol, Protocol]:
    """A second version adds a visit to treatment, one to follow-up and a whole period: each due on 12 to 15 January."""
    new = OLD.replace('"1.0"', '"2.0"').replace("      booster:", f"{SIDE}      booster:") + TEST + LATER
    return read_protocol(OLD, "old.yaml").require(), read_protocol(new, "new.yaml").require()


def amended(day: int, *more: Facts, as_of: int = 30) -> dict[str, date | None]:
    change = (AmendmentApplied(date=january(day), version="2.0"), consented(january(day), "2.0"))
    return targets(plan(design(*versions()), History(facts(BEGUN, change, more)), january(as_of)))


ADDED = ("treatment.side", "follow-up.test", "later.final")


@pytest.mark.parametrize(("day", "asked"), [(9, True), (15, True), (16, False), (20, False)])
def test_a_visit_that_an_amendment_adds_is_asked_for_unless_its_window_had_closed(day: int, asked: bool) -> None:
    found = amended(day)
    assert [key in found for key in ADDED] == [asked] * 3
    assert all(found[key] == january(12) for key in ADDED if asked)


def test_one_that_took_place_or_is_booked_is_shown_although_its_window_had_closed() -> None:
    came = [attended(key, january(21)) for key in ADDED]
    assert set(ADDED) <= set(amended(20, came))
    assert "follow-up.test" in amended(20, booked("follow-up.test", january(28)))


def test_a_visit_that_the_version_before_had_too_is_asked_for_as_ever() -> None:
    found = amended(20, EventOccurred(date=january(6), event="rash"))
    assert found["follow-up.skin"] == january(13)
