"""`planner diff`: what would move. vsli-ino; Day 1 on Monday 5 January 2026."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from planner.cli import cli
from tests.architecture.source import ROOT

START = ("--start", "2026-01-05")
PROGRESSION = "gate_decided date=2026-01-30 gate=induction.c1.response outcome=progression"
SHORT = ROOT / "docs/examples/protocols"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["diff", *(str(word) for word in words)])


def said(*words: str | Path) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def differences(*words: str | Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(run(*words, "--format", "json").stdout)
    return data


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "facts.yaml"
    path.write_text(
        "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}\n"
        "- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: vsli}\n"
        "- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: ino}\n"
    )
    return path


def test_without_anything_to_compare_with_it_is_refused() -> None:
    result = run("vsli-ino", *START)
    assert result.exit_code == 2
    assert "give --what-if FACT or --to FILE" in result.stderr


def test_a_progression_moves_the_follow_up_and_drops_the_maintenance(history: Path) -> None:
    words = said("vsli-ino", "--history", history, "--what-if", PROGRESSION)
    assert "30-day visit ~ Wed 8 Jul 2026 → ~ Wed 4 Feb 2026 -154 days" in words  # nobody recorded Day 8 and Day 15
    assert "M1D1 ~ Mon 2 Feb 2026, planned → not planned" in words
    assert "induction.c1.response open → decided: progression" in words
    assert "Mon 22 Jun 2026 (completed, expected) → Fri 30 Jan 2026 (progression)" in words


def test_a_window_that_only_moves_along_is_not_mentioned() -> None:
    later = "cycle_delayed date=2026-01-02 cycle=induction.c1 to=2026-01-07 reason=travel"
    words = said("vsli-ino", *START, "--as-of", "2026-01-02", "--what-if", later)
    assert "C1D8 Mon 12 Jan 2026 → Wed 14 Jan 2026 +2 days C1D15" in words


def test_json_has_the_old_and_the_new_visit_and_the_days_between(history: Path) -> None:
    data = differences("vsli-ino", "--history", history, "--what-if", PROGRESSION)
    moved = {change["key"]: change for change in data["moved"]}["follow-up.day-30"]
    assert (moved["old"]["target"], moved["new"]["target"], moved["days"]) == ("2026-07-08", "2026-02-04", -154)
    assert "target" in moved["aspects"]
    fallen = {change["key"]: change for change in data["fell_away"]}["maintenance.c1.d1"]
    assert fallen["new"] is None
    assert data["treatment_end"]["new"]["reason"] == "progression"


def test_study_days_count_from_the_day_1_of_each_plan(history: Path) -> None:
    later = "cycle_delayed date=2026-01-02 cycle=induction.c1 to=2026-01-07 reason=travel"
    data = differences("vsli-ino", *START, "--as-of", "2026-01-02", "--what-if", later)
    moved = {change["key"]: change for change in data["moved"]}["induction.c1.d1"]
    assert (moved["old"]["study_day"], moved["new"]["study_day"]) == (1, 1)


def test_both_plans_are_as_of_the_same_day(history: Path) -> None:
    data = differences("vsli-ino", "--history", history, "--what-if", PROGRESSION)
    assert data["before"]["as_of"] == data["after"]["as_of"] == "2026-01-30"


def test_another_version_shows_what_the_amendment_would_change(tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text(
        '- {fact: consented, date: 2026-01-02, version: "1.0"}\n'
        "- {fact: enrolled, date: 2026-01-02, day_1: 2026-01-05}\n"
        "- {fact: given, date: 2026-01-05, visit: treatment.c1.d1, activity: drug}\n"
        '- {fact: consented, date: 2026-01-06, version: "2.0"}\n'
    )
    words = ("--history", facts, "--to", SHORT / "short-2.yaml")
    shown = said(SHORT / "short-1.yaml", *words)
    assert shown.startswith("short 1.0 → 2.0 as of Tue 6 Jan 2026")
    assert "window 11–13 Jan → 11–15 Jan" in shown
    assert "C1D4 Thu 8 Jan 2026, planned" in shown
    data = differences(SHORT / "short-1.yaml", *words)
    assert [change["key"] for change in data["appeared"]][:2] == ["treatment.c1.d4", "treatment.c2.d4"]


def test_another_version_and_a_what_if_can_be_combined(history: Path) -> None:
    start = ("--start", "2026-01-05", "--as-of", "2026-01-05")
    fact = "cycle_delayed date=2026-01-05 cycle=treatment.c2 to=2026-01-20 reason=travel"
    to = ("--to", SHORT / "short-2.yaml")
    data = differences(SHORT / "short-1.yaml", *start, *to, "--what-if", fact)
    assert data["after"]["version"] == "2.0"
    moved = {change["key"]: change["days"] for change in data["moved"]}
    assert moved["treatment.c2.d1"] == 1


def test_a_version_that_is_already_in_force_changes_nothing() -> None:
    facts = ROOT / "docs/examples/cases/B-amendment-in-cycle-1.yaml"
    assert "Nothing would change." in said(SHORT / "short-1.yaml", "--history", facts, "--to", SHORT / "short-2.yaml")


def test_a_fact_that_contradicts_the_history_is_refused_at_its_place(history: Path) -> None:
    again = "given date=2026-01-06 visit=induction.c1.d1 activity=vsli"
    result = run("vsli-ino", "--history", history, "--what-if", again)
    assert result.exit_code == 2
    assert result.stderr.startswith("--what-if 1:1:")
    assert ": the dose of vsli at induction.c1.d1 is recorded twice" in result.stderr


def test_a_hold_of_a_drug_at_home_shows_in_its_doses() -> None:
    values = ("--parameters", ROOT / "docs/examples/ven-ino.parameters.yaml")
    held = "held date=2026-01-20 activity=venetoclax reason=toxicity resume=2026-01-27"
    words = said("ven-ino", *START, *values, "--as-of", "2026-01-20", "--what-if", held)
    assert "treatment.c1.venetoclax 28 from 5 Jan–1 Feb → 21 from 5 Jan–1 Feb, 7 held" in words


def test_an_end_on_the_same_day_says_what_is_different_about_it() -> None:
    words = said(SHORT / "short-1.yaml", "--to", SHORT / "short-2.yaml", *START)
    assert "End of treatment Mon 2 Feb 2026 (completed, expected), now tentative" in words


def test_a_what_if_may_name_a_visit_by_its_label() -> None:
    by_label, by_key = (
        said("vsli-ino", *START, "--what-if", f"given date=2026-01-06 visit={name} activity=vsli")
        for name in ("C1D1", "induction.c1.d1")
    )
    assert by_label == by_key


def test_a_label_that_no_visit_has_is_refused_with_those_that_are_near() -> None:
    result = run("vsli-ino", *START, "--what-if", "given date=2026-01-06 visit=C1D16 activity=vsli")
    assert result.exit_code == 2
    assert result.stderr == "--what-if 1:1:1: the plan has no visit 'C1D16'; did you mean C1D1, C1D15 or M1D1?\n"
