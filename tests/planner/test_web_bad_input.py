"""Nothing that somebody can type makes the planner fail, and nothing typed is lost."""

import json
import re
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from planner.app import create_app
from planner.problems import shown

CALENDAR = "/protocols/vsli-ino/calendar"
DECLARED = {200, 400, 404, 414, 422}
NAMES = ["start", "arm", "holidays", "closed", "as_of", "made_up", "view", "x"]
VALUES = [
    "2026-01-05", "2026-02-30", "1900-01-01", "2200-12-31", "9999-12-31", "0000-00-00", "2026-W01-1", "20260105",
    "US-NY", "us", "DE-BY", "ZZ", "-", "2026-01-19, 2026-01-20", "2026-12-24 to 2027-01-02", "2027/2026", "/", "to",
    "yes", "no", "list", "months", "\0", "٢٠٢٦-٠١-٠٥", "\u202e", "<script>", "{{7*7}}", "%", "'\"", "a" * 5000,
]  # fmt: skip
PROTOCOLS = ["vsli-ino", "ven-ino", "nothing", "%00", "..", "%2e%2e%2fetc", "VSLI-INO"]

values = st.one_of(st.sampled_from(VALUES), st.dates().map(str), st.text(max_size=30))
queries = st.one_of(
    st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=6).map(urlencode),
    st.tuples(st.just("start=2026-01-05&"), st.lists(st.tuples(st.sampled_from(NAMES[1:]), values), max_size=4)).map(
        lambda pair: pair[0] + urlencode(pair[1])
    ),
    st.text(max_size=40).map(lambda text: quote(text, safe="&=%;?/")),
    st.binary(max_size=20).map(lambda raw: "start=" + quote(raw)),
)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app({"TESTING": True}).test_client()


@given(protocol=st.sampled_from(PROTOCOLS), query=queries)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_has_a_declared_answer(client: FlaskClient, protocol: str, query: str) -> None:
    page = client.get(f"/protocols/{protocol}/calendar?{query}")
    assert page.status_code in DECLARED
    assert page.mimetype == "text/html"
    answer = client.get(f"/api/v1/protocols/{protocol}/calendar?{query}")
    assert answer.status_code in DECLARED
    data = json.loads(answer.text)
    if answer.status_code == 200:
        assert data["visits"]
        assert page.status_code == 200
    else:
        assert answer.mimetype == "application/problem+json"
        assert data["status"] == answer.status_code
        assert data["problems"]


@given(name=st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_protocol_is_named_the_answer_is_a_page_or_there_is_none(client: FlaskClient, name: str) -> None:
    for start in ("/protocols/", "/api/v1/protocols/", "/problems/", "/static/", "/p/"):
        assert client.get(start + quote(name)).status_code in {200, 404}


@pytest.mark.parametrize("host", ["[", "a b", "x" * 100, "0:::", "é", "", "a:99999999"])
@pytest.mark.parametrize("path", ["/", "/api/v1/protocols", "/nothing", "//two", "/protocols//vsli-ino"])
def test_a_malformed_host_makes_no_failure_and_no_redirect(client: FlaskClient, host: str, path: str) -> None:
    environment = {**EnvironBuilder(path="/").get_environ(), "PATH_INFO": path, "HTTP_HOST": host}
    assert client.open(Request(environment)).status_code in {200, 400, 404}


@pytest.mark.parametrize("typed", ["2026-02-30", "tomorrow", "2026-13-01", "<b>5</b>", '" onfocus="x'])
def test_a_wrong_date_keeps_what_was_typed_and_says_what_is_wrong(client: FlaskClient, typed: str) -> None:
    answer = client.get(CALENDAR, query_string={"start": typed, "closed": "2026-01-19", "holidays": "US-NY"})
    assert answer.status_code == 400
    field = re.search(r'<input id="vsli-ino-start"[^>]*>', answer.text)
    escaped = typed.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    assert field is not None
    assert f'type="text" value="{escaped}"' in field[0]  # a date field would drop it
    assert 'aria-invalid="true"' in field[0]
    assert 'value="2026-01-19"' in answer.text
    assert 'value="US-NY"' in answer.text
    assert 'role="alert"' in answer.text
    assert "1 thing to correct" in answer.text


def test_a_field_that_the_calendar_has_not_is_said_and_not_shrugged_off(client: FlaskClient) -> None:
    answer = client.get(f"{CALENDAR}?start=2026-01-05&holiday=US")
    assert answer.status_code == 400
    assert "did you mean holidays?" in answer.text


def test_a_view_that_there_is_not_is_refused_with_those_that_there_are(client: FlaskClient) -> None:
    answer = client.get(f"{CALENDAR}?start=2026-01-05&view=years")
    assert answer.status_code == 400
    assert "write view=list or view=months" in answer.text


def test_an_unknown_protocol_has_a_page_that_names_the_known_ones(client: FlaskClient) -> None:
    answer = client.get("/protocols/nothing/calendar?start=2026-01-05")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "choose one of ven-ino, vsli-ino" in answer.text


def test_a_megabyte_is_refused_with_a_page(client: FlaskClient) -> None:
    answer = client.get(f"{CALENDAR}?start={'1' * 1_000_000}")
    assert (answer.status_code, answer.mimetype) == (414, "text/html")
    assert len(answer.data) < 10_000


def test_what_is_shown_back_is_short_and_hides_nothing() -> None:
    assert shown("a\0b\u202ec") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"
    assert shown("x" * 100) == "x" * 39 + "…"
