"""The report's page: figures beside their definitions, what was typed is kept, and who may see it."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.reports.definitions import DEFINITIONS, MEASURES, TITLES
from planner.services.users import Role
from planner.web.reports.figures_view import QUICK, SECTIONS, SLOW
from planner.web.reports.outputs import OUTPUTS
from tests.desk import Desk, desk_of, routes_of, status_of, text_of
from tests.planner.api.callers import Clock
from tests.reported import report
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

ONE = f"/studies/{STUDY}/report"


def test_every_measure_stands_under_one_heading_and_is_counted_once() -> None:
    placed = [name for _, measures in SECTIONS.values() for name in measures]
    assert sorted(placed) == sorted(MEASURES)
    assert sorted((*QUICK, *SLOW)) == sorted(MEASURES)


def test_the_page_shows_n_of_n_with_the_interval_beside_the_definition(monitor: Desk) -> None:
    """Seven of the nine visits that were due took place (tests/reported.py); Wilson gives 45.3 to 93.7 %."""
    page = monitor.text(f"{ONE}?all=yes")
    assert "7 of 9 77.8% 45.3% to 93.7%" in page
    for name in MEASURES:
        assert TITLES[name] in page
        assert DEFINITIONS[name].what in page
        assert DEFINITIONS[name].left_out in page


def test_what_the_page_leaves_for_later_is_asked_for_by_itself_and_is_the_same(monitor: Desk) -> None:
    quick, whole = monitor.html(ONE), monitor.html(f"{ONE}?all=yes")
    assert 'id="measure-relative-dose"' not in quick
    later = re.search(r'hx-get="([^"]+figures)"', quick)
    assert later is not None
    slow = monitor.html(later[1])
    for name in SLOW:
        article = re.compile(rf'<article class="measure" id="measure-{name}".*?</article>', re.DOTALL)
        [there], [here] = article.findall(slow), article.findall(whole)
        assert text_of(there) == text_of(here)


def test_a_past_moment_is_shown_as_it_was_known_then(monitor: Desk, small: Trial) -> None:
    """By the end of 10 March 01-001 had come on the 2nd and 9th, 01-002 on the 3rd, 02-001 on the 2nd."""
    day = "2026-03-10"
    known = report(small, as_of=datetime(2026, 3, 10, 23, 59, 59, tzinfo=UTC)).measure("attendance").rows[0]
    page = monitor.text(f"{ONE}?as_of={day}&all=yes")
    assert "Data as of 10 March 2026, 23:59:59 UTC" in page
    assert f"{known.n:g} of {known.of:g}" in page
    waiting = monitor.html(f"{ONE}?as_of={day}")
    assert "measure-attendance" not in waiting
    assert f"{known.n:g} of {known.of:g}" in monitor.text(f"{ONE}/figures?as_of={day}")


def test_the_moment_and_the_head_of_the_chain_are_printed(monitor: Desk, small: Trial) -> None:
    made = report(small)
    page = monitor.text(ONE)
    assert "15 April 2026, 14:00:00 UTC" in page
    assert re.search(rf"entry \d+, {made.chain.digest[:8]}|entry \d+, [0-9a-f]{{64}}", page)


def test_filters_and_the_breakdown_are_those_of_the_report(monitor: Desk, small: Trial) -> None:
    page = monitor.html(f"{ONE}?site={SOUTH}&by=site")
    made = report(small, site=SOUTH, by="site").measure("attendance")
    assert f"{made.rows[0].n:g} of {made.rows[0].of:g}" in text_of(page)
    assert f'<option value="{SOUTH}" selected>' in page
    assert f"site {SOUTH}; by site" in text_of(page)


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("since=2026-02-30", "since", "This is no day"),
        ("as_of=yesterday", "as_of", "This is no day and no moment"),
        ("as_of=2027-01-01", "as_of", "has not come yet"),
        ("since=2026-04-01&until=2026-03-01", "until", "is before"),
        ("mask_below=few", "mask_below", "This is no number"),
        ("mask_below=500", "mask_below", "is not within 0 to 100"),
        ("site=nowhere", "site", "The study has no site nowhere"),
        ("by=colour", "by", "Colour is no breakdown"),
    ],
)
def test_what_cannot_be_asked_is_said_next_to_its_field_and_kept(
    monitor: Desk, query: str, field: str, said: str
) -> None:
    page = monitor.html(f"{ONE}?{query}", 400)
    error = re.search(rf'<p class="field-error" id="{field}-error">(.*?)</p>', page)
    assert error is not None, text_of(page)
    assert said in text_of(error[1])
    for part in query.split("&"):
        assert re.search(rf'name="{part.partition("=")[0]}"', page)
        assert part.partition("=")[2] in page
    assert 'id="measure-attendance"' not in page


def test_a_masked_report_shows_neither_small_figures_nor_single_participants(monitor: Desk) -> None:
    page = monitor.html(f"{ONE}?mask_below=5")
    assert "masked: fewer than 5" in text_of(page)
    assert "01-001" not in page
    assert "charts/swimmer" not in page
    assert "not drawn while small figures are masked" in text_of(page)


def test_a_study_without_anybody_says_so_and_one_without_a_protocol_what_is_missing(
    app: Flask, store: Store, at: Clock
) -> None:
    made = trial(store)
    at.now = made.now
    monitor = desk_of(app, store, Role.MONITOR)
    page = monitor.text(ONE)
    assert "Nobody is in this report yet" in page
    assert "No chart: Nobody is enrolled yet." in page
    assert "<img" not in monitor.html(ONE)


def test_the_files_are_the_report(monitor: Desk, small: Trial) -> None:
    answer = monitor.client.get(f"{ONE}.csv?site={NORTH}")
    lines = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    [attendance] = [line for line in lines if (line["section"], line["measure"]) == ("figure", "attendance")]
    made = report(small, site=NORTH).measure("attendance").rows[0]
    assert (attendance["n"], attendance["of"]) == (f"{made.n:g}", f"{made.of:g}")
    assert "attachment" in answer.headers["Content-Disposition"]
    data = json.loads(monitor.client.get(f"{ONE}.json").text)
    assert [each["id"] for each in data["measures"]] == list(MEASURES)


def test_every_way_to_take_a_report_away_is_a_link_with_the_same_filters(monitor: Desk) -> None:
    page = monitor.html(f"{ONE}?site={NORTH}")
    for output in OUTPUTS:
        link = re.search(rf'href="([^"]+)">{output.label}<', page)
        assert link is not None
        assert f"site={NORTH}" in link[1]
        assert monitor.client.get(link[1]).status_code == 200


def test_reports_are_for_those_who_read_deviations_and_of_the_sites_that_they_see(
    app: Flask, store: Store, small: Trial
) -> None:
    names = {"study": STUDY, "name": "lateness"}
    allowed = {Role.ADMINISTRATOR, Role.COORDINATOR, Role.INVESTIGATOR, Role.MONITOR}
    for role in Role:
        who = desk_of(app, store, role)
        seen = {
            status_of(who, route, names) for route, wanted in routes_of(app, "reports.") if wanted and not wanted.whole
        }
        assert (403 in seen) == (role not in allowed), role
        assert ('href="/reports"' in who.html("/studies")) == (role in allowed)
    of_north = desk_of(app, store, Role.MONITOR, STUDY, NORTH)
    made = report(small, site=NORTH).measure("attendance").rows[0]
    assert f"{made.n:g} of {made.of:g}" in of_north.text(ONE)
    assert SOUTH not in of_north.html(f"{ONE}?all=yes")
    assert of_north.client.get(f"{ONE}?site={SOUTH}").status_code == 400
    assert app.test_client().get(ONE).status_code == 303


def test_the_way_to_a_report_leads_through_the_only_study(monitor: Desk) -> None:
    answer = monitor.client.get("/reports")
    assert (answer.status_code, answer.headers["Location"]) == (303, ONE)
    assert f'href="{ONE}"' in monitor.html(f"/studies/{STUDY}")
    monitor.html("/studies/no-study/report", 404)
