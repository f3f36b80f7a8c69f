"""`planner plan`: what is planned from which options. vsli-ino; Day 1 on Monday 5 January 2026 unless stated."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from planner.cli import cli
from tests.architecture.source import ROOT

START = ("--start", "2026-01-05")
ENROLLED = "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}"
EXAMPLES = ROOT / "docs/examples"


def plan(*words: str | Path) -> str:
    result = CliRunner().invoke(cli, ["plan", *(str(word) for word in words)])
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout_bytes.decode()


def planned(*words: str | Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(plan(*words, "--format", "json"))
    return data


def targets(data: dict[str, Any]) -> dict[str, str]:
    return {visit["key"]: visit["target"] for visit in data["visits"]}


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "facts.yaml"
    doses = [
        f"- {{fact: given, date: 2026-01-{day:02}, visit: induction.c1.{visit}, activity: {drug},"
        f" recorded: 2026-01-{day:02}T12:00:00Z}}"
        for visit, day in (("d1", 5), ("d8", 13))
        for drug in ("vsli", "ino")
    ]
    path.write_text("\n".join([ENROLLED, *doses]))
    return path


def test_a_start_date_alone_is_enough() -> None:
    data = planned("vsli-ino", *START)
    assert (data["day_1"], data["as_of"]) == ("2026-01-05", "2026-01-05")
    assert targets(data)["induction.c1.d8"] == "2026-01-12"


def test_json_has_the_promised_keys() -> None:
    data = planned("vsli-ino", *START)
    assert {"protocol", "version", "assumptions", "visits", "gates", "deviations"} <= set(data)
    assert {"key", "target", "opens", "closes", "status", "why", "feasible"} <= set(data["visits"][0])


def test_the_plan_is_as_of_the_newest_fact(history: Path) -> None:
    assert planned("vsli-ino", "--history", history)["as_of"] == "2026-01-13"
    assert planned("vsli-ino", "--history", history, "--as-of", "2026-01-20")["as_of"] == "2026-01-20"


def test_a_voided_fact_does_not_count_as_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "facts.yaml"
    wrong = "- {fact: attended, date: 2062-01-05, visit: induction.c1.d1, id: f2}"
    path.write_text(f"{ENROLLED}\n{wrong}\n- {{fact: void, date: 2026-01-07, of: f2}}\n")
    assert planned("vsli-ino", "--history", path)["as_of"] == "2026-01-07"


def test_what_was_recorded_after_an_instant_is_left_out(history: Path) -> None:
    data = planned("vsli-ino", "--history", history, "--known-at", "2026-01-12T00:00:00Z")
    assert data["as_of"] == "2026-01-05"
    assert targets(data)["induction.c1.d8"] == "2026-01-12"


def test_the_past_can_be_looked_at_from_before_a_decision_was_entered(tmp_path: Path) -> None:
    cycle = "".join(
        f"- {{fact: given, date: 2026-01-{day:02}, visit: induction.c1.d{day - 4}, activity: {drug}}}\n"
        for day in (5, 12, 19) for drug in ("vsli", "ino")
    )  # fmt: skip
    decided = "gate: induction.c1.response, outcome: no-benefit, recorded: 2026-02-20T10:00:00Z"
    path = tmp_path / "facts.yaml"
    path.write_text(
        f"{ENROLLED}\n{cycle}- {{fact: gate_decided, date: 2026-01-30, {decided}}}\n"
        "- {fact: given, date: 2026-02-02, visit: induction.c2.d1, activity: ino}\n"
    )
    data = planned("vsli-ino", "--history", path, "--known-at", "2026-02-10T00:00:00Z")
    assert targets(data)["induction.c2.d1"] == "2026-02-02"
    assert "without-gate:induction.c1.response" in [found["id"] for found in data["deviations"]]


def test_a_what_if_is_the_same_plan_with_one_more_fact(history: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer.yaml"
    fact = "{fact: gate_decided, date: 2026-01-30, gate: induction.c1.response, outcome: no-benefit}"
    longer.write_text(f"{history.read_text()}\n- {fact}\n")
    line = "gate_decided date=2026-01-30 gate=induction.c1.response outcome=no-benefit"
    imagined = plan("vsli-ino", "--history", history, "--what-if", line, "--format", "json")
    assert imagined == plan("vsli-ino", "--history", longer, "--format", "json")
    assert "induction.c2.d1" in targets(json.loads(imagined))


def test_a_what_if_counts_even_when_looking_back_to_before_it(history: Path) -> None:
    line = "gate_decided date=2026-01-30 gate=induction.c1.response outcome=no-benefit"
    data = planned("vsli-ino", "--history", history, "--known-at", "2026-01-06T00:00:00Z", "--what-if", line)
    assert "induction.c2.d1" in targets(data)


def test_weekends_are_closed_and_holidays_open_without_a_site() -> None:
    data = targets(planned("vsli-ino", "--start", "2026-01-02"))
    assert data["induction.c1.d1"] == "2026-01-02"
    assert data["induction.c1.marrow"] == "2026-01-26"  # day 24 is a Sunday


def test_public_holidays_and_closed_days_can_be_given_together() -> None:
    closed = ("--closed", "2026-01-12")
    data = targets(planned("vsli-ino", *START, "--holidays", "US-NY", *closed))
    assert data["induction.c1.d8"] == "2026-01-13"
    assert data["induction.c1.d15"] == "2026-01-20"  # 19 January is Martin Luther King Jr. Day


def test_several_days_may_follow_one_closed() -> None:
    one_each = planned("vsli-ino", *START, "--closed", "2026-01-12", "--closed", "2026-01-13")
    assert planned("vsli-ino", *START, "--closed", "2026-01-12", "2026-01-13") == one_each
    assert targets(one_each)["induction.c1.d8"] == "2026-01-14"


def test_a_site_file_closes_its_own_days(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("id: a\nname: A\nclosed: [{date: 2026-01-12, reason: stock-taking}]\n")
    data = planned("vsli-ino", *START, "--site", site)
    assert targets(data)["induction.c1.d8"] == "2026-01-13"


def test_a_protocol_may_be_a_file_with_further_versions() -> None:
    short = EXAMPLES / "protocols"
    words = ("--history", EXAMPLES / "cases/B-amendment-in-cycle-1.yaml", "--amendment", short / "short-2.yaml")
    assert planned(short / "short-1.yaml", *words)["version"] == "2.0"


def test_parameters_are_filled_in() -> None:
    data = planned("ven-ino", *START, "--parameters", EXAMPLES / "ven-ino.parameters.yaml")
    assert data["home_doses"][0]["expected"] == 28


def test_an_arm_can_be_chosen_for_a_start_alone(tmp_path: Path) -> None:
    protocol = tmp_path / "p.yaml"
    protocol.write_text(
        "protocol: two\nversion: '1'\ntitle: Two arms\narms: {a: {label: A}, b: {label: B}}\n"
        "activities: {call: {label: Call, kind: contact}}\n"
        "epochs:\n  treatment:\n    label: Treatment\n    visits:\n"
        "      d1: {label: Day 1, day: 1, activities: [call]}\n"
        "      d2: {label: Day 2, day: 2, activities: [call], arms: [b]}\n"
    )
    assert list(targets(planned(protocol, *START, "--arm", "a"))) == ["treatment.d1"]
    assert list(targets(planned(protocol, *START, "--arm", "b"))) == ["treatment.d1", "treatment.d2"]


def test_csv_has_one_row_a_visit_and_the_lists_joined() -> None:
    text = plan("vsli-ino", *START, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert text.count("\r\n") == len(rows) + 1
    data = planned("vsli-ino", *START)
    assert [row["key"] for row in rows] == [visit["key"] for visit in data["visits"]]
    assert rows[0]["study_day"] == "-7"
    assert rows[0]["activities"] == "; ".join(data["visits"][0]["activities"])


@pytest.mark.parametrize("form", ["table", "json", "csv", "ics"])
def test_every_example_can_be_written_in_every_form(form: str) -> None:
    examples = sorted((EXAMPLES / "cases").glob("A*.yaml"))
    assert examples
    for path in examples:
        command = next(line for line in path.read_text().splitlines() if line.startswith("# run: planner plan"))
        words = [str(ROOT / word) if word.startswith("docs/") else word for word in command.split()[4:]]
        whose = ["--participant", "014"] if form == "ics" else []
        assert plan(*words, "--format", form, *whose)


def test_a_plan_of_a_start_date_alone_says_that_as_of_gives_no_visit_another_status(history: Path) -> None:
    alone = "until something is recorded"
    assert alone in plan("vsli-ino", *START, "--as-of", "2026-03-01")
    assert alone not in plan("vsli-ino", "--history", history)
