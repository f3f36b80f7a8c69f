"""What is copied is what was filled in."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.users import CreateUser, create_user
from tests import begun as beginnings
from tests.reminded import reminding
from tests.seated import seated
from tests.studies import NOW, trial


@pytest.fixture(autouse=True)
def nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginnings, "_KEPT", {})


def content(store: Store) -> dict[str, list[Any]]:
    with store.database.reading() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table))))
            for table in store.database.tables.sorted_tables
        }


@pytest.mark.parametrize("make", [trial, reminding, seated])
def test_the_second_is_as_the_first_and_goes_on_as_it(store: Store, make: Any, request: pytest.FixtureRequest) -> None:
    first = make(store)
    here = content(store)
    second = make(Store(request.getfixturevalue("another_database")))
    there = content(second.store)
    assert {name for name in here if here[name]} >= {"audit_entry", "site", "study"}
    assert there == here
    assert second.now == first.now
    for study in (first, second):
        study.enrol("01-077")
    assert {name: len(rows) for name, rows in content(first.store).items()} == {
        name: len(rows) for name, rows in content(second.store).items()
    }
    assert content(first.store)["participant"] == content(second.store)["participant"]


def test_what_has_somebody_in_it_is_filled_in_beside_them(store: Store, request: pytest.FixtureRequest) -> None:
    trial(store)
    other = Store(request.getfixturevalue("another_database"))
    who = CreateUser(email="first@example.org", name="First", password="long and made up")
    other.write(SYSTEM, NOW, lambda uow: create_user(uow, who))
    trial(other).enrol()
    assert len(content(other)["user_account"]) == 1
    assert len(content(other)["audit_entry"]) > len(content(store)["audit_entry"])
