"""Settings of a study: open or closed, values of parameters, sites, attempts."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from planner.persistence.studies import parameter_values, study_by_code
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.sites import CreateSite, create_site
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.studies import STUDY, Trial

HERE = f"/studies/{STUDY}/settings"


@pytest.fixture
def administrator(app: Flask, store: Store, study: Trial) -> Desk:
    """An administrator who is signed in."""
    return desk_of(app, store, Role.ADMINISTRATOR)


def seen(who: Desk) -> str:
    """The revision that the forms were shown with."""
    found = re.search(r'name="expected" value="(\d+)"', who.html(HERE))
    assert found is not None
    return found[1]


def test_a_study_is_closed_to_new_participants_and_opened_again(administrator: Desk) -> None:
    assert administrator.send(f"{HERE}/state", open="no", expected=seen(administrator)).status_code == 303
    assert "The study is closed to new participants." in administrator.text(HERE)
    administrator.send(f"{HERE}/state", open="yes", expected=seen(administrator))
    assert "The study is open to new participants." in administrator.text(HERE)


def test_whoever_decided_by_older_settings_is_told_what_changed(administrator: Desk) -> None:
    before = seen(administrator)
    administrator.send(f"{HERE}/state", open="no", expected=before)
    answer = administrator.send(f"{HERE}/attempts", wanted="4", expected=before)
    assert answer.status_code == 409
    assert "By Test administrator: state" in text_of(answer.text)
    assert 'value="4"' in answer.text


def test_the_number_of_attempts_is_set(administrator: Desk, store: Store) -> None:
    assert administrator.send(f"{HERE}/attempts", wanted="3").status_code == 303
    assert 'value="3"' in administrator.html(HERE)
    answer = administrator.send(f"{HERE}/attempts", wanted="0")
    assert answer.status_code == 400
    assert 'id="wanted-error"' in answer.text


def test_values_are_set_as_their_examples_are(administrator: Desk, store: Store) -> None:
    answer = administrator.send(f"{HERE}/values", **{"value-inotuzumab-levels": "level 1\nlevel 2"})
    assert answer.status_code == 303

    def known(session):  # type: ignore[no-untyped-def]
        study = study_by_code(session, STUDY)
        assert study is not None
        return parameter_values(session, study.id)["inotuzumab-levels"]

    row = store.read(known)
    assert (row.value, row.made_up) == (["level 1", "level 2"], False)
    again = administrator.send(f"{HERE}/values", **{"value-inotuzumab-levels": "level 1\nlevel 2"})
    assert again.status_code == 400
    assert "Nothing is other than before" in text_of(again.text)


def test_another_site_takes_part(administrator: Desk, store: Store, study: Trial) -> None:
    store.write(SYSTEM, study.now, lambda uow: create_site(uow, CreateSite(code="east", name="East", zone="UTC")).id)
    assert "East" in administrator.text(HERE)
    assert administrator.send(f"{HERE}/sites", site="east").status_code == 303
    twice = administrator.send(f"{HERE}/sites", site="east")
    assert twice.status_code == 409
    assert "East takes part already" in text_of(twice.text)


def test_whoever_may_only_read_sees_the_settings_and_no_button(desk: Desk) -> None:
    page = desk.html(HERE)
    assert "level 1 (made up) made up" in text_of(page)
    assert page.count("<form") == 1, "only the one that signs out"
