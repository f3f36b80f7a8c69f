"""A number in an address that no database can hold is that of nothing, on every page and in the API."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import desk_of
from tests.studies import NORTH, STUDY, Trial


def numbered(app: Flask) -> list[str]:
    """The addresses that can be looked at and have a number in them; there is a {} in its place."""
    rules = [rule.rule for rule in app.url_map.iter_rules() if "<int:" in rule.rule and "GET" in (rule.methods or ())]
    known = {"study": STUDY, "site": NORTH, "number": "01-001"}
    named = (re.sub(r"<(?:\w+:)?(study|site|number)>", lambda found: known[found[1]], rule) for rule in rules)
    return [re.sub(r"<int:\w+>", "{}", rule) for rule in named]


@pytest.mark.parametrize("number", [2**63, 10**40])
def test_a_number_that_no_database_holds_is_that_of_nothing(
    app: Flask, store: Store, study: Trial, number: int
) -> None:
    desk = desk_of(app, store, Role.ADMINISTRATOR)
    found = {address: desk.client.get(address.format(number, number)).status_code for address in numbered(app)}
    assert len(found) > 5
    assert {address: status for address, status in found.items() if status != 404} == {}


def test_the_largest_number_that_a_database_holds_is_looked_for(app: Flask, store: Store, study: Trial) -> None:
    study.enrol()
    desk = desk_of(app, store, Role.ADMINISTRATOR)
    largest = 2**63 - 1
    found = {address: desk.client.get(address.format(largest, largest)).status_code for address in numbered(app)}
    assert {address: status for address, status in found.items() if status >= 500} == {}
