"""Where lanes and what lies in them begin and end: periods, open holds, and what happened to somebody who had left."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from planner.persistence.unit_of_work import Store
from planner.reports.charts.chart import Cell
from tests.planner.reports.test_charts import drawn
from tests.reported import SMALL, counts, given, report, row, small_study
from tests.studies import Trial, trial

TWO = {drug: {"visit": "induction.c1.d8", "activity": drug} for drug in ("vsli", "ino")}


def lane(study: Trial, number: str = "01-001", **filters: Any) -> list[tuple[Cell, ...]]:
    """The kind, the first and the last day of all that is in somebody's lane; days count from 30 December 2025."""
    rows = drawn(study, "swimmer", **filters).records()
    return [(row["kind"], row["from day"], row["to day"]) for row in rows if row["participant"] == number]


def kinds(found: list[tuple[Cell, ...]], *wanted: str) -> list[tuple[Cell, ...]]:
    return [each for each in found if each[0] in wanted]


def test_a_period_cuts_lanes_and_days_count_from_the_enrolment_all_the_same(store: Store) -> None:
    """9 March is day 69, 12 March day 72, 20 March day 80, 25 March day 85; 01-001's pill is held up to day 85."""
    study = small_study(store)
    period: dict[str, Any] = {"since": date(2026, 3, 9), "until": date(2026, 3, 25)}
    assert lane(study, **period) == [
        ("treatment", 69, 80), ("treatment", 80, 85), ("held", 82, 85), ("visit in window", 69, 69),
        ("visit early or late", 80, 80), ("still in the study", 85, 85),
    ]  # fmt: skip
    assert kinds(lane(study, "02-001", **period), "treatment", "died") == [("treatment", 69, 72), ("died", 72, 72)]
    assert drawn(study, "swimmer", **period).description.endswith("2 are still in the study.")


def test_who_died_after_the_period_is_in_the_study_on_its_last_day_and_who_died_before_it_is_not_shown(
    store: Store,
) -> None:
    study = small_study(store)
    assert lane(study, "02-001", until=date(2026, 3, 10))[-1] == ("still in the study", 70, 70)
    periods: list[dict[str, Any]] = [{"until": date(2026, 3, 10)}, {"since": date(2026, 3, 13)}]
    for filters in periods:
        shown = {one["participant"] for one in drawn(study, "swimmer", **filters).records()}
        retained = row(report(study, **filters).measure("retention"), "in the study")
        assert len(shown) == counts(retained)[1]
    assert lane(study, "02-001", since=date(2026, 3, 13)) == []


def test_a_death_after_somebody_had_left_is_marked_behind_the_end_of_their_lane(store: Store) -> None:
    """Left on 20 January, day 21; died on 10 February, day 42."""
    study = dosed(store)
    study.record("01-001", {"fact": "withdrew", "date": "2026-01-20", "scope": "visits"})
    study.record("01-001", {"fact": "died", "date": "2026-02-10"})
    study.now = datetime(2026, 4, 1, 14, tzinfo=UTC)
    found = lane(study)
    assert kinds(found, "left the study", "died", "still in the study") == [
        ("left the study", 21, 21), ("died", 42, 42),
    ]  # fmt: skip
    assert max(int(str(until)) for kind, _, until in found if kind != "died") == 21
    assert kinds(lane(study, until=date(2026, 2, 1)), "left the study", "died") == [("left the study", 21, 21)]


def dosed(store: Store) -> Trial:
    """Day 1 of both drugs on 5 January, day 6; inotuzumab alone on 12 January, day 13: the other drug is held."""
    study = trial(store)
    study.enrol()
    study.record("01-001", *({"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": drug}
                             for drug in TWO))  # fmt: skip
    return study


@pytest.mark.parametrize(
    ("after", "until"),
    [
        ([{"fact": "given", "date": "2026-01-15", **TWO["vsli"]}], 16),
        ([{"fact": "omitted", "date": "2026-01-14", **TWO["vsli"], "reason": "neuropathy"}], 15),
        ([{"fact": "treatment_ended", "date": "2026-01-16", "reason": "toxicity"}], 17),
        ([{"fact": "given", "date": "2026-01-19", "visit": "induction.c1.d15", "activity": "ino"}], 31),
    ],
    ids=["its dose was given", "it was left out", "the treatment ended", "another drug was given"],
)
def test_an_open_hold_ends_with_what_became_of_its_own_dose(
    store: Store, after: list[dict[str, Any]], until: int
) -> None:
    """Held on 12 January, day 13; the report is of the 30th, day 31."""
    study = dosed(store)
    hold = {"fact": "held", "date": "2026-01-12", **TWO["vsli"], "reason": "neuropathy"}
    study.record("01-001", {"fact": "given", "date": "2026-01-12", **TWO["ino"]}, hold)
    study.record("01-001", *after)
    study.now = datetime(2026, 1, 30, 20, tzinfo=UTC)
    assert kinds(lane(study), "held") == [("held", 13, until)]


def test_an_open_hold_of_a_drug_at_home_ends_when_it_is_taken_again_and_that_of_a_cycle_with_its_day_1(
    store: Store,
) -> None:
    """The pill: held on 5 March, day 65, taken before on that day, and again on 8 March, day 68; the second cycle:
    held on 14 March, day 74, begun on 20 March, day 80."""
    study = trial(store, texts=[SMALL])
    study.enrol("01-001", date(2026, 3, 2), cohort="part")
    hold = {"fact": "held", "date": "2026-03-05", "activity": "pill", "reason": "nausea"}
    cycle = {"fact": "cycle_held", "date": "2026-03-14", "cycle": "t.c2", "reason": "counts"}
    pills = [given(None, f"2026-03-{day:02}", "pill") for day in (5, 8)]
    study.record("01-001", given("t.c1.d1", "2026-03-02"), *pills, hold, cycle, given("t.c1.d8", "2026-03-09"))
    study.record("01-001", given("t.c2.d1", "2026-03-20"))
    assert kinds(lane(study), "held") == [("held", 65, 68), ("held", 74, 80)]
