"""What fits a screen is never cut: words stay whole, lines inside the screen. vsli-ino; Day 1 on 5 January 2026."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from planner.cli import cli
from tests.architecture.source import ROOT

A5B = ROOT / "docs/examples/cases/A5b.yaml"
VALUES = ROOT / "docs/examples/ven-ino.parameters.yaml"
START = ("--start", "2026-01-05")


def shown(width: int, *words: str | Path) -> list[str]:
    result = CliRunner().invoke(cli, [str(word) for word in words], env={"COLUMNS": str(width)})
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_plan_keeps_to_the_screen_and_its_labels_whole(width: int) -> None:
    lines = shown(width, "plan", "vsli-ino", "--history", A5B)
    assert max(map(len, lines)) <= width
    assert any("Screening visit" in line for line in lines)
    assert any("End-of-treatment visit" in line for line in lines)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_every_decision_says_all_of_what_the_plan_follows(width: int) -> None:
    words = " ".join(" ".join(shown(width, "plan", "ven-ino", *START, "--parameters", VALUES)).split())
    assert "as if: venetoclax-alone" in words


def test_a_fact_of_a_history_is_not_broken_inside_its_words() -> None:
    lines = shown(40, "facts", "check", "vsli-ino", A5B)
    assert any("visit=induction.c1.d8" in line for line in lines)
