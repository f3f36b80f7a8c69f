"""`planner protocol`, `planner site` and `planner facts`: what is shown, checked and printed."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from planner.cli import cli
from planner.presenting.protocol_table import SoaTable, schedule_of_activities
from schedules.protocol_file import library, library_protocol, library_text
from schedules.site_file import read_site
from tests.architecture.source import ROOT

VALUES = str(ROOT / "docs/examples/ven-ino.parameters.yaml")


def run(*words: str, code: int = 0, width: int = 80) -> str:
    result = CliRunner().invoke(cli, list(words), env={"COLUMNS": str(width)})
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.stderr


def words(text: str) -> str:
    return " ".join(text.split())


def table(name: str = "vsli-ino") -> SoaTable:
    return schedule_of_activities(library_protocol(name).protocol)


# -- list, check, schema ------------------------------------------------------------------------


def test_list_names_every_protocol_of_the_library() -> None:
    assert [row["name"] for row in json.loads(run("protocol", "list", "--format", "json"))] == list(library())
    for name in library():
        assert name in run("protocol", "list")


def test_check_says_that_there_are_no_problems_and_what_is_to_be_supplied() -> None:
    said = run("protocol", "check", "ven-ino")
    assert said.startswith("ven-ino: no problems (ven-ino 1.0")
    assert "to be supplied with --parameters FILE: venetoclax-levels" in said
    assert "to be supplied" not in run("protocol", "check", "ven-ino", "--parameters", VALUES)


def test_check_lists_every_problem_with_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    text = library_text("vsli-ino").replace("activity: bloods, window: -3/0", "activity: blood, window: 3/0", 1)
    path.write_text(text.replace("default: benefit", "default: benfit"))
    lines = run("protocol", "check", str(path), code=2).splitlines()
    assert lines
    assert all(line.startswith(f"{path}:") and "; " in line for line in lines)


def test_check_finds_the_slip_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    text = library_text("vsli-ino").replace("default: benefit", "default: benfit")
    line = next(n for n, words in enumerate(text.splitlines(), start=1) if "default: benfit" in words)
    path.write_text(text)
    assert f"{path}:{line}:" in run("protocol", "check", str(path), code=2)


def test_the_schema_accepts_a_protocol_and_refuses_one_with_a_slip() -> None:
    schema = json.loads(run("protocol", "schema"))
    visits = {"d1": {"label": "Day 1", "day": 1, "window": "0/+3", "activities": [{"activity": "call"}]}}
    protocol = {
        "protocol": "small",
        "version": "1",
        "title": "A small study",
        "activities": {"call": {"label": "A call", "kind": "contact"}},
        "epochs": {"treatment": {"label": "Treatment", "visits": visits}},
    }
    jsonschema.validate(protocol, schema)
    with pytest.raises(jsonschema.ValidationError, match="titel"):
        jsonschema.validate({**protocol, "titel": "a slip"}, schema)


# -- the schedule of activities -----------------------------------------------------------------


def test_every_visit_is_a_column_and_every_row_has_a_cell_for_each() -> None:
    for name in library():
        made, protocol = table(name), library_protocol(name).protocol
        visits = [(epoch, visit) for epoch, each in protocol.epochs.items() for visit in each.visits]
        assert [(column.epoch, column.visit) for column in made.columns] == visits
        assert {len(row.cells) for row in made.rows} == {len(visits)}


def test_a_cell_is_marked_where_the_visit_has_the_activity() -> None:
    for name in library():
        made, protocol = table(name), library_protocol(name).protocol
        for row in made.rows:
            for column, cell in zip(made.columns, row.cells, strict=True):
                visit = protocol.epochs[column.epoch].visits[column.visit]
                planned = {item.activity for item in visit.activities}
                instead = {item.activity for variation in visit.instead for item in variation.activities}
                expected = "X" if row.activity in planned else "(X)" if row.activity in instead else ""
                assert cell.mark == expected


def test_days_and_windows_are_in_words_with_a_true_minus_sign() -> None:
    columns = {(column.epoch, column.visit): column for column in table().columns}
    d8 = columns["induction", "d8"]
    assert (d8.label, d8.day, d8.window) == ("Day 8", "Day 8", "−1/+2 days")
    assert columns["screening", "marrow"].window == "days −28 to −1"
    assert columns["maintenance", "marrow"].day == "Day 24, every 2nd cycle"
    assert columns["follow-up", "day-30"].day == "30 days after the last dose"
    assert columns["follow-up", "month"].label == "Month 3, 6, 9, 12 visit"


def test_an_activity_with_its_own_window_has_a_footnote() -> None:
    made = table()
    bloods = next(row for row in made.rows if row.activity == "bloods")
    letters = {letter for cell in bloods.cells for letter in cell.notes}
    assert {made.footnotes[letter] for letter in letters} == {"−3/0 days around the visit's day"}


def test_every_footnote_is_used_and_every_letter_explained() -> None:
    for name in library():
        made = table(name)
        used = {letter for row in made.rows for cell in row.cells for letter in cell.notes}
        used |= {letter for column in made.columns for letter in column.notes}
        used |= {letter for epoch in made.epochs for letter in epoch.notes}
        assert used == set(made.footnotes)


def test_the_table_is_cut_by_epoch_where_it_is_too_wide() -> None:
    narrow = run("protocol", "show", "vsli-ino", width=80)
    assert max(len(line) for line in narrow.splitlines()) <= 80
    assert narrow.count("\nDay ") > run("protocol", "show", "vsli-ino", width=200).count("\nDay ")


@pytest.mark.parametrize("width", [60, 80, 120, 250])
def test_every_activity_and_visit_is_in_the_table_at_any_width(width: int) -> None:
    shown = run("protocol", "show", "vsli-ino", width=width)
    marks = sum(cell.mark == "X" for row in table().rows for cell in row.cells)
    crosses = [line.split().count("X") for line in shown.splitlines()]
    assert sum(crosses) == marks
    for column in table().columns:
        assert column.label.split()[0] in shown


def test_decisions_rules_parameters_and_all_assumptions_are_shown() -> None:
    shown = words(run("protocol", "show", "ven-ino"))
    protocol = library_protocol("ven-ino").protocol
    for place, sentence in enumerate(protocol.assumptions, start=1):
        assert f"{place}. {words(sentence)}" in shown
    for epoch in protocol.epochs.values():
        for gate in epoch.gates.values():
            assert all(words(outcome.label) in shown for outcome in gate.outcomes.values())
    assert "to be supplied (needed for planning; a made-up example: from 1)" in shown
    assert f"· Inotuzumab ozogamicin IV: {protocol.activities['ino'].advice}" in shown


def test_a_parameter_with_a_value_shows_the_value_and_no_example() -> None:
    shown = words(run("protocol", "show", "ven-ino", "--parameters", VALUES))
    assert "a made-up example" not in shown
    assert "venetoclax-days" in shown


def test_json_marks_examples_as_made_up_and_values_as_supplied() -> None:
    missing = json.loads(run("protocol", "show", "ven-ino", "--format", "json"))["parameters"]
    given = json.loads(run("protocol", "show", "ven-ino", "--parameters", VALUES, "--format", "json"))["parameters"]
    assert {row["supplied"] for row in missing} == {False}
    assert {row["value"] for row in missing} == {None}
    assert all(row["made_up_example"] is not None for row in missing)
    assert {row["supplied"] for row in given} == {True}


def test_csv_is_the_whole_table_in_one_piece() -> None:
    rows = list(csv.reader(io.StringIO(run("protocol", "show", "vsli-ino", "--format", "csv"))))
    assert [row[0] for row in rows[:4]] == ["Epoch", "Visit", "Day", "Window"]
    assert len(rows[0]) == len(table().columns) + 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_labels_are_shown_as_they_are_whatever_brackets_they_have(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(library_text("vsli-ino").replace("Neuropathy check", '"Check [red]:smile:[/red]"'))
    assert "[red]:smile:[/red]" in words(run("protocol", "show", str(path), width=200))


# -- sites and histories ------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["US-NY", "de-by", "NO", "JP", "AT-9"])
def test_printed_holidays_can_be_pasted_into_a_site_and_are_the_stored_ones(code: str) -> None:
    block = run("site", "holidays", code, "--from", "2026", "--to", "2028")
    site = read_site(f"id: a\nname: A\n{block}", "site.yaml")
    assert site.public_holidays is not None
    assert {day.year for day in site.public_holidays.dates} == {2026, 2027, 2028}
    assert date(2027, 1, 1) in site.public_holidays.dates
    country, _, region = code.upper().partition("-")
    assert (site.public_holidays.country, site.public_holidays.region) == (country, region or None)


def test_holidays_of_years_that_run_backwards_are_refused() -> None:
    assert "--to 2026 is before --from 2027" in run("site", "holidays", "US", "--from", "2027", "--to", "2026", code=2)


def test_a_site_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("id: a\nname: A\nzone: Europe/Berlin\n")
    assert run("site", "check", str(path)) == f"{path}: no problems (a, Europe/Berlin)\n"
    path.write_text("id: a\nname: A\nweekend: [sunnday]\nclosed: [{date: 2026-01-02, until: 2026-01-01}]\n")
    assert f"{path}:3:11: " in run("site", "check", str(path), code=2)


def test_a_history_is_checked_with_made_up_parameters_where_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(
        "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}\n"
        "- {fact: given, date: 2026-01-05, visit: treatment.c1.d1, activity: ino}\n"
    )
    assert run("facts", "check", "ven-ino", str(path)).startswith(f"{path}: no problems (2 facts)\n")


def test_a_history_may_end_before_the_enrolment(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("- {fact: consented, date: 2025-12-20}\n")
    assert run("facts", "check", "vsli-ino", str(path)).startswith(f"{path}: no problems (1 fact)\n")


def test_a_history_off_the_path_is_found_by_the_check(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(
        "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}\n"
        "- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: ino}\n"
        "- {fact: given, date: 2026-02-02, visit: induction.c2.d1, activity: ino}\n"
    )
    assert f"{path}:3:3: the path does not lead to induction.c2" in run("facts", "check", "vsli-ino", str(path), code=2)
