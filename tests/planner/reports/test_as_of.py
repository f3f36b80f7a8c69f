"""A report of any past moment, from what was known then; and what only seemed so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from planner.persistence.facts import FactRow
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.problems import InvalidInput
from planner.reports.report import BREAKDOWNS, report_data
from planner.services.access import EVERYTHING, find_site
from planner.services.deviations import JudgeDeviation, judge_deviation
from planner.services.sites import CloseSite, close_site
from tests.reported import DAY_1, LATER, SMALL, at, counts, given, report, row, small_study
from tests.studies import NORTH, SOUTH, STUDY, Trial, audited, trial

WIDER = SMALL.replace('"1.0"', '"2.0"').replace("window: -1/+1", "window: -1/+3")


def judge(study: Trial, number: str, identity: str, step: str, **said: Any) -> None:
    command = JudgeDeviation(study=STUDY, participant=number, identity=identity, step=step, **said)
    study.store.write(SYSTEM, study.now, lambda uow: judge_deviation(uow, EVERYTHING, command))


def test_today_from_the_stored_plans_is_today_from_the_facts_in_every_breakdown(store: Store) -> None:
    study = small_study(store)
    for by in BREAKDOWNS:
        stored, again = report(study, by=by), report(study, study.now, by=by)
        assert (stored.made_from, again.made_from) == ("projection", "facts")
        assert report_data(replace(stored, made_from="facts")) == report_data(again)
        assert stored.notes == ()


def test_a_report_of_a_past_moment_is_the_one_that_was_made_then(store: Store) -> None:
    study = small_study(store)
    judge(study, "01-002", "missed:t.c2.d1", "confirm", important=True)
    judge(study, "01-001", "not-done:t.c1.d8:look", "dismiss", reason="done elsewhere")
    made = {by: report(study, by=by) for by in ("all", "site", "month")}
    at(study, LATER + timedelta(days=20))
    judge(study, "01-002", "missed:t.c2.d1", "dismiss", reason="another participant")
    voided = given("t.c1.d8", "2026-03-11")
    study.record("02-001", {"fact": "void", "date": "2026-04-20", "of": _died(study)}, voided)
    study.record("01-001", {"fact": "transferred", "date": "2026-04-01", "site": SOUTH})
    close_site_on(study, date(2026, 3, 16))
    at(study, LATER + timedelta(days=30))
    for by, before in made.items():
        again = report(study, LATER, by=by)
        assert report_data(again) == report_data(replace(before, made_from="facts"))
    assert report_data(report(study)) != report_data(made["all"])
    assert made["all"].chain.seq < report(study).chain.seq
    assert made["all"].chain == report(study, LATER).chain


def _died(study: Trial) -> str:
    return study.store.read(
        lambda session: session.scalars(select(FactRow.fact_id).where(FactRow.kind == "died")).one()
    )


def close_site_on(study: Trial, day: date) -> None:
    command = CloseSite(first=day, reason="made up")
    study.store.write(
        SYSTEM, study.now, lambda uow: close_site(uow, find_site(uow.session, EVERYTHING, NORTH), command)
    )


def test_what_was_voided_counts_in_neither_way_and_its_participant_goes_on(store: Store) -> None:
    study = small_study(store)
    study.record("02-001", {"fact": "void", "date": "2026-04-15", "of": _died(study)})
    at(study, LATER)
    found = report(study)
    # 02-001 did not die: day 8 of cycle 1 and both visits of cycle 2 were due and are not recorded.
    assert counts(row(found.measure("attendance"))) == (7, 11)
    assert dict(row(found.measure("retention"), "in the study").more)["died"] == 0
    assert report_data(report(study, LATER)) == report_data(replace(found, made_from="facts"))


def test_the_head_of_the_chain_is_that_of_the_audit(store: Store) -> None:
    study = small_study(store)
    newest = [entry for entry in audited(study, "facts.recorded") if entry.chain == 1][-1]
    head = report(study).chain
    assert head.seq >= newest.seq
    assert len(head.digest) == 64


def test_an_amendment_judges_visits_by_the_version_in_force_at_them(store: Store) -> None:
    """01-001 is under 2.0, with a wider window for day 8, from 10 March on; 01-002 stays under 1.0.

    Both came on 9 and 2 March as planned, and for day 8 of cycle 2 three days late: in the window of 2.0, out of that
    of 1.0.
    """
    study = trial(store, texts=[SMALL, WIDER])
    for number in ("01-001", "01-002"):
        study.enrol(number, DAY_1, cohort="part", version="1.0")
        study.record(number, given("t.c1.d1", "2026-03-02"), given("t.c1.d8", "2026-03-09"))
    study.record("01-001", {"fact": "amendment_applied", "date": "2026-03-10", "version": "2.0"})
    for number in ("01-001", "01-002"):
        study.record(number, given("t.c2.d1", "2026-03-16"), given("t.c2.d8", "2026-03-26"))
    at(study, LATER)
    by_version = report(study, by="version")
    window = by_version.measure("window")
    assert {group: counts(row(window, group=group)) for group in ("all", "1.0", "2.0")} == {
        "all": (7, 8), "1.0": (5, 6), "2.0": (2, 2),
    }  # fmt: skip
    asked: list[dict[str, Any]] = [{"by": "version"}, {"version": "1.0"}, {"version": "2.0", "by": "month"}]
    for filters in asked:
        stored, again = report(study, **filters), report(study, LATER, **filters)
        assert report_data(replace(stored, made_from="facts")) == report_data(again)
    assert counts(row(report(study, version="2.0").measure("attendance"))) == (2, 2)


def test_what_cannot_be_asked_is_refused_with_its_place_and_a_remedy(store: Store) -> None:
    study = small_study(store)
    with pytest.raises(InvalidInput) as refused:
        report(study, datetime(2027, 1, 1, tzinfo=UTC), since=date(2026, 2, 1), until=date(2026, 1, 1), by="colour")
    assert [problem.place for problem in refused.value.problems] == ["by", "until", "as_of"]
    with pytest.raises(InvalidInput) as refused:
        report(study, site="nowhere", arm="a", cohort="b", version="9")
    assert [problem.place for problem in refused.value.problems] == ["site", "arm", "cohort", "version"]
    assert all(problem.remedy for problem in refused.value.problems)
