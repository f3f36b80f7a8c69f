"""Of every page somebody has counted the queries: one that is in none of the tables of such tests fails here."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask

from planner.persistence.unit_of_work import Store
from tests.planner.web import test_home_queries, test_queries
from tests.planner.web.centre import test_queries as of_the_centre
from tests.planner.web.office import test_queries as of_the_office
from tests.planner.web.studies import test_queries as of_studies
from tests.studies import STUDY

PARTS = ("account.", "centre.", "desk.", "home.", "office.", "reports.", "studies.", "tokens.")
#: pages whose queries a test of their own counts, and pages without a list: they show one row, or lead elsewhere
ELSEWHERE = {
    "reports.page.show", "reports.charts.picture", "reports.mails.show", "studies.work.one",  # counted in their tests
    "reports.charts.show", "reports.charts.table", "reports.page.figures",  # of the same figures as the report
    "reports.choose.show", "desk.newcomer.choose",  # the list of studies, of which few have more than ten
    "studies.imports.show", "studies.versions.text",  # a form, and a text
    "centre.screen.ask",  # counted on a screen that is shared, which it is for
    "home.door.show", "home.door.come_back", "home.caregiver.come_back",  # a form
}  # fmt: skip
#: what is taken away as a file costs as much as what is in it
FILES = ("as_csv", "as_json", "as_pdf", "as_sdtm", "as_xlsx", "file")


def counted() -> set[str]:
    """The addresses whose queries are counted."""
    tables = (test_queries.PAGES, of_the_centre.PAGES, of_the_office.PAGES)
    own = {f"/home{path}" for path in test_home_queries.PAGES}
    return {*(path for table in tables for path in table.values()), *of_studies.PAGES, *own}


def test_the_queries_of_every_page_are_counted(app: Flask, store: Store) -> None:
    to = app.url_map.bind("localhost")
    found = {to.match(urlsplit(path).path)[0] for path in counted()}
    wanted = {
        rule.endpoint for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.startswith(PARTS) and not rule.endpoint.endswith(FILES)
    }  # fmt: skip
    assert wanted - found - ELSEWHERE == set()
    assert ELSEWHERE & found == set()
    assert STUDY in str(counted())
