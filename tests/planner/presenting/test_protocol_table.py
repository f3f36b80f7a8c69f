"""A protocol's schedule of activities in words, and its headings on a screen."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from planner.cli import cli
from planner.presenting.protocol_table import cycles_words, schedule_of_activities, window_words
from schedules.language import parse_spans
from schedules.protocol import Protocol
from schedules.protocol_file import read_protocol
from schedules.windows import parse_window
from tests.architecture.source import ROOT

TEXT = """
protocol: long-words
version: "1.0"
title: Long words and few columns
events: {rash: A rash of grade 2 or more, stopped: The participant stops before week 12}
activities:
  drug: {label: The study drug, kind: dose}
  scan: {label: Elektroenzephalographiebefundung twice, kind: imaging}
epochs:
  treatment:
    label: Pharmakokinetikuntersuchungen
    length: 4 weeks
    visits:
      d1:
        label: Dose
        day: 1
        activities:
          - drug
          - {activity: scan, timed_from: drug, at: [-15 minutes, 1 hour, 2 hours], within: -5/+10 minutes}
      scan: {label: Thoraxröntgenuntersuchungstermin 1, day: 15, window: -1/+1 weeks, activities: [scan]}
    gates:
      bad:
        label: Is it worse?
        when: at-end
        outcomes: {worse: {label: Worse, to: rescue}, fine: {label: Fine, to: end}}
  rescue:
    label: Rescue
    only_by_gate: true
    starts: {event: last-dose, by: 14 days}
    visits: {d1: {label: Rescue dose, day: 1, activities: [drug]}}
  follow-up:
    label: Follow-up
    stage: follow-up
    visits:
      stopped: {label: Early, after: {event: stopped}, activities: [scan]}
      rash: {label: Skin, after: {event: rash, by: 2 days}, activities: [scan]}
      year: {label: Year, after: {event: day-1, by: 1 year}, activities: [scan]}
      end: {label: End, after: {event: end-of-treatment}, activities: [scan]}
"""


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return read_protocol(TEXT, "p.yaml").require()


def days(protocol: Protocol) -> dict[str, str]:
    return {column.visit: column.day for column in schedule_of_activities(protocol).columns}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("-1/+1 weeks", "−1/+1 weeks"), ("-14/+7", "−2/+1 weeks"), ("0/+1 weeks", "0/+7 days"), ("-3/+7", "−3/+7 days"),
        ("0/+1", "0/+1 day"), ("0/0", "that day"), ("days -28 to -1", "days −28 to −1"),
    ],
)  # fmt: skip
def test_a_window_of_whole_weeks_on_both_sides_is_told_in_weeks(written: str, words: str) -> None:
    assert window_words(parse_window(written)) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [("every 2", "every 2nd cycle"), ("every 3 from 1", "every 3rd cycle from cycle 1"), ("from 7", "cycles from 7")],
)
def test_cycles_that_come_again_say_where_they_begin(written: str, words: str) -> None:
    assert cycles_words(parse_spans(written)) == words


def test_times_before_and_after_a_dose_are_said_as_such(protocol: Protocol) -> None:
    notes = schedule_of_activities(protocol).footnotes.values()
    times = "15 minutes before The study drug, 1 hour and 2 hours after the start of The study drug"
    assert f"{times}, −5/+10 minutes" in notes


def test_an_event_of_the_protocol_is_told_in_its_own_words(protocol: Protocol) -> None:
    said = days(protocol)
    assert said["stopped"] == "when: The participant stops before week 12"
    assert said["rash"] == "2 days after: A rash of grade 2 or more"
    assert said["year"] == "1 year after Day 1"
    assert said["end"] == "at the end of treatment"


def test_an_epoch_says_that_only_a_decision_leads_to_it_and_where_it_begins(protocol: Protocol) -> None:
    table = schedule_of_activities(protocol)
    rescue = next(epoch for epoch in table.epochs if epoch.id == "rescue")
    said = [table.footnotes[letter] for letter in rescue.notes]
    assert said == ["begins 14 days after the last dose", "only where a decision leads to it"]


@pytest.mark.parametrize("width", [70, 80, 120])
def test_no_heading_breaks_inside_a_word(tmp_path: Path, width: int) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(TEXT)
    shown = CliRunner().invoke(cli, ["protocol", "show", str(path)], env={"COLUMNS": str(width)}).stdout
    words = set(shown.split())
    for word in (
        "Pharmakokinetikuntersuchungen",
        "Thoraxröntgenuntersuchungstermin",
        "Elektroenzephalographiebefundung",
    ):
        assert word in words
    assert max(map(len, shown.splitlines())) <= width


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ["vaccine", "crossover"])
def test_every_word_of_the_headings_of_the_examples_is_whole(name: str, width: int) -> None:
    path = ROOT / f"docs/examples/protocols/{name}.yaml"
    shown = CliRunner().invoke(cli, ["protocol", "show", str(path)], env={"COLUMNS": str(width)}).stdout
    words = set(shown.split())
    table = schedule_of_activities(read_protocol(path.read_text(), name).require())
    headings = [*(epoch.label for epoch in table.epochs), *(column.label for column in table.columns)]
    assert {word for heading in headings for word in heading.split()} <= words
