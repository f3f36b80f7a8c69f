"""Cohorts on their page: who is in them, what is in the way, opening, closing, setting one up."""

from __future__ import annotations

import re
from functools import partial

import pytest
from flask import Flask

from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.access import EVERYTHING
from planner.services.cohorts import SetUpCohort, set_up_cohort
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.studies import NOW, SOUTH, STUDY, Trial, audited

HERE = f"/studies/{STUDY}/cohorts"
INO = {"ino": "level 1"}


@pytest.fixture
def administrator(app: Flask, store: Store, study: Trial) -> Desk:
    """An administrator who is signed in, and two cohorts that are planned."""
    for number in (1, 2):
        said = SetUpCohort(
            study=STUDY, code=f"level-{number}", label=f"Level {number}", size=2, part="phase-1b",
            dose_levels={"ino": f"level {number}"},
        )  # fmt: skip
        study.store.write(SYSTEM, NOW, lambda uow, said=said: set_up_cohort(uow, study.designs, EVERYTHING, said).id)  # type: ignore[misc]
    return desk_of(app, store, Role.ADMINISTRATOR)


def revision(page: str, code: str) -> str:
    """The revision that the forms of a cohort were shown with."""
    part = page.partition(f'id="cohort-{code}"')[2]
    found = re.search(r'name="expected" value="(\d+)"', part)
    assert found is not None
    return found[1]


def test_a_cohort_stands_with_its_levels_its_people_and_what_is_in_the_way(administrator: Desk, study: Trial) -> None:
    administrator.send(f"{HERE}/level-1", state="open")
    study.enrol("01-001", cohort="phase-1b", dose_levels=INO)
    study.enrol("02-001", site=SOUTH, cohort="phase-1b", dose_levels=INO)
    words = administrator.text(HERE)
    assert "Level 1 level-1 open Dose levels Inotuzumab ozogamicin IV: level 1 Enrolled 2 of 2 Evaluable 0" in words
    assert "01-001 North Enrolled Tue 30 Dec 2025 not begun" in words
    assert "Level 2 level-2 planned" in words
    assert "It has not been opened yet." in words


def test_of_many_cohorts_each_is_one_step_away(administrator: Desk, study: Trial) -> None:
    assert "Cohorts on this page" not in administrator.html(HERE)
    for number in (3, 4):
        levels = {"ino": f"level {number}"}
        said = SetUpCohort(study=STUDY, code=f"level-{number}", label="L", size=2, part="phase-1b", dose_levels=levels)
        study.store.write(SYSTEM, NOW, partial(set_up_cohort, designs=study.designs, scope=EVERYTHING, command=said))
    administrator.send(f"{HERE}/level-1", state="open")
    page = administrator.html(HERE)
    assert [page.count(f'href="#cohort-level-{number}"') for number in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert "level-1 open level-2 level-3 level-4" in text_of(page)


def test_cohorts_are_opened_one_after_the_other_or_with_a_reason(administrator: Desk, study: Trial) -> None:
    assert administrator.send(f"{HERE}/level-1", state="open").status_code == 303
    early = administrator.send(f"{HERE}/level-2", state="open")
    assert early.status_code == 422
    assert "Level-1: 0 of 2 participants are evaluable" in text_of(early.text)
    assert (
        administrator.send(f"{HERE}/level-2", state="open", **{"why-level-2": "The committee agreed"}).status_code
        == 303
    )
    assert [entry.why for entry in audited(study, "cohort.changed")] == ["", "The committee agreed"]
    assert "Level 2 level-2 open" in administrator.text(HERE)


def test_a_closed_cohort_is_opened_again_with_a_reason_at_its_field(administrator: Desk) -> None:
    administrator.send(f"{HERE}/level-1", state="open")
    administrator.send(f"{HERE}/level-1", state="closed")
    answer = administrator.send(f"{HERE}/level-1", state="open")
    assert answer.status_code == 422
    assert 'id="why-level-1-error"' in answer.text
    assert administrator.send(f"{HERE}/level-1", state="observing").status_code == 409


def test_whoever_saves_what_somebody_else_has_changed_is_told(administrator: Desk) -> None:
    seen = revision(administrator.html(HERE), "level-1")
    administrator.send(f"{HERE}/level-1", state="open", expected=seen)
    answer = administrator.send(f"{HERE}/level-1", expected=seen, **{"size-level-1": "6"})
    assert answer.status_code == 409
    assert "By Test administrator" in text_of(answer.text)
    assert 'value="6"' in answer.text


@pytest.mark.parametrize(
    ("size", "said"), [("0", "write 1 to 10000"), ("many", "this is no number"), ("", "no number is said")]
)
def test_a_size_that_cannot_be_is_told_at_its_field(administrator: Desk, size: str, said: str) -> None:
    answer = administrator.send(f"{HERE}/level-1", **{"size-level-1": size})
    assert answer.status_code == 400
    assert said in text_of(answer.text).lower()
    assert 'id="size-level-1-error"' in answer.text


def test_a_cohort_is_set_up(administrator: Desk) -> None:
    said = {"code": "level-3", "label": "Level 3", "size": "3", "part": "phase-1b", "level-ino": "level 3"}
    assert administrator.send(HERE, **said).status_code == 303
    assert "Level 3 level-3 planned" in administrator.text(HERE)
    twice = administrator.send(HERE, **{**said, "code": "LEVEL", "level-ino": "level 1", "size": ""})
    assert twice.status_code == 400
    assert 'value="LEVEL"' in twice.text
    assert 'id="code-error"' in twice.text


def test_whoever_sees_one_site_is_told_how_many_are_at_others(
    app: Flask, administrator: Desk, store: Store, study: Trial
) -> None:
    administrator.send(f"{HERE}/level-1", state="open")
    study.enrol("01-001", cohort="phase-1b", dose_levels=INO)
    words = desk_of(app, store, Role.COORDINATOR, STUDY, SOUTH).text(HERE)
    assert "1 at other sites." in words
    assert "01-001" not in words.partition("In the way")[0]
    assert "Set up a cohort" not in words
