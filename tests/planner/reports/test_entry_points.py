"""`planner report` and GET /studies/{study}/report: the same report, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from planner.cli import cli
from planner.persistence.unit_of_work import Store
from planner.presenting.plan_json import to_json
from planner.reports.as_csv import report_csv
from planner.reports.definitions import MEASURES
from planner.reports.report import Curve, Point, Row, report_data
from planner.reports.rows import measure
from planner.services.users import Role
from tests.formulas import HOSTILE, formulas
from tests.planner.api.callers import Clock, app, at, caller
from tests.reported import LATER, report, small_study
from tests.studies import NORTH, SOUTH, STUDY

__all__ = ["app", "at"]


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ("report", *words))


@pytest.mark.usefixtures("planner_data")
def test_the_command_writes_tables_json_and_csv_of_the_same_figures(at: Clock) -> None:
    at.now = LATER
    found = run(STUDY)
    assert found.exit_code == 0, found.output
    assert "Visit attendance" in found.output
    assert "7/9" in found.output
    data = json.loads(run(STUDY, "--format", "json", "--by", "site").output)
    assert [each["id"] for each in data["measures"]] == list(MEASURES)
    assert {each["group"] for each in data["measures"][0]["rows"]} == {"all", NORTH, SOUTH}
    lines = list(csv.DictReader(io.StringIO(run(STUDY, "--format", "csv").output)))
    (attendance,) = [each for each in lines if (each["section"], each["measure"]) == ("figure", "attendance")]
    assert (attendance["n"], attendance["of"], attendance["share"]) == ("7", "9", "0.777778")


@pytest.mark.usefixtures("planner_data")
def test_the_command_ends_with_2_a_place_and_a_remedy_for_what_cannot_be_asked(at: Clock) -> None:
    at.now = LATER
    for words, place in (
        (("--site", "nowhere"), "site: the study has no site nowhere; choose one of north, south"),
        (("--as-of", "2027-01-01T00:00:00Z"), "as_of: 2027-01-01T00:00:00+00:00 has not come yet"),
        (("--measure", "luck"), "measures: there is no measure luck; choose of attendance"),
        (("--since", "2026-02-30"), "2026-02-30"),
        (("--by", "colour"), "'colour' is not one of"),
    ):
        refused = run(STUDY, *words)
        assert refused.exit_code == 2
        assert place in refused.output
    assert run("no-study").exit_code == 2


@pytest.mark.usefixtures("planner_data")
def test_the_command_writes_workbooks_and_pages_into_files(at: Clock, tmp_path: Path) -> None:
    at.now = LATER
    for form, begins in (("xlsx", b"PK"), ("pdf", b"%PDF"), ("csv", b"section,"), ("json", b"{")):
        file = tmp_path / f"report.{form}"
        asked = (STUDY, "--format", form, "--measure", "attendance", "--as-of", "2026-04-01T00:00:00Z")
        made = run(*asked, "--output", str(file))
        assert (made.exit_code, made.output) == (0, "")
        assert file.read_bytes().startswith(begins)
        assert run(*asked).stdout_bytes == file.read_bytes()
    assert run(STUDY, "--output", str(tmp_path / "table")).exit_code == 2
    nowhere = run(STUDY, "--format", "csv", "--output", str(tmp_path / "no" / "such" / "folder"))
    assert nowhere.exit_code == 2
    assert "cannot be written: No such file or directory" in nowhere.output


def test_no_cell_of_the_csv_is_a_formula(store: Store) -> None:
    made = report(small_study(store), by="site")
    assert formulas(report_csv(made)) == []
    for said in HOSTILE:
        row = Row(group=said, label=said, note=said, more=((said, 1.0),))
        point = Point(0, 1, 0, 0, 1.0, 1.0, 1.0)
        evil = measure("attendance", "share", [row], {said: 1}, unit=said, curves=[Curve(said, said, (point,))])
        assert formulas(report_csv(replace(made, title=said, measures=(evil,), notes=(said,)))) == []


def test_the_api_answers_with_the_report_of_what_one_may_see(app: Flask, store: Store, at: Clock) -> None:
    study = small_study(store)
    at.now = LATER
    monitor = caller(app, store, Role.MONITOR)
    whole = monitor.get(f"/studies/{STUDY}/report?by=site")
    made = json.loads(to_json(report_data(report(study, by="site"))))
    assert {**whole, "as_of": None, "chain": None} == {**made, "as_of": None, "chain": None}
    theirs = caller(app, store, Role.MONITOR, STUDY, SOUTH).get(f"/studies/{STUDY}/report?measures=attendance")
    assert [(each["n"], each["of"]) for each in theirs["measures"][0]["rows"]] == [(1, 2)]
    past = monitor.get(f"/studies/{STUDY}/report?as_of=2026-03-10T12:00:00Z&measures=attendance")
    # By 10 March two visits of 01-001 had been recorded, and of the others none: their first ones were due.
    assert [(each["n"], each["of"]) for each in past["measures"][0]["rows"]] == [(2, 4)]
    assert past["made_from"] == "facts"


def test_the_api_gives_csv_and_refuses_what_cannot_be_asked(app: Flask, store: Store, at: Clock) -> None:
    small_study(store)
    at.now = LATER
    monitor = caller(app, store, Role.MONITOR)
    answered = monitor.call("GET", f"/studies/{STUDY}/report?format=csv&measures=window")
    assert answered.mimetype == "text/csv"
    assert answered.text.startswith("section,measure,group,label,n,of,share")
    for form, begins, kind in (
        ("xlsx", b"PK", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("pdf", b"%PDF", "application/pdf"),
    ):
        file = monitor.call("GET", f"/studies/{STUDY}/report?format={form}")
        assert (file.status_code, file.mimetype) == (200, kind)
        assert file.data.startswith(begins)
        assert file.headers["Content-Disposition"] == f'attachment; filename="report-20260415T140000Z.{form}"'
    for query, place in (
        ("site=nowhere", "site"),
        ("by=colour", "by"),
        ("as_of=yesterday", "as_of"),
        ("colour=red", "colour"),
    ):
        problem = monitor.refused(400, "GET", f"/studies/{STUDY}/report?{query}")
        assert problem["problems"][0]["place"] == place
    caller(app, store, Role.INFUSION_CENTRE).refused(403, "GET", f"/studies/{STUDY}/report")
    monitor.refused(404, "GET", "/studies/no-study/report")
