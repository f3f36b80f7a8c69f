"""What is done at a visit: its order, its drugs, its times. The crossover example; Day 1 on Tuesday 6 January 2026."""

from dataclasses import replace
from datetime import date, time

import pytest
from rich.console import Console

from planner.presenting.plan_calendar import plan_calendar
from planner.presenting.plan_table import plan_screen
from planner.presenting.study import Study
from planner.presenting.visit_words import started, timed
from schedules.closures import PLAIN_SITE, Site
from schedules.design import Design
from schedules.history import Enrolled, Fact, Given, History, TreatmentEnded, Withdrew
from schedules.protocol import Protocol
from schedules.protocol_file import read_protocol
from tests.architecture.source import ROOT

CROSSOVER = read_protocol((ROOT / "docs/examples/protocols/crossover.yaml").read_text(), "crossover.yaml").require()
SMALL = """
protocol: small
version: "1.0"
title: A small study
activities:
  look: {label: Look, kind: assessment}
  bloods: {label: Blood tests, kind: sample}
  drug-a: {label: Drug A, kind: dose}
  drug-b: {label: Drug B, kind: dose}
  tablets: {label: Tablets, kind: home-dose}
epochs:
  treatment:
    label: Treatment
    length: 4 weeks
    visits:
      d1:
        label: Dose
        day: 1
        activities: [look, bloods, drug-a, tablets, drug-b, {activity: bloods, at: TIMES}]
"""
FIRST_A = Given(date=date(2026, 1, 6), visit="period-a.first", activity="tablet-a")


def study(*facts: Fact, protocol: Protocol = CROSSOVER, site: Site = PLAIN_SITE, arm: str | None = "ab") -> Study:
    enrolled = Enrolled(date=date(2026, 1, 2), day_1=date(2026, 1, 6), arm=arm)
    return Study(Design((protocol,), (site,)), History((enrolled, *facts)), (), date(2026, 1, 14), None)


def shown(made: Study, width: int = 120) -> str:
    plan = made.plan(made.history)
    console = Console(width=width, markup=False, emoji=False, highlight=False)
    with console.capture() as captured:
        console.print(*plan_screen(plan, made.protocol_of(plan), "x", width, made.recorded(made.history)))
    return captured.get()


def line_of(label: str, made: Study, width: int = 120) -> str:
    return next(line for line in shown(made, width).splitlines() if line.strip().startswith(label))


def small(times: str = "[1 hour]") -> Study:
    return study(protocol=read_protocol(SMALL.replace("TIMES", times), "small.yaml").require(), arm=None)


# -- drugs --------------------------------------------------------------------------------------


def test_activities_stand_in_the_order_in_which_they_are_done_with_the_drugs_marked() -> None:
    assert line_of("Dose", small(), 160).rstrip().endswith("look, bloods, *drug-a, *tablets, *drug-b")
    assert "* a study drug" in shown(small())


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_a_line_that_is_too_short_leaves_out_other_things_before_any_drug(width: int) -> None:
    words = " ".join(shown(small(), width).split())
    assert all(drug in words for drug in ("*drug-a", "*tablets", "*drug-b"))


def test_after_a_wrong_drug_the_line_says_what_was_given() -> None:
    wrong = Given(date=date(2026, 1, 6), visit="period-a.first", activity="tablet-b")
    assert (
        line_of("In-house day with A", study(wrong)).rstrip().endswith("done            levels, *tablet-b, no tablet-a")
    )
    assert "*tablet-a" in line_of("In-house day with A", study(FIRST_A))


def test_a_drug_for_home_that_was_not_given_at_the_visit_either_is_left_out_of_what_was_done() -> None:
    small = read_protocol(SMALL.replace(", at: TIMES", ""), "small.yaml").require()
    given = [Given(date=date(2026, 1, 6), visit="treatment.d1", activity=name) for name in ("drug-a", "drug-b")]
    assert "*drug-a, no tablets, *drug-b" in shown(study(*given, protocol=small, arm=None))


def test_the_calendar_file_says_what_was_given_and_which_of_it_is_a_drug() -> None:
    wrong = study(Given(date=date(2026, 1, 6), visit="period-a.first", activity="tablet-b"))
    content = plan_calendar(wrong, wrong.plan(wrong.history)).replace(b"\r\n ", b"").decode()
    assert "Blood sample for drug levels\\, Tablet B (study drug)\\, no Tablet A\\n" in content


# -- times --------------------------------------------------------------------------------------


def test_what_is_done_by_the_clock_stands_under_the_line_of_its_visit() -> None:
    lines = shown(study()).splitlines()
    below = lines[next(place for place, line in enumerate(lines) if "In-house day with A" in line) + 1]
    times = "−15 min (± 10 min), +30 min, +1 h (± 2 min), +2 h, +4 h (± 5 min), +8 h (± 15 min)"
    assert below.strip() == f"levels {times} after tablet-a"


def test_times_that_are_kept_alike_say_so_once_and_count_from_the_arrival_without_a_base() -> None:
    times = "[-15 minutes, 30 minutes, 1 hour], timed_from: drug-a, within: -5/+5 minutes"
    assert "bloods −15 min, +30 min, +1 h after drug-a (± 5 min)" in shown(small(times))
    assert "bloods +90 min after arrival" in shown(small("90 minutes"))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_line_of_times_never_breaks_between_a_number_and_its_unit(width: int) -> None:
    lines = [line.strip() for line in shown(study(), width).splitlines() if "min" in line or " h " in line]
    assert lines
    assert not [line for line in lines if line[-1].isdigit() or line[-1] in "±+−"]


def test_the_calendar_file_has_the_times() -> None:
    made = study()
    content = plan_calendar(made, made.plan(made.history)).replace(b"\r\n ", b"").decode()
    assert "Blood sample for drug levels: 15 minutes before Tablet A (± 10 minutes)\\n" in content
    assert "levels: 30 minutes and 1 hour after the start of Tablet A (± 2 minutes)\\n" in content


def test_a_time_after_the_clock_change_is_told_by_the_clock_of_the_site() -> None:
    day_1 = date(2026, 3, 29)  # at 02:00 the clocks in Berlin go on to 03:00
    dose = replace(FIRST_A, date=day_1, start=time(1, 30))
    enrolled = Enrolled(date=date(2026, 3, 2), day_1=day_1, arm="ab")
    berlin = replace(PLAIN_SITE, zone="Europe/Berlin")
    made = Study(Design((CROSSOVER,), (berlin,)), History((enrolled, dose)), (), day_1, None)
    visit = made.plan(made.history).visit("period-a.first")
    start = started(visit, "tablet-a", made.recorded(made.history), "Europe/Berlin")
    assert start is not None
    hours = [f"{each.on_the_clock(start):%H:%M}" for each in timed(visit)]
    assert hours == ["01:15", "03:00", "03:30", "04:30", "06:30", "10:30"]


# -- the end ------------------------------------------------------------------------------------


def test_another_reason_for_the_end_has_its_note() -> None:
    ended = TreatmentEnded(date=date(2026, 1, 8), reason="other", note="moves to another town")
    words = shown(study(FIRST_A, ended))
    assert "· cancelled: the treatment ended on 8 January 2026 (other: moves to another town)" in words
    assert "The treatment ended on Thu 8 Jan 2026 (other: moves to another town)." in words


def test_who_withdrew_is_not_said_to_be_cancelled_without_a_reason() -> None:
    withdrew = Withdrew(date=date(2026, 1, 8), scope="visits")
    assert "· cancelled: the participant withdrew from visits on 8 January 2026" in shown(study(FIRST_A, withdrew))


def test_a_study_without_assumptions_does_not_rest_on_any() -> None:
    words = shown(small())
    assert "assumption" not in words
    assert "`planner why x VISIT …` says how a date came about." in words


# -- at home ------------------------------------------------------------------------------------


def test_a_diary_at_home_is_counted_in_days_and_a_drug_in_doses() -> None:
    home = "    home: {tablets: {days: 1-14}, diary: {days: 1-7}}\n"
    text = SMALL.replace("TIMES", "[1 hour]").replace(
        "  tablets:", "  diary: {label: Diary, kind: questionnaire}\n  tablets:"
    )
    made = study(protocol=read_protocol(text + home, "small.yaml").require(), arm=None)
    lines = [" ".join(line.split()) for line in shown(made).splitlines()]
    assert "treatment ~ 6–12 Jan 7 days Diary" in lines
    assert "treatment ~ 6–19 Jan 14 doses Tablets" in lines
