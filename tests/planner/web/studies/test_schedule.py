"""The list of studies, and one of them: its protocol as a table and visit by visit."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING
from planner.services.amendments import MakeEffective, amendment_effective
from planner.services.studies import CreateStudy, add_version, create_study, set_open
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock
from tests.planner.services.test_amendments import FIRST
from tests.planner.services.test_amendments import SECOND as AMENDED
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

SECOND = """\
protocol: other
version: "2.0"
title: Another one
activities:
  look: {label: Look, kind: assessment}
epochs:
  t:
    label: Treatment
    length: 28 days
    visits:
      d1: {label: Day 1, day: 1, window: 0/+1, activities: [look]}
"""


def test_a_study_stands_in_the_list_with_its_sites_its_people_and_what_waits(desk: Desk, study: Trial) -> None:
    study.screen("01-001")
    study.enrol("01-002")
    study.screen("02-001", site=SOUTH)
    words = desk.text("/studies")
    assert "vsli-ino open A made-up study Report on A made-up study Participants 3 2 screening, 1 enrolled" in words
    first = "version 1.0 the first one; none was put in force"
    assert f"North: {first} South: {first}" in words
    assert "Waiting nothing" in words


def test_the_version_in_force_stands_with_its_site_and_the_one_to_come_with_its_day(desk: Desk, study: Trial) -> None:
    def work(uow: UnitOfWork) -> None:
        for site, day in ((NORTH, date(2026, 1, 2)), (SOUTH, date(2026, 3, 1))):
            command = MakeEffective(
                study=STUDY, site=site, version="1.0", approved_on=date(2026, 1, 2), effective_on=day
            )
            amendment_effective(uow, study.designs, EVERYTHING, command)

    study.store.write(SYSTEM, study.now, work)
    coming = "the first one; none was put in force 1.0 from Sun 1 Mar 2026 on"
    assert f"North: version 1.0 South: version 1.0 {coming}" in desk.text("/studies")


def test_a_version_that_is_confirmed_and_in_force_nowhere_waits(app: Flask, store: Store, at: Clock) -> None:
    study = trial(store, texts=[FIRST, AMENDED])
    desk = desk_of(app, store)
    assert "Waiting Version 2.0 is not in force at North, South" in desk.text("/studies")

    def work(uow: UnitOfWork) -> None:
        day = date(2026, 1, 2)
        command = MakeEffective(study=STUDY, site=NORTH, version="2.0", approved_on=day, effective_on=day)
        amendment_effective(uow, study.designs, EVERYTHING, command)

    store.write(SYSTEM, study.now, work)
    assert "Waiting Version 2.0 is not in force at South" in desk.text("/studies")


def test_a_study_that_is_being_set_up_says_what_it_waits_for(desk: Desk, study: Trial) -> None:
    def work(uow: UnitOfWork) -> None:
        create_study(uow, CreateStudy(code="empty", title="Nothing in it yet"))
        other = create_study(uow, CreateStudy(code="other", title="Not confirmed"))
        add_version(uow, other, SECOND)
        set_open(uow, other, False)

    study.store.write(SYSTEM, study.now, work)
    words = desk.text("/studies")
    assert "A protocol is to be added" in words
    assert "other closed to new participants" in words
    assert "Version 2.0: assumptions to be confirmed" in words
    assert "The study has no protocol yet." in desk.text("/studies/empty")


def test_whoever_has_a_role_at_one_site_sees_that_site_alone(app: Flask, store: Store, study: Trial) -> None:
    study.screen("01-001")
    study.screen("02-001", site=SOUTH)
    words = desk_of(app, store, Role.INFUSION_CENTRE, STUDY, SOUTH).text("/studies")
    assert "Participants 1 1 screening" in words
    assert "North" not in words
    assert "Participants 1 1 screening" in desk_of(app, store, Role.MONITOR, None, NORTH).text("/studies")


def test_the_protocol_is_shown_as_a_table_and_visit_by_visit(desk: Desk) -> None:
    page = desk.html(f"/studies/{STUDY}")
    assert page.count("<table") == 1
    words = desk.text(f"/studies/{STUDY}?view=list")
    assert "Day 8" in words, words
    assert "level 1 (made up) made up" in words
    assert "A person has confirmed them." in words


@pytest.mark.parametrize("version", ["3.0", "\0"])
def test_a_version_that_there_is_not_is_not_found(desk: Desk, version: str) -> None:
    assert "the study has no version" in desk.text(f"/studies/{STUDY}?version={version}", 404).lower()
