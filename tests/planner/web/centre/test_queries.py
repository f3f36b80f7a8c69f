"""A page of the infusion centre costs as many queries on a full day among a thousand as for one participant."""

from __future__ import annotations

from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.planner.web.test_queries import copies, cost
from tests.seated import DAY, DAY_1, book
from tests.studies import Trial

PAGES = {
    "the day": DAY,
    "another day": f"{DAY}?day=2026-01-12",
    "the sites": "/infusions",
    "a chair": DAY_1,
    "to prepare": f"{DAY}/pharmacy",
    "load": f"{DAY}/load",
    "closed days": f"{DAY}/closures",
    "the calendar": f"{DAY}/calendar",
}


def costs(app: Flask, who: Desk) -> dict[str, int]:
    return {name: cost(app, who, path) for name, path in PAGES.items()}


def test_every_page_costs_the_same_for_a_full_day_and_among_a_thousand_participants(
    app: Flask, store: Store, study: Trial
) -> None:
    who = desk_of(app, store, Role.ADMINISTRATOR)
    one = costs(app, who)
    for number, time in (("01-002", "09:00"), ("01-003", "13:30"), ("01-004", "13:30")):  # both chairs all day
        study.enrol(number)
        book(study, number, "2026-01-05", "induction.c1.d1", time)
    assert costs(app, who) == one
    copies(study, 5, 1_000)
    assert costs(app, who) == one
    assert max(one.values()) < 40
    who.send(f"{DAY}/screen")
    screen = {path: cost(app, who, path) for path in (DAY, f"{DAY}/pharmacy", f"{DAY}/screen")}
    copies(study, 1_001, 1_010)
    assert {path: cost(app, who, path) for path in screen} == screen
