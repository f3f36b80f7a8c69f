"""The first page is small: what a browser fetches for it, with everything that it needs."""

from __future__ import annotations

import gzip
import re

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from planner.persistence.unit_of_work import Store
from tests.desk import desk_of
from tests.studies import Trial

GZIP = {"Accept-Encoding": "gzip, br"}
STYLES = "/static/desk.css"


def fetch(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    answer = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer.get_data()
    answer.close()
    return answer


def test_the_first_page_is_under_150_kb_with_all_that_it_needs(app: Flask, store: Store, study: Trial) -> None:
    study.enrol()
    desk = desk_of(app, store)
    page = desk.html("/today")
    parts = re.findall(r'<(?:link rel="stylesheet"|script)[^>]* (?:href|src)="([^"]+)"', page)
    assert len(parts) >= 3
    sizes = {part: len(fetch(desk.client, part, **GZIP).data) for part in parts}
    assert len(page.encode()) + sum(sizes.values()) < 150_000, sizes


def test_what_is_squeezed_is_the_same_file(app: Flask) -> None:
    client = app.test_client()
    plain, squeezed = fetch(client, STYLES), fetch(client, STYLES, **GZIP)
    assert "Content-Encoding" not in plain.headers
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(squeezed.data) == plain.data
    assert len(squeezed.data) == int(squeezed.headers["Content-Length"]) < len(plain.data) / 2
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_what_a_browser_has_already_is_not_sent_again(app: Flask) -> None:
    client = app.test_client()
    etag = fetch(client, STYLES, **GZIP).headers["ETag"]
    assert fetch(client, STYLES, If_None_Match=etag, **GZIP).status_code == 304


def test_a_file_of_others_is_kept_for_ever_and_ours_is_asked_for(app: Flask) -> None:
    client = app.test_client()
    assert "immutable" in fetch(client, "/static/vendor/htmx/htmx-2.0.11.min.js").headers["Cache-Control"]
    assert fetch(client, STYLES).headers["Cache-Control"] == "no-cache"


def test_pages_are_not_squeezed(app: Flask) -> None:
    assert "Content-Encoding" not in fetch(app.test_client(), "/sign-in", **GZIP).headers
