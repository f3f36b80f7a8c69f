"""`planner facts check`, and the day that a plan is as of. vsli-ino; Day 1 on Monday 5 January 2026."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from planner.cli import cli

BEFORE = """
- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}
- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: vsli}
- {fact: given, id: ino-1, date: 2026-01-05, visit: induction.c1.d1, activity: ino}
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words), env={"COLUMNS": "120"})


def written(folder: Path, *lines: str, before: str = BEFORE) -> str:
    path = folder / "facts.yaml"
    path.write_text(before.strip() + "\n" + "".join(f"- {{{line}}}\n" for line in lines))
    return str(path)


def ids(shown: str) -> dict[str, str]:
    """What is shown of each fact, by its id."""
    rows = [line.split(maxsplit=3) for line in shown.splitlines() if line.strip()[:1].isdigit()]
    return {row[1]: row[3] for row in rows}


# -- ids ----------------------------------------------------------------------------------------


def test_every_fact_is_listed_with_its_line_and_its_id_the_made_one_too(tmp_path: Path) -> None:
    shown = run("facts", "check", "vsli-ino", written(tmp_path)).stdout
    assert "no problems (3 facts)" in shown
    assert ids(shown)["ino-1"] == "given activity=ino visit=induction.c1.d1"
    assert any(line.split()[:3:2] == ["2", "2026-01-05"] for line in shown.splitlines())


def test_a_fact_can_be_voided_by_the_id_that_is_shown(tmp_path: Path) -> None:
    shown = run("facts", "check", "vsli-ino", written(tmp_path)).stdout
    dose = next(name for name, words in ids(shown).items() if "activity=vsli" in words)
    voided = run("facts", "check", "vsli-ino", written(tmp_path, f"fact: void, date: 2026-01-06, of: {dose}"))
    assert voided.exit_code == 0
    assert ids(voided.stdout)[dose].endswith("(voided)")


def test_facts_that_contradict_each_other_are_listed_too_so_that_one_can_be_voided(tmp_path: Path) -> None:
    again = "fact: given, date: 2026-01-06, visit: induction.c1.d1, activity: ino"
    result = run("facts", "check", "vsli-ino", written(tmp_path, again))
    assert result.exit_code == 2
    assert "is recorded twice" in result.stderr
    assert len(ids(result.stdout)) == 4


# -- the day of the plan ------------------------------------------------------------------------


def as_of(history: str, *words: str) -> str:
    result = run("plan", "vsli-ino", "--history", history, "--format", "json", *words)
    assert result.exit_code == 0, result.output
    return str(json.loads(result.stdout)["as_of"])


@pytest.mark.parametrize(
    "ahead",
    [
        'fact: booked, date: 2026-01-28, visit: induction.c1.marrow, time: "10:00"',
        "fact: away, date: 2026-02-16, until: 2026-02-20",
        "fact: unscheduled_visit, date: 2026-01-08, activities: [bloods]",
        "fact: transplanted, date: 2026-03-11, conditioning: 2026-03-05",
    ],
)
def test_what_may_lie_ahead_does_not_move_the_day_of_the_plan(tmp_path: Path, ahead: str) -> None:
    assert as_of(written(tmp_path, ahead)) == "2026-01-05"
    assert as_of(written(tmp_path, ahead), "--as-of", "2026-01-09") == "2026-01-09"


def test_an_appointment_that_was_moved_or_given_back_does_not_move_it_either(tmp_path: Path) -> None:
    booked = "fact: booked, date: 2026-01-12, visit: induction.c1.d8"
    moved = "fact: rebooked, date: 2026-01-13, visit: induction.c1.d8, instead_of: 2026-01-12"
    back = "fact: booking_cancelled, date: 2026-01-13, visit: induction.c1.d8"
    assert as_of(written(tmp_path, booked, moved, back)) == "2026-01-05"


def test_with_nothing_but_appointments_the_plan_is_as_of_the_start(tmp_path: Path) -> None:
    history = written(tmp_path, "fact: booked, date: 2026-01-12, visit: induction.c1.d8", before="")
    assert as_of(history, "--start", "2026-01-05") == "2026-01-05"


# -- parameters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "place", "said"),
    [
        ("venetoclax-days: from x", "2:18", "the value of the parameter venetoclax-days: 'from x' is no set"),
        ("venetoclax-days:", "2:1", "the parameter venetoclax-days is empty"),
    ],
)
def test_a_value_that_cannot_be_is_told_at_its_place_in_the_parameter_file(
    tmp_path: Path, line: str, place: str, said: str
) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(f"dexamethasone-days: 1-4\n{line}\n")
    result = run("protocol", "check", "ven-ino", "--parameters", str(path))
    assert result.exit_code == 2
    assert f"{path}:{place}: {said}" in result.stderr


def test_the_help_says_that_the_facts_are_listed_with_their_ids() -> None:
    assert "its facts with their ids" in run("facts", "check", "--help").stdout
    assert "its facts with their ids" in " ".join(run("facts", "--help").stdout.split())


def test_a_very_long_history_is_listed_too(tmp_path: Path) -> None:
    calls = [f"fact: unscheduled_visit, id: call-{n}, date: 2026-01-06, activities: [bloods]" for n in range(1_500)]
    shown = run("facts", "check", "vsli-ino", written(tmp_path, *calls)).stdout
    assert "no problems (1503 facts)" in shown
    assert ids(shown)["ino-1"] == "given activity=ino visit=induction.c1.d1"
    assert ids(shown)["call-1499"] == "unscheduled_visit activities=[bloods]"
