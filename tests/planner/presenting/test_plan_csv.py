"""CSV that a spreadsheet shows and does not run."""

import csv
import io
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.presenting.plan_csv import COLUMNS, csv_text, harmless, plan_csv
from planner.presenting.plan_json import visit_data
from schedules.design import Design
from schedules.history import Booked, Enrolled, History
from schedules.plan import plan
from schedules.protocol_file import library_protocol
from tests.formulas import formulas

BOOKED = Booked(date=date(2026, 1, 12), visit="induction.c1.d8", time=time(9, 30), chair="chair 4")
ENROLLED = Enrolled(date=date(2025, 12, 30), day_1=date(2026, 1, 5))
PLAN = plan(Design((library_protocol("vsli-ino").protocol,)), History((ENROLLED, BOOKED)), date(2026, 1, 2))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("cell", ["=1+1", "+1 day", "-cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx", "\nx"])
def test_a_cell_that_would_be_a_formula_is_made_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [-7, 0, "-7", "-7.5", "2026-01-05", "C1D8", "a=b", "a; b-1", "x, -y"])
def test_numbers_and_plain_text_stay_as_they_are(cell: object) -> None:
    assert harmless(cell) == cell


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2), min_size=1))
def test_whatever_is_written_can_be_read_back_and_no_cell_begins_a_formula(table: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(table), newline="")))
    assert [[cell.replace("'", "") for cell in row] for row in read] == [
        [cell.replace("'", "") for cell in row] for row in table
    ]
    assert formulas(csv_text(table)) == []


@given(st.lists(st.lists(st.text(st.sampled_from("=+-@＝ \t\n\r;|,\"'\u200b\ufeff1a.")), min_size=1), min_size=1))
def test_no_text_of_signs_that_mean_something_to_a_spreadsheet_is_run(table: list[list[str]]) -> None:
    assert formulas(csv_text(table)) == []
    assert [[harmless(cell) for cell in row] for row in table] == list(
        csv.reader(io.StringIO(csv_text(table), newline=""))
    )


def test_lines_end_in_crlf_and_the_first_one_names_the_columns() -> None:
    text = plan_csv(PLAN)
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert text.count("\r\n") == text.count("\n") == len(PLAN.visits) + 1


def test_every_scalar_key_of_the_json_is_a_column() -> None:
    data = visit_data(PLAN.visits[0], PLAN.day_1)
    scalars = {key for key, value in data.items() if not isinstance(value, list | dict)}
    assert scalars <= set(COLUMNS)


def test_a_booking_is_one_cell_and_study_days_stay_numbers() -> None:
    by_key = {row["key"]: row for row in rows(plan_csv(PLAN))}
    assert by_key["induction.c1.d8"]["booked"] == "2026-01-12 09:30 chair 4"
    assert by_key["screening.baseline"]["study_day"] == "-7"
    assert by_key["screening.baseline"]["cycle"] == ""
