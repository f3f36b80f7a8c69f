"""`planner why` and `planner feasible`: one visit. vsli-ino; Day 1 on Monday 5 January 2026."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from planner.cli import cli
from tests.architecture.source import ROOT

START = ("--start", "2026-01-05")
CLOSED = ("--closed", "2026-01-19")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def said(*words: str) -> str:
    """The answer with its line breaks taken out, so that wrapping does not matter."""
    result = run(*words)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def test_why_numbers_the_sentences_that_lead_to_the_date() -> None:
    words = said("why", "vsli-ino", "induction.c1.d15", *START, *CLOSED)
    assert "1. C1D1 is planned for 5 January 2026; + 14 days = 19 January 2026" in words
    assert "2. the site is closed on 19 January 2026" in words


def test_why_shows_the_four_dates_and_what_the_status_means() -> None:
    words = said("why", "vsli-ino", "C1D15", *START, *CLOSED)
    assert "Nominal Mon 19 Jan 2026" in words
    assert "Window Sun 18 Jan 2026 to Wed 21 Jan 2026" in words
    assert "Feasible 20–21 Jan (2 days)" in words
    assert "Target Tue 20 Jan 2026" in words
    assert "Status planned, firm. It has a date" in words
    assert "or nothing is recorded yet" in words


def test_why_proposes_what_to_decide_where_no_day_is_left() -> None:
    closed = [word for day in (12, 13, 14) for word in ("--closed", f"2026-01-{day}")]
    words = said("why", "vsli-ino", "C1D8", *START, *closed)
    assert "Target —" in words
    assert "To decide (no day): its earliest safe day is Thu 15 Jan 2026 or it can be left out" in words
    assert "a decision is overdue from Thu 15 Jan 2026" in words


def test_a_visit_can_be_named_by_its_key_or_by_its_label_in_any_case() -> None:
    by_key = run("why", "vsli-ino", "induction.c1.d8", *START).stdout
    assert run("why", "vsli-ino", "C1D8", *START).stdout == by_key
    assert run("why", "vsli-ino", "c1d8", *START).stdout == by_key


def test_the_beginning_of_a_label_is_enough_where_only_one_visit_has_it() -> None:
    by_key = run("why", "vsli-ino", "induction.c1.marrow", *START).stdout
    assert run("why", "vsli-ino", "C1D24", *START).stdout == by_key
    several = run("why", "vsli-ino", "month", *START).stderr
    assert "4 visits are called 'month'; name one by its key: follow-up.month-3, follow-up.month-6" in several


@pytest.mark.parametrize(
    ("name", "hint"), [("C1D9", "C1D8"), ("induction.c1.d9", "induction.c1.d8"), ("30 day visit", "30-day visit")]
)
def test_an_unknown_visit_names_those_that_come_near(name: str, hint: str) -> None:
    result = run("why", "vsli-ino", name, *START)
    assert result.exit_code == 2
    assert f"the plan has no visit '{name}'; did you mean" in result.stderr
    assert hint in result.stderr


def test_a_name_unlike_any_visit_lists_some() -> None:
    assert "its visits are screening.baseline" in run("why", "vsli-ino", "???", *START).stderr


def test_a_label_that_two_visits_have_asks_for_the_key(tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text(
        "- {fact: enrolled, date: 2025-12-01, day_1: 2026-01-09}\n"
        "- {fact: attended, date: 2025-12-10, visit: screening.marrow}\n"
    )
    result = run("why", "vsli-ino", "Screening marrow", "--history", str(facts))
    assert result.exit_code == 2
    keys = "screening.marrow or screening.marrow#2"
    assert f"2 visits are called 'Screening marrow'; name one by its key: {keys}" in result.stderr


def test_why_as_json_is_the_visit_of_the_plan() -> None:
    visit = json.loads(run("why", "vsli-ino", "C1D8", *START, "--format", "json").stdout)
    plan = json.loads(run("plan", "vsli-ino", *START, "--format", "json").stdout)
    assert visit in plan["visits"]


def test_feasible_lists_the_best_day_first_and_why_not_the_others() -> None:
    words = said("feasible", "vsli-ino", "C1D15", *START, *CLOSED)
    assert "best first 1. Tue 20 Jan 2026 1 day after the day on which it is due 2. Wed 21 Jan 2026" in words
    assert "Not on Sun 18 Jan 2026 Vincristine sulfate liposome IV is planned for 12 January 2026" in words
    assert "Mon 19 Jan 2026 the site is closed" in words


@pytest.fixture
def history(tmp_path: Path) -> str:
    path = tmp_path / "facts.yaml"
    path.write_text(
        "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}\n"
        '- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: vsli, start: "09:40"}\n'
        "- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: ino}\n"
    )
    return str(path)


def test_feasible_offers_no_day_before_the_day_of_the_plan(history: str) -> None:
    words = said("feasible", "vsli-ino", "C1D8", "--history", history, "--as-of", "2026-01-13")
    assert "best first 1. Tue 13 Jan 2026 1 day after" in words
    assert "Not on Sun 11 Jan 2026" in words
    assert "Mon 12 Jan 2026 it is past: the plan is as of 13 January 2026" in words
    why = said("why", "vsli-ino", "C1D8", "--history", history, "--as-of", "2026-01-13")
    assert "Feasible 13–14 Jan (2 days)" in why


def test_feasible_as_json_has_the_past_days_among_the_refused_ones(history: str) -> None:
    words = ("feasible", "vsli-ino", "C1D8", "--history", history, "--as-of", "2026-01-14", "--format", "json")
    data = json.loads(run(*words).stdout)
    assert [day["date"] for day in data["feasible"]] == ["2026-01-14"]
    assert [day["date"] for day in data["refused"]] == ["2026-01-11", "2026-01-12", "2026-01-13"]


def test_before_a_start_date_alone_nothing_is_past() -> None:
    assert "it is past" not in said("feasible", "vsli-ino", "screening.baseline", *START)
    assert "it is past" in said("feasible", "vsli-ino", "screening.baseline", *START, "--as-of", "2026-01-05")


def test_why_a_visit_that_took_place_on_day_1_is_where_it_is(history: str) -> None:
    words = said("why", "vsli-ino", "C1D1", "--history", history)
    assert "1. the first dose was given on 5 January 2026, which is Day 1" in words
    later = said("why", "vsli-ino", "C1D8", "--history", history)
    assert "1. C1D1 took place on 5 January 2026; + 7 days = 12 January 2026" in later


def test_feasible_as_json_has_days_distances_and_reasons() -> None:
    data = json.loads(run("feasible", "vsli-ino", "C1D15", *START, *CLOSED, "--format", "json").stdout)
    assert [day["date"] for day in data["feasible"]] == ["2026-01-20", "2026-01-21"]
    assert data["feasible"][0]["distance"] == 1
    assert [day["date"] for day in data["refused"]] == ["2026-01-18", "2026-01-19"]


def test_a_visit_that_is_cancelled_has_nothing_to_book() -> None:
    ended = "treatment_ended date=2026-01-13 reason=toxicity"
    assert "There is nothing to book" in said("feasible", "vsli-ino", "C1D15", *START, "--what-if", ended)


# -- by the clock -------------------------------------------------------------------------------

CROSSOVER = str(ROOT / "docs/examples/protocols/crossover.yaml")


@pytest.mark.parametrize(("start", "hours"), [(None, ()), ("18:05", ("17:50", "19:05", "02:05 on Wed 7 Jan 2026"))])
def test_why_lists_the_times_and_with_the_start_of_the_dose_the_hours(
    tmp_path: Path, start: str | None, hours: tuple[str, ...]
) -> None:
    path = tmp_path / "facts.yaml"
    began = f', start: "{start}"' if start else ""
    path.write_text(
        "- {fact: enrolled, date: 2026-01-02, day_1: 2026-01-06, arm: ba}\n"
        f"- {{fact: given, date: 2026-01-06, visit: period-b.first, activity: tablet-b{began}}}\n"
    )
    words = said("why", CROSSOVER, "period-b.first", "--history", str(path))
    assert f"By the clock, from tablet-b{f', which began at {start}' if start else ''} " in words
    assert "levels 15 minutes before ± 10 minutes" in words
    assert "levels 8 hours after ± 15 minutes" in words
    assert all(f"{hour} levels" in words for hour in hours)
    assert ("17:50" in words) is bool(hours)


# -- where no day is left -----------------------------------------------------------------------


def test_only_a_visit_with_a_dose_that_is_not_day_1_of_the_study_may_be_omitted() -> None:
    def left(visit: str, *days: str) -> str:
        return said(
            "why", "vsli-ino", visit, *START, *(word for day in days for word in ("--closed", f"2026-01-{day}"))
        )

    assert "15 January 2026, or omit it" in left("C1D8", "12", "13", "14")
    day_1 = left("C1D1", "05", "06", "07", "08")
    marrow = left("C1D24", "26", "27", "28", "29", "30")
    for words in (day_1, marrow):
        assert "the earliest safe day is" in words
        assert "omit" not in words
        assert "left out" not in words


def test_days_that_are_closed_for_the_same_reason_are_told_together() -> None:
    closed = [word for day in ("26", "27", "28", "29", "30") for word in ("--closed", f"2026-01-{day}")]
    words = said("why", "vsli-ino", "C1D24", *START, *closed)
    assert "the site is closed on 25 January 2026 and 1 February 2026 (Sundays)" in words
    assert "5 days from 26 to 30 January 2026;" in words
