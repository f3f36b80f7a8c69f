"""SV, TV and DV of a small study, worked out by hand.

Screening a week before Day 1; two cycles of two weeks with a drug on days 1 and 8, a scan that may be made up to three
days after day 8; a visit a month after the end of treatment. Day 1 is Monday 2 March 2026.

- 01-001: screened on 23 February, given on 2 and 9 March, the scan on 11 March; came unasked on 12 and 13 March; did
  not come on 16 March, and was given the drug on 24 March (day 8 of cycle 2, due on the 23rd: a day late); treatment
  ended then, and the visit a month later was on 24 April.
- 01-002: given on 3 March; withdrew from everything on 10 March; came on 12 March all the same; that 17 March was
  missed is on record, and was not expected any more.
- 01-003: screened on 20 February, failed it on the 22nd.
- 02-001: given on 2 March; nothing is recorded of day 8; died on 12 March.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from planner.persistence.unit_of_work import SYSTEM, Store
from planner.reports.making import Wanted
from planner.reports.report import Filters
from planner.reports.sdtm.datasets import UNRECORDED, Domain, Domains
from planner.reports.sdtm.domains import domains_of
from planner.reports.sdtm.protocol_deviations import TERMS
from planner.reports.sdtm.subject_visits import NOT_EXPECTED
from planner.services.access import EVERYTHING, Scope
from planner.services.deviations import JudgeDeviation, judge_deviation
from planner.services.enrolment import fail_screening
from schedules.deviation import Kind
from tests.reported import at, given
from tests.studies import NORTH, SOUTH, STUDY, Trial, begun_study, trial

TEXT = """\
protocol: small
version: "1.0"
title: Small
activities:
  drug: {label: Drug, kind: dose}
  look: {label: Look, kind: assessment, unscheduled: true}
  scan: {label: Scan, kind: imaging}
epochs:
  s:
    label: Screening
    stage: screening
    visits:
      look: {label: Screening, day: -7, window: -14/+6, activities: [look]}
  t:
    label: Treatment
    cycles: {length: 14 days, at_most: 2}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+1, activities: [drug]}
      d8: {label: Day 8, day: 8, activities: [drug, {activity: scan, window: 0/+3}]}
  f:
    label: Follow-up
    stage: follow-up
    visits:
      month: {label: One month, after: {event: end-of-treatment, by: 1 month}, window: -3/+3, activities: [look]}
"""
LATER = datetime(2026, 5, 4, 14, 0, tzinfo=UTC)
DAY_1 = date(2026, 3, 2)


def hand_study(store: Store) -> Trial:
    """The study of the docstring, as it stands on 4 May 2026."""
    return begun_study(store, "study by hand", _hand_study)


def _hand_study(store: Store) -> Trial:
    study = trial(store, texts=[TEXT])
    study.enrol("01-001", DAY_1)
    study.record("01-001", attended("s.look", "2026-02-23"), given("t.c1.d1", "2026-03-02"))
    study.record("01-001", given("t.c1.d8", "2026-03-09"), assessed("t.c1.d8", "2026-03-11"))
    study.record("01-001", unasked("2026-03-12", reason="low-counts"), unasked("2026-03-13"))
    missed = {"fact": "visit_missed", "date": "2026-03-16", "visit": "t.c2.d1", "reason": "bad-weather"}
    ended = {"fact": "treatment_ended", "date": "2026-03-24", "reason": "completed"}
    study.record("01-001", missed, given("t.c2.d8", "2026-03-24"), ended, attended("f.month", "2026-04-24"))
    study.enrol("01-002", DAY_1)
    study.record("01-002", given("t.c1.d1", "2026-03-03"))
    study.record("01-002", {"fact": "withdrew", "date": "2026-03-10", "scope": "contact"})
    study.record("01-002", attended("t.c1.d8", "2026-03-12"), {**missed, "date": "2026-03-17"})
    study.enrol("02-001", DAY_1, SOUTH)
    study.record("02-001", given("t.c1.d1", "2026-03-02"), {"fact": "died", "date": "2026-03-12"})
    study.screen("01-003", NORTH, planned_day_1=DAY_1)
    study.record("01-003", attended("s.look", "2026-02-20"))
    fail(study, "01-003", date(2026, 2, 22))
    return at(study, LATER)


def attended(visit: str, day: str) -> dict[str, Any]:
    """Somebody came."""
    return {"fact": "attended", "date": day, "visit": visit}


def assessed(visit: str, day: str) -> dict[str, Any]:
    """The scan was made."""
    return {"fact": "assessed", "date": day, "visit": visit, "activity": "scan"}


def unasked(day: str, **more: Any) -> dict[str, Any]:
    """Somebody came outside the schedule."""
    return {"fact": "unscheduled_visit", "date": day, "activities": ["look"], **more}


def fail(study: Trial, number: str, day: date) -> None:
    """A screening ends without an enrolment."""
    study.store.write(
        SYSTEM, study.now, lambda uow: fail_screening(uow, study.designs, EVERYTHING, STUDY, number, day, "counts")
    )


def judge(study: Trial, number: str, identity: str, step: str, **said: Any) -> None:
    """A step with a deviation."""
    command = JudgeDeviation(study=STUDY, participant=number, identity=identity, step=step, **said)
    study.store.write(SYSTEM, study.now, lambda uow: judge_deviation(uow, EVERYTHING, command))


def made(study: Trial, as_of: datetime | None = None, scope: Scope = EVERYTHING, **filters: Any) -> Domains:
    """The datasets of now, or of a past moment."""
    wanted = Wanted(study=STUDY, as_of=as_of, filters=Filters(**filters))
    return study.store.read(lambda session: domains_of(session, study.designs, scope, wanted, study.now))


def without_study(domain: Domain) -> list[tuple[object, ...]]:
    """The records without STUDYID and DOMAIN, which are the same in all."""
    assert {row[:2] for row in domain.rows} <= {(STUDY, domain.name)}
    return [row[2:] for row in domain.rows]


@pytest.fixture
def study(store: Store) -> Trial:
    return hand_study(store)


SCREENING, C1D1, C1D8, C2D1, C2D8, MONTH = 10000010, 20001010, 20001020, 20002010, 20002020, 30000010
ONE, TWO, THREE, FOUR = (f"{STUDY}-{number}" for number in ("01-001", "01-002", "01-003", "02-001"))


def test_sv_is_what_comes_out_by_hand(study: Trial) -> None:
    found = made(study)
    assert without_study(found.sv) == [
        (ONE, SCREENING, "SCREENING", "Y", "Y", "", -7, "2026-02-23", "2026-02-23", -7, -7, ""),
        (ONE, C1D1, "C1D1", "Y", "Y", "", 1, "2026-03-02", "2026-03-02", 1, 1, ""),
        (ONE, C1D8, "C1D8", "Y", "Y", "", 8, "2026-03-09", "2026-03-11", 8, 10, ""),
        (ONE, 20001020.01, "C1D8: UNSCHEDULED 01", "", "", "", None, "2026-03-12", "2026-03-12", 11, 11,
         "LOOK; REASON: LOW COUNTS"),
        (ONE, 20001020.02, "C1D8: UNSCHEDULED 02", "", "", "", None, "2026-03-13", "2026-03-13", 12, 12, "LOOK"),
        (ONE, C2D1, "C2D1", "Y", "N", "BAD WEATHER", 15, None, None, None, None, ""),
        (ONE, C2D8, "C2D8", "Y", "Y", "", 22, "2026-03-24", "2026-03-24", 23, 23, ""),
        (ONE, MONTH, "ONE MONTH", "Y", "Y", "", None, "2026-04-24", "2026-04-24", 54, 54, ""),
        (TWO, C1D1, "C1D1", "Y", "Y", "", 1, "2026-03-03", "2026-03-03", 1, 1, ""),
        (TWO, 20001010.01, "C1D1: UNSCHEDULED 01", "", "", "", None, "2026-03-12", "2026-03-12", 10, 10,
         "C1D8, AFTER THE END OF PARTICIPATION"),
        (THREE, SCREENING, "SCREENING", "Y", "Y", "", -7, "2026-02-20", "2026-02-20", None, None, ""),
        (FOUR, C1D1, "C1D1", "Y", "Y", "", 1, "2026-03-02", "2026-03-02", 1, 1, ""),
    ]  # fmt: skip
    # Nothing is recorded of the screening of 01-002 and 02-001, nor of day 8 of 02-001; 17 March was not expected.
    assert {each.why: each.count for each in found.left_out} == {UNRECORDED: 3, NOT_EXPECTED: 1}
    assert found.participants == 4


def test_tv_is_what_comes_out_by_hand(study: Trial) -> None:
    that_day, done = "On the day on which it started", "When its last activity is done"
    assert without_study(made(study).tv) == [
        (SCREENING, "SCREENING", -7, "", "", "Day -7, up to 14 days before or 6 days after", that_day),
        (C1D1, "C1D1", 1, "", "", "Day 1 of cycle 1 of Treatment, up to 1 day after", that_day),
        (C1D8, "C1D8", 8, "", "", "Day 8 of cycle 1 of Treatment", done),
        (C2D1, "C2D1", 15, "", "", "Day 1 of cycle 2 of Treatment, up to 1 day after", that_day),
        (C2D8, "C2D8", 22, "", "", "Day 8 of cycle 2 of Treatment", done),
        (MONTH, "ONE MONTH", None, "", "",
         "1 month after the end of treatment, up to 3 days before or 3 days after", that_day),
    ]  # fmt: skip


def test_dv_has_confirmed_deviations_alone(study: Trial) -> None:
    assert made(study).dv.rows == ()
    judge(study, "01-001", "missed:t.c2.d1", "confirm", important=True)
    judge(study, "01-001", "missed:t.c2.d1", "classify", important=True, category="visit schedule")
    judge(study, "01-001", "outside-window:t.c2.d8", "confirm", important=False)
    judge(study, "02-001", "unrecorded:t.c1.d8", "dismiss", reason="died in hospital")
    assert without_study(made(study).dv) == [
        (ONE, 1, "C2D1 was missed", "VISIT MISSED", "visit schedule", "IMPORTANT", "TREATMENT", "2026-03-16", 15),
        (ONE, 2, "C2D8 took place on 24 March 2026, 1 day after its window", "VISIT OR DOSE OUTSIDE WINDOW", "",
         "NOT IMPORTANT", "TREATMENT", "2026-03-24", 23),
    ]  # fmt: skip


def test_each_kind_of_deviation_has_a_term_of_its_own() -> None:
    assert set(TERMS) == set(Kind)
    assert len(set(TERMS.values())) == len(TERMS)


def test_a_sentence_about_cycles_and_decisions_is_put_into_words(study: Trial) -> None:
    study.now = LATER
    again = {"fact": "given", "date": "2026-04-29", "visit": "t.c3.d1", "activity": "drug", "outside_plan": True}
    study.record("01-001", again)
    judge(study, "01-001", "beyond-most-cycles:t.c3", "confirm", important=True)
    found = made(study)
    assert [row[4] for row in found.dv.rows] == ["cycle 3 of Treatment was begun; Treatment has at most 2 cycles"]
    third = next(row for row in found.sv.rows if row[9] == "2026-04-29")
    assert (third[4], third[5], third[13]) == ("ONE MONTH: UNSCHEDULED 01", "", "C3D1, NOT PLANNED")


def test_the_datasets_of_a_past_moment_are_those_that_were_made_then(study: Trial) -> None:
    judge(study, "01-001", "missed:t.c2.d1", "confirm", important=True)
    before = made(study)
    study.now = datetime(2026, 5, 20, 14, 0, tzinfo=UTC)
    judge(study, "01-001", "missed:t.c2.d1", "dismiss", reason="another participant")
    study.record("02-001", given("t.c1.d8", "2026-03-09"))
    assert made(study, before.heading.as_of) == before
    now = made(study)
    assert (len(now.sv.rows), now.dv.rows) == (len(before.sv.rows) + 1, ())
    assert now.heading.chain.seq > before.heading.chain.seq


def test_who_sees_one_site_gets_its_participants_and_the_whole_plan(study: Trial) -> None:
    found, whole = made(study, site=SOUTH), made(study)
    assert {row[2] for row in found.sv.rows} == {FOUR}
    assert found.tv == whole.tv
    assert found.participants == 1
