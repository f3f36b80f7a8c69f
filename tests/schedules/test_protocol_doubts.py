"""What a protocol file may say but hardly means is told by `protocol check`, with its place, and refused by nothing."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from planner.cli import cli
from schedules.protocol_doubts import doubts
from schedules.protocol_file import library, library_text, read_protocol
from schedules.yaml_text import read_yaml

GATED = """
protocol: gated
version: "1.0"
title: A gate at the end of a year
activities:
  drug: {{label: The study drug, kind: dose}}
  scan: {{label: CT scan, kind: imaging}}
  {activity}
epochs:
  treatment:
    label: Treatment
    {length}
    visits:
      d1: {{label: Day 1, day: 1, activities: [drug]}}
      last: {{label: Last scan, {last}, activities: [scan]}}
    gates:
      better: {{label: Better?, when: {when}, default: b, outcomes: {{b: {{label: "Yes"}}}}}}
"""
YEAR = "length: 1 year"
CYCLES = "cycles: {length: 28 days, at_most: 2}"


def gated(length: str = YEAR, last: str = "at: 11 months", when: str = "at-end", activity: str = "") -> list[str]:
    text = GATED.format(length=length, last=last, when=when, activity=activity)
    return [str(doubt) for doubt in doubts(read_protocol(text, "p").require(), read_yaml(text, "p"))]


@pytest.mark.parametrize(
    ("length", "last", "when"),
    [
        (YEAR, "at: 12 months", "at-end"),
        (YEAR, "at: 13 months", "after-each-cycle"),
        ("length: 28 days", "day: 29", "after-each-cycle"),
    ],
)
def test_a_gate_that_is_due_before_a_visit_of_its_epoch_is_doubtful(length: str, last: str, when: str) -> None:
    (doubt,) = gated(length, last, when)
    assert doubt.startswith('p:15:7: the gate "Better?" is due before this visit')


@pytest.mark.parametrize(
    ("length", "last", "when"),
    [
        (YEAR, "at: 51 weeks", "at-end"),
        (CYCLES, "day: 28", "after-each-cycle"),
        (YEAR, "at: 12 months", "before-each-cycle"),
        ("# to the day of its last visit", "at: 12 months", "at-end"),
    ],
)
def test_a_gate_after_all_visits_or_before_them_is_not(length: str, last: str, when: str) -> None:
    assert gated(length, last, when) == []


def test_an_activity_that_nothing_uses_is_doubtful_unless_it_is_for_unscheduled_visits() -> None:
    (doubt,) = gated(activity="ecg: {label: ECG, kind: assessment}")
    assert doubt.startswith("p:8:3: the activity ecg is at no visit")
    assert gated(activity="ecg: {label: ECG, kind: assessment, unscheduled: true}") == []


@pytest.mark.parametrize("name", library())
def test_the_library_has_nothing_doubtful(name: str) -> None:
    text = library_text(name)
    assert list(doubts(read_protocol(text, name).protocol, read_yaml(text, name))) == []


def test_check_tells_a_doubt_and_does_not_fail(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(GATED.format(length=YEAR, last="at: 1 year", when="at-end", activity=""))
    result = CliRunner().invoke(cli, ["protocol", "check", str(file)])
    assert result.exit_code == 0
    assert "no problems" in result.stdout
    assert result.stdout.splitlines()[-1].endswith("(only a doubt)")
