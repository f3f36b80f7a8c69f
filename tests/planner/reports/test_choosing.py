"""Filters, breakdowns, periods, masks, and who may see what."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import Store
from planner.problems import InvalidInput, NotFound
from planner.reports.choosing import Choice
from planner.reports.evidence import Person
from planner.reports.people_figures import DIED, LEFT, TRANSPLANTED, followed
from planner.reports.report import Filters, Measure, Row
from planner.reports.rows import masked, measure, share
from planner.reports.survival import Followed
from planner.services.access import Scope
from tests.reported import DAY_1, LATER, at, counts, given, report, row, small_study
from tests.studies import NORTH, SOUTH, Trial, trial


@pytest.fixture
def study(store: Store) -> Trial:
    return small_study(store)


def test_a_filter_leaves_what_the_breakdown_says_of_it(study: Trial) -> None:
    whole = report(study, by="site").measure("attendance")
    for site in (NORTH, SOUTH):
        assert counts(row(report(study, site=site).measure("attendance"))) == counts(row(whole, group=site))
    assert counts(row(report(study, cohort="part").measure("attendance"))) == counts(row(whole))
    months = report(study, by="month").measure("attendance")
    assert [each.group for each in months.rows] == ["all", "2026-03"]


def test_a_period_goes_by_the_protocols_day_of_a_visit_with_both_its_ends(study: Trial) -> None:
    # 9 March: day 8 of 01-001 and of 02-001. 10 March: day 8 of 01-002, who came on the 12th.
    found = report(study, since=date(2026, 3, 9), until=date(2026, 3, 10))
    assert counts(row(found.measure("attendance"))) == (2, 3)
    assert counts(row(report(study, since=date(2026, 3, 28)).measure("attendance"))) == (0, 0)


def test_who_sees_one_site_gets_the_figures_of_that_site_alone(study: Trial) -> None:
    study_id, site_id = study.store.read(_ids)
    scope = Scope(((study_id, site_id),))
    theirs = report(study, scope=scope, by="site")
    assert {each.group for found in theirs.measures for each in found.rows} == {"all", SOUTH}
    assert counts(row(theirs.measure("attendance"))) == (1, 2)
    assert theirs.participants == 1
    with pytest.raises(InvalidInput, match="the study has no site north"):
        report(study, scope=scope, site=NORTH)
    with pytest.raises(NotFound):
        report(study, scope=Scope(()))


def _ids(session: Session) -> tuple[int, int]:
    site = select(SiteRow.id).where(SiteRow.code == SOUTH)
    return session.scalars(select(Study.id)).one(), session.scalars(site).one()


def test_a_transfer_moves_the_visits_after_it_and_the_participant(store: Store) -> None:
    """01-001 is seen at south from 10 March on: two visits were at north, two at south."""
    study = trial(store)
    study.enrol("01-001", DAY_1)
    study.record("01-001", *(given("induction.c1.d1", "2026-03-02", drug) for drug in ("vsli", "ino")))
    study.record("01-001", *(given("induction.c1.d8", "2026-03-09", drug) for drug in ("vsli", "ino")))
    study.record("01-001", {"fact": "transferred", "date": "2026-03-10", "site": SOUTH})
    study.record("01-001", *(given("induction.c1.d15", "2026-03-16", drug) for drug in ("vsli", "ino")))
    at(study, LATER)
    found = report(study, by="site")
    done = {group: row(found.measure("attendance"), group=group).n for group in (NORTH, SOUTH)}
    assert done == {NORTH: 2, SOUTH: 1}
    assert row(found.measure("retention"), "in the study", SOUTH).of == 1
    assert not [each for each in found.measure("retention").rows if each.group == NORTH]


# -- retention ----------------------------------------------------------------------------------


def person(**said: Any) -> Person:
    return Person(
        id=1, number="01-001", site=NORTH, arm=None, cohort=None, versions=((date.min, "1.0"),),
        today=date(2026, 4, 15), enrolled=date(2026, 1, 1), **said,
    )  # fmt: skip


def choice(**said: Any) -> Choice:
    return Choice(Filters(**said), frozenset({NORTH}))


def test_a_transplant_is_a_transition_and_ends_no_retention() -> None:
    transplanted = person(transplanted=date(2026, 2, 1), died=date(2026, 3, 1))
    assert followed(transplanted, choice()) == Followed(0, 59, DIED)
    assert followed(transplanted, choice(), transplants=True) == Followed(0, 31, TRANSPLANTED)
    assert followed(person(), choice()) == Followed(0, 104)


def test_a_period_is_entered_late_and_left_at_its_end() -> None:
    left = person(left=date(2026, 3, 1))
    assert followed(left, choice(since=date(2026, 2, 1))) == Followed(31, 59, LEFT)
    assert followed(left, choice(since=date(2026, 2, 1), until=date(2026, 2, 10))) == Followed(31, 40)
    assert followed(left, choice(since=date(2026, 3, 2))) is None
    assert followed(person(), choice(until=date(2025, 12, 31))) is None


def test_who_was_lost_and_found_again_has_not_left_and_who_is_lost_has(store: Store) -> None:
    study = trial(store)
    for number in ("01-001", "01-002", "01-003"):
        study.enrol(number, DAY_1)
        study.record(number, given("induction.c1.d1", "2026-03-02", "ino"))
    for number in ("01-001", "01-002"):
        study.record(number, {"fact": "lost_to_follow_up", "date": "2026-03-20", "attempts": 3})
    study.record("01-001", {"fact": "found_again", "date": "2026-03-25"})
    study.record("01-003", {"fact": "withdrew", "date": "2026-03-20", "scope": "treatment"})
    at(study, LATER)
    kept = row(report(study).measure("retention"), "in the study")
    assert (counts(kept), dict(kept.more)) == ((2, 3), {LEFT: 1, DIED: 0})


# -- masks --------------------------------------------------------------------------------------


def of(*rows: Row) -> Measure:
    return measure("attendance", "share", rows, {"left out": 2})


def test_figures_of_few_are_masked_and_so_are_those_that_would_give_them_away() -> None:
    found = masked(of(share("all", 60, 90), share("a", 2, 20), share("b", 30, 40), share("c", 28, 30)), 3)
    assert [each.masked for each in found.rows] == [False, True, False, True]
    assert found.rows[1] == Row(group="a", note="masked: fewer than 3", masked=True)
    assert found.left_out[0].count is None
    one = masked(of(share("all", 60, 90), share("a", 2, 20), share("b", 30, 35), share("c", 28, 35)), 3)
    assert [each.masked for each in one.rows] == [False, True, True, False]


def test_what_is_nought_or_many_is_not_masked() -> None:
    found = of(share("all", 0, 0), share("a", 0, 20), share("b", 20, 20))
    assert masked(found, 5).rows == found.rows
    assert masked(found, 1) is found


def test_a_masked_report_tells_of_no_group_of_few(study: Trial) -> None:
    found = report(study, mask_below=5, by="site")
    shown = [each for part in found.measures for each in part.rows if not each.masked]
    assert all(count is None or count == 0 or count >= 5 for each in shown for count in counts(each))
    assert [curve.points for curve in found.measure("retention").curves if curve.points] == []
