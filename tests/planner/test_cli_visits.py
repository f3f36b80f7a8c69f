"""`planner why` and `planner feasible`: one visit. vsli-ino; Day 1 on Monday 5 January 2026."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from planner.cli import cli

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
    assert "Not on Sun 18 Jan 2026 vsli is planned for 12 January 2026" in words
    assert "Mon 19 Jan 2026 the site is closed" in words


def test_feasible_as_json_has_days_distances_and_reasons() -> None:
    data = json.loads(run("feasible", "vsli-ino", "C1D15", *START, *CLOSED, "--format", "json").stdout)
    assert [day["date"] for day in data["feasible"]] == ["2026-01-20", "2026-01-21"]
    assert data["feasible"][0]["distance"] == 1
    assert [day["date"] for day in data["refused"]] == ["2026-01-18", "2026-01-19"]


def test_a_visit_that_is_cancelled_has_nothing_to_book() -> None:
    ended = "treatment_ended date=2026-01-13 reason=toxicity"
    assert "There is nothing to book" in said("feasible", "vsli-ino", "C1D15", *START, "--what-if", ended)
