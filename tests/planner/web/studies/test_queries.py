"""A page about a study costs as many queries for a thousand participants as for ten."""

from __future__ import annotations

from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import desk_of
from tests.long_work import asked, worker
from tests.planner.api.callers import Clock
from tests.planner.services.test_amendments import FIRST, SECOND
from tests.planner.services.test_long_work import AMENDMENT, site_id
from tests.planner.web.test_queries import copies, cost
from tests.studies import NORTH, STUDY, trial

ONE = f"/studies/{STUDY}"
PAGES = ("/studies", ONE, *(f"{ONE}/{part}" for part in ("versions", "amendment", "cohorts", "settings", "progress")))


def test_every_page_costs_the_same_for_ten_and_for_a_thousand(app: Flask, store: Store, at: Clock) -> None:
    study = trial(store, texts=[FIRST, SECOND])
    study.enrol()
    at.now = study.now
    desk = desk_of(app, store, Role.ADMINISTRATOR)
    copies(study, 2, 10)
    ten = {path: cost(app, desk, path) for path in PAGES}
    copies(study, 11, 1_000)
    assert {path: cost(app, desk, path) for path in PAGES} == ten
    assert max(ten.values()) < 25


def test_work_that_found_much_costs_as_much_to_show_as_work_that_found_little(
    app: Flask, store: Store, at: Clock
) -> None:
    study = trial(store, texts=[FIRST, SECOND])
    desk = desk_of(app, store, Role.ADMINISTRATOR)
    found = []
    for number in range(1, 46):
        study.enrol(f"01-{number:03}")
        if number in (10, 45):
            at.now = study.now
            work = asked(study, "amendment-look", asked=AMENDMENT, site_id=site_id(store, NORTH))
            worker(store, at).run()
            found.append(cost(app, desk, f"{ONE}/progress/{work}"))
    assert found[0] == found[1] < 25
