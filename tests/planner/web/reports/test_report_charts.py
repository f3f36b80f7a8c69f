"""The charts of a report as browsers ask for them: kept and asked for again, page by page, each with its table."""

from __future__ import annotations

import csv
import gzip
import io
import re
from xml.etree import ElementTree as ET

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.reports.charts.chart import LANES, TITLES
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.formulas import formulas
from tests.planner.api.callers import Clock
from tests.planner.web.test_queries import cost
from tests.reported import many
from tests.studies import NORTH, SOUTH, STUDY, Trial

ONE = f"/studies/{STUDY}/report"
SVG = "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("name", TITLES)
def test_a_picture_comes_once_and_is_asked_for_again_by_its_tag(monitor: Desk, name: str) -> None:
    path = f"{ONE}/charts/{name}.svg"
    first = monitor.client.get(path, headers={"Accept-Encoding": "gzip"})
    assert (first.status_code, first.mimetype) == (200, "image/svg+xml")
    assert ET.fromstring(gzip.decompress(first.data)).tag == SVG  # noqa: S314 - ours
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Accept-Encoding" in first.headers["Vary"]
    assert "default-src 'none'" in first.headers["Content-Security-Policy"]
    again = monitor.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert ET.fromstring(monitor.client.get(path).data).tag == SVG  # noqa: S314 - ours


def test_another_look_other_filters_and_new_facts_have_another_tag(monitor: Desk, small: Trial, at: Clock) -> None:
    path = f"{ONE}/charts/heat-map.svg"
    tags = [
        monitor.client.get(path + query).headers["ETag"]
        for query in ("", "?theme=dark", "?size=narrow", f"?site={NORTH}")
    ]
    assert len(set(tags)) == len(tags)
    small.record("02-001", {"fact": "attended", "date": "2026-03-09", "visit": "t.c1.d8", "not_done": ["drug"]})
    changed = monitor.client.get(path, headers={"If-None-Match": tags[0]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tags[0]


def test_the_pictures_of_the_page_are_there_each_with_words_and_its_table_behind_it(monitor: Desk) -> None:
    page = monitor.html(f"{ONE}?all=yes&site={NORTH}")
    figures = re.findall(r'<figure class="chart" id="chart-([\w-]+)">(.*?)</figure>', page, re.DOTALL)
    assert [name for name, _ in figures] == ["swimmer", "heat-map", "chair-load", "lateness", "retention", "enrolment"]
    for name, figure in figures:
        alt = re.search(r'<img src="([^"]+)" alt="([^"]{30,})" loading="lazy"', figure)
        assert alt is not None, name
        addresses = [alt[1], *re.findall(r'srcset="([^"]+)"', figure)]
        assert len(addresses) == (2 if name == "heat-map" else 4)
        for address in addresses:
            assert f"site={NORTH}" in address
            assert monitor.client.get(address.replace("&amp;", "&")).mimetype == "image/svg+xml"
        table = re.search(r'<details class="chart-table">.*?hx-get="([^"]+)".*?href="([^"]+)#table"', figure, re.DOTALL)
        assert table is not None
        assert "<table" in monitor.html(table[1]) or "No appointment" in monitor.html(table[1])
        monitor.html(table[2])


def test_a_chart_has_a_page_with_its_table_and_the_table_as_csv(monitor: Desk) -> None:
    page = monitor.text(f"{ONE}/charts/heat-map")
    assert "3 participants, each a row" in page
    assert "C2D1 01-001 late Fri 20 Mar 2026 3" in page
    data = monitor.client.get(f"{ONE}/charts/heat-map.csv").get_data().decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(data)))
    [late] = [line for line in lines if (line["participant"], line["visit"]) == ("01-001", "C2D1")]
    assert (late["state"], late["day"], late["days outside the window"]) == ("late", "2026-03-20", "3")
    assert len(lines) == 12
    assert formulas(data) == []


def test_of_very_many_the_page_shows_the_first_lanes_and_the_others_page_by_page(monitor: Desk, small: Trial) -> None:
    many(small, 4, 130)
    page = monitor.html(ONE)
    assert 'id="chart-visits"' in page
    assert 'id="chart-heat-map"' not in page
    assert "All, page by page" in text_of(page)
    first = monitor.text(f"{ONE}/charts/swimmer")
    assert "Part 1 of 3 More" in first
    assert f"{LANES} participants" in first
    last = monitor.text(f"{ONE}/charts/swimmer?page=3")
    assert "Before Part 3 of 3" in last
    assert "10 participants" in last
    assert "The first 500 of" in monitor.text(f"{ONE}/charts/swimmer")
    assert "The table as CSV, of all 3 parts" in monitor.text(f"{ONE}/charts/swimmer?page=2")
    for path, shown in (("swimmer.csv", 130), ("swimmer.csv?page=3", 10), ("heat-map.csv", 130)):
        data = monitor.client.get(f"{ONE}/charts/{path}").get_data().decode("utf-8-sig")
        lines = list(csv.DictReader(io.StringIO(data)))
        assert len({line["participant"] for line in lines}) == shown
        assert data.count("participant") == 1
    for wrong in ("4", "0", "-1", "x", "99999999"):
        monitor.html(f"{ONE}/charts/swimmer?page={wrong}", 404)


def test_what_is_no_chart_is_not_found_and_what_is_no_filter_is_refused(monitor: Desk) -> None:
    monitor.html(f"{ONE}/charts/pie", 404)
    assert monitor.client.get(f"{ONE}/charts/pie.svg").status_code == 404
    assert monitor.client.get(f"{ONE}/charts/lateness.svg?since=x").status_code == 400


def test_a_chart_shows_the_sites_alone_that_its_reader_sees(app: Flask, store: Store, small: Trial) -> None:
    of_north = desk_of(app, store, Role.MONITOR, STUDY, NORTH)
    for name in ("swimmer", "heat-map"):
        page = of_north.html(f"{ONE}/charts/{name}")
        assert "01-001" in page
        assert "02-001" not in page
        assert "02-001" not in of_north.client.get(f"{ONE}/charts/{name}.svg").text
    assert SOUTH not in of_north.html(f"{ONE}/charts/chair-load")


def test_the_page_and_its_pictures_cost_the_same_for_ten_and_for_a_thousand(
    app: Flask, store: Store, small: Trial, at: Clock
) -> None:
    desk = desk_of(app, store, Role.MONITOR)
    pages = [ONE, *(f"{ONE}/charts/{name}.svg" for name in TITLES)]
    many(small, 4, 10)
    ten = {path: cost(app, desk, path) for path in pages}
    many(small, 11, 1_000)
    assert {path: cost(app, desk, path) for path in pages} == ten
    assert max(ten.values()) < 40
