"""What the pages show: the library, a protocol, and the calendar from a start date."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from planner.app import create_app

CALENDAR = "/protocols/vsli-ino/calendar?start=2026-01-05"
ARMS = """
protocol: two-arms
version: "1.0"
title: A crossover of two drugs
arms:
  a-first: {label: First A then B, sequence: [with-a, with-b]}
  b-first: {label: First B then A, sequence: [with-b, with-a]}
activities:
  a: {label: Drug A, kind: dose}
  b: {label: Drug B, kind: dose}
  pill: {label: The pill, kind: home-dose}
epochs:
  with-a:
    label: Treatment with A
    length: 14 days
    visits: {d1: {label: A Day 1, day: 1, activities: [a]}}
  with-b:
    label: Treatment with B
    length: 14 days
    visits: {d1: {label: B Day 1, day: 1, activities: [b]}}
    home: {pill: {days: 1-5}}
"""


@pytest.fixture
def client() -> FlaskClient:
    return create_app({"TESTING": True}).test_client()


@pytest.fixture
def crossover() -> FlaskClient:
    return create_app({"TESTING": True, "LIBRARY": {"two-arms": ARMS}}).test_client()


def text_of(client: FlaskClient, address: str, status: int = 200) -> str:
    """The words of a page, without its tags."""
    answer = client.get(address)
    assert answer.status_code == status
    words = re.sub(r"<head>.*?</head>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return " ".join(words.replace("&#34;", '"').replace("&#39;", "'").split())


def rows_of(html: str) -> Iterator[str]:
    for row in re.findall(r"<tr[^>]*>.*?</tr>", html, flags=re.DOTALL):
        yield " ".join(re.sub(r"<[^>]+>", " ", row).split())


# -- the main job -------------------------------------------------------------------------------


def test_the_first_page_names_every_protocol_and_asks_for_a_start_date(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "Vincristine sulfate liposome" in page
    assert "Venetoclax" in page
    assert page.count('name="start"') == 2


def test_the_calendar_has_each_visit_on_its_day_with_the_weekday_first(client: FlaskClient) -> None:
    rows = list(rows_of(client.get(CALENDAR).text))
    assert any(row.startswith("Monday 12 January 2026 C1D8") for row in rows)
    assert any(row.startswith("Wednesday 28 January 2026 C1D24") for row in rows)


def test_a_visit_says_what_is_done_when_it_may_be_and_how_it_stands(client: FlaskClient) -> None:
    row = next(row for row in rows_of(client.get(CALENDAR).text) if "C1D8" in row)
    assert "Vincristine sulfate liposome IV" in row
    assert "Blood counts and liver tests (up to 3 days before)" in row
    assert "Window Sun 11 to Wed 14 Jan" in row
    assert row.endswith("planned")


def test_what_lies_beyond_an_open_decision_is_called_tentative(client: FlaskClient) -> None:
    rows = list(rows_of(client.get(CALENDAR).text))
    assert next(row for row in rows if "M1D8" in row).endswith("planned tentative")


def test_a_visit_moved_off_a_holiday_says_from_which_day_and_why(client: FlaskClient) -> None:
    page = client.get(f"{CALENDAR}&holidays=us-ny").text
    row = next(row for row in rows_of(page) if "C1D15" in row)
    assert row.startswith("Tuesday 20 January 2026")
    assert "Moved from Mon 19 Jan" in row
    assert "Martin Luther King Jr. Day" in row


def test_a_visit_without_a_day_left_is_said_first_and_has_no_date(client: FlaskClient) -> None:
    words = text_of(client, f"{CALENDAR}&closed=2026-01-19&closed=2026-01-20,2026-01-21")
    assert "1 visit needs a decision" in words
    assert "No date due Monday 19 January 2026 C1D15" in words


def test_decisions_stand_between_the_cycles_with_what_the_plan_follows(client: FlaskClient) -> None:
    words = text_of(client, CALENDAR)
    c1, gate, m1 = words.index("C1D24"), words.index("Decision Response to the cycle"), words.index("M1D1")
    assert c1 < gate < m1
    assert "The plan follows: Clinical benefit (SD, PR, CR or CRi): maintenance" in words


def test_the_treatment_end_stands_before_the_follow_up(client: FlaskClient) -> None:
    words = text_of(client, CALENDAR)
    assert "End of treatment , expected (completed)" in words
    assert words.index("M5D15") < words.index("End of treatment , expected") < words.index("30-day visit")


def test_the_address_of_a_calendar_also_leads_to_its_json(client: FlaskClient) -> None:
    page = client.get(f"{CALENDAR}&holidays=US-NY&closed=").text
    assert "/api/v1/protocols/vsli-ino/calendar?start=2026-01-05&amp;holidays=US-NY" in page


def test_the_months_show_visits_decisions_and_closed_days(client: FlaskClient) -> None:
    page = client.get(f"{CALENDAR}&holidays=US-NY&view=months").text
    assert re.search(r"<caption>January 2026</caption>", page)
    assert re.search(r'class="closed">\s*<time datetime="2026-01-19">.*?19</time>\s*<span class="reason">Martin', page)
    twelfth = re.search(r'<time datetime="2026-01-12">.*?12</time>\s*<ul>(.*?)</ul>', page, flags=re.DOTALL)
    assert twelfth is not None
    assert '#induction.c1.d8"><span class="name">C1D8' in twelfth[1]


def test_without_a_start_date_the_page_only_asks_for_one(client: FlaskClient) -> None:
    words = text_of(client, "/protocols/vsli-ino/calendar")
    assert "Start date" in words
    assert "C1D1" not in words


# -- values that the protocol leaves open -------------------------------------------------------


def test_a_protocol_with_open_values_is_not_planned_and_names_them(client: FlaskClient) -> None:
    words = text_of(client, "/protocols/ven-ino/calendar?start=2026-01-05", 422)
    assert "The protocol cannot be planned yet" in words
    assert "(venetoclax-days)" in words
    assert "C1D1" not in words


def test_made_up_values_are_used_only_when_asked_for_and_then_said_loudly(client: FlaskClient) -> None:
    words = text_of(client, "/protocols/ven-ino/calendar?start=2026-01-05&made_up=yes")
    assert "Made-up values." in words
    assert "is taken: 1-4" in words
    assert "Venetoclax by mouth : Mon 5 Jan to Sun 1 Feb (28 days)" in words
    assert "Made-up values." not in text_of(client, CALENDAR)


# -- arms ---------------------------------------------------------------------------------------


def test_a_protocol_with_arms_asks_which_one_and_plans_it(crossover: FlaskClient) -> None:
    address = "/protocols/two-arms/calendar?start=2026-01-05"
    assert "Arm: the arm is missing; choose a-first or b-first." in text_of(crossover, address, 400)
    words = text_of(crossover, f"{address}&arm=b-first")
    assert words.index("Monday 5 January 2026 B Day 1") < words.index("Monday 19 January 2026 A Day 1")
    assert "The pill : Mon 5 Jan to Fri 9 Jan (5 days)" in words
    assert "End of treatment" in words
    assert "After treatment" not in words


def test_an_arm_that_there_is_not_stays_in_the_form(crossover: FlaskClient) -> None:
    words = text_of(crossover, "/protocols/two-arms/calendar?start=2026-01-05&arm=c", 400)
    assert 'the protocol has no arm "c"' in words
    assert "c (not an arm of this protocol)" in words


# -- the protocol's own page --------------------------------------------------------------------


def test_the_protocol_page_has_schedule_decisions_rules_parameters_and_assumptions(client: FlaskClient) -> None:
    words = text_of(client, "/protocols/vsli-ino")
    for heading in ("Schedule of activities", "Decisions", "Rules and advice", "Parameters", "Assumptions"):
        assert heading in words
    assert "Never on the same day: Intrathecal chemotherapy and Vincristine sulfate liposome IV." in words
    assert "No default: nothing is planned beyond it until somebody decides." in words


def test_a_parameter_without_a_value_is_said_to_be_supplied(client: FlaskClient) -> None:
    assert "To be supplied before anything is planned." in text_of(client, "/protocols/ven-ino")
    assert "Made-up values. 6 parameters are still to be supplied" in text_of(client, "/protocols/ven-ino")


# -- every page ---------------------------------------------------------------------------------

PAGES = [
    "/",
    "/protocols/vsli-ino",
    "/protocols/ven-ino",
    "/protocols/vsli-ino/calendar",
    CALENDAR,
    f"{CALENDAR}&view=months",
    "/protocols/vsli-ino/calendar?start=nonsense",
    "/problems/invalid-input",
    "/nothing/here",
]


@pytest.mark.parametrize("address", PAGES)
def test_no_page_needs_what_the_content_security_policy_forbids(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|https?://", answer.text)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", [*PAGES, "/api/v1/protocols", "/api/v1/nothing", "/healthz", "/static/planner.css"])
def test_every_answer_carries_the_security_headers(client: FlaskClient, address: str) -> None:
    with client.get(address) as answer:
        headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", PAGES)
def test_every_id_of_a_page_is_there_once_and_every_label_has_its_field(client: FlaskClient, address: str) -> None:
    page = client.get(address).text
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    wanted = re.findall(r'\s(?:for|aria-labelledby)="([^"]+)"', page)
    wanted += [name for names in re.findall(r'aria-describedby="([^"]+)"', page) for name in names.split()]
    assert set(wanted) <= set(ids)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_a_calendar_can_be_taken_as_icalendar_and_as_csv_that_spreadsheets_read_right(client: FlaskClient) -> None:
    address = "/protocols/vsli-ino/calendar.{}?start=2026-01-05"
    events, table = client.get(address.format("ics")), client.get(address.format("csv"))
    assert (events.content_type, table.content_type) == ("text/calendar; charset=utf-8", "text/csv; charset=utf-8")
    assert events.data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert table.data.startswith(b"\xef\xbb\xbfkey,label,")
    assert client.get("/protocols/vsli-ino/calendar.ics?start=x").status_code == 400
    assert client.get("/protocols/nothing/calendar.csv?start=2026-01-05").status_code == 404


def test_a_file_with_made_up_values_says_so_in_its_name_and_in_each_event(client: FlaskClient) -> None:
    answer = client.get("/protocols/ven-ino/calendar.ics?start=2026-01-05&made_up=yes")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ven-ino-2026-01-05-made-up.ics"'
    assert answer.text.count("ven-ino\\, made-up values)") == answer.text.count("BEGIN:VEVENT")
