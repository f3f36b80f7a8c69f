"""The charts of a report: each as a picture that browsers keep, as a table, and as a page of its own."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from planner import clock
from planner.auth.door import installation, needs, scope
from planner.auth.permissions import Permission
from planner.presenting.plan_csv import csv_text
from planner.reports.charts.chart import TITLES, Chart
from planner.reports.charts.drawing import DRAWN_AS, svg_of
from planner.reports.charts.making import chart_parts, make_chart
from planner.reports.making import Wanted
from planner.services.access import Scope
from planner.services.installation import Installation
from planner.web.reports.asked import Ask, ask_of
from planner.web.reports.chart_view import MOST_LINES, lines_of, picture_of

pages = Blueprint("charts", __name__)
ONE = "/studies/<study>/report/charts/<name>"


@pages.get(f"{ONE}.svg")
@needs(Permission.DEVIATIONS_READ)
def picture(study: str, name: str) -> Response:
    """Give the picture; who has it already is told that it is the same, before anything is drawn."""
    theme: Literal["light", "dark"] = "dark" if request.args.get("theme") == "dark" else "light"
    narrow = request.args.get("size") == "narrow"
    made = _made(ask_of(study), name)
    tag = hashlib.sha256(repr((DRAWN_AS, made, theme, narrow)).encode()).hexdigest()[:32]
    response = Response(mimetype="image/svg+xml")
    response.set_etag(tag, weak=True)
    response.vary.add("Accept-Encoding")
    if request.if_none_match.contains_weak(tag):
        response.status_code = 304
        return response
    drawn = svg_of(made, theme, narrow).encode()
    if request.accept_encodings["gzip"]:
        drawn = gzip.compress(drawn, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.set_data(drawn)
    return response


@pages.get(ONE)
@needs(Permission.DEVIATIONS_READ)
def show(study: str, name: str) -> ResponseReturnValue:
    """Show a chart with its table on a page of its own, page by page where it shows single participants."""
    ask = ask_of(study)
    made = _made(ask, name)
    return render_template(
        "reports/chart.html", study=study, ask=ask, chart=made, picture=picture_of(made, ask), lines=lines_of(made),
        most=MOST_LINES, titles=TITLES,
    )  # fmt: skip


@pages.get(f"{ONE}/table")
@needs(Permission.DEVIATIONS_READ)
def table(study: str, name: str) -> ResponseReturnValue:
    """Give the table alone, to be put into a page."""
    ask = ask_of(study)
    made = _made(ask, name)
    return render_template("reports/_table.html", ask=ask, chart=made, lines=lines_of(made), most=MOST_LINES)


@pages.get(f"{ONE}.csv")
@needs(Permission.DEVIATIONS_READ)
def as_csv(study: str, name: str) -> Response:
    """Give the table as CSV: all of it, or a page of it where one is asked for; what is long goes out part by part."""
    ask = ask_of(study)
    parts = iter([_made(ask, name)]) if "page" in request.args else _parts(ask, name)
    first = next(parts)  # what is wrong is told before anything goes out
    return Response(
        (text.encode() for text in _lines(first, parts)), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{study}-{name}.csv"'},
    )  # fmt: skip


def _lines(first: Chart, others: Iterator[Chart]) -> Iterator[str]:
    """With a byte order mark, without which spreadsheets garble letters such as é."""
    yield "\ufeff" + csv_text([first.columns, *first.rows])
    for part in others:
        yield csv_text(part.rows)


def _parts(ask: Ask, name: str) -> Iterator[Chart]:
    if name not in TITLES:
        abort(404)
    return _made_one_by_one(installation(), scope(), ask.wanted(), name, clock.now())


def _made_one_by_one(planner: Installation, whose: Scope, wanted: Wanted, name: str, now: datetime) -> Iterator[Chart]:
    """All parts of a chart at one moment, also after the request: everything that it tells is given."""
    with planner.store.database.at_one_moment() as session:
        yield from chart_parts(session, planner.designs, whose, wanted, name, now)


def _made(ask: Ask, name: str) -> Chart:
    page = request.args.get("page", "1")
    if name not in TITLES or not page.isascii() or not page.isdecimal() or len(page) > 6:
        abort(404)
    planner = installation()
    with planner.store.database.at_one_moment() as session:
        return make_chart(session, planner.designs, scope(), ask.wanted(), name, clock.now(), int(page))
