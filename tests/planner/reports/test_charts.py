"""What charts show: the rows of each, worked out by hand from the small study in tests/reported.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from planner.persistence.bookings import Booking
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.visits import VisitRow
from planner.problems import NotFound
from planner.reports.charts.chart import LANES, TITLES, Cell, Chart
from planner.reports.charts.drawing import svg_of
from planner.reports.charts.making import make_chart
from planner.reports.charts.of_report import charts_of_report
from planner.reports.charts.visit_states import order_of
from planner.reports.making import Wanted
from planner.reports.report import Filters, Point, at_risk_on
from planner.services.access import EVERYTHING, find_site
from planner.services.sites import ChangeSite, change_site
from schedules.protocol_file import library_text, read_protocol
from tests.reported import DAY_1, LATER, SMALL, given, many, report, small_study
from tests.reported import at as moved_at
from tests.seated import seated
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial


@pytest.fixture
def small(store: Store) -> Trial:
    return small_study(store)


def drawn(
    study: Trial, name: str, page: int = 1, as_of: datetime | None = None, mask_below: int = 0, **filters: Any
) -> Chart:
    wanted = Wanted(study=STUDY, as_of=as_of, mask_below=mask_below, filters=Filters(**filters))
    return study.store.read(
        lambda session: make_chart(session, study.designs, EVERYTHING, wanted, name, study.now, page)
    )


def of(chart: Chart, participant: str, *columns: str) -> list[tuple[Cell, ...]]:
    """What the rows of a participant say in these columns."""
    found = [row for row in chart.records() if row["participant"] == participant]
    return [tuple(row[column] for column in columns) for row in found]


def shown(rows: Iterable[tuple[Cell, ...]], *kinds: str) -> list[tuple[Cell, ...]]:
    return [row for row in rows if row[0] in kinds]


# -- participants over time -----------------------------------------------------------------------


def test_a_lane_runs_from_the_enrolment_to_the_day_of_the_report_with_its_cycles_and_holds(small: Trial) -> None:
    """01-001 was enrolled on 30 December: 2 March is day 62, 20 March day 80, 22 to 24 March 82 to 84, 15 April 106."""
    lane = of(drawn(small, "swimmer"), "01-001", "kind", "what", "from day", "to day")
    assert shown(lane, "before treatment", "treatment", "after treatment") == [
        ("before treatment", "before treatment", 0, 62),
        ("treatment", "Treatment, cycle 1", 62, 80),
        ("treatment", "Treatment, cycle 2", 80, 106),
    ]
    assert shown(lane, "held") == [("held", "held: nausea", 82, 85)]
    assert [row[2] for row in shown(lane, "visit in window")] == [62, 69, 87]
    assert shown(lane, "visit early or late") == [("visit early or late", "C2D1: late", 80, 80)]
    assert lane[-1] == ("still in the study", "still in the study", 106, 106)


def test_the_end_of_treatment_ends_the_bar_and_not_the_lane(small: Trial) -> None:
    """01-002: Day 1 on 3 March, day 63; treatment ended on 20 March, day 80; the window missed closed on 18 March."""
    lane = of(drawn(small, "swimmer"), "01-002", "kind", "what", "from day", "to day")
    assert shown(lane, "treatment", "after treatment") == [
        ("treatment", "Treatment, cycle 1", 63, 80), ("after treatment", "after treatment", 80, 106),
    ]  # fmt: skip
    assert shown(lane, "visit missed") == [("visit missed", "C2D1", 78, 78)]
    assert shown(lane, "treatment ended") == [("treatment ended", "treatment ended: toxicity", 80, 80)]


def test_a_death_ends_the_lane(small: Trial) -> None:
    """02-001 died on 12 March, day 72."""
    chart = drawn(small, "swimmer")
    lane = of(chart, "02-001", "kind", "from day", "to day", "on")
    assert lane[-1] == ("died", 72, 72, date(2026, 3, 12))
    assert max(int(str(row[2])) for row in lane) == 72
    assert [row["participant"] for row in chart.records()][-1] == "02-001"  # who was followed longest is first
    assert chart.description.endswith("2 are still in the study.")


def test_a_response_a_transplant_and_days_in_hospital_are_in_the_lane(store: Store) -> None:
    study = trial(store)
    study.enrol("01-001", date(2026, 1, 5), cohort="phase-1b", dose_levels={"ino": "level 1 (made up)"})
    study.record(
        "01-001",
        {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": "vsli"},
        {"fact": "gate_decided", "date": "2026-01-30", "gate": "induction.c1.response", "outcome": "benefit"},
        {"fact": "admitted", "date": "2026-01-10"},
        {"fact": "discharged", "date": "2026-01-12"},
        {"fact": "transplanted", "date": "2026-03-02"},
    )
    study.now = datetime(2026, 4, 1, 14, tzinfo=UTC)
    lane = of(drawn(study, "swimmer"), "01-001", "kind", "from day", "to day")
    assert ("response", 31, 31) in lane
    assert ("in hospital", 11, 14) in lane
    assert ("transplanted", 62, 62) in lane


# -- visits ---------------------------------------------------------------------------------------


def test_each_visit_of_each_participant_says_how_it_went(small: Trial) -> None:
    """As the figures of the report have it: 20 March is three days after the window, 12 March one (tests/reported)."""
    chart = drawn(small, "heat-map")
    columns = ("visit", "state", "days outside the window")
    assert of(chart, "01-001", *columns) == [
        ("C1D1", "in window", None), ("C1D8", "in window", None), ("C2D1", "late", 3), ("C2D8", "in window", None),
    ]  # fmt: skip
    assert of(chart, "01-002", *columns) == [
        ("C1D1", "in window", None), ("C1D8", "late", 1), ("C2D1", "missed", None), ("C2D8", "fell away", None),
    ]  # fmt: skip
    assert of(chart, "02-001", *columns) == [
        ("C1D1", "in window", None), ("C1D8", "no record", None), ("C2D1", "fell away", None),
        ("C2D8", "fell away", None),
    ]  # fmt: skip
    assert {row["participant"] for row in drawn(small, "heat-map", site=SOUTH).records()} == {"02-001"}


def test_what_is_still_to_come_for_everybody_is_left_out_unless_there_is_nothing_else(store: Store) -> None:
    study = trial(store)
    study.enrol("01-001", date(2026, 1, 12))
    begun = {row["visit"] for row in drawn(study, "heat-map").records()}
    assert begun == {"Screening visit", "Screening marrow"}
    assert {row["visit"] for row in drawn(study, "visits").records()} == begun


def test_all_participants_together_are_counted_the_same_from_stored_plans_and_planned_again(small: Trial) -> None:
    """Day 8 of cycle 1: one in its window, one late, one without a record."""
    chart = drawn(small, "visits")
    eighth = [(row["state"], row["n"], row["of"]) for row in chart.records() if row["visit"] == "C1D8"]
    assert eighth == [("in window", 1, 3), ("late", 1, 3), ("no record", 1, 3)]
    assert drawn(small, "visits", as_of=LATER).rows == chart.rows
    each = Counter((row["visit"], row["state"]) for row in drawn(small, "heat-map").records())
    assert {(row["visit"], row["state"]): row["n"] for row in chart.records()} == each


@pytest.mark.parametrize(
    "filters",
    [{"site": NORTH}, {"since": date(2026, 3, 10)}, {"until": date(2026, 3, 10)}, {"version": "1.0"}],
    ids=str,
)
def test_filters_choose_the_same_visits_in_every_chart_of_them(small: Trial, filters: dict[str, Any]) -> None:
    each = Counter((row["visit"], row["state"]) for row in drawn(small, "heat-map", **filters).records())
    together = {(row["visit"], row["state"]): row["n"] for row in drawn(small, "visits", **filters).records()}
    assert together == each
    assert drawn(small, "visits", as_of=LATER, **filters).rows == drawn(small, "visits", **filters).rows


@pytest.mark.parametrize("filters", [{"site": NORTH}, {"site": SOUTH}, {"version": "1.0"}, {"version": "2.0"}], ids=str)
def test_visits_before_a_move_or_an_amendment_count_where_and_under_what_they_were(
    store: Store, filters: dict[str, Any]
) -> None:
    """Each of the two has visits on both sides of the change; the stored plans and those made again say the same."""
    study = trial(store, texts=[SMALL, SMALL.replace('version: "1.0"', 'version: "2.0"')])
    for number, change in (
        ("01-001", {"fact": "transferred", "date": "2026-03-12", "site": SOUTH}),
        ("01-002", {"fact": "amendment_applied", "date": "2026-03-12", "version": "2.0"}),
    ):
        study.enrol(number, DAY_1, cohort="part")
        study.record(number, given("t.c1.d1", "2026-03-02"), given("t.c1.d8", "2026-03-09"), change)
        study.record(number, given("t.c2.d1", "2026-03-16"))
    moved_at(study, LATER)
    now = drawn(study, "visits", **filters)
    assert now.rows == drawn(study, "visits", as_of=LATER, **filters).rows
    counted = report(study, **filters).measure("attendance")
    occurred = sum(int(str(row["n"])) for row in now.records() if row["state"] in ("in window", "early", "late"))
    assert occurred == counted.rows[0].n
    assert 0 < occurred < 6


def test_the_visits_counted_are_those_that_are_stored(small: Trial) -> None:
    def stored(session: Any) -> int:
        return int(session.scalar(select(func.count()).select_from(VisitRow).where(VisitRow.gone.is_(False))))

    rows = drawn(small, "visits").records()
    assert sum(int(str(row["n"])) for row in rows) == small.store.read(stored)


def test_visits_come_in_the_order_of_the_protocol_and_repeated_ones_by_their_number() -> None:
    place_of = order_of([read_protocol(library_text("vsli-ino"), "vsli-ino").protocol])
    wanted = [
        "screening.visit", "induction.c1.d1", "induction.c1.d8", "induction.c2.d1", "maintenance.c1.d1",
        "maintenance.c10.d1", "follow-up.end-of-treatment", "follow-up.month-3", "follow-up.month-12", "no.such#visit",
    ]  # fmt: skip
    assert sorted(set(wanted), key=place_of) == wanted


# -- what a report counts -------------------------------------------------------------------------


def test_what_a_report_counts_is_drawn_as_it_is_counted(small: Trial) -> None:
    """Five visits on their day, one two days late and one four; one in three died on day 72, nobody left."""
    lateness, retention, enrolment = charts_of_report(report(small))
    assert [row[:2] for row in lateness.rows] == [(0, 5), (2, 1), (4, 1)]
    still = [row for row in retention.records() if row["curve"] == "in the study"]
    assert [(row["day"], row["share"], row["at risk"]) for row in still] == [
        (0, 1.0, 3), (72, pytest.approx(2 / 3), 3), (106, pytest.approx(2 / 3), 2),
    ]  # fmt: skip
    died = [row["share"] for row in retention.records() if row["curve"] == "died"]
    assert died[-1] == pytest.approx(1 / 3)
    assert enrolment.rows == (("month", "2025-12", 3, 3, None),)


def test_months_without_an_enrolment_stand_between_those_with_one(store: Store) -> None:
    study = trial(store)
    for number, day in (("01-001", "2025-10-30"), ("01-002", "2025-12-30")):
        study.screen(number)
        study.record(
            number, {"fact": "consented", "date": "2025-10-01", "version": "1.0"},
            {"fact": "enrolled", "date": day, "day_1": day},
        )  # fmt: skip
    rows = drawn(study, "enrolment").rows
    assert [row[1:4] for row in rows] == [("2025-10", 1, 1), ("2025-11", 0, 1), ("2025-12", 1, 2)]


def test_at_risk_are_those_whose_end_is_on_that_day_or_later() -> None:
    points = [Point(day, at_risk, 0, 0, 1.0, 1.0, 1.0) for day, at_risk in ((0, 9), (10, 8), (20, 3))]
    assert [at_risk_on(points, day) for day in (0, 1, 10, 11, 20, 21)] == [9, 8, 8, 3, 3, 0]
    masked = [replace(point, events=None, censored=None) for point in points]
    assert [at_risk_on(masked, day) for day in (20, 21)] == [3, None]


def test_retention_is_drawn_by_whatever_the_report_goes_by_each_group_with_its_own_numbers(small: Trial) -> None:
    """At north two, of whom none died; at south one, who died on day 72 after the enrolment."""
    (found,) = [made for made in charts_of_report(report(small, by="site")) if made.name == "retention"]
    still = {(row["group"], row["day"]): row["share"] for row in found.records() if row["curve"] == "in the study"}
    assert {group for group, _ in still} == {"all", "north", "south"}
    assert (still["north", 106], still["south", 72]) == (1.0, 0.0)
    assert "By group: north 2 of 2, south 0 of 1." in found.description
    assert all(
        f">{site}</text>" in svg_of(found, "light", narrow) for site in (NORTH, SOUTH) for narrow in (True, False)
    )


# -- chairs ---------------------------------------------------------------------------------------


def test_chair_load_is_minutes_booked_of_minutes_open_at_every_site_and_day(store: Store) -> None:
    """Two chairs from 8 to 18 are 1,200 minutes a day; the appointments take what is stored with them."""
    study = seated(store)
    hours = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ("08:00", "18:00"))
    study.store.write(
        SYSTEM,
        study.now,
        lambda uow: change_site(uow, find_site(uow.session, EVERYTHING, NORTH), ChangeSite(opening=hours)),
    )
    taken = study.store.read(lambda session: {row.day: row.minutes for row in session.scalars(select(Booking))})
    rows = [row for row in drawn(study, "chair-load").records() if row["site"] == "North"]
    booked: dict[Cell, Any] = {
        row["day"]: (row["appointments"], row["minutes booked"], row["load"]) for row in rows if row["appointments"]
    }
    assert booked == {day: (1, minutes, pytest.approx(minutes / 1_200)) for day, minutes in taken.items()}
    assert {row["minutes open"] for row in rows} == {1_200}
    assert {row["day"].weekday() for row in rows if isinstance(row["day"], date)} == {0, 1, 2, 3, 4}
    assert not drawn(study, "chair-load", since=date(2025, 1, 1), until=date(2025, 2, 1)).rows


# -- very many, and nobody ------------------------------------------------------------------------


def test_of_very_many_a_chart_shows_some_page_by_page_and_nobody_twice(small: Trial) -> None:
    many(small, 4, 130)
    pages = [drawn(small, "swimmer", page) for page in (1, 2, 3)]
    seen = [{str(row["participant"]) for row in page.records()} for page in pages]
    assert [len(each) for each in seen] == [LANES, LANES, 10]
    assert len(set().union(*seen)) == 130
    assert {page.pages for page in pages} == {3}
    with pytest.raises(NotFound):
        drawn(small, "swimmer", 4)


@pytest.mark.parametrize("name", TITLES)
def test_where_there_is_nobody_a_chart_says_so_in_words(store: Store, name: str) -> None:
    chart = drawn(trial(store), name)
    assert chart.rows == ()
    assert chart.empty == chart.description
    assert chart.empty.endswith(".")


def test_of_nobody_no_part_is_still_in_the_study(store: Store) -> None:
    retention = report(trial(store)).measure("retention")
    assert [(row.n, row.of) for row in retention.rows] == [(0, 0)]
    assert retention.curves == ()


def test_single_participants_are_not_drawn_while_small_figures_are_masked(small: Trial) -> None:
    for name in ("swimmer", "heat-map", "visits", "chair-load"):
        chart = drawn(small, name, mask_below=5)
        assert chart.rows == ()
        assert "masked" in chart.empty


def test_there_is_no_chart_of_another_name(small: Trial) -> None:
    with pytest.raises(NotFound):
        drawn(small, "pie")
